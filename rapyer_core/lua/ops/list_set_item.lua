-- uses: item_at list_before list_reply put_text
-- Replace the item at an index.
-- ARGV: the caller's copy as list_before takes it, index, item text. Reply: as list_reply, result the
-- position written.
local function list_set_item(key, path, a, o)
  local length, seen, failure = list_before(key, path, a[o + 1])
  if failure then return failure end
  local position
  position, failure = item_index(key, path, tonumber(a[o + 2]), length)
  if failure then return failure end
  failure = put_text(key, item_path(path, position), a[o + 3])
  if failure then return failure end
  return list_reply(key, path, position, seen, length, length, position)
end
