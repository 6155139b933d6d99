-- uses: fail integer_result limbs
-- Add to the integer at a path, exactly.
-- ARGV: amount, lower bound or '', upper bound or ''. Reply: the new integer's text.
local function integer_add(old, key, path, a, o)
  if not string.find(old, '^%-?%d+$') then return nil, fail('wrong-type', key, path, 'integer', old) end
  local amount = a[o + 1]
  local sum
  if #old <= 9 and #amount <= 9 then
    sum = string.format('%d', old + amount) -- less work than '%.0f', but of 32 bits on some systems
  elseif #old <= 15 and #amount <= 15 then
    sum = string.format('%.0f', old + amount)
  else
    sum = limbs().add(old, amount)
  end
  return integer_result(key, path, sum, a[o + 2], a[o + 3])
end
