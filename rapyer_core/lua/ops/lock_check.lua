-- uses: fail
-- Fail unless a lock is held. First in a batch, it makes the whole batch depend on it.
-- ARGV: id. Reply: 1.
local function lock_check(key, path, a, o)
  local holder = redis.call('HGET', key, 'id')
  if holder == a[o + 1] then return 1 end
  return fail('lock-lost', key, path, 'the lock ' .. a[o + 1], holder and 'held by ' .. holder or 'nobody holds it')
end
