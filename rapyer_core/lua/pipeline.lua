-- A batch of operations in one step. Text of the pipeline script, after `batch_keys`, `notes`, and two
-- tables of what the batch runs: `values`, and `operations` (nil where it runs values only; else
-- `noted` is there as well), with `lift` where a path is lifted, `frame` where something is beside
-- a document, and `change` where either may run a value operation.
-- ARGV: 'all' (a failure undoes everything and ends the batch) or 'each' (it undoes itself only);
-- the seconds for which the reply is remembered, or ''; the count of operations; then words:
--   'key', position in KEYS: of what follows; the first document's at the start
--   'lifetime', seconds or '': of what follows; '' at the start
--   'beside', count, positions in KEYS: the keys beside the document, of what follows for it
--   'special', count, the words of a frame: of the next operation
--   'steps', count, the lifted steps: of the next operation
--   an operation's name, path, count of arguments, the arguments
-- and after the last one, for each document whose numbers for the index may have changed:
--   'index_refresh', its position in KEYS, count of arguments, the arguments
-- Reply: {0, a reply of each operation}, or with 'all' {position of the one that failed, its failure}.
local kept = memory and call('GET', memory)
if kept then return cjson.decode(kept) end

local arguments, count, is_whole, sub = ARGV, tonumber(ARGV[3]), ARGV[1] == 'all', string.sub
local at, done, replies, failed = 4, 0, {nil, nil, nil, nil}, nil
local key, lifetime, lifetimes, steps, words = KEYS[1], '', nil, nil, nil
while done < count or arguments[at] do
  local name = arguments[at]
  local value, path, o, before = values[name], arguments[at + 1], at + 2, done
  -- What comes of it: a reply, the failure that it tells, or what was raised.
  local reply, failure, problem, ran
  if value and not steps and not words then
    -- As `change` does, with a note of what it reads.
    at, done = o + 1 + arguments[o], done + 1
    local is_created, found, text, rest = arguments[o + 1] == 'create', nil, nil, nil
    -- A write that fails has changed nothing: of the last one nothing has to be undone.
    local is_noted = is_whole and (done < count or arguments[at])
    if is_noted or not is_created then
      found = try('JSON.GET', key, path)
      if not found then
        failure = fail('no-key', key, path)
      elseif found == '[]' then
        failure = not is_created and fail('no-path', key, path)
      elseif #found == 0 then
        problem = found -- no text, but the table of an error
      end
    elseif key ~= known_key and try('EXISTS', key) == 0 then
      failure = fail('no-key', key, path)
    end
    known_key, read_key = key, nil
    if not (failure or problem) then
      ran, text, reply, rest = pcall(value, not is_created and sub(found, 2, -2), key, path, arguments, o)
      if not ran then
        problem = text
      elseif text then
        if is_noted or rest then
          found = found or try('JSON.GET', key, path)
          if #found == 0 then
            problem = found
          elseif is_exact(found) then
            local last = #notes
            notes[last + 1], notes[last + 2], notes[last + 3] = key, path, found
          else
            ran, problem = pcall(note_copy, documents, notes, key)
          end
        end
        local written = not problem and try('JSON.SET', key, path, text)
        if not written then
          failure = fail('no-parent', key, path)
        elseif written.err then
          problem = written
        elseif rest then
          ran, problem = pcall(complete, key, path, rest)
        end
      elseif type(reply) == 'table' then
        failure = reply
      end
    end
  elseif name == 'key' then
    key, at, beside = KEYS[tonumber(path)], o, {}
  elseif name == 'lifetime' then
    lifetime, at = path, o
  elseif name == 'beside' then
    beside, at = {}, o
    for i = 1, tonumber(path) do
      beside[i], at = KEYS[tonumber(arguments[at])], at + 1
    end
  elseif name == 'special' then
    words, at = o, o + path
  elseif name == 'steps' then
    steps, at = {}, o
    for i = 1, tonumber(path) do
      steps[i], at = {arguments[at], arguments[at + 1]}, at + 2
    end
  elseif done == count then
    key, path, at = KEYS[tonumber(path)], '$', o + 1 + arguments[o]
    ran, problem = pcall(operations.index_refresh, key, path, arguments, o)
    if ran then
      problem = nil
    elseif not is_whole then
      error(problem, 0) -- what ran is to stay
    end
  else
    local operation = operations[name] or operations.change
    if steps then
      ran, reply = pcall(operations.lift, operation, key, scratch, path, steps, arguments, o, value)
    elseif words then
      ran, reply = pcall(operations.frame, operation, key, path, arguments, o, words, value)
    else
      ran, reply = pcall(operation, key, path, arguments, o)
    end
    at, done, steps, words = o + 1 + arguments[o], done + 1, nil, nil
    if not ran then
      problem = reply
    elseif type(reply) == 'table' and reply[1] == '!' then
      failure = reply
    end
  end
  if problem then failure = fail('server', key, path, '', problem) end
  if failure then
    local last = #notes
    while last > 0 do
      local note = notes[last]
      if type(note) == 'table' then
        call(unpack(note))
        last = last - 1
      else
        local place, below = notes[last - 2], notes[last - 1]
        if note == '[]' then
          call('JSON.DEL', place, below)
        else
          call('JSON.SET', place, below, sub(note, 2, -2))
        end
        last = last - 3
      end
    end
    if is_whole then
      failed = {done, failure}
      break
    end
    read_key, known_key, reply = nil, nil, failure
  elseif lifetime ~= '' and done > before then
    lifetimes = lifetimes or {}
    lifetimes[key] = lifetime
    for i = 1, #beside do lifetimes[beside[i]] = lifetime end
  elseif lifetimes and (name == 'document_expire' or name == 'document_delete') then
    lifetimes[key] = nil -- it set one of its own, or took the document away
    for i = 1, #beside do lifetimes[beside[i]] = nil end
  end
  if done > before then
    replies[done] = reply
    if not is_whole and notes[1] then
      for i = #notes, 1, -1 do notes[i] = nil end
      notes.copies = nil
    end
  end
end
if not failed then
  if lifetimes then
    for each, seconds in pairs(lifetimes) do call('EXPIRE', each, seconds) end
  end
  for i = 1, notes.copied and #notes.copied or 0 do call('DEL', notes.copied[i]) end
end
local reply = failed or {0, replies}
-- Replies are arrays, strings and integers below 2^53, which cjson keeps as they are.
if memory then call('SET', memory, cjson.encode(reply), 'EX', ARGV[2]) end
return reply
