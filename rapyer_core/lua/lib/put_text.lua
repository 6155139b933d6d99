-- uses: fail
-- Write a JSON text at a path whose parent exists; the failure otherwise, nil when written.
local function put_text(key, path, text)
  if redis.call('JSON.SET', key, path, text) then return nil end
  return fail('no-path', key, path, 'a parent that can hold the value', 'none')
end
