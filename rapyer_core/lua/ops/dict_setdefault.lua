-- uses: members object_at
-- Add a member unless there is one of that name. ARGV: name, text.
-- Reply: {1, text} when it was added, {0, the text that is there} otherwise.
local function dict_setdefault(key, path, a, o)
  local failure = missing_object(key, path)
  if failure then return failure end
  local text = member_text(key, path, a[o + 1])
  if text then return {0, text} end
  failure = inexact_member(key, path, a[o + 1], a[o + 2])
  if failure then return failure end
  put_member(key, path, a[o + 1], a[o + 2])
  return {1, member_text(key, path, a[o + 1])}
end
