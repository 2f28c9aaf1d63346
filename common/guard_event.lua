-- Is this event new, mine again, or a duplicate; and what is known of the invite?
-- e: is one text: coordinates, and once decided the slot, the first delivery and the plan, a line each.
local NEW, DECIDED, DUPLICATE = 0, 1, 2

-- What is kept of the request, and where a delivery stands: the turn it waits with, the turn it was claimed with.
local function more(invite, delivery)
	local parked = call('GET', prefix .. 'l:' .. delivery)
	local claim = call('GET', prefix .. 'c:' .. delivery)
	return call('GET', prefix .. 'r:' .. invite), parked and match(parked, '^%d+'), claim and match(claim, '^%d+|(%d+)')
end

-- The channel of the invitation; programs that knew e-mail alone have written none.
local function channel_of(ch)
	return ch and ch ~= '' and ch or 'email'
end

-- about: '' = no more is asked, '*' = of the invitation's own delivery, else of this one.
local function answer(at, last)
	local hash, invite, coords, about = unpack(ARGV, at, last)
	local key = prefix .. 'e:' .. hash
	local e = call('GET', key)
	local d = call('HMGET', prefix .. 'd:' .. invite, 'ver', 'state', 'gen', 'turn', 'exp', 'rh', 'dec', 'sent', 'rem',
		'tmr', 'kind', 'ak', 'kid', 'early', 'ch', 'lad', 'rcp')
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
		kept, parked, claimed = more(invite, about == '*' and invite .. '.' .. d[3] .. '.' .. channel_of(d[15]) .. '.0' or about)
	end
	local reply = { verdict, now, plan or false, slot or false, first or e, kept, parked, claimed }
	for i = 1, 17 do
		reply[8 + i] = d[i]
	end
	return reply
end
