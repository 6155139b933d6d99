-- The world that a script sees, made once per server.
-- Arguments: call (command, ...) -> value or (nil, error text); sha1hex; encode, decode, null of cjson.
-- Returns: compile (source) -> function, or (nil, error text);
--          run (function, keys, arguments) -> kind, value.
-- As on a server, an unknown global is an error, none can be set, and an error ends with its line.
local call_server, sha1hex, cjson_encode, cjson_decode, cjson_null = ...
local getinfo, type, tostring, error = debug.getinfo, type, tostring, error
local loadstring, setfenv, xpcall, concat = loadstring, setfenv, xpcall, table.concat
local SOURCE = '@user_script'

local function call(...)
  local reply, failure = call_server(...)
  if failure then error({err = failure}, 0) end
  return reply
end

local function pcall_server(...)
  local reply, failure = call_server(...)
  if failure then return {err = failure} end
  return reply
end

-- Names of its own and not the interpreter's global table: lupa looks names up in that one where
-- an error would end the process.
local names = {
  redis = {
    call = call, pcall = pcall_server, sha1hex = sha1hex,
    error_reply = function(text)
      if text:sub(1, 1) == '-' then return {err = text:sub(2)} end
      return {err = text:find(' ') and text or 'ERR ' .. text}
    end,
    status_reply = function(text) return {ok = text} end,
    log = function() end, LOG_DEBUG = 0, LOG_VERBOSE = 1, LOG_NOTICE = 2, LOG_WARNING = 3,
    setresp = function(version)
      if version ~= 2 then error('memory:// answers scripts in RESP2 only', 2) end
    end,
  },
  cjson = {encode = cjson_encode, decode = cjson_decode, null = cjson_null},
  os = {clock = os.clock},
}
for _, name in ipairs({'assert', 'error', 'getmetatable', 'ipairs', 'next', 'pairs', 'pcall',
                       'rawequal', 'rawget', 'rawset', 'select', 'setmetatable', 'tonumber',
                       'tostring', 'type', 'unpack', 'xpcall', 'string', 'table', 'math',
                       'coroutine', '_VERSION'}) do
  names[name] = _G[name]
end

-- What a script has for its globals is empty, so that assigning to any name is an error.
local world = setmetatable({}, {
  __index = names,
  __newindex = function() error('Attempt to modify a readonly table', 2) end,
  __metatable = false,
})
names._G = world

local function compile(source)
  local script, failure = loadstring(source, SOURCE)
  if not script then return nil, failure end
  return setfenv(script, world), false
end
names.loadstring = compile

setmetatable(names, {
  __index = function(_, name)
    error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2)
  end,
})

local function with_line(failure)
  local text
  if type(failure) == 'table' and failure.err then text = failure.err
  elseif type(failure) == 'string' then text = 'ERR ' .. failure
  else text = 'ERR ' .. tostring(failure) end
  local level, line = 2, nil
  repeat
    local info = getinfo(level, 'Sl')
    if info and info.source == SOURCE then line = info.currentline end
    level = level + 1
  until line or not info
  return line and concat({text, ' script: on ', SOURCE, ':', line, '.'}) or text
end

local function run(script, keys, arguments)
  names.KEYS, names.ARGV = keys, arguments
  local done, value = xpcall(script, with_line)
  if not done then return 'failure', value end
  if type(value) ~= 'table' then return type(value), value end
  if value.err then return 'failure', value.err end
  if value.ok then return 'string', value.ok end
  return 'table', value
end

return compile, run
