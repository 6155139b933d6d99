-- uses: list_before list_reply set_json
-- Append items to the list at a path.
-- ARGV: the caller's copy as list_before takes it, count, the items' texts. Reply: as list_reply, result 1.
-- In chunks: unpack fails beyond about 8,000 values (seen on Valkey 9.1 and lupa 2.8).
local function list_append(key, path, a, o)
  local before, seen, failure = list_before(key, path, a[o + 1])
  if failure then return failure end
  local first, last, after = o + 3, o + 2 + tonumber(a[o + 2]), before
  while first <= last do
    local upto, rests = math.min(first + 999, last), nil
    for i = first, upto do
      if string.find(a[i], '\n', 1, true) then
        rests = rests or {}
        a[i], rests[i - first] = parted(a[i])
      end
    end
    local start = after
    after = redis.call('JSON.ARRAPPEND', key, path, unpack(a, first, upto))[1]
    for i, rest in pairs(rests or {}) do complete(key, path .. string.format('[%d]', start + i), rest) end
    first = upto + 1
  end
  return list_reply(key, path, 1, seen, before, after, before)
end
