-- uses: fail
-- Run a value operation (see rapyer_core/program.py) on the value at a path: read it, work out the
-- new one, write that. What it reads is what it writes over, so a batch's loop (pipeline.lua) does
-- the same by itself, to note it in between. `complete` is there where an operation returns a rest.
local function change(key, path, a, o, value)
  local found
  if a[o + 1] ~= 'create' then
    found = redis.call('JSON.GET', key, path)
    if not found then return fail('no-key', key, path) end
    if found == '[]' then return fail('no-path', key, path) end
  elseif redis.call('EXISTS', key) == 0 then
    return fail('no-key', key, path)
  end
  local text, reply, rest = value(found and string.sub(found, 2, -2), key, path, a, o)
  if not text then return reply end
  if not redis.call('JSON.SET', key, path, text) then return fail('no-parent', key, path) end
  if rest then complete(key, path, rest) end
  return reply
end
