-- Notes: what restores everything that a batch changed. Operations call `redis.call`; here that
-- name means this table, which notes the inverse of each write before it is made. So there is
-- one version of every operation, and the cost follows what is touched.
--
-- A text is no exact note where it holds a number of 16 digits or more, or with an exponent:
-- RedisJSON's parser may miss one by a unit in the last place (seen on 2.8.3, one in eight). And a
-- key that is deleted has no text at all. There the note is a copy of the whole document, under
-- the key that stands for it in the second half of KEYS; COPY is exact.
local server, notes, copies, copied, copy_keys = redis, {}, nil, nil, nil
-- The last text that was read: an operation reads what it changes, and the note is the same text.
local read_key, read_path, read_text

local function note(...)
  notes[#notes + 1] = {...}
end

local function copy_key(key)
  if not copy_keys then
    copy_keys = {}
    for i = 1, documents do copy_keys[KEYS[i]] = KEYS[documents + i] end
  end
  return copy_keys[key]
end

-- Playing back ends with the copy in the document's place, so notes made after it need not be exact.
local function note_copy(key)
  if copies and copies[key] then return end
  local copy = copy_key(key)
  server.call('COPY', key, copy, 'REPLACE')
  copies, copied = copies or {}, copied or {}
  copies[key], copied[#copied + 1] = copy, copy
  note('RENAME', copy, key)
end

local function is_exact(text)
  return #text < 5
    or not (string.find(text, '[%[,:]%-?[%d%.]+[eE]') or string.find(text, '[%[,:]%-?[%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.]'))
end

local function note_text(key, path)
  local old = read_text
  if path ~= read_path or key ~= read_key then old = server.call('JSON.GET', key, path) end
  if not old then
    note('DEL', key)
  elseif old == '[]' then
    note('JSON.DEL', key, path)
  elseif is_exact(old) then
    note('JSON.SET', key, path, string.sub(old, 2, -2))
  else
    note_copy(key)
  end
end

-- The inverse of an array write needs the length before it.
local function note_trim(key, path)
  local length = server.call('JSON.ARRLEN', key, path)[1]
  if length == 0 then
    note('JSON.SET', key, path, '[]')
  else
    note('JSON.ARRTRIM', key, path, '0', string.format('%d', length - 1))
  end
end

local function note_popped(key, path, index)
  local length = server.call('JSON.ARRLEN', key, path)[1]
  local item = server.call('JSON.GET', key, path .. '[' .. index .. ']')
  if not is_exact(item) then
    note_copy(key)
  elseif tonumber(index) == length - 1 then
    note('JSON.ARRAPPEND', key, path, string.sub(item, 2, -2))
  else
    note('JSON.ARRINSERT', key, path, index, string.sub(item, 2, -2))
  end
end

local function note_lifetime(key)
  local left = server.call('PTTL', key)
  if left >= 0 then
    note('PEXPIRE', key, string.format('%d', left))
  elseif left == -1 then
    note('PERSIST', key)
  end
end

local function note_key(key)
  if server.call('EXISTS', key) == 1 then
    note_copy(key)
  else
    note('DEL', key)
  end
end

-- What changes nothing needs no note.
local function is_reading(command)
  return command == 'JSON.TYPE' or command == 'JSON.ARRLEN' or command == 'JSON.OBJKEYS'
    or command == 'JSON.OBJLEN' or command == 'EXISTS' or command == 'HGET' or command == 'HGETALL'
    or command == 'TIME'
end

-- Anything that has no note must not be called. Comparisons, since a table would be made anew for
-- every batch.
local function note_inverse(command, key, path, index)
  if key == scratch then
    note('DEL', key)
  elseif command == 'JSON.SET' or command == 'JSON.DEL' then
    note_text(key, path)
  elseif command == 'JSON.ARRAPPEND' then
    note_trim(key, path)
  elseif command == 'JSON.ARRINSERT' then
    note('JSON.ARRPOP', key, path, index)
  elseif command == 'JSON.ARRPOP' then
    note_popped(key, path, index)
  elseif command == 'EXPIRE' or command == 'PEXPIRE' then
    note_lifetime(key)
  elseif command == 'DEL' or command == 'SET' or command == 'HSET' or command == 'HDEL' then
    note_key(key)
  else
    error('no inverse is known for ' .. command)
  end
  read_key = nil
end

local function noted_call(command, key, path, ...)
  if command == 'JSON.GET' then
    read_text = server.call(command, key, path)
    read_key, read_path = key, path
    return read_text
  end
  if not is_reading(command) then note_inverse(command, key, path, ...) end
  if path == nil then return server.call(command, key) end
  return server.call(command, key, path, ...)
end

local function play_back()
  for i = #notes, 1, -1 do server.call(unpack(notes[i])) end
  read_key = nil
end

local function forget_notes()
  for i = #notes, 1, -1 do notes[i] = nil end
  copies = nil
end

local function drop_copies()
  for i = 1, copied and #copied or 0 do server.call('DEL', copied[i]) end
end

local redis = {call = noted_call}
