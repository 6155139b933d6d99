-- uses: integer_at limbs put_integer
-- Multiply the integer at a path, exactly.
-- ARGV: factor, lower bound or '', upper bound or ''. Reply: the new integer's text.
local function integer_multiply(key, path, a, o)
  local old, failure = integer_at(key, path)
  if failure then return failure end
  local factor = a[o + 1]
  -- Adding 0 turns -0 into 0.
  local product = #old + #factor <= 15 and string.format('%.0f', tonumber(old) * tonumber(factor) + 0)
  return put_integer(key, path, product or limbs().multiply(old, factor), a[o + 2], a[o + 3])
end
