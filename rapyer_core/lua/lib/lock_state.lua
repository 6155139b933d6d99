-- A lock is one hash: id and until (the holder's, in µs of the server's clock), token (the last
-- one given), and the line of those who wait, by tickets: next (the next one to give), serving (the
-- first that was not served), 't:' .. ticket = id, and 'w:' .. id = its ticket and when it last asked.
-- Every step looks at the head of the line alone, so its cost does not grow with the line.
-- The hash is kept for a day after its last use, so that tokens go on growing if the clock is set back.
local DAY = '86400000'

local function clock()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

local function whole(value)
  return string.format('%.0f', value)
end

-- The ticket of one who waits and when it last asked; nil for one who does not.
local function place_of(key, id)
  local place = id and redis.call('HGET', key, 'w:' .. id)
  if not place then return nil end
  local ticket, asked = string.match(place, '^(%d+) (%d+)$')
  return tonumber(ticket), tonumber(asked)
end

local function leave_line(key, id)
  local ticket = place_of(key, id)
  if ticket then redis.call('HDEL', key, 'w:' .. id, 't:' .. whole(ticket)) end
end

-- The first ticket whose owner still waits; those who left or have not asked for `patience` µs are passed.
local function first_in_line(key, serving, next_ticket, now, patience)
  while serving < next_ticket do
    local id = redis.call('HGET', key, 't:' .. whole(serving))
    local ticket, asked = place_of(key, id)
    if ticket and now - asked <= patience then return serving end
    if id then redis.call('HDEL', key, 'w:' .. id, 't:' .. whole(serving)) end
    serving = serving + 1
  end
  return serving
end
