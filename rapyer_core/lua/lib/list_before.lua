-- uses: list_length
-- The length of a list before a change, and how much of the caller's copy is still like it; or nil,
-- nil and a failure.
-- `copy`: '' for none, -1 for one that was changed apart from the server's, else its length and,
-- after a blank, the text of its last item: a copy that has another item there has missed more
-- than what was added since. Answered for it: nil, -1, or its length.
local function list_before(key, path, copy)
  local length, failure = list_length(key, path)
  if failure then return nil, nil, failure end
  local count, last = string.match(copy, '^(%-?%d+) ?(.*)$')
  if not count then return length, nil end
  local seen = tonumber(count)
  if last ~= '' and seen <= length then
    local item = path .. string.format('[%d]', seen - 1)
    if redis.call('JSON.GET', key, item) ~= '[' .. last .. ']' then seen = -1 end
  end
  return length, seen
end
