-- uses: members object_at
-- Set members of the object at a path. ARGV: count, then name and text of each. Reply: 1.
local function dict_put(key, path, a, o)
  local failure = missing_object(key, path)
  if failure then return failure end
  local count = tonumber(a[o + 1])
  for i = 1, count do
    failure = inexact_member(key, path, a[o + 2 * i], a[o + 2 * i + 1])
    if failure then return failure end
  end
  for i = 1, count do
    put_member(key, path, a[o + 2 * i], a[o + 2 * i + 1])
  end
  return 1
end
