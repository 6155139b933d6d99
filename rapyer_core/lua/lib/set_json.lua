-- Write a JSON text that may be followed by what its numbers lack (see rapyer_core/floats.py): a line
-- feed, then for each number the length of its path, a colon, the path below the value, what to add, a
-- semicolon. JSON texts are compact, so a line feed is in them nowhere else.
local function parted(text)
  local stop = string.find(text, '\n', 1, true)
  if not stop then return text end
  return string.sub(text, 1, stop - 1), string.sub(text, stop + 1)
end

local function complete(key, path, rest)
  local at = 1
  while at <= #rest do
    local colon = string.find(rest, ':', at, true)
    local last = colon + tonumber(string.sub(rest, at, colon - 1))
    local stop = string.find(rest, ';', last, true)
    redis.call('JSON.NUMINCRBY', key, path .. string.sub(rest, colon + 1, last), string.sub(rest, last + 1, stop - 1))
    at = stop + 1
  end
end

local function set_json(key, path, text, ...)
  if not string.find(text, '\n', 1, true) then return redis.call('JSON.SET', key, path, text, ...) end
  local json, rest = parted(text)
  local written = redis.call('JSON.SET', key, path, json, ...)
  if rest and written then complete(key, path, rest) end
  return written
end
