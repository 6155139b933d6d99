-- uses: complete parted
-- Replace the value at a path if it is still what the caller saw.
-- ARGV: the text seen, the new text. Reply: 1, or 0 when it had changed.
local function value_swap(old, key, path, a, o)
  if old ~= a[o + 1] then return nil, 0 end
  local text, rest = parted(a[o + 2])
  return text, 1, rest
end
