-- uses: capped_copy list_append list_trim
-- Append items to the list at a path, and drop items at its start where it has too many.
-- ARGV: how many items it keeps, the text of the first item of the caller's copy or '', then as
-- list_append. Reply: as list_reply, result 1.
local function capped_append(key, path, a, o)
  check_copy(key, path, a, o + 1)
  local reply = list_append(key, path, a, o + 2)
  if reply[1] == '!' then return reply end
  return list_trim(key, path, reply, tonumber(a[o + 1]), true)
end
