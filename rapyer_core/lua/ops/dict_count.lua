-- uses: object_at
-- Reply: how many members the object at a path has.
local function dict_count(key, path)
  local failure = missing_object(key, path)
  if failure then return failure end
  return redis.call('JSON.OBJLEN', key, path)[1]
end
