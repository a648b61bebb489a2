-- A person withdrew: cancel what is still open, and remember it for what arrives late.
--
-- ARGV[3]  contacts, property ('*': every one), leads (named by id), at_ms (-1: now),
--          window_ms
-- Returns  the ids of the deliveries that it cancelled
local out, seen = {}, {}
local at = A.at_ms < 0 and now or A.at_ms

local function cancel(lead)
  if seen[lead] then return end
  seen[lead] = true
  for name in string.gmatch(call('HGET', lead_key(lead), 'dl') or '', '[^,]+') do
    local id = lead .. ':' .. name
    local known = call('HMGET', delivery_key(id), 'st', 'ac')
    if known[1] and call('ZSCORE', leases_key(known[2]), id) then
      call('HSET', delivery_key(id), 'cx', 1) -- it is on its way; only a resend can be stopped
    elseif known[1] and not FINAL[known[1]] then
      call('ZREM', due_key(known[2]), id)
      move(id, known[2], known[1], 'cancelled', 'the person withdrew')
      out[#out + 1] = id
    end
  end
  if call('EXISTS', lead_key(lead)) == 1 then call('HSET', lead_key(lead), 'wd', 1) end
  if call('HGET', lead_key(lead), 'st') == 'unrouted' then call('HSET', lead_key(lead), 'st', 'withdrawn') end
  log(lead, '{"what":"withdrawn"}\n')
end

for _, lead in ipairs(A.leads) do cancel(lead) end
for _, print in ipairs(A.contacts) do
  local key = P .. 'withdrawn:' .. print
  local known = tonumber(call('HGET', key, A.property) or -1)
  call('HSET', key, A.property, math.max(known, at))
  call('PEXPIRE', key, A.window_ms)
  for _, lead in ipairs(call('ZRANGE', P .. 'mark:' .. print, 0, -1)) do
    local about = call('HMGET', lead_key(lead), 'pr', 'in')
    if about[2] and about[2] ~= 'withdrawal' and (A.property == '*' or about[1] == A.property) then cancel(lead) end
  end
end
return out
