-- uses: document_check queue_put
-- Make the queue beside a document one of these items. ARGV: as of queue_push. Reply: 1.
local function queue_replace(key, path, a, o)
  local failure = missing_document(key, path)
  if failure then return failure end
  redis.call('DEL', beside[1])
  queue_put(key, beside[1], a, o + 3, o + 2 + a[o + 2], a[o + 1] == 'k')
  return 1
end
