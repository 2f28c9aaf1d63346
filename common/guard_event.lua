-- Is this event new, mine again, or a duplicate; and what is known of the invite?
-- e: is one text: coordinates, and once decided the slot, the first delivery and the plan, a line each.
local NEW, DECIDED, DUPLICATE = 0, 1, 2

local function answer(at, last)
	local hash, invite, coords, memory_ms = unpack(ARGV, at, last)
	local key = prefix .. 'e:' .. hash
	local e = redis.call('GET', key)
	local d = redis.call('HMGET', prefix .. 'd:' .. invite, 'ver', 'state', 'gen', 'turn', 'exp', 'rh', 'dec')
	local verdict, plan, slot, first = NEW, false, false, false

	if not e then
		redis.call('SET', key, coords, 'PX', memory_ms)
	elseif e ~= coords then
		local known
		known, slot, first, plan = string.match(e, '^([^\n]*)\n(%d*)\n([^\n]*)\n(.*)$')
		verdict = known == coords and DECIDED or DUPLICATE
	end
	return { verdict, now, plan or false, slot or false, first or e, d[1], d[2], d[3], d[4], d[5], d[6], d[7] }
end
