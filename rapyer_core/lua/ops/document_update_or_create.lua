-- uses: fail put_text revision set_json
-- Write some values of a document, or where there is none the whole of it.
-- ARGV: the whole text, the lifetime in seconds of a new document or '', 1 to count the revision
-- up or 0, count, then path and text of each value.
-- Reply: {1} created, {0, the text of the document as it is now}.
local function document_update_or_create(key, path, a, o)
  if redis.call('EXISTS', key) == 0 then
    set_json(key, path, a[o + 1])
    if a[o + 2] ~= '' then redis.call('EXPIRE', key, a[o + 2]) end
    return {1}
  end
  for i = 1, tonumber(a[o + 4]) do
    local failure = put_text(key, a[o + 3 + 2 * i], a[o + 4 + 2 * i])
    if failure then return failure end
  end
  if a[o + 3] == '1' then put_revision(key, revision_of(key)) end
  return {0, string.sub(redis.call('JSON.GET', key, path), 2, -2)}
end
