-- Write one lead with its deliveries, unless the same message came before.
--
-- ARGV[3]  lead_id, source, external_id, intent, test, identities, contacts, property, occurred_ms
--          (-1: not known), status, deliveries [{destination, account, route, after, wishes,
--          duplicates, skip}], identity_ms, wish_ms
-- ARGV[4]  the sealed lead
-- ARGV[5]  the first entry of its log
-- Returns  fresh (1|0), lead id, status, first lead of the same wish or ''
for _, print in ipairs(A.identities) do
  local known = call('GET', P .. 'identity:' .. print)
  if known then
    return { 0, known, call('HGET', lead_key(known), 'st') or 'erased', call('HGET', lead_key(known), 'fi') or '' }
  end
end
for _, print in ipairs(A.identities) do
  call('SET', P .. 'identity:' .. print, A.lead_id, 'PX', A.identity_ms)
end

local withdrawn = false
if A.intent ~= 'withdrawal' and A.occurred_ms >= 0 then
  for _, print in ipairs(A.contacts) do
    for _, at in ipairs(call('HMGET', P .. 'withdrawn:' .. print, A.property, '*')) do
      if at and tonumber(at) >= A.occurred_ms then withdrawn = true end
    end
  end
end

-- The same wish again: per route, so that a second route still gets what it never had.
local function earlier(delivery)
  local first = nil
  for _, print in ipairs(delivery.wishes) do
    local key = P .. 'wish:' .. delivery.route .. ':' .. print
    local known = call('GET', key)
    if known and known ~= A.lead_id then
      first = known
    elseif not known and A.wish_ms > 0 then
      call('SET', key, A.lead_id, 'PX', A.wish_ms)
    end
  end
  return first
end

local first, states, reasons, names, after = '', {}, {}, {}, {}
for i, delivery in ipairs(A.deliveries) do
  names[i] = delivery.destination
  local known = nil
  if withdrawn then
    states[delivery.destination], reasons[delivery.destination] = 'cancelled', 'the person withdrew before it arrived'
  elseif delivery.skip ~= '' then
    states[delivery.destination], reasons[delivery.destination] = 'skipped', delivery.skip
  else
    known = earlier(delivery)
    states[delivery.destination] = 'pending'
  end
  if known then first = known end
  if known and delivery.duplicates == 'hold' then
    states[delivery.destination], reasons[delivery.destination] = 'held', 'the same wish came before, as lead ' .. known
  elseif known and delivery.duplicates == 'drop' then
    states[delivery.destination], reasons[delivery.destination] = 'skipped', 'the same wish came before, as lead ' .. known
  end
end

local status = withdrawn and 'withdrawn' or A.status
call('HSET', lead_key(A.lead_id), 'so', A.source, 'ex', A.external_id, 'in', A.intent, 'te', A.test,
  'st', status, 'at', now, 'fi', first, 'pr', A.property, 'dl', table.concat(names, ','))
call('SET', lead_key(A.lead_id) .. ':blob', ARGV[4])
call('ZADD', P .. 'leads', now, A.lead_id)
for _, print in ipairs(A.contacts) do call('ZADD', P .. 'contact:' .. print, now, A.lead_id) end
log(A.lead_id, ARGV[5])

for _, delivery in ipairs(A.deliveries) do
  local id = A.lead_id .. ':' .. delivery.destination
  call('HSET', delivery_key(id), 'ac', delivery.account, 'rt', delivery.route, 'at', 0)
  if delivery.after ~= '' and states[delivery.after] then
    call('HSET', delivery_key(id), 'af', delivery.after)
    after[delivery.after] = (after[delivery.after] and after[delivery.after] .. ',' or '') .. delivery.destination
    if states[delivery.destination] == 'pending' then states[delivery.destination] = 'waiting' end
  end
end
for before, dependants in pairs(after) do
  call('HSET', delivery_key(A.lead_id .. ':' .. before), 'dp', dependants)
end
for _, delivery in ipairs(A.deliveries) do
  local id, state = A.lead_id .. ':' .. delivery.destination, states[delivery.destination]
  move(id, delivery.account, nil, state, reasons[delivery.destination])
  call('SADD', P .. 'accounts', delivery.account)
  if state == 'pending' then call('ZADD', due_key(delivery.account), now, id) end
end
for _, delivery in ipairs(A.deliveries) do
  if FINAL[states[delivery.destination]] then
    wake_dependants(A.lead_id .. ':' .. delivery.destination, states[delivery.destination])
  end
end
return { 1, A.lead_id, status, first }
