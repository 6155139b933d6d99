-- uses: fail
-- Set a document's lifetime. ARGV: seconds. Reply: 1.
local function document_expire(key, path, a, o)
  if redis.call('EXPIRE', key, a[o + 1]) == 1 then return 1 end
  return fail('no-key', key, path, 'a document', 'nothing')
end
