-- Add what the numbers of a value lack that was just written (see parted).
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
