-- uses: fail
-- An integer's text as what a value operation returns, unless 64 bits or the field's own bounds cannot hold it.
-- RedisJSON would wrap or turn a larger one into a float (seen on 2.8.3).
local function integer_result(key, path, text, lower, upper)
  if #text > 18 or lower ~= '' or upper ~= '' then
    -- Whether one decimal integer text is smaller than another, at any length.
    local function is_less(a, b)
      local a_negative, b_negative = string.sub(a, 1, 1) == '-', string.sub(b, 1, 1) == '-'
      if a_negative ~= b_negative then return a_negative end
      if #a ~= #b then return (#a < #b) ~= a_negative end
      return a ~= b and (a < b) ~= a_negative
    end

    if is_less(text, '-9223372036854775808') or is_less('9223372036854775807', text) then
      return nil, fail('range', key, path, 'an integer of 64 bits', text)
    end
    if lower ~= '' and is_less(text, lower) then
      return nil, fail('range', key, path, 'at least ' .. lower, text)
    end
    if upper ~= '' and is_less(upper, text) then
      return nil, fail('range', key, path, 'at most ' .. upper, text)
    end
  end
  return text, text
end
