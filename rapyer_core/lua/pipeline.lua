-- A batch of operations in one step. Text of the pipeline script, after `batch_keys`, `notes` and
-- `operations`, a table of what the batch runs, of `lift` where a path is lifted, and of `frame` where
-- something is beside a document.
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
local function run()
  local arguments, key, lifetime, lifetimes, replies, steps, words = ARGV, KEYS[1], '', nil, {}, nil, nil
  local at, done, count, is_whole = 4, 0, tonumber(arguments[3]), arguments[1] == 'all'
  while done < count do
    local name = arguments[at]
    if name == 'key' then
      key, at, beside = KEYS[tonumber(arguments[at + 1])], at + 2, {}
    elseif name == 'lifetime' then
      lifetime, at = arguments[at + 1], at + 2
    elseif name == 'beside' then
      beside, at = {}, at + 2
      for i = 1, tonumber(arguments[at - 1]) do
        beside[i], at = KEYS[tonumber(arguments[at])], at + 1
      end
    elseif name == 'special' then
      words = at + 2
      at = words + arguments[at + 1]
    elseif name == 'steps' then
      steps, at = {}, at + 2
      for i = 1, tonumber(arguments[at - 1]) do
        steps[i], at = {arguments[at], arguments[at + 1]}, at + 2
      end
    else
      local path, ran, reply = arguments[at + 1], nil, nil
      if steps then
        ran, reply = pcall(operations.lift, operations[name], key, scratch, path, steps, arguments, at + 2)
        steps = nil
      elseif words then
        ran, reply = pcall(operations.frame, operations[name], key, path, arguments, at + 2, words)
        words = nil
      else
        ran, reply = pcall(operations[name], key, path, arguments, at + 2)
      end
      at, done = at + 3 + arguments[at + 2], done + 1
      if not ran then
        reply = {'!', 'server', key, path, '', tostring(type(reply) == 'table' and reply.err or reply)}
      end
      if type(reply) == 'table' and reply[1] == '!' then
        play_back()
        if is_whole then return {done, reply} end
      elseif lifetime ~= '' then
        lifetimes = lifetimes or {}
        lifetimes[key] = lifetime
        for i = 1, #beside do lifetimes[beside[i]] = lifetime end
      elseif lifetimes and (name == 'document_expire' or name == 'document_delete') then
        lifetimes[key] = nil -- it set one of its own, or took the document away
        for i = 1, #beside do lifetimes[beside[i]] = nil end
      end
      if not is_whole then
        for i = #notes, 1, -1 do notes[i] = nil end
        copies = nil
      end
      replies[done] = reply
    end
  end
  while arguments[at] do
    operations.index_refresh(KEYS[tonumber(arguments[at + 1])], '$', arguments, at + 2)
    at = at + 3 + arguments[at + 2]
  end
  if lifetimes then
    for each, seconds in pairs(lifetimes) do call('EXPIRE', each, seconds) end
  end
  for i = 1, copied and #copied or 0 do call('DEL', copied[i]) end
  return {0, replies}
end

-- Replies are arrays, strings and integers below 2^53, which cjson keeps as they are.
if not memory then return run() end
local kept = call('GET', memory)
if kept then return cjson.decode(kept) end
local reply = run()
call('SET', memory, cjson.encode(reply), 'EX', ARGV[2])
return reply
