-- What became of the leads with one of some marks, at some destinations of an account.
--
-- ARGV[3]  marks, account, destinations
-- Returns  leads delivered, ms of the latest (0: none), then each reason for which one is held
local NEWEST = 10000
local seen, reasons, leads, last = {}, {}, 0, 0
for _, mark in ipairs(A.marks) do
  for _, lead in ipairs(call('ZREVRANGE', P .. 'mark:' .. mark, 0, NEWEST - 1)) do
    local test = not seen[lead] and call('HGET', lead_key(lead), 'te')
    if test and test ~= '1' then
      local delivered = false
      for _, name in ipairs(A.destinations) do
        local one = call('HMGET', delivery_key(lead .. ':' .. name), 'st', 'ac', 'up', 'rs')
        if one[2] == A.account and one[1] == 'delivered' then
          delivered, last = true, math.max(last, tonumber(one[3] or 0))
        elseif one[2] == A.account and one[1] == 'held' then
          reasons[one[4] or ''] = true
        end
      end
      if delivered then leads = leads + 1 end
    end
    seen[lead] = true
  end
end
local out = { leads, last }
for reason in pairs(reasons) do out[#out + 1] = reason end
return out
