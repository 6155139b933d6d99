-- uses: fail
-- The integer at a path as decimal text: Lua's numbers are doubles, exact to 2^53 only.
-- RedisJSON answers a path that matches nothing with an empty array, not with an error.
local function integer_at(key, path)
  local found = redis.call('JSON.GET', key, path)
  if found and string.find(found, '^%[%-?%d+%]$') then return string.sub(found, 2, -2) end
  if not found then return nil, fail('no-key', key, path, 'a document', 'nothing') end
  if found == '[]' then return nil, fail('no-path', key, path, 'a value', 'nothing') end
  return nil, fail('wrong-type', key, path, 'integer', string.sub(found, 2, -2))
end
