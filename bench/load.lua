-- What wrk sends: the requests of a plan file, one after the other, and from the start again unless each is for once.
-- A line of the plan: method, path, company, If-Match (or empty), body (or empty), separated by tabs.

local requests = {}
-- Global, so that `done` can read them, which runs in another state.
position, exhausted = 0, 0
local workers = {}

function setup(thread)
  table.insert(workers, thread)
end

function init(arguments)
  local token, once = arguments[2], arguments[3] == "once"
  for line in io.lines(arguments[1]) do
    local method, path, company, etag, body = line:match("^(.-)\t(.-)\t(.-)\t(.-)\t(.*)$")
    local headers = { Authorization = "Bearer " .. token, ["ipp-company-id"] = company, Accept = "application/json" }
    if etag ~= "" then headers["If-Match"] = '"' .. etag .. '"' end
    if body ~= "" then headers["Content-Type"] = "application/json" else body = nil end
    table.insert(requests, wrk.format(method, path, headers, body))
  end
  local count, tried = #requests, false
  request = function()
    if not tried then -- wrk looks at one request before it begins, and does not send it
      tried = true
      return requests[1]
    end
    if position == count then
      position = 0
      if once then exhausted = 1 end
    end
    position = position + 1
    return requests[position]
  end
end

function done(summary, latency, _)
  local worker = workers[1] -- there is one thread
  io.write(string.format(
    "RESULT %d %d %.1f %.1f %.1f %d %d %d %d %d %d %d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max, summary.bytes,
    summary.errors.status, summary.errors.connect, summary.errors.read + summary.errors.write,
    summary.errors.timeout, worker:get("exhausted"), worker:get("position")))
end
