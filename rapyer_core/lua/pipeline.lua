-- A batch of operations in one step. Text of the pipeline script, after `batch_keys`, `notes` and
-- `make`, which returns an operation by its name.
-- ARGV: 'all' (a failure undoes everything and ends the batch) or 'each' (it undoes itself only);
-- the seconds for which the reply is remembered, or ''; the count of operations; then words:
--   'key', position in KEYS: of what follows; the first document's at the start
--   'lifetime', seconds or '': of what follows; '' at the start
--   'steps', count, the lifted steps: of the next operation
--   an operation's name, path, count of arguments, the arguments
-- Reply: {0, a reply of each operation}, or with 'all' {position of the one that failed, its failure}.
local made, lifetimes, replies = {}, nil, {}

local function lifted(operation, key, path, steps, offset)
  if not made.lift then made.lift = make('lift') end
  return made.lift(operation, key, scratch, path, steps, ARGV, offset)
end

local function steps_at(at, count)
  local steps = {}
  for i = 1, count do steps[i] = {ARGV[at + 2 * i - 2], ARGV[at + 2 * i - 1]} end
  return steps
end

local function run()
  local key, lifetime, at, done, count, steps = KEYS[1], '', 4, 0, tonumber(ARGV[3]), nil
  while done < count do
    local name = ARGV[at]
    if name == 'key' then
      key, at = KEYS[tonumber(ARGV[at + 1])], at + 2
    elseif name == 'lifetime' then
      lifetime, at = ARGV[at + 1], at + 2
    elseif name == 'steps' then
      steps = steps_at(at + 2, tonumber(ARGV[at + 1]))
      at = at + 2 + 2 * #steps
    else
      local operation, path, ran, reply = made[name], ARGV[at + 1], nil, nil
      if not operation then
        operation = make(name)
        made[name] = operation
      end
      if steps then
        ran, reply = pcall(lifted, operation, key, path, steps, at + 2)
        steps = nil
      else
        ran, reply = pcall(operation, key, path, ARGV, at + 2)
      end
      at, done = at + 3 + ARGV[at + 2], done + 1
      if not ran then
        reply = {'!', 'server', key, path, '', tostring(type(reply) == 'table' and reply.err or reply)}
      end
      if type(reply) == 'table' and reply[1] == '!' then
        play_back()
        if ARGV[1] == 'all' then return {done, reply} end
      elseif lifetime ~= '' then
        lifetimes = lifetimes or {}
        lifetimes[key] = lifetime
      elseif lifetimes and (name == 'document_expire' or name == 'document_delete') then
        lifetimes[key] = nil -- it set one of its own, or took the document away
      end
      if ARGV[1] == 'each' then forget_notes() end
      replies[done] = reply
    end
  end
  if lifetimes then
    for each, seconds in pairs(lifetimes) do server.call('EXPIRE', each, seconds) end
  end
  drop_copies()
  return {0, replies}
end

-- Replies are arrays, strings and integers below 2^53, which cjson keeps as they are.
if not memory then return run() end
local kept = server.call('GET', memory)
if kept then return cjson.decode(kept) end
local reply = run()
server.call('SET', memory, cjson.encode(reply), 'EX', ARGV[2])
return reply
