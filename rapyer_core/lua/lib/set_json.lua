-- uses: complete parted
-- Write a JSON text that may be followed by what its numbers lack (see parted).
local function set_json(key, path, text, ...)
  local json, rest = parted(text)
  local written = redis.call('JSON.SET', key, path, json, ...)
  if rest and written then complete(key, path, rest) end
  return written
end
