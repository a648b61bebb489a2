-- Keep what is still being sent.
--
-- ARGV[3]  lease_ms, claims [{id, account, token}]
-- Returns  1 or 0 for each: 0 where a newer holder has it
local out = {}
for i, claim in ipairs(A.claims) do
  local leases = leases_key(claim.account)
  local mine = tonumber(call('HGET', delivery_key(claim.id), 'tk') or -1) == claim.token
  out[i] = mine and call('ZSCORE', leases, claim.id) and 1 or 0
  if out[i] == 1 then call('ZADD', leases, now + A.lease_ms, claim.id) end
end
return out
