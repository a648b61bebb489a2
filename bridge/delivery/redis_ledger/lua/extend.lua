-- Open further deliveries of a lead that is there; one that it has already stays as it is.
--
-- ARGV[3]  lead_id, deliveries (see starting.lua), wish_ms, anew (their age counts from now)
-- ARGV[4]  the entry for the log
-- Returns  nothing where there is no such lead, else 1 and the ids that it opened
local known = call('HMGET', lead_key(A.lead_id), 'st', 'dl', 'wd')
if not known[1] then return {} end
local out, new, names = { 1 }, {}, {}
for name in string.gmatch(known[2], '[^,]+') do names[#names + 1] = name end
for _, delivery in ipairs(A.deliveries) do
  local id = A.lead_id .. ':' .. delivery.destination
  if call('EXISTS', delivery_key(id)) == 0 then
    new[#new + 1] = delivery
    names[#names + 1] = delivery.destination
    out[#out + 1] = id
  end
end
log(A.lead_id, ARGV[4])
if #new == 0 then return out end
local _, states, reasons = judge(A.lead_id, new, known[1] == 'withdrawn' or known[3], A.wish_ms)
call('HSET', lead_key(A.lead_id), 'dl', table.concat(names, ','))
if known[1] == 'unrouted' then call('HSET', lead_key(A.lead_id), 'st', 'accepted') end
start(A.lead_id, new, states, reasons)
for _, delivery in ipairs(new) do
  if A.anew then call('HSET', delivery_key(A.lead_id .. ':' .. delivery.destination), 'ag', now) end
end
return out
