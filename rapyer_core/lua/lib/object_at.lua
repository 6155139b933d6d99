-- uses: fail text_at
-- The failure when there is no object at a path, nil when there is one.
local function missing_object(key, path)
  if redis.call('EXISTS', key) == 0 then return fail('no-key', key, path) end
  local kind = redis.call('JSON.TYPE', key, path)[1]
  if kind == 'object' then return nil end
  local text, failure = text_at(key, path)
  return failure or fail('wrong-type', key, path, 'object', text)
end
