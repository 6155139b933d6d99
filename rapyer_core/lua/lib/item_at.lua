-- uses: fail
-- The path of an item by a Python index; or nil and a failure when it is out of range.
local function item_index(key, path, index, length)
  local position = index < 0 and index + length or index
  if position < 0 or position >= length then
    return nil, fail('no-item', key, path, 'an index within ' .. length .. ' items', string.format('%d', index))
  end
  return position
end

local function item_path(path, position)
  return path .. '[' .. string.format('%d', position) .. ']'
end
