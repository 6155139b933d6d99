-- uses: document_patch revision
-- Write several values of a document that has the expected revision, and count the revision up.
-- ARGV: the expected revision, then as document_patch. Reply: the new revision.
local function revised_patch(key, path, a, o)
  local before = revision_of(key)
  local failure = not (before == '' and a[o + 2] ~= '') and stale(key, a[o + 1])
  if failure then return failure end
  local reply = document_patch(key, path, a, o + 1)
  return reply == 1 and put_revision(key, before) or reply
end
