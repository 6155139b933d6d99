-- uses: follow_lifetime
-- Add the members a[first] to a[last] to the set beside a document. Reply: how many were new.
-- In chunks: unpack fails beyond about 8,000 values (seen on Valkey 9.1 and lupa 2.8).
local function set_put(key, special, a, first, last)
  if first > last then return 0 end
  local is_new, added = redis.call('EXISTS', special) == 0, 0
  while first <= last do
    local upto = math.min(first + 999, last)
    added = added + redis.call('SADD', special, unpack(a, first, upto))
    first = upto + 1
  end
  if is_new then follow_lifetime(key, special) end
  return added
end
