-- uses: list_length put_text
-- Empty the list at a path. Reply: how many items it had.
local function list_clear(key, path)
  local length, failure = list_length(key, path)
  if failure then return failure end
  return put_text(key, path, '[]') or length
end
