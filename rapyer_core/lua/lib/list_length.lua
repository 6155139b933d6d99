-- uses: fail text_at
-- How many items the list at a path has; or nil and a failure.
local function list_length(key, path)
  if redis.call('EXISTS', key) == 0 then
    return nil, fail('no-key', key, path)
  end
  local length = redis.call('JSON.ARRLEN', key, path)[1]
  if length then return length end
  local text, failure = text_at(key, path)
  if failure then return nil, failure end
  return nil, fail('wrong-type', key, path, 'array', text)
end
