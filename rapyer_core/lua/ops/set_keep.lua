-- uses: document_check set_drop special_kind
-- Remove all members but some. ARGV: count, texts. Reply: how many were removed.
local function set_keep(key, path, a, o)
  local failure = missing_document(key, path) or wrong_kind(beside[1], path, 's')
  if failure then return failure end
  local kept, removed, members = {}, {}, redis.call('SMEMBERS', beside[1])
  for i = o + 2, o + 1 + a[o + 1] do kept[a[i]] = true end
  for i = 1, #members do
    if not kept[members[i]] then removed[#removed + 1] = members[i] end
  end
  return set_drop(beside[1], removed, 1, #removed)
end
