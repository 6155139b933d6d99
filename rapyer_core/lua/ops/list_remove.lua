-- uses: fail item_at list_before list_reply
-- Remove the first item equal to a value. Texts are compared: both sides write compact JSON.
-- ARGV: the caller's copy as list_before takes it, item text. Reply: as list_reply, result the index.
local function list_remove(key, path, a, o)
  local before, seen, failure = list_before(key, path, a[o + 1])
  if failure then return failure end
  local wanted = '[' .. a[o + 2] .. ']'
  for position = 0, before - 1 do
    if redis.call('JSON.GET', key, item_path(path, position)) == wanted then
      redis.call('JSON.ARRPOP', key, path, string.format('%d', position))
      return list_reply(key, path, position, seen, before, before - 1, position)
    end
  end
  return fail('no-value', key, path, a[o + 2], 'no such item')
end
