-- uses: lock_state
-- Start a lock's lease anew. While nobody took it, it is still ours after the lease ended.
-- ARGV: id, lease in ms. Reply: 1, or 0 when it is not ours any more.
local function lock_renew(key, path, a, o)
  if redis.call('HGET', key, 'id') ~= a[o + 1] then return 0 end
  redis.call('HSET', key, 'until', whole(clock() + tonumber(a[o + 2]) * 1000))
  redis.call('PEXPIRE', key, DAY)
  return 1
end
