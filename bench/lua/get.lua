-- The same GET again and again; with an argument, another query each time, so that no page that was kept is the answer.
local query = nil
function init(args)
  query = args[1]
  count = 0
  seed = math.floor(os.time() % 100000)
end
function setup(thread) number = (number or 0) + 1; thread:set("thread_number", number) end
function request()
  if not query then return wrk.request() end
  count = count + 1
  return wrk.format(nil, wrk.path .. "?" .. query .. "=" .. seed .. "-" .. thread_number .. "-" .. count)
end
