-- uses: document_check special_kind
-- Ask for a member of the set beside a document. ARGV: text. Reply: 1 or 0.
local function set_has(key, path, a, o)
  local failure = missing_document(key, path) or wrong_kind(beside[1], path, 's')
  return failure or redis.call('SISMEMBER', beside[1], a[o + 1])
end
