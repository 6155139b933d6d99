-- uses: document_check queue_member special_kind
-- Remove the first item of a text from the queue beside a document. ARGV: 'k' where equal texts are kept
-- apart or 'q', text. Reply: {its priority}, or {}.
local function queue_remove(key, path, a, o)
  local failure = missing_document(key, path) or wrong_kind(beside[1], path, 'q')
  if failure then return failure end
  local member = a[o + 2]
  if a[o + 1] == 'k' then member = member_of(beside[1], member) end
  local priority = member and redis.call('ZSCORE', beside[1], member)
  if not priority then return {} end
  redis.call('ZREM', beside[1], member)
  return {priority}
end
