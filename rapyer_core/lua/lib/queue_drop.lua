-- uses: queue_member
-- Remove items from a queue: a[first] to a[last] are pairs of a priority and a text. Of a queue that
-- keeps equal values apart one of that priority goes.
local function queue_drop(special, a, first, last, is_apart)
  for i = first, last, 2 do
    local member = a[i + 1]
    if is_apart then member = member_of(special, member, a[i]) end
    if member then redis.call('ZREM', special, member) end
  end
end
