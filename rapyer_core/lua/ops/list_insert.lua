-- uses: list_before list_reply set_json
-- Insert an item before an index, clamped to the list's ends as Python's insert is.
-- ARGV: the caller's copy as list_before takes it, index, item text. Reply: as list_reply, result 1.
local function list_insert(key, path, a, o)
  local before, seen, failure = list_before(key, path, a[o + 1])
  if failure then return failure end
  local index = tonumber(a[o + 2])
  if index < 0 then index = math.max(0, index + before) end
  local item, rest = parted(a[o + 3])
  index = math.min(index, before)
  if index == before then
    redis.call('JSON.ARRAPPEND', key, path, item)
  else
    redis.call('JSON.ARRINSERT', key, path, string.format('%d', index), item)
  end
  if rest then complete(key, path .. string.format('[%d]', index), rest) end
  return list_reply(key, path, 1, seen, before, before + 1, index)
end
