-- uses: set_json
-- Read a document, or write it where there is none. ARGV: text, the lifetime in
-- seconds of a new one or ''. Reply: {1} created, {0, text}.
local function document_get_or_create(key, path, a, o)
  local found = redis.call('JSON.GET', key, path)
  if found then return {0, string.sub(found, 2, -2)} end
  set_json(key, path, a[o + 1])
  if a[o + 2] ~= '' then redis.call('EXPIRE', key, a[o + 2]) end
  return {1}
end
