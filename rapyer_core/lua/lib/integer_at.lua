-- uses: fail text_at
-- The integer at a path as decimal text: Lua's numbers are doubles, exact to 2^53 only.
local function integer_at(key, path)
  local text, failure = text_at(key, path)
  if failure then return nil, failure end
  if not string.find(text, '^%-?%d+$') then
    return nil, fail('wrong-type', key, path, 'integer', text)
  end
  return text
end
