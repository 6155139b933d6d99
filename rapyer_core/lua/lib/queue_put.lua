-- uses: follow_lifetime queue_member
-- Add items to the queue beside a document: a[first] to a[last] are pairs of a priority and a text.
-- Where `is_apart`, equal texts are kept apart; else an item of the same text gets the new priority.
local function queue_put(key, special, a, first, last, is_apart)
  if first > last then return end
  local is_new = redis.call('EXISTS', special) == 0
  for i = first, last, 2 do
    redis.call('ZADD', special, a[i], is_apart and new_member(special, a[i + 1]) or a[i + 1])
  end
  if is_new then follow_lifetime(key, special) end
end
