-- One more line on a lead's timeline.
--
-- ARGV[3]  lead_id, once (a fingerprint, or ''), window_ms
-- ARGV[4]  the entry
-- Returns  1, or 0 where there is no such lead
local known = call('HMGET', lead_key(A.lead_id), 'st', 'er')
if not known[1] then return 0 end
local seen = P .. 'identity:' .. A.once
if A.once ~= '' and not call('SET', seen, A.lead_id, 'NX', 'PX', A.window_ms) then return 1 end
log(A.lead_id, known[2] and bare(ARGV[4]) or ARGV[4])
return 1
