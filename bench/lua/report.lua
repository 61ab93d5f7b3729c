-- What a run came to, as one line of JSON.
function done(summary, latency, requests)
  local e = summary.errors
  local wrong = 0
  for _, thread in ipairs(threads or {}) do wrong = wrong + (thread:get("wrong") or 0) end
  io.write(string.format(
    '\nRESULT {"requests":%d,"seconds":%.4f,"bytes":%d,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f,' ..
    '"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d,"wrong":%d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, latency.max / 1000, e.connect, e.read, e.write, e.status, e.timeout, wrong))
end
