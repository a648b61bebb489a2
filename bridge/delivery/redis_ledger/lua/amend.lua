-- Put a corrected lead in the place of the old one.
--
-- ARGV[3]  lead_id, contacts, prints (they and the marks that find it now), gone (that no longer do), property
-- ARGV[4]  the sealed lead
-- ARGV[5]  the entry for the log
-- Returns  1, or 0 where there is no such lead or its person was erased
local key = lead_key(A.lead_id)
if call('EXISTS', key .. ':blob') == 0 then return 0 end
local at = call('HGET', key, 'at')
call('HSET', key, 'pr', A.property, 'co', table.concat(A.contacts, ','))
call('SET', key .. ':blob', ARGV[4])
for _, print in ipairs(A.gone) do call('ZREM', P .. 'mark:' .. print, A.lead_id) end
for _, print in ipairs(A.prints) do call('ZADD', P .. 'mark:' .. print, at, A.lead_id) end
log(A.lead_id, ARGV[5])
return 1
