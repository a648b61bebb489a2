-- Takes a person out of a lead; stands in front of forget.lua and expire.lua.

-- Cut the sealed bodies off the log lines written before `before`; how many, and the oldest kept one.
local function strip(lead, before, dry)
  local cut, oldest, key = 0, nil, lead_key(lead) .. ':log'
  for i, line in ipairs(call('LRANGE', key, 0, -1)) do
    local stop, at = string.find(line, '\n', 1, true), tonumber(string.match(line, '^%d+'))
    if stop and stop < #line then
      if at <= before then
        cut = cut + 1
        if not dry then call('LSET', key, i - 1, string.sub(line, 1, stop)) end
      else
        oldest = math.min(oldest or at, at)
      end
    end
  end
  return cut, oldest
end

-- The row, its states and references stay; nothing that tells or finds the person does.
local function part(lead, status)
  local key = lead_key(lead)
  for print in string.gmatch(call('HGET', key, 'co') or '', '[^,]+') do
    call('ZREM', P .. 'mark:' .. print, lead)
  end
  call('DEL', key .. ':blob')
  strip(lead, now)
  call('HDEL', key, 'co')
  call('HSET', key, 'er', now)
  if status then call('HSET', key, 'st', status) end
  call('ZREM', P .. 'keep:bodies', lead)
  call('ZREM', P .. 'keep:payload', lead)
end

-- End a delivery that nobody is sending.
local function stop(id, account, from, to, reason)
  local _, destination = split_id(id)
  call('ZREM', due_key(account), id)
  call('SREM', P .. 'parked:' .. account .. ':' .. destination, id)
  call('HDEL', delivery_key(id), 'md', 'nx')
  move(id, account, from, to, reason)
end
