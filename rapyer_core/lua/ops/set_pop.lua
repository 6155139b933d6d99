-- uses: document_check fail special_kind
-- Remove any member of the set beside a document. It is chosen and removed by name, so that it has an
-- inverse. ARGV: 1 where there may be none. Reply: {its text}, or {}.
local function set_pop(key, path, a, o)
  local failure = missing_document(key, path) or wrong_kind(beside[1], path, 's')
  if failure then return failure end
  local member = redis.call('SRANDMEMBER', beside[1])
  if member then
    redis.call('SREM', beside[1], member)
    return {member}
  end
  if a[o + 1] == '1' then return {} end
  return fail('no-element', key, path, 'a member', 'an empty set')
end
