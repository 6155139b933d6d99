-- uses: fail set_json
-- Write a whole document. ARGV: 'any', 'new' or 'existing', text, the lifetime in seconds of a new
-- document or ''. Reply: 1.
local function document_put(key, path, a, o)
  local lifetime = a[o + 3]
  if lifetime ~= '' and redis.call('EXISTS', key) == 1 then lifetime = '' end
  if a[o + 1] == 'new' then
    if not set_json(key, path, a[o + 2], 'NX') then
      return fail('exists', key, path, 'no document', 'a document')
    end
  elseif a[o + 1] == 'existing' then
    if not set_json(key, path, a[o + 2], 'XX') then
      return fail('no-key', key, path)
    end
  else
    set_json(key, path, a[o + 2])
  end
  if lifetime ~= '' then redis.call('EXPIRE', key, lifetime) end
  return 1
end
