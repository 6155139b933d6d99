-- uses: fail integer_result limbs
-- Raise the integer at a path to a power. Any base beyond -1, 0 and 1 leaves 64 bits before the
-- power reaches 64, so the loop is short.
-- ARGV: exponent (not negative), lower bound or '', upper bound or ''. Reply: the new integer's text.
local function integer_power(old, key, path, a, o)
  if not string.find(old, '^%-?%d+$') then return nil, fail('wrong-type', key, path, 'integer', old) end
  local exponent, result = a[o + 1], '1'
  local is_odd = string.find(exponent, '[13579]$') ~= nil
  if exponent == '0' or old == '1' then
    result = '1'
  elseif old == '0' then
    result = '0'
  elseif old == '-1' then
    result = is_odd and '-1' or '1'
  elseif #exponent > 2 or tonumber(exponent) > 63 then
    return nil, fail('range', key, path, 'an integer of 64 bits', old .. ' ** ' .. exponent)
  else
    local multiply = limbs().multiply
    for _ = 1, tonumber(exponent) do
      result = multiply(result, old)
      if #result > 20 then
        return nil, fail('range', key, path, 'an integer of 64 bits', old .. ' ** ' .. exponent)
      end
    end
  end
  return integer_result(key, path, result, a[o + 2], a[o + 3])
end
