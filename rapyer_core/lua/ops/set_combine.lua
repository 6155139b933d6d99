-- uses: document_check special_kind
-- Combine the set beside a document with others. ARGV: SUNION, SINTER or SDIFF; the lifetime in seconds
-- that the document's own keys get or ''; how many of `beside` are its own, the first being the set's;
-- then in `beside`: each other set's document and the set's key. Reply: the texts of the members.
local function set_combine(key, path, a, o)
  local failure = missing_document(key, path) or wrong_kind(beside[1], path, 's')
  if failure then return failure end
  local own, sets = tonumber(a[o + 3]), {beside[1]}
  for i = own + 1, #beside, 2 do
    failure = missing_document(beside[i], path) or wrong_kind(beside[i + 1], path, 's')
    if failure then return failure end
    sets[#sets + 1] = beside[i + 1]
  end
  if a[o + 2] ~= '' then
    redis.call('EXPIRE', key, a[o + 2])
    for i = 1, own do redis.call('EXPIRE', beside[i], a[o + 2]) end
  end
  return redis.call(a[o + 1], unpack(sets))
end
