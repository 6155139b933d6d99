-- uses: fail
-- Set the lifetime of a document and of what is beside it. ARGV: seconds. Reply: 1.
local function document_expire(key, path, a, o)
  if redis.call('EXPIRE', key, a[o + 1]) ~= 1 then return fail('no-key', key, path) end
  for i = 1, #beside do redis.call('EXPIRE', beside[i], a[o + 1]) end
  return 1
end
