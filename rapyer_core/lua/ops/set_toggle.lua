-- uses: document_check set_drop set_put special_kind
-- Remove those of some texts that are members, and add the others. ARGV: count, texts. Reply: how many
-- were added.
local function set_toggle(key, path, a, o)
  local failure = missing_document(key, path) or wrong_kind(beside[1], path, 's')
  if failure then return failure end
  local added, removed = {}, {}
  for i = o + 2, o + 1 + a[o + 1] do
    local changes = redis.call('SISMEMBER', beside[1], a[i]) == 1 and removed or added
    changes[#changes + 1] = a[i]
  end
  set_put(key, beside[1], added, 1, #added)
  set_drop(beside[1], removed, 1, #removed)
  return #added
end
