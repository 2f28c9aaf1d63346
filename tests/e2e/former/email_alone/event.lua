-- Before every script: what it is called with, whether Redis is whole, what time it is.
-- A number becomes text by int() alone: Lua and newer Redis write large ones as 1.7e+12.
local prefix, epoch_id, run_id, skew_ms, holder, incarnation, event_memory_ms, delivery_memory_ms = unpack(ARGV, 1, 8)
local call, format, max, match, unpack, now = redis.call, string.format, math.max, string.match, unpack, nil
local finish -- a script may set it: runs once, after every operation

local function int(n)
	return format('%d', n)
end

do
	local epoch = call('HMGET', prefix .. 'epoch', 'id', 'run_id')
	if epoch[1] ~= epoch_id or epoch[2] ~= run_id then
		return { 'epoch' }
	end
	local time = call('TIME')
	now = time[1] * 1000 + math.floor(time[2] / 1000) + skew_ms
end

-- Is this event new, mine again, or a duplicate; and what is known of the invite?
-- e: is one text: coordinates, and once decided the slot, the first delivery and the plan, a line each.
local NEW, DECIDED, DUPLICATE = 0, 1, 2

-- What is kept of the request, and where a delivery stands: the turn it waits with, the turn it was claimed with.
local function more(invite, delivery)
	local parked = call('GET', prefix .. 'l:' .. delivery)
	local claim = call('GET', prefix .. 'c:' .. delivery)
	return call('GET', prefix .. 'r:' .. invite), parked and match(parked, '^%d+'), claim and match(claim, '^%d+|(%d+)')
end

-- about: '' = no more is asked, '*' = of the invitation's own delivery, else of this one.
local function answer(at, last)
	local hash, invite, coords, about = unpack(ARGV, at, last)
	local key = prefix .. 'e:' .. hash
	local e = call('GET', key)
	local d = call('HMGET', prefix .. 'd:' .. invite, 'ver', 'state', 'gen', 'turn', 'exp', 'rh', 'dec', 'sent', 'rem',
		'tmr', 'kind', 'ak', 'kid', 'early')
	local verdict, plan, slot, first = NEW, false, false, false
	local kept, parked, claimed = false, false, false

	if not e and coords ~= '' then -- '': it is only looked at
		call('SET', key, coords, 'PX', event_memory_ms)
	elseif e and e ~= coords then
		local known
		known, slot, first, plan = match(e, '^([^\n]*)\n(%d*)\n([^\n]*)\n(.*)$')
		verdict = known == coords and DECIDED or DUPLICATE
	end
	if about ~= '' and d[1] then
		kept, parked, claimed = more(invite, about == '*' and invite .. '.' .. d[3] .. '.email.0' or about)
	end
	local reply = { verdict, now, plan or false, slot or false, first or e, kept, parked, claimed }
	for i = 1, 14 do
		reply[8 + i] = d[i]
	end
	return reply
end

-- After every script: asks answer() for each operation of the batch. ARGV from 9 on: for each how many
-- arguments it has, and they.
local replies, at = {}, 9

while ARGV[at] do
	local last = at + ARGV[at]
	replies[#replies + 1] = answer(at + 1, last)
	at = last + 1
end
if finish then
	finish()
end
return replies
