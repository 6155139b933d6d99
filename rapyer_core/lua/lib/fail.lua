-- A failure, returned as data: error texts differ between servers, tables do not.
-- For 'wrong-type' `actual` is the JSON text that is there; its type is told by its first character.
-- 'no-key', 'no-path' and 'no-parent' need no more than key and path. For 'server' it is the error.
-- Reply: {'!', code, key, path, expected, actual}
local function fail(code, key, path, expected, actual)
  if code == 'wrong-type' then
    local kinds = {['"'] = 'string', ['{'] = 'object', ['['] = 'array', t = 'boolean', f = 'boolean', n = 'null'}
    local number = string.find(actual, '^%-?%d+$') and 'integer' or 'number'
    actual = kinds[string.sub(actual, 1, 1)] or number
  elseif code == 'server' then
    actual = tostring(type(actual) == 'table' and actual.err or actual)
  elseif code == 'no-key' then
    expected, actual = 'a document', 'nothing'
  elseif code == 'no-path' then
    expected, actual = expected or 'a value', 'nothing'
  elseif code == 'no-parent' then
    code, expected, actual = 'no-path', 'a parent that can hold the value', 'none'
  end
  return {'!', code, key, path, expected or '', actual or ''}
end
