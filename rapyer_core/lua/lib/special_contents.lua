-- All that a special field has, in its server's words: 's' a set's members, 'q' and 'k' (equal values
-- kept apart) a queue's, each followed by its priority, the lowest first.
local function special_contents(kind, special)
  if kind == 's' then return redis.call('SMEMBERS', special) end
  return redis.call('ZRANGE', special, 0, -1, 'WITHSCORES')
end
