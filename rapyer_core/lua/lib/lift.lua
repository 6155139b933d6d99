-- uses: exact fail object_text put_text set_json text_at
-- Run an operation on a value that lies below an object's member whose name has no path: each
-- such member's text is lifted out into a scratch document, the operation runs there, and the
-- result is put back into the texts around it. Exact, and one mechanism for every operation.
-- `steps`: {name, path below it} pairs, outermost first. `value`: what the operation `change` runs.
local function lift(operation, key, scratch, path, steps, a, o, value)
  local source, at, levels = key, path, {}
  for i = 1, #steps do
    local container, failure = text_at(source, at)
    if failure then failure[3] = key; redis.call('DEL', scratch); return failure end
    local span = string.sub(container, 1, 1) == '{' and member_named(container, steps[i][1])
    if not span then
      redis.call('DEL', scratch)
      return fail('no-path', key, path, 'a member ' .. quoted(steps[i][1]), 'nothing')
    end
    levels[i] = {at = at, container = container, span = span, value = string.sub(container, span.from, span.upto)}
    redis.call('JSON.SET', scratch, '$', (exact().text(levels[i].value)))
    source, at = scratch, steps[i][2]
  end
  local ran, reply = pcall(operation, scratch, at, a, o, value)
  if not ran then redis.call('DEL', scratch); error(reply) end
  if type(reply) == 'table' and reply[1] == '!' then
    reply[3] = key
    redis.call('DEL', scratch)
    return reply
  end
  local text, inexact = exact().text(text_at(scratch, '$'))
  if inexact then
    redis.call('DEL', scratch)
    return fail('range', key, path, 'numbers that can be stored exactly below such a name', inexact)
  end
  for i = #levels, 1, -1 do
    local level = levels[i]
    text = string.sub(level.container, 1, level.span.from - 1) .. text .. string.sub(level.container, level.span.upto + 1)
    if i > 1 then
      redis.call('JSON.SET', scratch, '$', (exact().text(levels[i - 1].value)))
      put_text(scratch, level.at, text)
      text = exact().text(text_at(scratch, '$'))
    end
  end
  redis.call('DEL', scratch)
  return put_text(key, path, (exact().text(text))) or reply
end
