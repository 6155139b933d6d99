-- uses: document_check set_put special_kind
-- Add members to the set beside a document. ARGV: count, texts. Reply: how many are new.
local function set_add(key, path, a, o)
  local failure = missing_document(key, path) or wrong_kind(beside[1], path, 's')
  return failure or set_put(key, beside[1], a, o + 2, o + 1 + a[o + 1])
end
