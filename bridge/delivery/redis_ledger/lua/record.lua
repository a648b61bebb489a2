-- Write down the end of attempts, each if the caller still holds the delivery.
--
-- ARGV[3]  records: id, token, state, mode ('' or verify), reason, reference, delay_ms (-1: not in
--          line), counts, unknown, outcome, health (good|bad|none), until_ms, refused,
--          refusal_limit, pause
-- ARGV[4]  the entry of the first for its log, ARGV[5] of the second, …
-- Returns  for each: applied (1|0), the state it is in now, then each account that got work by it
later = {}
local windows, refusals = {}, {}

-- Seconds from lead to vendor, in the buckets that /metrics shows.
local function measure(accepted, name)
  local took = math.max(0, now - tonumber(accepted or now))
  local bucket = 'inf'
  for _, limit in ipairs({ 100, 500, 1000, 2000, 5000, 10000, 30000, 60000, 300000, 900000, 3600000, 21600000, 86400000 }) do
    if took <= limit then bucket = string.format('%.0f', limit) break end
  end
  add('tally', 'took/' .. name .. '/' .. bucket, 1)
  add('tally', 'took_ms/' .. name, took)
end

-- How the account's vendor was doing, in slots of 10 s over a minute; read once, written at the end.
local function window_of(ctl)
  local found = windows[ctl]
  if found then return found end
  local known = call('HMGET', ctl, 'breaker', 'window')
  found = { state = known[1], slots = {} }
  for at, good, bad in string.gmatch(known[2] or '', '(%d+):(%d+):(%d+)') do
    found.slots[#found.slots + 1] = { tonumber(at), tonumber(good), tonumber(bad) }
  end
  windows[ctl] = found
  return found
end

local function open_breaker(ctl, window)
  window.state = 'open'
  call('HSET', ctl, 'breaker', 'open', 'opened', now, 'probe', 0)
end

local function watch(ctl, health)
  local window = window_of(ctl)
  if window.state == 'half-open' and health == 'good' then
    call('HDEL', ctl, 'breaker', 'opened', 'probe', 'window')
    windows[ctl] = { state = false, slots = {} }
    return
  elseif window.state and health == 'bad' then
    return open_breaker(ctl, window)
  end
  local slot, good, bad, kept = math.floor(now / 10000), 0, 0, {}
  for _, one in ipairs(window.slots) do
    if one[1] > slot - 6 then kept[#kept + 1] = one end
  end
  if #kept == 0 or kept[#kept][1] ~= slot then kept[#kept + 1] = { slot, 0, 0 } end
  local column = health == 'good' and 2 or 3
  kept[#kept][column] = kept[#kept][column] + 1
  for _, one in ipairs(kept) do good, bad = good + one[2], bad + one[3] end
  window.slots, window.changed = kept, true
  if good + bad >= 10 and bad * 2 >= good + bad then open_breaker(ctl, window) end
end

local function write_windows()
  for ctl, window in pairs(windows) do
    local text = {}
    for i, one in ipairs(window.slots) do text[i] = string.format('%.0f:%.0f:%.0f', one[1], one[2], one[3]) end
    if window.changed then call('HSET', ctl, 'window', table.concat(text, ' ')) end
  end
end

-- Refusals in a row at a destination, ended by a delivery.
local function accepted(ctl, destination)
  local name = ctl .. ' ' .. destination
  if refusals[name] ~= 0 then call('HDEL', ctl, 'refused:' .. destination) end
  if not refusals[ctl] then call('HSET', ctl, 'good', now) end
  refusals[name], refusals[ctl] = 0, true
end

local function refused(ctl, destination, one)
  local number = call('HINCRBY', ctl, 'refused:' .. destination, 1)
  refusals[ctl .. ' ' .. destination] = number
  if number >= one.refusal_limit then
    call('HSETNX', ctl, 'parked:' .. destination, one.refusal_limit .. ' refusals in a row at ' .. destination .. ', the last one: ' .. one.reason)
  end
end

local function write(one, entry)
  local lead, destination = split_id(one.id)
  local key = delivery_key(one.id)
  local row = call('HMGET', key, 'st', 'ac', 'tk', 'cx', 'lt', 'er', 'dp')
  local from, account = row[1], row[2]
  if not from then return { 0, 'erased' } end
  log(lead, row[6] and bare(entry) or entry)
  local due, leases, ctl = due_key(account), leases_key(account), ctl_key(account)
  local held_by_us = tonumber(row[3]) == one.token
  local in_flight = call('ZSCORE', leases, one.id)

  if held_by_us and not in_flight then return { 1, from } end -- said twice: the first answer was lost
  if not held_by_us then
    -- A worker that was frozen past its lease. What it learned is on the log; only a yes changes
    -- anything, and only while nobody is sending: a delivered lead must not be sent again.
    if one.state ~= 'delivered' or FINAL[from] then return { 0, from } end
    if in_flight then
      call('HSET', key, 'lt', one.reference == '' and '-' or one.reference)
      return { 0, from }
    end
  end

  if one.health ~= 'none' then watch(ctl, one.health) else call('HDEL', ctl, 'probe') end
  if one.until_ms > 0 then call('HSET', ctl, 'until', now + one.until_ms) end
  if one.pause ~= '' then call('HSETNX', ctl, 'paused', one.pause) call('HSETNX', ctl, 'paused_at', now) end
  if one.state == 'delivered' then
    accepted(ctl, destination)
  elseif one.refused then
    refused(ctl, destination, one)
  end

  local to, reason, reference, delay = one.state, one.reason, one.reference, one.delay_ms
  if row[5] and to ~= 'delivered' then
    to, reason, delay = 'delivered', 'an earlier attempt turned out to have arrived', -1
    reference = row[5] == '-' and '' or row[5]
  elseif row[4] and to == 'retrying' then
    to, reason, delay = 'cancelled', 'the person withdrew, or it was cancelled by hand', -1
  end
  local known = call('HMGET', lead_key(lead), 'ex', 'so', 'at')
  add('tally', 'attempts/' .. account .. '/' .. destination .. '/' .. one.outcome, 1)
  if to == 'delivered' then measure(known[3], destination) end
  call('ZREM', leases, one.id)
  if one.unknown then call('HINCRBY', key, 'un', 1) end
  if not one.counts then call('HINCRBY', key, 'at', -1) end
  local gone, also = { 'lt' }, {}
  if one.mode == '' then gone[#gone + 1] = 'md' else also = { 'md', one.mode } end
  if delay >= 0 then
    call('ZADD', due, now + delay, one.id)
    also[#also + 1] = 'nx'
    also[#also + 1] = now + delay
  else
    call('ZREM', due, one.id)
    gone[#gone + 1] = 'nx'
  end
  call('HDEL', key, unpack(gone))
  move(one.id, account, from, to, reason, reference, also, known)
  local out = { 1, to }
  if FINAL[to] then
    for _, woken in ipairs(wake_dependants(one.id, to, row[7] or '')) do out[#out + 1] = woken end
  end
  return out
end

local answers = {}
for i, one in ipairs(A.records) do answers[i] = write(one, ARGV[3 + i]) end
write_windows()
settle()
return answers
