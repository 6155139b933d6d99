-- uses: lock_state
-- Give a lock back, and leave its line. ARGV: id. Reply: 1, or 0 when it was not ours any more.
local function lock_release(key, path, a, o)
  leave_line(key, a[o + 1])
  if redis.call('HGET', key, 'id') ~= a[o + 1] then return 0 end
  redis.call('HDEL', key, 'id', 'until')
  return 1
end
