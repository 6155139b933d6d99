-- uses: object_at put_text
-- Empty the object at a path. Reply: 1.
local function dict_clear(key, path)
  local failure = missing_object(key, path)
  if failure then return failure end
  return put_text(key, path, '{}') or 1
end
