-- uses: document_check special_kind
-- Read the first item of the queue beside a document. Reply: {its member, its priority}, or {}.
local function queue_peek(key, path)
  local failure = missing_document(key, path) or wrong_kind(beside[1], path, 'q')
  return failure or redis.call('ZRANGE', beside[1], 0, 0, 'WITHSCORES')
end
