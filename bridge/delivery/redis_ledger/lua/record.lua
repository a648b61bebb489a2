-- Write down the end of one attempt, if the caller still holds the delivery.
--
-- ARGV[3]  id, token, state, mode ('' or verify), reason, reference, delay_ms (-1: not in line),
--          counts, unknown, outcome, health (good|bad|none), until_ms, refused, refusal_limit, pause
-- ARGV[4]  the entry for the log
-- Returns  applied (1|0), the state it is in now, then each account that got work by it
local lead, destination = split_id(A.id)
local key = delivery_key(A.id)
local known = call('HMGET', key, 'st', 'ac', 'tk', 'cx', 'lt', 'er')
local from, account = known[1], known[2]
if not from then return { 0, 'erased' } end
log(lead, known[6] and bare(ARGV[4]) or ARGV[4])
local due, leases, ctl = due_key(account), leases_key(account), ctl_key(account)
local held_by_us = tonumber(known[3]) == A.token
local in_flight = call('ZSCORE', leases, A.id)

if held_by_us and not in_flight then return { 1, from } end -- said twice: the first answer was lost
if not held_by_us then
  -- A worker that was frozen past its lease. What it learned is on the log; only a yes changes
  -- anything, and only while nobody is sending: a delivered lead must not be sent again.
  if A.state ~= 'delivered' or FINAL[from] then return { 0, from } end
  if in_flight then
    call('HSET', key, 'lt', A.reference == '' and '-' or A.reference)
    return { 0, from }
  end
end

-- Seconds from lead to vendor, in the buckets that /metrics shows.
local function measure(lead, name)
  local took = math.max(0, now - tonumber(call('HGET', lead_key(lead), 'at') or now))
  local bucket = 'inf'
  for _, limit in ipairs({ 100, 500, 1000, 2000, 5000, 10000, 30000, 60000, 300000, 900000, 3600000, 21600000, 86400000 }) do
    if took <= limit then bucket = string.format('%.0f', limit) break end
  end
  call('HINCRBY', P .. 'tally', 'took/' .. name .. '/' .. bucket, 1)
  call('HINCRBY', P .. 'tally', 'took_ms/' .. name, string.format('%.0f', took))
end

-- How the vendor is doing, in slots of 10 s over a minute.
local function watch(health)
  local state = call('HGET', ctl, 'breaker')
  if state == 'half-open' and health == 'good' then
    call('HDEL', ctl, 'breaker', 'opened', 'probe', 'window')
    return
  elseif state and health == 'bad' then
    call('HSET', ctl, 'breaker', 'open', 'opened', now, 'probe', 0)
    return
  end
  local slot, good, bad, kept = math.floor(now / 10000), 0, 0, {}
  for at, g, b in string.gmatch(call('HGET', ctl, 'window') or '', '(%d+):(%d+):(%d+)') do
    if tonumber(at) > slot - 6 then kept[#kept + 1] = { tonumber(at), tonumber(g), tonumber(b) } end
  end
  if #kept == 0 or kept[#kept][1] ~= slot then kept[#kept + 1] = { slot, 0, 0 } end
  local column = health == 'good' and 2 or 3
  kept[#kept][column] = kept[#kept][column] + 1
  local text = {}
  for i, one in ipairs(kept) do
    good, bad = good + one[2], bad + one[3]
    text[i] = string.format('%.0f:%.0f:%.0f', one[1], one[2], one[3])
  end
  call('HSET', ctl, 'window', table.concat(text, ' '))
  if good + bad >= 10 and bad * 2 >= good + bad then
    call('HSET', ctl, 'breaker', 'open', 'opened', now, 'probe', 0)
  end
end
if A.health ~= 'none' then watch(A.health) else call('HDEL', ctl, 'probe') end
if A.until_ms > 0 then call('HSET', ctl, 'until', now + A.until_ms) end
if A.pause ~= '' then call('HSETNX', ctl, 'paused', A.pause) call('HSETNX', ctl, 'paused_at', now) end
if A.state == 'delivered' then
  call('HSET', ctl, 'good', now)
  call('HDEL', ctl, 'refused:' .. destination)
elseif A.refused and call('HINCRBY', ctl, 'refused:' .. destination, 1) >= A.refusal_limit then
  call('HSETNX', ctl, 'parked:' .. destination, A.refusal_limit .. ' refusals in a row at ' .. destination .. ', the last one: ' .. A.reason)
end

local to, reason, reference, delay = A.state, A.reason, A.reference, A.delay_ms
if known[5] and to ~= 'delivered' then
  to, reason, delay = 'delivered', 'an earlier attempt turned out to have arrived', -1
  reference = known[5] == '-' and '' or known[5]
elseif known[4] and to == 'retrying' then
  to, reason, delay = 'cancelled', 'the person withdrew, or it was cancelled by hand', -1
end
call('HINCRBY', P .. 'tally', 'attempts/' .. account .. '/' .. destination .. '/' .. A.outcome, 1)
if to == 'delivered' then measure(lead, destination) end
call('ZREM', leases, A.id)
call('HDEL', key, 'lt')
if A.unknown then call('HINCRBY', key, 'un', 1) end
if not A.counts then call('HINCRBY', key, 'at', -1) end
if A.mode == '' then call('HDEL', key, 'md') else call('HSET', key, 'md', A.mode) end
if delay >= 0 then
  call('ZADD', due, now + delay, A.id)
  call('HSET', key, 'nx', now + delay)
else
  call('ZREM', due, A.id)
  call('HDEL', key, 'nx')
end
move(A.id, account, from, to, reason, reference)
local out = { 1, to }
if FINAL[to] then
  for _, woken in ipairs(wake_dependants(A.id, to)) do out[#out + 1] = woken end
end
return out
