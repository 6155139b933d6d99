-- uses: fail integer_result limbs
-- Replace the integer at a path by its remainder, with the divisor's sign as Python's % has it.
-- ARGV: divisor (not 0), lower bound or '', upper bound or ''. Reply: the new integer's text.
local function integer_mod(old, key, path, a, o)
  if not string.find(old, '^%-?%d+$') then return nil, fail('wrong-type', key, path, 'integer', old) end
  local _, rest = limbs().divide(old, a[o + 1])
  return integer_result(key, path, rest, a[o + 2], a[o + 3])
end
