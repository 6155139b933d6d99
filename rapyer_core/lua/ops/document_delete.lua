-- Delete a document. Reply: how many keys were removed.
local function document_delete(key)
  return redis.call('DEL', key)
end
