-- uses: document_check special_kind
-- Reply: the members of the queue beside a document, in order, each followed by its priority.
local function queue_items(key, path)
  local failure = missing_document(key, path) or wrong_kind(beside[1], path, 'q')
  return failure or redis.call('ZRANGE', beside[1], 0, -1, 'WITHSCORES')
end
