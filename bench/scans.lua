-- One scan after the other, each plate in its turn, from 200 addresses as behind mobile carriers.
local tokens, turn = {}, 0
for line in io.lines(os.getenv("TOKENS")) do tokens[#tokens + 1] = line end
local prefix = os.getenv("PREFIX")
function request()
  turn = turn + 1
  wrk.headers["X-Forwarded-For"] = "10.0.0." .. (turn % 200)
  wrk.headers["X-Forwarded-Proto"] = "https"
  return wrk.format("GET", prefix .. tokens[turn % #tokens + 1])
end
function done(summary, latency)
  io.write(string.format("RESULT %d %d %.2f %.2f %d\n", summary.requests, summary.duration,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
