-- Floats between JSON text and Lua doubles. 17 digits name every double exactly; pydantic
-- writes the three values that JSON lacks as strings.
local function float_of(text)
  local value = tonumber(text)
  if value then return value end
  if text == '"NaN"' then return 0 / 0 end
  if text == '"Infinity"' then return math.huge end
  if text == '"-Infinity"' then return -math.huge end
end

local function float_text(value)
  if value ~= value then return '"NaN"' end
  if value == math.huge then return '"Infinity"' end
  if value == -math.huge then return '"-Infinity"' end
  local text = string.format('%.17g', value)
  if string.find(text, '[.e]') then return text end
  return text .. '.0'
end
