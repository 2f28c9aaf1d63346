-- Is this event new, mine again, or a duplicate; and what is known of the invite?
-- e: is one text: coordinates, and once decided the slot, the first delivery and the plan, a line each.
local NEW, DECIDED, DUPLICATE = 0, 1, 2

local function answer(at, last)
	local hash, invite, coords = unpack(ARGV, at, last)
	local key = prefix .. 'e:' .. hash
	local e = call('GET', key)
	local d = call('HMGET', prefix .. 'd:' .. invite, 'ver', 'state', 'gen', 'turn', 'exp', 'rh', 'dec')
	local verdict, plan, slot, first = NEW, false, false, false

	if not e then
		call('SET', key, coords, 'PX', event_memory_ms)
	elseif e ~= coords then
		local known
		known, slot, first, plan = match(e, '^([^\n]*)\n(%d*)\n([^\n]*)\n(.*)$')
		verdict = known == coords and DECIDED or DUPLICATE
	end
	return { verdict, now, plan or false, slot or false, first or e, d[1], d[2], d[3], d[4], d[5], d[6], d[7] }
end
