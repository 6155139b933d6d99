-- uses: exact fail float_text put_text set_json
-- Write a float and return the text that is stored, unless the field's bounds exclude it. An exclusive bound is marked by '<' before it.
local function put_float(key, path, value, lower, upper)
  local text = float_text(value)
  if lower ~= '' then
    local is_open = string.sub(lower, 1, 1) == '<'
    local bound = tonumber(is_open and string.sub(lower, 2) or lower)
    if not (value > bound or (not is_open and value == bound)) then
      return fail('range', key, path, (is_open and 'more than ' or 'at least ') .. float_text(bound), text)
    end
  end
  if upper ~= '' then
    local is_open = string.sub(upper, 1, 1) == '<'
    local bound = tonumber(is_open and string.sub(upper, 2) or upper)
    if not (value < bound or (not is_open and value == bound)) then
      return fail('range', key, path, (is_open and 'less than ' or 'at most ') .. float_text(bound), text)
    end
  end
  if string.byte(text) == 34 then return put_text(key, path, text) or text end
  -- What most are: up to 15 digits without an exponent are read exactly.
  local short = string.format('%.15g', value)
  if tonumber(short) == value and not string.find(short, 'e', 1, true) then
    if not string.find(short, '.', 1, true) then short = short .. '.0' end
    return put_text(key, path, short) or short
  end
  local written, rest = exact().number(value)
  if rest then written = written .. '\n0:' .. rest .. ';' end
  return put_text(key, path, written) or text
end
