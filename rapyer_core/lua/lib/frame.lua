-- uses: queue_drop queue_put set_drop set_put special_contents special_kind
-- Run an operation, and change and read the special fields of its document in the same step. Nothing
-- is changed where the operation fails, or answers 0.
-- The frame's words, from a[w] on: the kinds of the keys of `beside` that are read, one letter each,
-- or ''; the count of changes, and each change: its condition ('a' always, 'c' where the operation
-- made the document, 'p' where it was there), position in `beside`, kind, verb, count, words.
-- Verbs: add, remove, replace; 'seen' comes before all and answers 0 unless the field has these words.
-- `value`: what the operation `change` runs.
-- Reply: the operation's; where kinds are read {the operation's, contents of each}.
local function has_seen(kind, special, a, first, last)
  if kind == 's' then
    if redis.call('SCARD', special) ~= last - first + 1 then return false end
    for i = first, last do
      if redis.call('SISMEMBER', special, a[i]) == 0 then return false end
    end
    return true
  end
  local found = special_contents(kind, special)
  if #found ~= last - first + 1 then return false end
  for i = first, last do
    if found[i - first + 1] ~= a[i] then return false end
  end
  return true
end

local function change_special(key, special, kind, verb, a, first, last)
  if verb == 'replace' and redis.call('EXISTS', special) == 1 then redis.call('DEL', special) end
  if verb == 'remove' then
    if kind == 's' then set_drop(special, a, first, last) else queue_drop(special, a, first, last, kind == 'k') end
  elseif kind == 's' then
    set_put(key, special, a, first, last)
  else
    queue_put(key, special, a, first, last, kind == 'k')
  end
end

local function frame(operation, key, path, a, o, w, value)
  local was_there = redis.call('EXISTS', key) == 1
  local changes, at = {}, w + 2
  for i = 1, tonumber(a[w + 1]) do
    local special, kind, verb, count = beside[tonumber(a[at + 1])], a[at + 2], a[at + 3], tonumber(a[at + 4])
    local failure = wrong_kind(special, path, kind)
    if failure then return failure end
    if verb == 'seen' then
      if not has_seen(kind, special, a, at + 5, at + 4 + count) then return 0 end
    else
      changes[#changes + 1] = {a[at], special, kind, verb, at + 5, at + 4 + count}
    end
    at = at + 5 + count
  end
  local reply = operation(key, path, a, o, value)
  if reply == 0 or (type(reply) == 'table' and reply[1] == '!') then return reply end
  for i = 1, #changes do
    local condition, special, kind, verb, first, last = unpack(changes[i])
    if condition == 'a' or condition == (was_there and 'p' or 'c') then
      change_special(key, special, kind, verb, a, first, last)
    end
  end
  if a[w] == '' then return reply end
  local whole = {reply}
  for i = 1, #a[w] do whole[i + 1] = special_contents(string.sub(a[w], i, i), beside[i]) end
  return whole
end
