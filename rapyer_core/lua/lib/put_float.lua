-- uses: fail float_text put_text text_at
-- Write a float and return the text that is stored, unless the field's bounds exclude it. An exclusive bound is marked by '<' before it.
-- RedisJSON's parser may miss a number of 16 or 17 digits by one unit in the last place (seen on
-- 2.8.3, one in nine random floats), so what is there of such a one is read back.
local function put_float(key, path, value, lower, upper)
  local text = float_text(value)
  if lower ~= '' then
    local is_open = string.sub(lower, 1, 1) == '<'
    local bound = tonumber(is_open and string.sub(lower, 2) or lower)
    if not (value > bound or (not is_open and value == bound)) then
      return fail('range', key, path, (is_open and 'more than ' or 'at least ') .. float_text(bound), text)
    end
  end
  if upper ~= '' then
    local is_open = string.sub(upper, 1, 1) == '<'
    local bound = tonumber(is_open and string.sub(upper, 2) or upper)
    if not (value < bound or (not is_open and value == bound)) then
      return fail('range', key, path, (is_open and 'less than ' or 'at most ') .. float_text(bound), text)
    end
  end
  local failure = put_text(key, path, text)
  if failure or (#text <= 15 and not string.find(text, 'e', 1, true)) then return failure or text end
  return text_at(key, path)
end
