-- uses: fail is_less put_text
-- Write an integer text, unless 64 bits or the field's own bounds cannot hold it.
-- RedisJSON would wrap or turn a larger one into a float (seen on 2.8.3).
local function put_integer(key, path, text, lower, upper)
  if #text > 18 and (is_less(text, '-9223372036854775808') or is_less('9223372036854775807', text)) then
    return fail('range', key, path, 'an integer of 64 bits', text)
  end
  if lower ~= '' and is_less(text, lower) then
    return fail('range', key, path, 'at least ' .. lower, text)
  end
  if upper ~= '' and is_less(upper, text) then
    return fail('range', key, path, 'at most ' .. upper, text)
  end
  return put_text(key, path, text) or text
end
