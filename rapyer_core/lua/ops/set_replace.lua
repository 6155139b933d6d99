-- uses: document_check set_put
-- Make the set beside a document one of these members. ARGV: count, texts. Reply: how many.
local function set_replace(key, path, a, o)
  local failure = missing_document(key, path)
  if failure then return failure end
  redis.call('DEL', beside[1])
  return set_put(key, beside[1], a, o + 2, o + 1 + a[o + 1])
end
