-- Operations call `redis.call`; here that name means a table of its own, whose `call` notes the inverse
-- of each write before it is made. So there is one version of every operation, and the cost follows
-- what is touched.
-- Note the inverse of a command, or with 'text' that of writing one where `index` was, in brackets.
-- Anything that has no note must not be called. Members are noted one by one: of a set or queue beside
-- a document only what changes is copied. One that loses its last member is gone with its lifetime.
local function note_inverse(command, key, path, index, ...)
  local function note(...)
    notes[#notes + 1] = {...}
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
      local last = #notes
      notes[last + 1], notes[last + 2], notes[last + 3] = key, path, index
    else
      note_copy(documents, notes, key)
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
      note_copy(documents, notes, key)
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
    if call('EXISTS', key) == 1 then note_copy(documents, notes, key) else note('DEL', key) end
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
      local last = #notes
      notes[last + 1], notes[last + 2], notes[last + 3] = key, path, old
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

local redis = {call = noted_call}
