-- Delete a document and what is beside it. Reply: how many documents were removed.
local function document_delete(key)
  for i = 1, #beside do redis.call('DEL', beside[i]) end
  return redis.call('DEL', key)
end
