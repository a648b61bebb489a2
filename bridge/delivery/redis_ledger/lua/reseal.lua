-- Put newly sealed bytes in the place of the old ones, if those still stand there.
--
-- ARGV[3]  key (without the prefix), part (a list's index, a hash's field; '' for a string)
-- ARGV[4]  old   ARGV[5]  new
-- Returns  1, or 0 where something else stands there by now
local key = P .. A.key
local kind = call('TYPE', key).ok
if kind == 'string' and call('GET', key) == ARGV[4] then
  call('SET', key, ARGV[5], 'KEEPTTL')
elseif kind == 'list' and call('LINDEX', key, A.part) == ARGV[4] then
  call('LSET', key, A.part, ARGV[5])
elseif kind == 'hash' and call('HGET', key, A.part) == ARGV[4] then
  call('HSET', key, A.part, ARGV[5])
else
  return 0
end
return 1
