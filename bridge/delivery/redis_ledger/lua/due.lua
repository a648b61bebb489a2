-- Which accounts have something to claim now?
--
-- ARGV[3]  accounts, grace_ms, open_ms
-- Returns  their names
local out = {}
for _, account in ipairs(A.accounts) do
  local control = call('HMGET', ctl_key(account), 'paused', 'until', 'probe')
  local dead = call('ZRANGEBYSCORE', leases_key(account), '-inf', now - A.grace_ms, 'LIMIT', 0, 1)
  local shut = control[1] or tonumber(control[2] or 0) > now or tonumber(control[3] or 0) > now
  local waits = not shut and call('ZRANGEBYSCORE', due_key(account), '-inf', now, 'LIMIT', 0, 1) or {}
  if #dead > 0 or #waits > 0 then out[#out + 1] = account end
end
return out
