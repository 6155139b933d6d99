-- uses: fail
-- Go on only while values of a document are what they were when they were read.
-- ARGV: count, then path and text of each, '' for none there. Reply: 1.
local function document_expect(key, path, a, o)
  if redis.call('EXISTS', key) == 0 then
    return fail('no-key', key, path)
  end
  for i = 1, tonumber(a[o + 1]) do
    local target, expected = a[o + 2 * i], a[o + 2 * i + 1]
    local found = redis.call('JSON.GET', key, target)
    found = found ~= '[]' and string.sub(found, 2, -2) or ''
    if found ~= expected then return fail('changed', key, target, expected, found) end
  end
  return 1
end
