-- uses: fail
-- The JSON text of the one value at a path; or nil and the failure that says what is missing.
-- RedisJSON answers a path that matches nothing with an empty array, not with an error.
local function text_at(key, path)
  local found = redis.call('JSON.GET', key, path)
  if not found then return nil, fail('no-key', key, path) end
  if found == '[]' then return nil, fail('no-path', key, path) end
  return string.sub(found, 2, -2)
end
