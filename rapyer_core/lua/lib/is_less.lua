-- Whether one decimal integer text is smaller than another, at any length.
local function is_less(a, b)
  local a_negative, b_negative = string.sub(a, 1, 1) == '-', string.sub(b, 1, 1) == '-'
  if a_negative ~= b_negative then return a_negative end
  if #a ~= #b then return (#a < #b) ~= a_negative end
  return a ~= b and (a < b) ~= a_negative
end
