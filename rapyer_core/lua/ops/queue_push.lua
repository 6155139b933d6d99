-- uses: document_check queue_put special_kind
-- Push items to the queue beside a document. ARGV: 'k' to keep equal texts apart or 'q', the count of
-- words, pairs of a priority and a text. Reply: 1.
local function queue_push(key, path, a, o)
  local failure = missing_document(key, path) or wrong_kind(beside[1], path, 'q')
  if failure then return failure end
  queue_put(key, beside[1], a, o + 3, o + 2 + a[o + 2], a[o + 1] == 'k')
  return 1
end
