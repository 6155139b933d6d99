-- uses: document_check special_kind
-- Remove the first item of the queue beside a document. It is removed by name, so that it has an inverse.
-- Reply: {its member, its priority}, or {}.
local function queue_pop(key, path)
  local failure = missing_document(key, path) or wrong_kind(beside[1], path, 'q')
  if failure then return failure end
  local first = redis.call('ZRANGE', beside[1], 0, 0, 'WITHSCORES')
  if first[1] then redis.call('ZREM', beside[1], first[1]) end
  return first
end
