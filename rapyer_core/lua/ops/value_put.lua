-- uses: fail put_text text_at
-- Replace the value at a path, or with 'create' add it to an object that exists.
-- ARGV: 'create' or 'replace', text. Reply: 1.
local function value_put(key, path, a, o)
  if a[o + 1] == 'replace' then
    local _, failure = text_at(key, path)
    if failure then return failure end
  elseif redis.call('EXISTS', key) == 0 then
    return fail('no-key', key, path, 'a document', 'nothing')
  end
  return put_text(key, path, a[o + 2]) or 1
end
