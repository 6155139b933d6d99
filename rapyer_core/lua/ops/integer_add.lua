-- uses: integer_at limbs put_integer
-- Add to the integer at a path, exactly.
-- ARGV: amount, lower bound or '', upper bound or ''. Reply: the new integer's text.
local function integer_add(key, path, a, o)
  local old, failure = integer_at(key, path)
  if failure then return failure end
  local amount = a[o + 1]
  local sum = #old <= 15 and #amount <= 15 and string.format('%.0f', tonumber(old) + tonumber(amount))
  return put_integer(key, path, sum or limbs().add(old, amount), a[o + 2], a[o + 3])
end
