-- Opens deliveries of a lead; stands in front of open.lua and extend.lua.
--
-- A delivery is {destination, account, route, after, wishes, duplicates, skip}.

-- The same wish again: per route, so that a second route still gets what it never had. Who withdrew
-- and comes back wishes anew.
local function earlier(lead, delivery, wish_ms)
  local first = nil
  for _, print in ipairs(delivery.wishes) do
    local key = P .. 'wish:' .. delivery.route .. ':' .. print
    local known = call('GET', key)
    if known and known ~= lead and not call('HGET', lead_key(known), 'wd') then
      first = known
    elseif known ~= lead and wish_ms > 0 then
      call('SET', key, lead, 'PX', wish_ms)
    end
  end
  return first
end

-- The first state of each, with its reason, by destination; and the lead that wished the same, or ''.
local function judge(lead, deliveries, withdrawn, wish_ms)
  local first, states, reasons = '', {}, {}
  for _, delivery in ipairs(deliveries) do
    local name, known = delivery.destination, nil
    if withdrawn then
      states[name], reasons[name] = 'cancelled', 'the person withdrew before it arrived'
    elseif delivery.skip ~= '' then
      states[name], reasons[name] = 'skipped', delivery.skip
    else
      known = earlier(lead, delivery, wish_ms)
      states[name] = 'pending'
    end
    if known then first = known end
    if known and delivery.duplicates == 'hold' then
      states[name], reasons[name] = 'held', 'the same wish came before, as lead ' .. known
    elseif known and delivery.duplicates == 'drop' then
      states[name], reasons[name] = 'skipped', 'the same wish came before, as lead ' .. known
    end
  end
  return first, states, reasons
end

-- Write them, and let what waits for a delivery that is done already go on.
local function start(lead, deliveries, states, reasons)
  for _, delivery in ipairs(deliveries) do
    local id, before = lead .. ':' .. delivery.destination, delivery_key(lead .. ':' .. delivery.after)
    call('HSET', delivery_key(id), 'ac', delivery.account, 'rt', delivery.route, 'at', 0)
    local done = delivery.after ~= '' and (states[delivery.after] or call('HGET', before, 'st'))
    if done then
      call('HSET', delivery_key(id), 'af', delivery.after)
      local dependants = call('HGET', before, 'dp')
      call('HSET', before, 'dp', (dependants and dependants .. ',' or '') .. delivery.destination)
      if done ~= 'delivered' and states[delivery.destination] == 'pending' then states[delivery.destination] = 'waiting' end
    end
  end
  for _, delivery in ipairs(deliveries) do
    local id, state = lead .. ':' .. delivery.destination, states[delivery.destination]
    move(id, delivery.account, nil, state, reasons[delivery.destination])
    call('SADD', P .. 'accounts', delivery.account)
    if state == 'pending' then call('ZADD', due_key(delivery.account), now, id) end
  end
  for _, delivery in ipairs(deliveries) do
    local before = lead .. ':' .. delivery.after
    local state = delivery.after ~= '' and call('HGET', delivery_key(before), 'st')
    if state and state ~= 'delivered' and FINAL[state] then wake_dependants(before, state) end
  end
end
