-- uses: complete exact fail
-- Apply an operator to the number at a path with the results of Python's floats.
-- ARGV: operator, operand, lower bound or '', upper bound or ''; an exclusive bound is marked by '<' before
-- it. Reply: the new number's text.
-- Source of // and %: both follow from C's fmod, so that x == (x // y) * y + x % y holds.
local function float_change(text, key, path, a, o)
  local old = tonumber(text) or exact().of(text)
  if not old then return nil, fail('wrong-type', key, path, 'number', text) end
  local operator, operand, result = a[o + 1], tonumber(a[o + 2]) or exact().of(a[o + 2]), nil
  if operator == '+' then
    result = old + operand
  elseif operator == '*' then
    result = old * operand
  elseif operator == '/' then
    result = old / operand
  elseif operator == '**' then
    result = old ^ operand
    if result ~= result and old == old and operand == operand then
      return nil, fail('range', key, path, 'a real number', text .. ' ** ' .. a[o + 2])
    end
    if math.abs(result) == math.huge and math.abs(old) ~= math.huge and math.abs(operand) ~= math.huge then
      return nil, fail('range', key, path, 'a finite number', text .. ' ** ' .. a[o + 2])
    end
  else
    local rest = math.fmod(old, operand)
    local quotient = (old - rest) / operand
    if rest ~= 0 then
      if (operand < 0) ~= (rest < 0) then
        rest = rest + operand
        quotient = quotient - 1
      end
    else
      rest = 0 / operand -- Lua 5.1 keeps one constant for 0.0 and -0.0: a signed zero must be computed
    end
    if operator == '%' then
      result = rest
    elseif quotient ~= 0 then
      result = math.floor(quotient)
      if quotient - result > 0.5 then result = result + 1 end
    else
      result = 0 * (old / operand)
    end
  end
  for i = 3, 4 do
    local limit = a[o + i]
    if limit ~= '' then
      local is_open = string.byte(limit) == 60
      local bound = tonumber(is_open and string.sub(limit, 2) or limit)
      local is_inside = result == bound and not is_open
      if i == 3 then is_inside = is_inside or result > bound else is_inside = is_inside or result < bound end
      if not is_inside then
        local kind = is_open and (i == 3 and 'more than ' or 'less than ') or (i == 3 and 'at least ' or 'at most ')
        return nil, fail('range', key, path, kind .. exact().name(bound), exact().name(result))
      end
    end
  end
  if result - result ~= 0 then
    local name = exact().name(result) -- NaN or an infinity
    return name, name
  end
  -- What most are: up to 15 digits without an exponent are read exactly.
  local short = string.format('%.15g', result)
  if tonumber(short) == result and not string.find(short, 'e', 1, true) then
    if not string.find(short, '.', 1, true) then short = short .. '.0' end
    return short, short
  end
  local written, rest = exact().number(result)
  return written, exact().name(result), rest and '0:' .. rest .. ';'
end
