-- A person acts on one delivery.
--
-- ARGV[3]  id, act (retry|cancel|delivered|resend|replay|again), who, scope (a run; done once in it), reference
-- ARGV[4]  the entry for the log
-- Returns  {state} it is in now, {} where there is no such delivery, {'', why} where it cannot be
local key = delivery_key(A.id)
local known = call('HMGET', key, 'st', 'ac', 'af', 'un', 'dp', 'rp')
local from, account = known[1], known[2]
if not from then return {} end
local lead = split_id(A.id)
local anew = A.act == 'replay' or A.act == 'again'
if A.scope ~= '' and known[6] == A.scope then return { from } end
local in_flight = call('ZSCORE', leases_key(account), A.id)
if in_flight and A.act == 'cancel' then
  call('HSET', key, 'cx', 1)
  log(lead, ARGV[4])
  return { from }
end
if in_flight then return { '', 'is being sent at this moment; try again in a few seconds' } end
if from == 'delivered' and A.act ~= 'again' then return { '', 'is delivered already' } end
if A.act == 'retry' and tonumber(known[4] or 0) > 0 and not FINAL[from] then
  return { '', 'may have arrived: say which with `resolve --delivered` or `resolve --resend`' }
end
if anew and not FINAL[from] and from ~= 'held' then return { '', 'is ' .. from .. ': it is on its way already' } end
if A.act == 'cancel' and FINAL[from] then return { '', 'is ' .. from .. ' already' } end

log(lead, ARGV[4])
call('SREM', P .. 'parked:' .. account .. ':' .. select(2, split_id(A.id)), A.id)
call('HDEL', key, 'md', 'nx', 'ca', 'cx', 'lt')
if A.act == 'cancel' or A.act == 'delivered' then
  local to = A.act == 'cancel' and 'cancelled' or 'delivered'
  call('ZREM', due_key(account), A.id)
  move(A.id, account, from, to, 'by ' .. A.who, A.reference)
  wake_dependants(A.id, to)
  return { to }
end
local to = 'pending'
if known[3] and call('HGET', delivery_key(lead .. ':' .. known[3]), 'st') ~= 'delivered' then to = 'waiting' end
-- The age counts from here, or what is older than its max_age would expire again at once.
call('HSET', key, 'at', 0, 'ag', now)
if A.scope ~= '' then call('HSET', key, 'rp', A.scope) end
move(A.id, account, from, to, 'sent again by ' .. A.who)
if to == 'pending' then call('ZADD', due_key(account), now, A.id) end
for name in string.gmatch(known[5] or '', '[^,]+') do
  local other = lead .. ':' .. name
  if call('HGET', delivery_key(other), 'ca') then
    call('HDEL', delivery_key(other), 'ca')
    move(other, call('HGET', delivery_key(other), 'ac'), 'cancelled', 'waiting')
  end
end
return { to }
