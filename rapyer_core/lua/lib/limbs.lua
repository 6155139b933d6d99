-- Exact sums, products and quotients of decimal integer texts of any length.
-- A function that makes them, since most calls stay below 2^53, where doubles are exact, and each
-- function that a script defines at its top costs every call of the script.
local function limbs()
  -- Arrays of limbs of seven digits, lowest first: products of two limbs and their carries stay
  -- below 2^53.
  local LIMB, DIGITS = 10000000, 7

  local function is_negative(text)
    return string.sub(text, 1, 1) == '-'
  end

  local function magnitude_of(text)
    local parts, last = {}, #text
    local first = is_negative(text) and 2 or 1
    while last >= first do
      parts[#parts + 1] = tonumber(string.sub(text, math.max(first, last - DIGITS + 1), last))
      last = last - DIGITS
    end
    while #parts > 1 and parts[#parts] == 0 do parts[#parts] = nil end
    return parts
  end

  local function text_of(parts, negative)
    local count = #parts
    while count > 1 and parts[count] == 0 do count = count - 1 end
    local texts = {string.format('%d', parts[count])}
    for i = count - 1, 1, -1 do texts[#texts + 1] = string.format('%07d', parts[i]) end
    local text = table.concat(texts)
    if negative and text ~= '0' then return '-' .. text end
    return text
  end

  local function compare(a, b)
    if #a ~= #b then return #a < #b and -1 or 1 end
    for i = #a, 1, -1 do
      if a[i] ~= b[i] then return a[i] < b[i] and -1 or 1 end
    end
    return 0
  end

  local function sum_of(a, b)
    local sum, carry = {}, 0
    for i = 1, math.max(#a, #b) do
      local digit = (a[i] or 0) + (b[i] or 0) + carry
      carry = digit >= LIMB and 1 or 0
      sum[i] = digit - carry * LIMB
    end
    if carry > 0 then sum[#sum + 1] = carry end
    return sum
  end

  local function difference_of(a, b)
    local rest, borrow = {}, 0
    for i = 1, #a do
      local digit = a[i] - (b[i] or 0) - borrow
      borrow = digit < 0 and 1 or 0
      rest[i] = digit + borrow * LIMB
    end
    while #rest > 1 and rest[#rest] == 0 do rest[#rest] = nil end
    return rest
  end

  local function add(a, b)
    local x, y = magnitude_of(a), magnitude_of(b)
    if is_negative(a) == is_negative(b) then return text_of(sum_of(x, y), is_negative(a)) end
    if compare(x, y) >= 0 then return text_of(difference_of(x, y), is_negative(a)) end
    return text_of(difference_of(y, x), is_negative(b))
  end

  local function multiply(a, b)
    local x, y, product = magnitude_of(a), magnitude_of(b), {}
    for i = 1, #x + #y do product[i] = 0 end
    for i = 1, #x do
      local carry = 0
      for j = 1, #y do
        local digit = product[i + j - 1] + x[i] * y[j] + carry
        carry = math.floor(digit / LIMB)
        product[i + j - 1] = digit - carry * LIMB
      end
      product[i + #y] = product[i + #y] + carry
    end
    return text_of(product, is_negative(a) ~= is_negative(b))
  end

  -- Quotient and remainder rounded as Python's // and % are: towards minus infinity, the
  -- remainder with the divisor's sign. The divisor is not 0.
  local function divide(a, b)
    local divisor, rest, digits = magnitude_of(b), {0}, {}
    for digit in string.gmatch(a, '%d') do
      rest = magnitude_of(text_of(rest) .. digit)
      local times = 0
      while compare(rest, divisor) >= 0 do
        rest = difference_of(rest, divisor)
        times = times + 1
      end
      digits[#digits + 1] = times
    end
    local quotient = magnitude_of(table.concat(digits))
    local is_exact = #rest == 1 and rest[1] == 0
    if is_negative(a) ~= is_negative(b) and not is_exact then
      quotient = sum_of(quotient, {1})
      rest = difference_of(divisor, rest)
    end
    return text_of(quotient, is_negative(a) ~= is_negative(b)), text_of(rest, is_negative(b))
  end

  return {add = add, multiply = multiply, divide = divide}
end
