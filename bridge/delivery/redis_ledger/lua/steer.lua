-- Pause or resume an account, or one destination of it.
--
-- ARGV[3]  account, destination ('': the whole account), reason ('': resume)
local ctl = ctl_key(A.account)
call('SADD', P .. 'accounts', A.account)
if A.destination ~= '' then
  if A.reason ~= '' then
    call('HSET', ctl, 'parked:' .. A.destination, A.reason)
    return 1
  end
  call('HDEL', ctl, 'parked:' .. A.destination, 'refused:' .. A.destination)
  local parked = P .. 'parked:' .. A.account .. ':' .. A.destination
  for _, id in ipairs(call('SMEMBERS', parked)) do
    if call('HGET', delivery_key(id), 'st') == 'held' then
      move(id, A.account, 'held', 'pending')
      call('ZADD', due_key(A.account), now, id)
    end
  end
  call('DEL', parked)
elseif A.reason ~= '' then
  call('HSET', ctl, 'paused', A.reason, 'paused_at', now)
else
  call('HDEL', ctl, 'paused', 'paused_at', 'until')
end
return 1
