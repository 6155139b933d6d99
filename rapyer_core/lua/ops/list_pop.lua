-- uses: item_at list_before list_reply
-- Remove the item at an index and answer it. ARRPOP takes an index past the end for the last
-- item (seen on RedisJSON 2.8.3), so the index is checked first.
-- ARGV: the caller's copy as list_before takes it, index. Reply: as list_reply, result the item's text.
local function list_pop(key, path, a, o)
  local before, seen, failure = list_before(key, path, a[o + 1])
  if failure then return failure end
  local position
  position, failure = item_index(key, path, tonumber(a[o + 2]), before)
  if failure then return failure end
  local item = redis.call('JSON.ARRPOP', key, path, string.format('%d', position))[1]
  return list_reply(key, path, item, seen, before, before - 1, position)
end
