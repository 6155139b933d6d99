-- uses: fail
-- Repeat the string at a path. ARGV: times (0 or less empties it), the largest result in bytes.
-- Reply: the new string's text.
local function text_repeat(text, key, path, a, o)
  if string.sub(text, 1, 1) ~= '"' then
    return nil, fail('wrong-type', key, path, 'string', text)
  end
  local times = math.max(0, tonumber(a[o + 1]))
  local size = (#text - 2) * times
  if size > tonumber(a[o + 2]) then
    return nil, fail('range', key, path, 'at most ' .. a[o + 2] .. ' bytes', string.format('%.0f bytes', size))
  end
  local repeated = '"' .. string.rep(string.sub(text, 2, -2), times) .. '"'
  return repeated, repeated
end
