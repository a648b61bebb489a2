-- Retention: take out what was kept long enough, a few at a time.
--
-- `keep:bodies` and `keep:payload` hold each lead by the time from which it may be due; one that is
-- looked at too early is put back by what is known of it now, so that a state's change costs nothing.
--
-- ARGV[3]  bodies_ms, payload_ms, open_ms, quarantine_ms, limit, dry
-- Returns  log entries without bodies, leads without payload, deliveries expired, quarantine dropped,
--          whether there may be more (1|0)
local out, DAY = { 0, 0, 0, 0, 0 }, 86400000

-- Since when a lead rests, nil while a delivery of it is open; and its open deliveries.
local function rest(lead)
  local known, open = call('HMGET', lead_key(lead), 'at', 'dl'), {}
  local last = tonumber(known[1] or 0)
  for name in string.gmatch(known[2] or '', '[^,]+') do
    local one = call('HMGET', delivery_key(lead .. ':' .. name), 'st', 'up', 'ac')
    if one[1] and not FINAL[one[1]] then open[#open + 1] = { lead .. ':' .. name, one[1], one[3], tonumber(one[2]) } end
    last = math.max(last, tonumber(one[2] or 0))
  end
  if #open > 0 then return nil, open end
  return last, open
end

local function due(name, keep)
  local found = call('ZRANGEBYSCORE', P .. name, '-inf', now - keep, 'LIMIT', 0, A.limit)
  if #found == A.limit then out[5] = 1 end
  return found
end

local function again(name, lead, keep, at)
  if not A.dry then call('ZADD', P .. name, at or now - keep + math.min(keep, DAY), lead) end
end

for _, lead in ipairs(due('keep:bodies', A.bodies_ms)) do
  local cut, oldest = strip(lead, now - A.bodies_ms, A.dry)
  out[1] = out[1] + cut
  if oldest then
    again('keep:bodies', lead, A.bodies_ms, oldest)
  elseif rest(lead) then
    if not A.dry then call('ZREM', P .. 'keep:bodies', lead) end
  else
    again('keep:bodies', lead, A.bodies_ms)
  end
end

for _, lead in ipairs(due('keep:payload', A.payload_ms)) do
  local since, open = rest(lead)
  for _, one in ipairs(open) do
    if one[2] == 'held' and one[4] <= now - A.open_ms and not call('ZSCORE', leases_key(one[3]), one[1]) then
      out[3] = out[3] + 1
      if not A.dry then
        stop(one[1], one[3], one[2], 'expired', 'nobody acted on it in time')
        wake_dependants(one[1], 'expired')
      end
    end
  end
  if not since then
    again('keep:payload', lead, A.payload_ms)
  elseif since > now - A.payload_ms then
    again('keep:payload', lead, A.payload_ms, since)
  else
    out[2] = out[2] + 1
    if not A.dry then
      part(lead)
      log(lead, '{"what":"payload removed"}\n')
    end
  end
end

local old = string.format('%.3f', (now - A.quarantine_ms) / 1000)
for _, name in ipairs(call('ZRANGEBYSCORE', P .. 'quarantine', '-inf', old, 'LIMIT', 0, A.limit)) do
  out[4] = out[4] + 1
  if not A.dry then
    call('DEL', P .. 'quarantine:' .. name)
    call('ZREM', P .. 'quarantine', name)
  end
end
if out[4] == A.limit then out[5] = 1 end
return out
