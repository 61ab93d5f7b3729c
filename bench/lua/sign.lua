-- Signatures, each by somebody else. Anything but “see other” (303) is an error.
threads = {}
function setup(thread)
  table.insert(threads, thread)
  thread:set("thread_number", #threads)
end
function init(args)
  run, count, wrong = args[1], 0, 0
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  wrk.headers["Sec-Fetch-Site"] = "same-origin"
end
function request()
  count = count + 1
  local body = "given_name=Ada&surname=Exemple&email=bench-" .. run .. "-" .. thread_number .. "-" .. count ..
    "%40example.org&postal_code=38000&country=FR&comment=&name_display=full&consent_processing=y&consent_petition_news=y&text_version=1"
  return wrk.format("POST", nil, nil, body)
end
function response(status) if status ~= 303 then wrong = wrong + 1 end end
