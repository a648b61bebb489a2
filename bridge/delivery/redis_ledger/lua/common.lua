-- Loaded in front of every other script.
--
-- KEYS[1]  the prefix itself: every key of the ledger carries its hash tag, so one slot holds them
-- ARGV[1]  the prefix   ARGV[2]  the events stream   ARGV[3]  the script's arguments as JSON
--
-- Keys, all under the prefix:
--   lead:<id>             hash   so source, ex external id, in intent, te test, st status, at ms,
--                                fi first lead of the same wish, pr property, dl destinations,
--                                wd withdrawn, co contacts, id identities, er ms of its erasure
--   lead:<id>:blob        string the sealed lead
--   lead:<id>:log         list   "<ms> <JSON header>\n<sealed bodies>"
--   leads                 zset   lead id by ms of acceptance
--   keep:bodies, :payload zset   lead id by the ms from which its retention counts (expire.lua)
--   tally                 hash   what /metrics counts: accepted/, last/, attempts/, took/
--   delivery:<id>:<dest>  hash   st state, ac account, rt route, at attempts, un unknowns, tk token,
--                                nx next ms, up updated ms, rs reason, rf reference, md mode,
--                                af after, dp dependants, ca cancelled for `after`, cx cancel asked,
--                                lt delivered by an older holder, er its lead was erased,
--                                ag ms since when its age counts (sent again by a person),
--                                rp the last replay that it was part of
--   account:<a>:due       zset   delivery id by the ms when it is due
--   account:<a>:leases    zset   delivery id by the ms when its lease ends: what is in flight
--   account:<a>:ctl       hash   pause, rate, breaker, refusals in a row, parked destinations
--   parked:<a>:<dest>     set    deliveries held because their destination is paused
--   state:<state>         zset   delivery id by ms, for the states that a person may look for
--   counts                hash   "<account>/<state>" → how many
--   mark:<fp>             zset   lead id by ms: contacts, and what else a lead is found by
--   withdrawn:<fp>        hash   property → ms
--   drawer:<name>         hash   a small collection      turns:<name>  list  ms of the last turns
--   identity:<fp>         string lead id             wish:<route>:<fp>  string lead id
local P, EVENTS, A = ARGV[1], ARGV[2], cjson.decode(ARGV[3])
local call = redis.call
local INDEXED = { waiting = 1, unknown = 1, held = 1, rejected = 1, expired = 1, cancelled = 1, skipped = 1 }
local FINAL = { delivered = 1, rejected = 1, expired = 1, cancelled = 1, skipped = 1 }

local clock = call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function split_id(id)
  local colon = string.find(id, ':', 1, true)
  return string.sub(id, 1, colon - 1), string.sub(id, colon + 1)
end

local function due_key(account) return P .. 'account:' .. account .. ':due' end
local function leases_key(account) return P .. 'account:' .. account .. ':leases' end
local function ctl_key(account) return P .. 'account:' .. account .. ':ctl' end
local function delivery_key(id) return P .. 'delivery:' .. id end
local function lead_key(id) return P .. 'lead:' .. id end

local function log(lead, entry)
  call('RPUSH', lead_key(lead) .. ':log', string.format('%.0f ', now) .. entry)
end

-- An entry without the sealed bodies behind its first line.
local function bare(entry) return string.sub(entry, 1, (string.find(entry, '\n', 1, true))) end

-- Numbers in the hashes `counts` and `tally`. A script that works on many deliveries sets
-- `later = {}` and calls settle() at its end: one write a number instead of one a delivery.
local later = nil
local function add(hash, field, by)
  if not later then return call('HINCRBY', P .. hash, field, by) end
  local numbers = later[hash] or {}
  numbers[field], later[hash] = (numbers[field] or 0) + by, numbers
end

local function settle()
  for hash, numbers in pairs(later) do
    for field, by in pairs(numbers) do
      if by ~= 0 then call('HINCRBY', P .. hash, field, string.format('%.0f', by)) end
    end
  end
end

-- Tells other pipelines; names no person. `known`: external id and source, where they are at hand.
local function tell(id, state, reference, reason, known)
  local lead, destination = split_id(id)
  known = known or call('HMGET', lead_key(lead), 'ex', 'so')
  call('XADD', EVENTS, 'MAXLEN', '~', 100000, '*', 'lead_id', lead, 'external_id', known[1] or '',
    'source', known[2] or '', 'destination', destination, 'state', state,
    'reference', reference or '', 'reason', reason or '', 'at', string.format('%.3f', now / 1000))
end

local function count(account, from, to)
  if from == to then return end
  if from then add('counts', account .. '/' .. from, -1) end
  add('counts', account .. '/' .. to, 1)
end

-- Change a delivery's state with everything that hangs on it, except the due set and the leases.
-- `also`: further fields and values of its row; `known`: see tell().
local function move(id, account, from, to, reason, reference, also, known)
  local row = also or {}
  for _, one in ipairs({ 'st', to, 'up', now, 'rs', reason or '' }) do row[#row + 1] = one end
  if reference and reference ~= '' then row[#row + 1] = 'rf' row[#row + 1] = reference end
  call('HSET', delivery_key(id), unpack(row))
  count(account, from, to)
  if from and INDEXED[from] and from ~= to then call('ZREM', P .. 'state:' .. from, id) end
  if INDEXED[to] then call('ZADD', P .. 'state:' .. to, now, id) end
  tell(id, to, reference, reason, known)
end

-- A delivery became final: what waited for it goes on, or is cancelled, with all that waits for that.
-- `dependants`: where they are at hand.
local function wake_dependants(id, state, dependants)
  local woken, queue = {}, { { id, state, dependants } }
  while #queue > 0 do
    local done = table.remove(queue)
    local lead, destination = split_id(done[1])
    local names = done[3] or call('HGET', delivery_key(done[1]), 'dp') or ''
    for name in string.gmatch(names, '[^,]+') do
      local other = lead .. ':' .. name
      local known = call('HMGET', delivery_key(other), 'st', 'ac')
      if known[1] == 'waiting' and done[2] == 'delivered' then
        move(other, known[2], 'waiting', 'pending')
        call('ZADD', due_key(known[2]), now, other)
        woken[#woken + 1] = known[2]
      elseif known[1] == 'waiting' and FINAL[done[2]] then
        move(other, known[2], 'waiting', 'cancelled', destination .. ' was ' .. done[2] .. ', and this waits for it')
        call('HSET', delivery_key(other), 'ca', 1)
        queue[#queue + 1] = { other, 'cancelled' }
      end
    end
  end
  return woken
end
