-- Signatures at an even pace: so many a second over all connections, whatever each answer takes. For one thread.
require("sign")
local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } petition_moment;
  int clock_gettime(int clock, petition_moment *moment);
]]
local moment = ffi.new("petition_moment")
local function milliseconds()
  ffi.C.clock_gettime(1, moment)
  return tonumber(moment.seconds) * 1000 + tonumber(moment.nanoseconds) / 1e6
end
local sign_init = init
function init(args)
  sign_init(args)
  pause, due = 1000 / tonumber(args[2]), milliseconds()
end
function delay()
  due = due + pause
  return math.max(0, math.floor(due - milliseconds()))
end
