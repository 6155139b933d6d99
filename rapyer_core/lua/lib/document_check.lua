-- uses: fail
-- The failure where there is no document, nil where there is one.
local function missing_document(key, path)
  if redis.call('EXISTS', key) == 1 then return nil end
  return fail('no-key', key, path)
end
