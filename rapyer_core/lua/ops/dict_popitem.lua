-- uses: members object_at
-- Remove the last member of the object at a path: the one of the given name, or where there is
-- none of that name the server's last.
-- ARGV: 1 and a name, or 0 and ''. Reply: {1, name, text}, or {0} when the object is empty.
local function dict_popitem(key, path, a, o)
  local failure = missing_object(key, path)
  if failure then return failure end
  local name = a[o + 2]
  local text = a[o + 1] == '1' and member_text(key, path, name)
  if not text then
    local names = redis.call('JSON.OBJKEYS', key, path)[1]
    name = names[#names]
    if not name then return {0} end
    text = member_text(key, path, name)
  end
  drop_member(key, path, name)
  return {1, name, text}
end
