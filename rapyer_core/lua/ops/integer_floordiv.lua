-- uses: integer_at limbs put_integer
-- Floor-divide the integer at a path as Python's // does.
-- ARGV: divisor (not 0), lower bound or '', upper bound or ''. Reply: the new integer's text.
local function integer_floordiv(key, path, a, o)
  local old, failure = integer_at(key, path)
  if failure then return failure end
  local quotient = limbs().divide(old, a[o + 1])
  return put_integer(key, path, quotient, a[o + 2], a[o + 3])
end
