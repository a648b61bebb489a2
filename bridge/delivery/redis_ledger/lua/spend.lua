-- Take one of the `count` turns that there are in any window_ms, over all workers: the moments of the
-- last ones are kept, so that no two windows' worth can meet at their border.
--
-- ARGV[3]  name, count, window_ms
-- Returns  0: taken; else the ms until the next turn
local key = P .. 'turns:' .. A.name
if call('LLEN', key) >= A.count then
  local free = tonumber(call('LINDEX', key, 0)) + A.window_ms
  if free > now then return free - now end
  call('LPOP', key)
end
call('RPUSH', key, now)
call('PEXPIRE', key, A.window_ms)
return 0
