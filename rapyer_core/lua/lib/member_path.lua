-- The path of an object's member; nil for a name that has none. RedisJSON takes a quoted name
-- raw: an escape's backslash would stay part of it, and leading spaces are dropped (seen on 2.8.3).
local function member_path(path, name)
  if string.find(name, '\\', 1, true) or string.sub(name, 1, 1) == ' ' then return nil end
  if not string.find(name, '"', 1, true) then return path .. '["' .. name .. '"]' end
  if not string.find(name, "'", 1, true) then return path .. "['" .. name .. "']" end
  return nil
end
