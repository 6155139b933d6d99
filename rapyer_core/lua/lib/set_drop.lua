-- Remove the members a[first] to a[last] from a set. Reply: how many were there.
local function set_drop(special, a, first, last)
  local removed = 0
  while first <= last do
    local upto = math.min(first + 999, last)
    removed = removed + redis.call('SREM', special, unpack(a, first, upto))
    first = upto + 1
  end
  return removed
end
