-- Notes: what restores everything that a batch changed. Operations call `redis.call`; here that
-- name means this table, which notes the inverse of each write before it is made. So there is
-- one version of every operation, and the cost follows what is touched.
--
-- A text is no exact note where it holds a number of 16 digits or more, or with an exponent:
-- RedisJSON's parser may miss one by a unit in the last place (seen on 2.8.3, one in eight). And a
-- key that is deleted has no text at all. There the note is a copy of the whole document, under
-- the key that stands for it in the second half of KEYS; COPY is exact.
--
-- A note is {command, key, …}, or {'', key, path, the text in brackets that is to be there again}.
--
-- Redis makes every function of a script's top anew at each call, and that takes longer the more
-- they share: so they are few here.
local call, notes, copies, copied = redis.call, {}, nil, nil
-- What was read last, since an operation reads what it changes: the note is the same text or length.
local read_key, read_path, read_text, read_length
-- A document that is known to be there.
local known_key

-- A lone string holds no number, and short texts no long one.
local function is_exact(text)
  if #text < 5 or string.byte(text, 2) == 34 then return true end
  return not (string.find(text, '[%[,:]%-?[%d%.]+[eE]')
    or (#text > 17 and string.find(text, '[%[,:]%-?[%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.]')))
end

-- Note the inverse of a command, or with 'text' that of writing one where `index` was, in brackets.
-- Anything that has no note must not be called. Members are noted one by one: of a set or queue beside
-- a document only what changes is copied. One that loses its last member is gone with its lifetime.
local function note_inverse(command, key, path, index, ...)
  local function note(...)
    notes[#notes + 1] = {...}
  end

  -- Playing back ends with the copy in the document's place, so notes made after it need not be exact.
  local function note_copy()
    if copies and copies[key] then return end
    local copy
    for i = 1, documents do
      if KEYS[i] == key then copy = KEYS[documents + i] end
    end
    call('COPY', key, copy, 'REPLACE')
    copies, copied = copies or {}, copied or {}
    copies[key], copied[#copied + 1] = copy, copy
    note('RENAME', copy, key)
  end

  -- The inverse of an array write needs the length before it.
  local function length()
    if read_length and path == read_path and key == read_key then return read_length end
    return call('JSON.ARRLEN', key, path)[1]
  end

  if command == 'text' then
    if not index then
      note('DEL', key)
    elseif index == '[]' or is_exact(index) then
      note('', key, path, index)
    else
      note_copy()
    end
  elseif command == 'JSON.ARRAPPEND' then
    local before = length()
    if before == 0 then
      note('JSON.SET', key, path, '[]')
    else
      note('JSON.ARRTRIM', key, path, '0', string.format('%d', before - 1))
    end
  elseif command == 'JSON.DEL' or command == 'JSON.ARRTRIM' then
    note_inverse('text', key, path, call('JSON.GET', key, path))
  elseif command == 'JSON.ARRINSERT' then
    note('JSON.ARRPOP', key, path, index)
  elseif command == 'JSON.ARRPOP' then
    local item = call('JSON.GET', key, path .. '[' .. index .. ']')
    if not is_exact(item) then
      note_copy()
    elseif tonumber(index) == length() - 1 then
      note('JSON.ARRAPPEND', key, path, string.sub(item, 2, -2))
    else
      note('JSON.ARRINSERT', key, path, index, string.sub(item, 2, -2))
    end
  elseif command == 'EXPIRE' or command == 'PEXPIRE' then
    local left = call('PTTL', key)
    if left >= 0 then
      note('PEXPIRE', key, string.format('%d', left))
    elseif left == -1 then
      note('PERSIST', key)
    end
  elseif command == 'SADD' or command == 'SREM' then
    local members, adds = {path, index, ...}, command == 'SADD'
    if adds and call('EXISTS', key) == 0 then return note('DEL', key) end
    if not adds and call('SCARD', key) <= #members then note_inverse('PEXPIRE', key) end
    for i = 1, #members do
      local is_there = call('SISMEMBER', key, members[i]) == 1
      if is_there ~= adds then note(adds and 'SREM' or 'SADD', key, members[i]) end
    end
  elseif command == 'ZADD' then
    local priority = call('ZSCORE', key, index)
    if priority then note('ZADD', key, priority, index) else note('ZREM', key, index) end
  elseif command == 'ZREM' then
    if call('ZCARD', key) == 1 then note_inverse('PEXPIRE', key) end
    local priority = call('ZSCORE', key, path)
    if priority then note('ZADD', key, priority, path) end
  elseif command == 'DEL' or command == 'SET' or command == 'HSET' or command == 'HDEL' then
    if call('EXISTS', key) == 1 then note_copy() else note('DEL', key) end
  else
    error('no inverse is known for ' .. command)
  end
end

-- The commonest commands first. Comparisons, since a table would be made anew for every batch.
local function noted_call(command, key, path, ...)
  if command == 'JSON.GET' then
    local text = call(command, key, path)
    read_key, read_path, read_text, read_length = key, path, text, nil
    if text then known_key = key end
    return text
  elseif key == scratch then
    known_key = nil
    notes[#notes + 1] = {'DEL', key}
  elseif command == 'JSON.SET' then
    local old = read_text
    if path ~= read_path or key ~= read_key or not old then old = call('JSON.GET', key, path) end
    if old and is_exact(old) then
      notes[#notes + 1] = {'', key, path, old}
    else
      note_inverse('text', key, path, old)
    end
  elseif command == 'EXISTS' then
    return key == known_key and 1 or call(command, key)
  elseif command == 'JSON.ARRLEN' then
    local lengths = call(command, key, path)
    read_key, read_path, read_text, read_length = key, path, nil, lengths[1]
    return lengths
  elseif command ~= 'JSON.TYPE' and command ~= 'JSON.OBJKEYS' and command ~= 'JSON.OBJLEN'
    and command ~= 'HGET' and command ~= 'HGETALL' and command ~= 'TIME'
    and command ~= 'JSON.NUMINCRBY' -- which completes a number just written (set_json)
    and command ~= 'PTTL' and command ~= 'TYPE' and command ~= 'SMEMBERS' and command ~= 'SCARD'
    and command ~= 'SISMEMBER' and command ~= 'SRANDMEMBER' and command ~= 'ZRANGE'
    and command ~= 'ZRANGEBYSCORE' and command ~= 'ZSCORE' and command ~= 'ZCARD'
    and command ~= 'SUNION' and command ~= 'SINTER' and command ~= 'SDIFF' then
    known_key = nil
    note_inverse(command, key, path, ...)
  end
  read_key = nil
  if key == nil then return call(command) end
  if path == nil then return call(command, key) end
  return call(command, key, path, ...)
end

local function play_back()
  for i = #notes, 1, -1 do
    local command, key, path, text = unpack(notes[i])
    if command ~= '' then
      call(unpack(notes[i]))
    elseif text == '[]' then
      call('JSON.DEL', key, path)
    else
      call('JSON.SET', key, path, string.sub(text, 2, -2))
    end
  end
  read_key, known_key = nil, nil
end

local redis = {call = noted_call}
