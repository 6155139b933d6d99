-- Take items out of the list at a path, from one of its ends, until it has `most`; reply as `reply`,
-- which is that of the operation before (list_reply), for the shorter list.
local function list_trim(key, path, reply, most, at_start)
  local excess = reply[2] - most
  if excess <= 0 then return reply end
  if excess == 1 then
    redis.call('JSON.ARRPOP', key, path, at_start and '0' or string.format('%d', most))
  elseif at_start then
    redis.call('JSON.ARRTRIM', key, path, string.format('%d', excess), '-1')
  else
    redis.call('JSON.ARRTRIM', key, path, '0', string.format('%d', most - 1))
  end
  if #reply == 2 then return {reply[1], most} end
  return {reply[1], most, 0, string.sub(redis.call('JSON.GET', key, path), 2, -2)}
end
