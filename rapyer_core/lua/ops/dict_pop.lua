-- uses: members object_at
-- Remove a member of the object at a path. ARGV: name. Reply: {1, its text}, or {0}.
local function dict_pop(key, path, a, o)
  local failure = missing_object(key, path)
  if failure then return failure end
  local text = member_text(key, path, a[o + 1])
  if not text then return {0} end
  drop_member(key, path, a[o + 1])
  return {1, text}
end
