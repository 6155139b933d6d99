-- uses: fail integer_result limbs
-- Divide the integer at a path where that leaves an integer; anything else is refused, since an
-- integer field holds no fraction.
-- ARGV: divisor (not 0), lower bound or '', upper bound or ''. Reply: the new integer's text.
local function integer_divide(old, key, path, a, o)
  if not string.find(old, '^%-?%d+$') then return nil, fail('wrong-type', key, path, 'integer', old) end
  local quotient, rest = limbs().divide(old, a[o + 1])
  if rest ~= '0' then
    return nil, fail('range', key, path, 'an integer', old .. ' / ' .. a[o + 1])
  end
  return integer_result(key, path, quotient, a[o + 2], a[o + 3])
end
