-- uses: fail integer_result limbs
-- Multiply the integer at a path, exactly.
-- ARGV: factor, lower bound or '', upper bound or ''. Reply: the new integer's text.
local function integer_multiply(old, key, path, a, o)
  if not string.find(old, '^%-?%d+$') then return nil, fail('wrong-type', key, path, 'integer', old) end
  local factor = a[o + 1]
  -- Adding 0 turns -0 into 0.
  local product = #old + #factor <= 15 and string.format('%.0f', tonumber(old) * tonumber(factor) + 0)
  return integer_result(key, path, product or limbs().multiply(old, factor), a[o + 2], a[o + 3])
end
