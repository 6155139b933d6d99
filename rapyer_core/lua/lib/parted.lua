-- A JSON text that may be followed by what its numbers lack (see rapyer_core/floats.py): a line feed,
-- then for each number the length of its path, a colon, the path below the value, what to add, a
-- semicolon. JSON texts are compact, so a line feed is in them nowhere else.
-- Returns the JSON text, and what its numbers lack or nil.
local function parted(text)
  local stop = string.find(text, '\n', 1, true)
  if not stop then return text end
  return string.sub(text, 1, stop - 1), string.sub(text, stop + 1)
end
