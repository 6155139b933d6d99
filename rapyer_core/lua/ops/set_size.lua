-- uses: document_check special_kind
-- Reply: how many members the set beside a document has.
local function set_size(key, path)
  local failure = missing_document(key, path) or wrong_kind(beside[1], path, 's')
  return failure or redis.call('SCARD', beside[1])
end
