-- uses: fail float_text put_float text_at
-- Apply an operator to the number at a path with the results of Python's floats.
-- ARGV: operator, operand, lower bound or '', upper bound or ''. Reply: the new number's text.
-- Source of // and %: both follow from C's fmod, so that x == (x // y) * y + x % y holds.
local function float_change(key, path, a, o)
  local text, failure = text_at(key, path)
  if failure then return failure end
  local old = float_of(text)
  if not old then return fail('wrong-type', key, path, 'number', text) end
  local operator, operand, result = a[o + 1], float_of(a[o + 2]), nil
  if operator == '+' then
    result = old + operand
  elseif operator == '*' then
    result = old * operand
  elseif operator == '/' then
    result = old / operand
  elseif operator == '**' then
    result = old ^ operand
    if result ~= result and old == old and operand == operand then
      return fail('range', key, path, 'a real number', text .. ' ** ' .. a[o + 2])
    end
    if math.abs(result) == math.huge and math.abs(old) ~= math.huge and math.abs(operand) ~= math.huge then
      return fail('range', key, path, 'a finite number', text .. ' ** ' .. a[o + 2])
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
  return put_float(key, path, result, a[o + 3], a[o + 4])
end
