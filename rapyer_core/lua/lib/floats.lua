-- Floats between JSON text and Lua doubles. 17 digits name every double exactly; pydantic
-- writes the three values that JSON lacks as strings. A function that makes the functions, as limbs is.
local function floats()
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

  -- Why a field's bounds exclude a value: what it had to be, or nil. An exclusive bound is marked by '<' before it.
  local function outside(value, lower, upper)
    local function bound_of(text)
      local is_open = string.sub(text, 1, 1) == '<'
      return tonumber(is_open and string.sub(text, 2) or text), is_open
    end
    if lower ~= '' then
      local bound, is_open = bound_of(lower)
      if not (value > bound or (not is_open and value == bound)) then
        return (is_open and 'more than ' or 'at least ') .. float_text(bound)
      end
    end
    if upper ~= '' then
      local bound, is_open = bound_of(upper)
      if not (value < bound or (not is_open and value == bound)) then
        return (is_open and 'less than ' or 'at most ') .. float_text(bound)
      end
    end
  end

  return {of = float_of, text = float_text, outside = outside}
end
