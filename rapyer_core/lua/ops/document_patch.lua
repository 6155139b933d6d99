-- uses: exact fail put_text set_json
-- Write several values of a document, all or none. Before each write the old text is noted; a
-- failure plays the notes back.
-- ARGV: the whole text to write where the document is gone or '', its lifetime in seconds then or '',
-- count, then path and text of each.
-- A text '#' and a number writes nothing: the list at the path must have so many items, since what
-- follows is written to items by their position. An empty text removes what is at the path.
-- Reply: 1.
local function document_patch(key, path, a, o)
  if redis.call('EXISTS', key) == 0 then
    if a[o + 1] == '' then return fail('no-key', key, path) end
    set_json(key, '$', a[o + 1])
    if a[o + 2] ~= '' then redis.call('EXPIRE', key, a[o + 2]) end
    return 1
  end
  local notes = {}
  for i = 1, tonumber(a[o + 3]) do
    local target = a[o + 2 + 2 * i]
    local old = redis.call('JSON.GET', key, target)
    local text, failure = a[o + 3 + 2 * i], nil
    local length = string.match(text, '^#(%d+)$')
    if text == '' then
      redis.call('JSON.DEL', key, target)
    elseif not length then
      failure = put_text(key, target, text)
    elseif redis.call('JSON.ARRLEN', key, target)[1] ~= tonumber(length) then
      failure = fail('stale', key, target, 'the list of ' .. length .. ' items that was loaded', 'another list')
    end
    if failure then
      for n = #notes, 1, -1 do
        if notes[n][2] == '[]' then
          redis.call('JSON.DEL', key, notes[n][1])
        else
          set_json(key, notes[n][1], (exact().text(string.sub(notes[n][2], 2, -2))))
        end
      end
      return failure
    end
    if not length then notes[#notes + 1] = {target, old} end
  end
  return 1
end
