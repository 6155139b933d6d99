-- uses: list_before list_reply put_text
-- Remove the items that the slice [start:stop] names, with Python's rules for its ends.
-- ARGV: the caller's copy as list_before takes it, start, stop. Reply: as list_reply, result the count.
local function list_remove_range(key, path, a, o)
  local before, seen, failure = list_before(key, path, a[o + 1])
  if failure then return failure end
  local function clamp(text)
    local index = tonumber(text)
    if index < 0 then index = index + before end
    return math.max(0, math.min(index, before))
  end
  local start, stop = clamp(a[o + 2]), clamp(a[o + 3])
  local count = math.max(0, stop - start)
  if count > 0 then
    local parts = {}
    if start > 0 then
      parts[1] = string.sub(redis.call('JSON.GET', key, path .. string.format('[0:%d]', start)), 2, -2)
    end
    if stop < before then
      parts[#parts + 1] = string.sub(redis.call('JSON.GET', key, path .. string.format('[%d:]', stop)), 2, -2)
    end
    failure = put_text(key, path, '[' .. table.concat(parts, ',') .. ']')
    if failure then return failure end
  end
  return list_reply(key, path, count, seen, before, before - count, start)
end
