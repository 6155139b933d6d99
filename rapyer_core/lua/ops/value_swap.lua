-- uses: put_text text_at
-- Replace the value at a path if it is still what the caller saw.
-- ARGV: the text seen, the new text. Reply: 1, or 0 when it had changed.
local function value_swap(key, path, a, o)
  local text, failure = text_at(key, path)
  if failure then return failure end
  if text ~= a[o + 1] then return 0 end
  return put_text(key, path, a[o + 2]) or 1
end
