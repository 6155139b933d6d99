-- uses: fail integer_at limbs put_integer
-- Divide the integer at a path where that leaves an integer; anything else is refused, since an
-- integer field holds no fraction.
-- ARGV: divisor (not 0), lower bound or '', upper bound or ''. Reply: the new integer's text.
local function integer_divide(key, path, a, o)
  local old, failure = integer_at(key, path)
  if failure then return failure end
  local quotient, rest = limbs().divide(old, a[o + 1])
  if rest ~= '0' then
    return fail('range', key, path, 'an integer', old .. ' / ' .. a[o + 1])
  end
  return put_integer(key, path, quotient, a[o + 2], a[o + 3])
end
