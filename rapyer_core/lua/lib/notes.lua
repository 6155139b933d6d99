-- Notes: what restores everything that a batch changed. The loop of pipeline.lua notes what it writes
-- over itself; what operations write is noted by `noted`.
--
-- A text is no exact note where it holds a number of 16 digits or more, or with an exponent:
-- RedisJSON's parser may miss one by a unit in the last place (seen on 2.8.3, one in eight). And a
-- key that is deleted has no text at all. There the note is a copy of the whole document, under
-- the key that stands for it in the second half of KEYS; COPY is exact.
--
-- A note is {command, key, …}; or three items: a key, a path, the text in brackets that is to be there
-- again. `copies` are the keys of the copies by what they are of, `copied` all that were made.
--
-- Redis makes every function and table of a script's top anew at each call, and every local that a
-- function shares: so they are few here, and there is room for what most batches note.
local call, try = redis.call, redis.pcall
local notes = {nil, nil, nil, nil, nil, nil, nil, nil, nil}
-- What was read last, since an operation reads what it changes: the note is the same text or length.
local read_key, read_path, read_text, read_length
-- A document that is known to be there.
local known_key

-- A lone string holds no number, and short texts no long one.
local function is_exact(text)
  if #text < 5 or (#text <= 17 and not string.find(text, 'e', 1, true)) or string.byte(text, 2) == 34 then return true end
  return not (string.find(text, '[%[,:]%-?[%d%.]+[eE]')
    or (#text > 17 and string.find(text, '[%[,:]%-?[%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.][%d%.]')))
end

-- Playing back ends with the copy in the document's place, so notes made after it need not be exact.
local function note_copy(documents, notes, key)
  local copies, copy = notes.copies or {}, nil
  if copies[key] then return end
  for i = 1, documents do
    if KEYS[i] == key then copy = KEYS[documents + i] end
  end
  redis.call('COPY', key, copy, 'REPLACE')
  notes.copies, notes.copied = copies, notes.copied or {}
  copies[key], notes.copied[#notes.copied + 1] = copy, copy
  notes[#notes + 1] = {'RENAME', copy, key}
end
