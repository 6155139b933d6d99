-- uses: fail set_json
-- Write a JSON text at a path whose parent exists; the failure otherwise, nil when written.
local function put_text(key, path, text)
  if set_json(key, path, text) then return nil end
  return fail('no-parent', key, path)
end
