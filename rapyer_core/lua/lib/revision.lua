-- uses: fail
-- A document's revision is a member beside its fields; none is revision 0. It is below 2^53 for
-- longer than any document lives.
local REVISION = '$["__rapyer_revision__"]'

local function revision_of(key)
  local found = redis.call('JSON.GET', key, REVISION)
  if not found then return '' end
  return found == '[]' and '0' or string.sub(found, 2, -2)
end

-- The failure unless a document has the revision that a write is based on: '' none may be there,
-- '*' any will do.
local function stale(key, expected)
  local actual = revision_of(key)
  if expected == '*' or actual == expected then return nil end
  if actual == '' then return fail('no-key', key, '$') end
  return fail('stale', key, REVISION, expected == '' and 'no document' or 'revision ' .. expected, 'revision ' .. actual)
end

local function put_revision(key, before)
  local revision = (tonumber(before) or 0) + 1
  redis.call('JSON.SET', key, REVISION, string.format('%d', revision))
  return revision
end
