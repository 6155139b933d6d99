-- uses: member_path object_text text_at
-- Read, write and remove one member of the object at a path, whatever its name. A name without
-- a path is reached by replacing the object's text.
local function member_text(key, path, name)
  local member = member_path(path, name)
  if member then
    local found = redis.call('JSON.GET', key, member)
    if found == '[]' then return nil end
    return string.sub(found, 2, -2)
  end
  local text = text_at(key, path)
  local span = member_named(text, name)
  return span and string.sub(text, span.from, span.upto)
end

local function put_member(key, path, name, value)
  local member = member_path(path, name)
  if member then
    redis.call('JSON.SET', key, member, value)
    return
  end
  local text = text_at(key, path)
  local span = member_named(text, name)
  if span then
    text = string.sub(text, 1, span.from - 1) .. value .. string.sub(text, span.upto + 1)
  else
    local comma = text == '{}' and '' or ','
    text = string.sub(text, 1, -2) .. comma .. quoted(name) .. ':' .. value .. '}'
  end
  redis.call('JSON.SET', key, path, text)
end

local function drop_member(key, path, name)
  local member = member_path(path, name)
  if member then
    redis.call('JSON.DEL', key, member)
    return
  end
  local text = text_at(key, path)
  local span, index, count = member_named(text, name)
  local head, tail = string.sub(text, 1, span.first - 1), string.sub(text, span.upto + 1)
  if index < count then
    tail = string.sub(tail, 2)
  elseif count > 1 then
    head = string.sub(head, 1, -2)
  end
  redis.call('JSON.SET', key, path, head .. tail)
end
