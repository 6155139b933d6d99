-- Write the numbers by which the index knows what the document holds as text, beside its fields.
-- Called after every step that may have changed such a text, in the same script.
-- ARGV: count, then of each field: its name there, its kind, 'many' or '', the path of the part of the
-- document that holds it, the count of further steps, and these: '*' each item, or '.' and a member's name.
-- Reply: 1; nothing is written where the numbers are there already, or where there is no document.
local function index_refresh(key, path, a, o)
  local MEMBER = '$["__rapyer_index__"]'
  local MOST = 1.7976931348623157e308

  -- Days from 1970 to a day of the Gregorian calendar. Source:
  -- https://howardhinnant.github.io/date_algorithms.html#days_from_civil
  local function days(year, month, day)
    if month <= 2 then year = year - 1 end
    local era = math.floor(year / 400)
    local of_era = year - era * 400
    local of_year = math.floor((153 * (month + (month > 2 and -3 or 9)) + 2) / 5) + day - 1
    return era * 146097 + of_era * 365 + math.floor(of_era / 4) - math.floor(of_era / 100) + of_year - 719468
  end

  local numbers = {}

  -- The microseconds from 1970; a time without an offset counts as UTC.
  function numbers.datetime(text)
    local year, month, day, hour, minute, rest = string.match(text, '^(%d%d%d%d)-(%d%d)-(%d%d)[T ](%d%d):(%d%d)(.*)$')
    if not year then return nil end
    local second, fraction = '0', ''
    local found, after = string.match(rest, '^:(%d%d)(.*)$')
    if found then
      second, rest = found, after
      found, after = string.match(rest, '^%.(%d+)(.*)$')
      if found then fraction, rest = found, after end
    end
    local shift = 0
    if rest ~= '' and rest ~= 'Z' then
      local sign, hours, minutes = string.match(rest, '^([+-])(%d%d):(%d%d)$')
      if not sign then return nil end
      shift = (tonumber(hours) * 60 + tonumber(minutes)) * (sign == '-' and -60 or 60)
    end
    local seconds = days(tonumber(year), tonumber(month), tonumber(day)) * 86400
      + tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second) - shift
    return string.format('%.0f', seconds * 1000000 + tonumber(string.sub(fraction .. '000000', 1, 6)))
  end

  -- The day's number, 1 being the first of January of the year 1, as Python counts.
  function numbers.date(text)
    local year, month, day = string.match(text, '^(%d%d%d%d)-(%d%d)-(%d%d)$')
    if not year then return nil end
    return string.format('%.0f', days(tonumber(year), tonumber(month), tonumber(day)) + 719163)
  end

  function numbers.decimal(text)
    if not string.match(text, '^[+-]?%d*%.?%d*[eE]?[+-]?%d*$') then return nil end
    local number = tonumber(text)
    if not number then return nil end
    if number > MOST then number = MOST elseif number < -MOST then number = -MOST end
    return string.format('%.17g', number)
  end

  local function collect(value, at, steps, kind, found)
    if at <= steps then
      if type(value) ~= 'table' then return end
      local step = a[at]
      if step == '*' then
        for i = 1, #value do collect(value[i], at + 1, steps, kind, found) end
      else
        collect(value[string.sub(step, 2)], at + 1, steps, kind, found)
      end
      return
    end
    if type(value) == 'number' then value = string.format('%.17g', value) end
    local number = type(value) == 'string' and numbers[kind](value)
    if number then found[#found + 1] = number end
  end

  local members, at = {}, o + 2
  for i = 1, tonumber(a[o + 1]) do
    local text = redis.call('JSON.GET', key, a[at + 3])
    if not text then return 1 end
    local found, steps = {}, at + 4 + tonumber(a[at + 4])
    collect(cjson.decode(text)[1], at + 5, steps, a[at + 1], found)
    local name = '"' .. a[at] .. '":'
    if a[at + 2] == 'many' then
      members[#members + 1] = name .. '[' .. table.concat(found, ',') .. ']'
    elseif found[1] then
      members[#members + 1] = name .. found[1]
    end
    at = steps + 1
  end
  local text = '{' .. table.concat(members, ',') .. '}'
  if redis.call('JSON.GET', key, MEMBER) ~= '[' .. text .. ']' then redis.call('JSON.SET', key, MEMBER, text) end
  return 1
end
