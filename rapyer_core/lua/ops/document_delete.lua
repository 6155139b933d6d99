-- Delete a document and what is beside it. Reply: how many documents were removed; where something may
-- be beside them {that, how many keys}.
local function document_delete(key)
  if #beside == 0 then return redis.call('DEL', key) end
  local keys = 0
  for i = 1, #beside do keys = keys + redis.call('DEL', beside[i]) end
  local removed = redis.call('DEL', key)
  return {removed, keys + removed}
end
