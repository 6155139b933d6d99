-- uses: fail put_text text_at
-- Append to the string at a path. ARGV: the JSON text of a string. Reply: the new string's text.
local function text_append(key, path, a, o)
  local text, failure = text_at(key, path)
  if failure then return failure end
  if string.sub(text, 1, 1) ~= '"' then
    return fail('wrong-type', key, path, 'string', text)
  end
  local joined = string.sub(text, 1, -2) .. string.sub(a[o + 1], 2)
  return put_text(key, path, joined) or joined
end
