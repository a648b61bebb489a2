-- Write one lead with its deliveries, unless the same message came before.
--
-- ARGV[3]  lead_id, source, external_id, intent, test, identities, contacts, marks, property,
--          wants, occurred_ms (-1: not known), status, deliveries (see starting.lua), identity_ms, wish_ms
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

local first, states, reasons = judge(A.lead_id, A.deliveries, withdrawn, A.wish_ms)
local names = {}
for i, delivery in ipairs(A.deliveries) do names[i] = delivery.destination end
local status = withdrawn and 'withdrawn' or A.status
call('HSET', lead_key(A.lead_id), 'so', A.source, 'ex', A.external_id, 'in', A.intent, 'te', A.test,
  'st', status, 'at', now, 'fi', first, 'pr', A.property, 'dl', table.concat(names, ','),
  'co', table.concat(A.contacts, ','), 'id', table.concat(A.identities, ','))
call('SET', lead_key(A.lead_id) .. ':blob', ARGV[4])
call('ZADD', P .. 'leads', now, A.lead_id)
call('ZADD', P .. 'keep:bodies', now, A.lead_id)
call('ZADD', P .. 'keep:payload', now, A.lead_id)
call('HINCRBY', P .. 'tally', 'accepted/' .. A.source, 1)
call('HSET', P .. 'tally', 'last/' .. A.source, now)
for _, prints in ipairs({ A.contacts, A.marks }) do
  for _, print in ipairs(prints) do call('ZADD', P .. 'mark:' .. print, now, A.lead_id) end
end
if A.wants ~= '' then call('HSET', P .. 'drawer:wanted', A.wants, A.source) end
log(A.lead_id, ARGV[5])
start(A.lead_id, A.deliveries, states, reasons)
return { 1, A.lead_id, status, first }
