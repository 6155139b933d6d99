-- uses: exact fail member_path object_text set_json text_at
-- Read, write and remove one member of the object at a path, whatever its name. A name without
-- a path is reached by replacing the object's text: there a number that no text is exact for may come
-- out a unit in the last place off, if another member holds it; such a value of its own is refused.
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

-- The failure for a value that a member of that name cannot hold exactly, nil for any other.
local function inexact_member(key, path, name, value)
  if member_path(path, name) or not string.find(value, '\n', 1, true) then return nil end
  return fail('range', key, path, 'numbers that can be stored exactly below ' .. quoted(name), parted(value))
end

local function put_member(key, path, name, value)
  local member = member_path(path, name)
  if member then
    set_json(key, member, value)
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
  set_json(key, path, (exact().text(text)))
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
  set_json(key, path, (exact().text(head .. tail)))
end
