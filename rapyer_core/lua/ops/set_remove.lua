-- uses: document_check fail set_drop special_kind
-- Remove members, all of which must be there. ARGV: count, texts. Reply: how many.
local function set_remove(key, path, a, o)
  local failure = missing_document(key, path) or wrong_kind(beside[1], path, 's')
  if failure then return failure end
  for i = o + 2, o + 1 + a[o + 1] do
    if redis.call('SISMEMBER', beside[1], a[i]) == 0 then
      return fail('no-element', key, path, a[i], 'no such member')
    end
  end
  return set_drop(beside[1], a, o + 2, o + 1 + a[o + 1])
end
