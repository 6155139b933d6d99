-- uses: document_check set_drop special_kind
-- Remove members from the set beside a document. ARGV: count, texts. Reply: how many were there.
local function set_discard(key, path, a, o)
  local failure = missing_document(key, path) or wrong_kind(beside[1], path, 's')
  return failure or set_drop(beside[1], a, o + 2, o + 1 + a[o + 1])
end
