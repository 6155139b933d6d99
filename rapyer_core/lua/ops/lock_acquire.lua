-- uses: lock_state
-- Take a lock, or wait in line for it. Asked again by the one who holds it, it answers the same
-- again, so that a call whose reply was lost can be repeated.
-- ARGV: id of this acquisition, lease in ms, 1 to wait in line or 0, patience in ms: who has not
-- asked for so long is out of the line. Reply: {1, token}, or {0, how many may be before it}.
-- A token is the time in µs, or one more than the last where that is later: below 2^53 until 2255.
local function lock_acquire(key, path, a, o)
  local id, now = a[o + 1], clock()
  local state = redis.call('HMGET', key, 'id', 'until', 'token', 'next', 'serving')
  if state[1] == id then return {1, state[3]} end
  local is_free = not (state[1] and tonumber(state[2]) > now)
  local next_ticket, serving = tonumber(state[4] or 1), tonumber(state[5] or 1)
  local ticket = place_of(key, id) or next_ticket
  if is_free then
    serving = first_in_line(key, serving, next_ticket, now, tonumber(a[o + 4]) * 1000)
    if serving == ticket then
      local token = whole(math.max(now, tonumber(state[3] or 0) + 1))
      redis.call('HDEL', key, 'w:' .. id, 't:' .. whole(ticket))
      redis.call('HSET', key, 'id', id, 'token', token, 'until', whole(now + tonumber(a[o + 2]) * 1000),
        'next', whole(math.max(next_ticket, ticket + 1)), 'serving', whole(ticket + 1))
      redis.call('PEXPIRE', key, DAY)
      return {1, token}
    end
  end
  if a[o + 3] == '1' then
    redis.call('HSET', key, 'w:' .. id, whole(ticket) .. ' ' .. whole(now), 't:' .. whole(ticket), id,
      'next', whole(math.max(next_ticket, ticket + 1)), 'serving', whole(serving))
    redis.call('PEXPIRE', key, DAY)
  end
  return {0, ticket - serving}
end
