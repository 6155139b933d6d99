-- uses: integer_at limbs put_integer
-- Replace the integer at a path by its remainder, with the divisor's sign as Python's % has it.
-- ARGV: divisor (not 0), lower bound or '', upper bound or ''. Reply: the new integer's text.
local function integer_mod(key, path, a, o)
  local old, failure = integer_at(key, path)
  if failure then return failure end
  local _, rest = limbs().divide(old, a[o + 1])
  return put_integer(key, path, rest, a[o + 2], a[o + 3])
end
