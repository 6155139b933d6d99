-- uses: fail members object_at
-- Remove a member of the object at a path, which must have it. ARGV: name. Reply: 1.
local function dict_delete(key, path, a, o)
  local failure = missing_object(key, path)
  if failure then return failure end
  if not member_text(key, path, a[o + 1]) then
    return fail('no-member', key, path, 'a member ' .. a[o + 1], 'none of that name')
  end
  drop_member(key, path, a[o + 1])
  return 1
end
