-- The members of an object's compact JSON text, by position, for names that have no path.
local ESCAPES = {['"'] = '\\"', ['\\'] = '\\\\', ['\b'] = '\\b', ['\f'] = '\\f', ['\n'] = '\\n', ['\r'] = '\\r', ['\t'] = '\\t'}

local function quoted(name)
  return '"' .. string.gsub(name, '[%z\1-\31"\\]', function(character)
    return ESCAPES[character] or string.format('\\u%04x', string.byte(character))
  end) .. '"'
end

local function string_end(text, start)
  local at = start + 1
  while true do
    local hit = string.find(text, '["\\]', at)
    if string.sub(text, hit, hit) == '"' then return hit end
    at = hit + 2
  end
end

local function value_end(text, start)
  local depth, at = 0, start
  while true do
    local hit, _, mark = string.find(text, '([%[%]{}",])', at)
    at = hit + 1
    if mark == '"' then
      at = string_end(text, hit) + 1
    elseif mark == '{' or mark == '[' then
      depth = depth + 1
    elseif depth == 0 then
      return hit - 1
    elseif mark ~= ',' then
      depth = depth - 1
    end
  end
end

-- Each member as {name = its quoted name, first = where it starts, from and upto = its value's span}.
local function members_of(text)
  local members, at = {}, 2
  if text == '{}' then return members end
  while true do
    local name_end = string_end(text, at)
    local upto = value_end(text, name_end + 2)
    members[#members + 1] = {name = string.sub(text, at, name_end), first = at, from = name_end + 2, upto = upto}
    if string.sub(text, upto + 1, upto + 1) == '}' then return members end
    at = upto + 2
  end
end

local function member_named(text, name)
  local wanted = quoted(name)
  local members = members_of(text)
  for i = 1, #members do
    if members[i].name == wanted then return members[i], i, #members end
  end
end
