-- uses: complete parted
-- Replace the value at a path, or with 'create' add it to an object that exists: only then does nothing
-- have to be there, and what is there is not read.
-- ARGV: 'create' or 'replace', text. Reply: 1.
local function value_put(old, key, path, a, o)
  local text, rest = parted(a[o + 2])
  return text, 1, rest
end
