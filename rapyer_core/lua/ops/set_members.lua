-- uses: document_check special_kind
-- Reply: the texts of the members of the set beside a document.
local function set_members(key, path)
  local failure = missing_document(key, path) or wrong_kind(beside[1], path, 's')
  return failure or redis.call('SMEMBERS', beside[1])
end
