-- Give a key beside a document that was just made the lifetime that the document has left.
local function follow_lifetime(key, special)
  local left = redis.call('PTTL', key)
  if left >= 0 then redis.call('PEXPIRE', special, string.format('%d', left)) end
end
