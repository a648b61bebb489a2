-- Give due deliveries of one account to one worker, with a lease and a fencing token each.
--
-- ARGV[3]  account, limit, lease_ms, grace_ms, concurrency, rate_count, rate_ms (0: no rate),
--          breaker (on|observe|off), open_ms
-- Returns  wait in ms (-1: nothing in line), why nothing is given or '', then for each claim
--          {id, token, mode, attempt, unknowns, age ms, source, blob}
local due, leases, ctl = due_key(A.account), leases_key(A.account), ctl_key(A.account)
local out = { -1, '' }

local FIELDS, taken = { 'st', 'md', 'at', 'un', 'ag', 'tk' }, {}
later = {}

local function row_of(id) return call('HMGET', delivery_key(id), unpack(FIELDS)) end

local function give(id, mode, row)
  local lead, token, attempt = split_id(id), tonumber(row[6] or 0) + 1, tonumber(row[3] or 0)
  if mode == 'send' then
    attempt = attempt + 1
    call('HSET', delivery_key(id), 'tk', token, 'at', attempt, 'st', 'sending', 'up', now)
    count(A.account, row[1], 'sending')
    if INDEXED[row[1]] then call('ZREM', P .. 'state:' .. row[1], id) end
  else
    call('HSET', delivery_key(id), 'tk', token)
  end
  taken[#taken + 1] = id
  local from = call('HMGET', lead_key(lead), 'at', 'so')
  local blob = call('GET', lead_key(lead) .. ':blob')
  out[#out + 1] = { id, token, mode, attempt, tonumber(row[4] or 0), now - tonumber(row[5] or from[1] or now), from[2] or '', blob or '' }
end

-- What was given is in flight.
local function take()
  if #taken == 0 then return end
  local leased = {}
  for _, id in ipairs(taken) do leased[#leased + 1] = now + A.lease_ms leased[#leased + 1] = id end
  call('ZREM', due, unpack(taken))
  call('ZADD', leases, unpack(leased))
  taken = {}
end

-- What a dead worker left is judged first, whatever state the account is in: nothing is sent by it.
-- A read-back that died sent nothing: it just goes back in line.
for _, id in ipairs(call('ZRANGEBYSCORE', leases, '-inf', now - A.grace_ms, 'LIMIT', 0, A.limit)) do
  local row = row_of(id)
  if row[2] == 'verify' then
    call('ZREM', leases, id)
    call('ZADD', due, now, id)
  else
    give(id, 'judge', row)
  end
end
take()

local function next_due()
  local head = call('ZRANGE', due, 0, 0, 'WITHSCORES')
  return head[2] and math.max(0, tonumber(head[2]) - now) or -1
end
local control = call('HMGET', ctl, 'paused', 'until', 'breaker', 'opened', 'probe', 'tokens', 'filled')
if control[1] then out[2] = 'paused: ' .. control[1] return out end
local room = math.min(A.limit - (#out - 2), A.concurrency - call('ZCARD', leases))
out[1] = next_due()
if out[1] ~= 0 then return out end
if control[2] and tonumber(control[2]) > now then
  out[1], out[2] = tonumber(control[2]) - now, 'the vendor asked us to wait'
  return out
end

-- An open breaker lets one probe through after open_ms; its answer opens or closes it (record.lua).
local probing = false
if A.breaker == 'on' and control[3] then
  local probe_until = tonumber(control[5] or 0)
  local ready = math.max(tonumber(control[4]) + A.open_ms, probe_until)
  if ready > now then
    out[1], out[2] = ready - now, 'the breaker is ' .. control[3]
    return out
  end
  probing, room = true, math.min(room, 1)
end

local tokens = nil
if A.rate_ms > 0 then
  local filled = tonumber(control[7] or 0)
  tokens = math.min(A.rate_count, tonumber(control[6] or A.rate_count) + (now - filled) * A.rate_count / A.rate_ms)
  if tokens < 1 then
    out[1], out[2] = math.ceil((1 - tokens) * A.rate_ms / A.rate_count), 'the rate of the account is used up'
  end
  room = math.min(room, math.floor(tokens))
end

local given, parked = 0, {}
while given < room do
  local ids = call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, room - given)
  if #ids == 0 then break end
  for _, id in ipairs(ids) do
    local _, destination = split_id(id)
    local row = row_of(id)
    if parked[destination] == nil then parked[destination] = call('HGET', ctl, 'parked:' .. destination) end
    if not row[1] then
      call('ZREM', due, id)
    elseif parked[destination] and row[2] ~= 'verify' then
      call('ZREM', due, id)
      call('SADD', P .. 'parked:' .. A.account .. ':' .. destination, id)
      move(id, A.account, row[1], 'held', parked[destination])
    else
      give(id, row[2] == 'verify' and 'verify' or 'send', row)
      given = given + 1
    end
  end
  take()
end
settle()
if tokens then call('HSET', ctl, 'tokens', tokens - given, 'filled', now) end
if probing and given > 0 then call('HSET', ctl, 'breaker', 'half-open', 'probe', now + A.lease_ms) end
if out[2] == '' then out[1] = next_due() end
return out
