-- uses: complete exact fail
-- Add to the seconds since 1970 at a path, exactly to the microsecond. Seconds and microseconds are
-- summed apart; each is a whole number below 2^53.
-- ARGV: whole seconds (rounded down), the microseconds on top. Reply: the new number's text.
local function timestamp_add(text, key, path, a, o)
  local old = string.find(text, '^[%-%d]') and tonumber(text)
  if not old then return nil, fail('wrong-type', key, path, 'a timestamp', text) end
  local function parted_at(moment)
    local seconds = math.floor(moment)
    local micro = math.floor((moment - seconds) * 1000000 + 0.5)
    if micro == 1000000 then return seconds + 1, 0 end
    return seconds, micro
  end
  local seconds, micro = parted_at(old)
  seconds, micro = seconds + tonumber(a[o + 1]), micro + tonumber(a[o + 2])
  if micro >= 1000000 then
    micro, seconds = micro - 1000000, seconds + 1
  end
  if seconds < -62135596800 or seconds > 253402300799 then
    return nil, fail('range', key, path, 'a moment in the years 1 to 9999', text .. ' + ' .. a[o + 1] .. ' s')
  end
  -- One division of whole numbers is rounded as Python's is. Beyond 2^53 µs (the year 2255) a double
  -- holds only some microseconds, and each of those has one double near it.
  local moment = seconds * 1000000 + micro
  moment = math.abs(moment) < 9007199254740992 and moment / 1000000 or seconds + micro / 1000000
  local kept_seconds, kept_micro = parted_at(moment)
  if kept_seconds ~= seconds or kept_micro ~= micro then
    return nil, fail('range', key, path, 'a moment that seconds in a double hold to the microsecond', string.format('%.0f s and %d us', seconds, micro))
  end
  local new, rest = exact().number(moment)
  return new, string.format('%.17g', moment), rest and '0:' .. rest .. ';'
end
