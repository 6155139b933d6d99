-- uses: document_put revision
-- Write a whole document if it has the expected revision, and count the revision up.
-- ARGV: the expected revision, then as document_put. Reply: the new revision.
local function revised_put(key, path, a, o)
  local before = revision_of(key)
  local failure = stale(key, a[o + 1])
  if failure then return failure end
  local reply = document_put(key, path, a, o + 1)
  return reply == 1 and put_revision(key, before) or reply
end
