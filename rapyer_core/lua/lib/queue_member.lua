-- The members of a queue that keeps equal values apart: a mark of 24 digits before the text, which
-- is the server's time in µs and a count. So equal priorities are served in the order of their pushes,
-- as far as the server's clock tells it; a member that is there already gets the next count.
local MARK = 24
local pushed = 0

local function new_member(special, text)
  local time, member = redis.call('TIME'), nil
  repeat
    member = string.format('%010d%06d%08d', tonumber(time[1]), tonumber(time[2]), pushed) .. text
    pushed = pushed + 1
  until not redis.call('ZSCORE', special, member)
  return member
end

-- The first member of a text, of a priority if one is given; nil where there is none.
local function member_of(special, text, priority)
  local members
  if priority then
    members = redis.call('ZRANGEBYSCORE', special, priority, priority)
  else
    members = redis.call('ZRANGE', special, 0, -1)
  end
  for i = 1, #members do
    if string.sub(members[i], MARK + 1) == text then return members[i] end
  end
end
