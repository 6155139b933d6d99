-- Tell a caller how its copy of a list follows a change.
-- `seen`: what list_before told of the caller's copy. `kept`: how many leading items the change left as they were.
-- Reply: {result, length}, and when the caller's copy was of another length also
-- {…, start, text}: the text of the items from `start` on, which replace the caller's. A copy
-- that is longer than the list has items that nobody knows the place of, so all are sent.
local function list_reply(key, path, result, seen, before, after, kept)
  if not seen or seen == before then return {result, after} end
  local start = (seen < 0 or seen > before) and 0 or math.min(seen, kept)
  if start >= after then return {result, after, after, '[]'} end
  if start == 0 then return {result, after, 0, string.sub(redis.call('JSON.GET', key, path), 2, -2)} end
  local slice = path .. '[' .. string.format('%d', start) .. ':]'
  return {result, after, start, redis.call('JSON.GET', key, slice)}
end
