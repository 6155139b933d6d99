-- uses: fail
-- Read several places of a document.
-- ARGV: count, paths, count, paths of values that may be null.
-- Reply: the text at each of the former, nil where there is none; 1 for each of the latter that is null, else nil.
local function document_get_parts(key, path, a, o)
  if redis.call('EXISTS', key) == 0 then
    return fail('no-key', key, path)
  end
  local reply, count = {}, tonumber(a[o + 1])
  for i = 1, count do
    local found = redis.call('JSON.GET', key, a[o + 1 + i])
    reply[i] = found ~= '[]' and string.sub(found, 2, -2)
  end
  for i = count + 1, count + tonumber(a[o + 2 + count]) do
    reply[i] = redis.call('JSON.GET', key, a[o + 2 + i]) == '[null]' and 1
  end
  return reply
end
