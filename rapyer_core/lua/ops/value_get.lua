-- uses: text_at
-- Read the value at a path. Reply: its text.
local function value_get(key, path)
  local text, failure = text_at(key, path)
  return text or failure
end
