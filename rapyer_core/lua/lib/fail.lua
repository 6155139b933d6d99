-- A failure, returned as data: error texts differ between servers, tables do not.
-- For 'wrong-type' `actual` is the JSON text that is there; its type is told by its first character.
-- Reply: {'!', code, key, path, expected, actual}
local function fail(code, key, path, expected, actual)
  if code == 'wrong-type' then
    local kinds = {['"'] = 'string', ['{'] = 'object', ['['] = 'array', t = 'boolean', f = 'boolean', n = 'null'}
    local number = string.find(actual, '^%-?%d+$') and 'integer' or 'number'
    actual = kinds[string.sub(actual, 1, 1)] or number
  end
  return {'!', code, key, path, expected or '', actual or ''}
end
