-- uses: document_check special_kind
-- Reply: how many items the queue beside a document has.
local function queue_size(key, path)
  local failure = missing_document(key, path) or wrong_kind(beside[1], path, 'q')
  return failure or redis.call('ZCARD', beside[1])
end
