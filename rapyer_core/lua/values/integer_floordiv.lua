-- uses: fail integer_result limbs
-- Floor-divide the integer at a path as Python's // does.
-- ARGV: divisor (not 0), lower bound or '', upper bound or ''. Reply: the new integer's text.
local function integer_floordiv(old, key, path, a, o)
  if not string.find(old, '^%-?%d+$') then return nil, fail('wrong-type', key, path, 'integer', old) end
  local quotient = limbs().divide(old, a[o + 1])
  return integer_result(key, path, quotient, a[o + 2], a[o + 3])
end
