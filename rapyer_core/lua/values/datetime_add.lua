-- uses: civil fail
-- Add to the ISO 8601 datetime at a path as Python does: to what its clock shows, whatever its zone.
-- Whole numbers stay below 2^53, where doubles are exact: the largest timedelta has 8.64e13 seconds.
-- ARGV: whole seconds (rounded down), the microseconds on top. Reply: the new datetime's text.
local function datetime_add(text, key, path, a, o)
  local year, month, day, hour, minute, rest = string.match(text, '^"(%d%d%d%d)%-(%d%d)%-(%d%d)[Tt ](%d%d):(%d%d)(.*)"$')
  if not year then return nil, fail('wrong-type', key, path, 'a datetime', text) end
  local second, fraction, zone = string.match(rest, '^:(%d%d)%.(%d+)(.*)$')
  if not second then
    fraction = ''
    second, zone = string.match(rest, '^:(%d%d)(.*)$')
    if not second then second, zone = '0', rest end
  end
  local micro = tonumber(string.sub(fraction .. '000000', 1, 6)) + tonumber(a[o + 2])
  local seconds = hour * 3600 + minute * 60 + second + tonumber(a[o + 1])
  if micro >= 1000000 then
    micro, seconds = micro - 1000000, seconds + 1
  end
  local days = math.floor(seconds / 86400)
  seconds = seconds - days * 86400
  days = days + days_of(tonumber(year), tonumber(month), tonumber(day))
  if days < FIRST_DAY or days > LAST_DAY then
    return nil, fail('range', key, path, 'a datetime in the years 1 to 9999', text .. ' + ' .. a[o + 1] .. ' s')
  end
  year, month, day = date_of(days)
  local clock = seconds % 3600
  local new = string.format('"%04d-%02d-%02dT%02d:%02d:%02d', year, month, day, math.floor(seconds / 3600), math.floor(clock / 60), clock % 60)
  if micro > 0 then new = new .. string.format('.%06d', micro) end
  new = new .. zone .. '"'
  return new, new
end
