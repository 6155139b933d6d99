-- Give a document and what is beside it a lifetime, or a longer one, and read some of its values.
-- ARGV: 'set', 'extend' (never to a shorter one; what has no end goes on without) or 'keep'; seconds;
-- count, paths; count, which of the keys beside it are sets to be read.
-- Reply: {1, how many of the keys beside it do not exist, the text at each path or nil, the members
-- of each set}; {0, 0} where there is no document.
local function document_extend(key, path, a, o)
  if redis.call('EXISTS', key) == 0 then return {0, 0} end
  local mode, seconds, missing = a[o + 1], a[o + 2], 0
  if mode == 'set' then
    redis.call('EXPIRE', key, seconds)
    for i = 1, #beside do missing = missing + 1 - redis.call('EXPIRE', beside[i], seconds) end
  elseif mode == 'extend' then
    local left = redis.call('PTTL', key)
    if left >= 0 and left < seconds * 1000 then redis.call('EXPIRE', key, seconds) end
    for i = 1, #beside do
      left = redis.call('PTTL', beside[i])
      if left >= 0 and left < seconds * 1000 then redis.call('EXPIRE', beside[i], seconds) end
      if left == -2 then missing = missing + 1 end
    end
  end
  local reply, count = {1, missing}, tonumber(a[o + 3])
  for i = 1, count do
    local found = redis.call('JSON.GET', key, a[o + 3 + i])
    reply[i + 2] = found ~= '[]' and string.sub(found, 2, -2)
  end
  o = o + 4 + count
  for i = 1, tonumber(a[o]) do
    reply[count + 2 + i] = redis.call('SMEMBERS', beside[tonumber(a[o + i])])
  end
  return reply
end
