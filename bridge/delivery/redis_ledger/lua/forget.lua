-- Erase the person from one lead: cancel what is open, leave a tombstone that stops the same message.
--
-- ARGV[3]  lead_id, tombstone_ms
-- ARGV[4]  the entry for the log
-- Returns  nothing where there is no such lead, else 1 and the ids of the deliveries that it cancelled
local key = lead_key(A.lead_id)
local known = call('HMGET', key, 'dl', 'id')
if not known[1] then return {} end
local out = { 1 }
for name in string.gmatch(known[1], '[^,]+') do
  local id = A.lead_id .. ':' .. name
  local one = call('HMGET', delivery_key(id), 'st', 'ac')
  call('HSET', delivery_key(id), 'er', 1) -- what is in flight comes back without its bodies
  if one[1] and call('ZSCORE', leases_key(one[2]), id) then
    call('HSET', delivery_key(id), 'cx', 1)
  elseif one[1] and not FINAL[one[1]] then
    stop(id, one[2], one[1], 'cancelled', "the person's data was erased")
    out[#out + 1] = id
  end
end
for print in string.gmatch(known[2] or '', '[^,]+') do
  call('SET', P .. 'identity:' .. print, A.lead_id, 'PX', A.tombstone_ms)
end
part(A.lead_id, 'erased')
log(A.lead_id, ARGV[4])
return out
