-- Doubles in texts that RedisJSON 2.8.3 reads exactly. It reads a number as a whole one of 64 bits and
-- a power of ten, and multiplies or divides the two as doubles, which is what is done here;
-- rapyer_core/floats.py says more. A function that makes the functions, as limbs is.
-- `number`: the text of a finite double, and what to add afterwards where there is none.
-- `text`: see below. `of`, `name`: floats between JSON text and Lua doubles; 17 digits name every
-- double, and pydantic writes the three values that JSON lacks as strings.
local function exact()
  local function scaled(value, exponent)
    while exponent < -308 do
      value = value / 1e308
      exponent = exponent + 308
    end
    if exponent > 308 then return value * 1e308 * tonumber('1e' .. string.format('%d', exponent - 308)) end
    if exponent < 0 then return value / tonumber('1e' .. string.format('%d', -exponent)) end
    return value * tonumber('1e' .. string.format('%d', exponent))
  end

  -- A double as a whole number and a power of ten that are read as it; nil where there are none.
  local function whole_text(value, magnitude, digits, shift)
    if digits < 1 or digits >= 18446744073709551616 or scaled(digits, -shift) ~= magnitude then return nil end
    local text = string.format(value < 0 and '-%.0fe%d' or '%.0fe%d', digits, -shift)
    return tonumber(text) == value and text or nil
  end

  local function exact_candidate(value)
    local magnitude = math.abs(value)
    local _, exponent = math.frexp(magnitude)
    local lowest = math.floor((52 - exponent) * 0.30102999566398120)
    for shift = lowest, lowest + 5 do
      local digits = scaled(magnitude, shift)
      local _, bits = math.frexp(digits)
      local unit = bits > 53 and math.ldexp(1, bits - 53) or 1
      digits = math.floor(digits)
      for step = 0, 2 do
        local text = whole_text(value, magnitude, digits + (step == 2 and -unit or step * unit), shift)
        if text then return text end
      end
    end
  end

  local function exact_float(value)
    if value == 0 then return 1 / value < 0 and '-0.0' or '0.0' end
    if math.abs(value) < 1e15 and math.abs(value) >= 1e-4 then
      local short = string.format('%.15g', value)
      if tonumber(short) == value then return string.find(short, '.', 1, true) and short or short .. '.0' end
    end
    local text = exact_candidate(value)
    if text then return text end
    local _, exponent = math.frexp(value)
    local unit = math.ldexp(1, math.max(exponent - 53, -1074))
    for step = 1, 16 do
      for sign = -1, 1, 2 do
        local neighbour = value + sign * step * unit
        text = exact_candidate(neighbour)
        local rest = value - neighbour
        if text and neighbour + rest == value then return text, string.format('%.17g', rest) end
      end
    end
  end

  -- A text that the server wrote, with its numbers as the server reads them exactly; and, where that
  -- cannot be, one that comes out a unit in the last place off.
  local function exact_text(text)
    if not string.find(text, '%d[%.eE]') then return text end
    local parts, at, missing = {}, 1, nil
    local function exact_number(token)
      if not string.find(token, '[%.eE]') or (#token < 17 and not string.find(token, '[eE]')) then return nil end
      local written, rest = exact_float(tonumber(token))
      if rest then missing = token end
      return written
    end
    while at <= #text do
      local quote = string.find(text, '"', at, true) or #text + 1
      parts[#parts + 1] = string.gsub(string.sub(text, at, quote - 1), '%-?%d[%d%.eE%+%-]*', exact_number)
      if quote > #text then break end
      local stop = quote
      repeat
        stop = string.find(text, '["\\]', stop + 1)
        local is_end = string.sub(text, stop, stop) == '"'
        if not is_end then stop = stop + 1 end
      until is_end
      parts[#parts + 1] = string.sub(text, quote, stop)
      at = stop + 1
    end
    return table.concat(parts), missing
  end

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

  return {number = exact_float, text = exact_text, of = float_of, name = float_text}
end
