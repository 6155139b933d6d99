-- Doubt the caller's copy of a capped list more than list_before does: such a list moves on at the same
-- length, so a copy is of use only where its first item is the server's as well.
-- ARGV: the first item's text or '', then the copy as list_before takes it; it becomes -1 where in doubt.
local function check_copy(key, path, a, o)
  local count = string.match(a[o + 2], '^(%d+)')
  if not count or redis.call('EXISTS', key) == 0 then return end
  local is_same = redis.call('JSON.ARRLEN', key, path)[1] == tonumber(count)
  if is_same and a[o + 1] ~= '' then
    is_same = redis.call('JSON.GET', key, path .. '[0]') == '[' .. a[o + 1] .. ']'
  end
  if not is_same then a[o + 2] = '-1' end
end
