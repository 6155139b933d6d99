-- uses: list_length
-- Reply: how many items the list at a path has.
local function list_count(key, path)
  local length, failure = list_length(key, path)
  return length or failure
end
