-- uses: fail
-- Append to the string at a path. ARGV: the JSON text of a string. Reply: the new string's text.
local function text_append(text, key, path, a, o)
  if string.sub(text, 1, 1) ~= '"' then
    return nil, fail('wrong-type', key, path, 'string', text)
  end
  local joined = string.sub(text, 1, -2) .. string.sub(a[o + 1], 2)
  return joined, joined
end
