-- uses: capped_copy list_insert list_trim
-- Insert an item before an index, and drop items at the list's end where it has too many; at its start
-- where the item is the last one.
-- ARGV: how many items it keeps, the text of the first item of the caller's copy or '', then as
-- list_insert. Reply: as list_reply, result 1.
local function capped_insert(key, path, a, o)
  check_copy(key, path, a, o + 1)
  local reply = list_insert(key, path, a, o + 2)
  if reply[1] == '!' then return reply end
  return list_trim(key, path, reply, tonumber(a[o + 1]), tonumber(a[o + 4]) >= reply[2] - 1)
end
