-- uses: fail
-- The failure where the key of a special field holds something else, nil where it does not: a write
-- that the server refuses in the middle would leave a part done.
local function wrong_kind(special, path, kind)
  local expected, actual = kind == 's' and 'set' or 'zset', redis.call('TYPE', special).ok
  if actual == expected or actual == 'none' then return nil end
  return fail('wrong-kind', special, path, 'a ' .. expected, 'a ' .. actual)
end
