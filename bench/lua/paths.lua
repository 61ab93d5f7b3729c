-- POSTs to the addresses in a file, each once. Anything but “see other” (303) is an error, and so is the file's end.
threads = {}
function setup(thread)
  table.insert(threads, thread)
  thread:set("thread_number", #threads)
end
function init(args)
  local parts = tonumber(args[2])
  paths, place, wrong, line_number = {}, 0, 0, 0
  for line in io.lines(args[1]) do
    if line_number % parts == thread_number - 1 then table.insert(paths, line) end
    line_number = line_number + 1
  end
  wrk.headers["Sec-Fetch-Site"] = "same-origin"
end
function request()
  place = place + 1
  if place > #paths then wrong = wrong + 1 end
  return wrk.format("POST", paths[math.min(place, #paths)], nil, "")
end
function response(status) if status ~= 303 then wrong = wrong + 1 end end
