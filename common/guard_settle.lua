-- What became of a delivery.
local DONE, LOST = 0, 1

local function state_write(invite, generation, from, to)
	local state = prefix .. 'd:' .. invite
	local d = call('HMGET', state, 'gen', 'ver', 'state')
	if d[1] == generation and not ended(d[3]) then
		call('HSET', state, 'ver', int((d[2] or 0) + 1), unpack(ARGV, from, to))
	end
end

local function give_up(address, invite)
	if call('GET', address) == invite then
		call('DEL', address)
	end
end

-- ARGV from at + 11 on: fields of the state (name, value)...
local function answer(at, last)
	local delivery, invite, generation, turn, verdict, doubt, told, address, item, due, packed =
		unpack(ARGV, at, at + 10)
	local key, told_key = prefix .. 'c:' .. delivery, prefix .. 'o:' .. delivery .. '/' .. turn
	local stored, _, coords, h, i, _, first, kid, doubts = claim_read(key)

	if stored ~= turn or h ~= holder or i ~= incarnation then
		local before = call('GET', told_key)
		local ours = before and match(before, '^[^\n]*') == match(told, '^[^\n]*') -- a call that timed out had run
		return { ours and DONE or LOST, now }
	end
	local parked = verdict == 'parked'
	local line = claim_line(parked and int(turn + 1) or turn, verdict, coords, '', '0', '0', first, kid,
		int(doubts + doubt), '0')
	if parked then
		call('SET', key, line)
		park(item, turn + 1, due, packed)
	else
		call('SET', key, line, 'PX', delivery_memory_ms)
	end
	call('SET', told_key, told, 'PX', delivery_memory_ms)
	if last > at + 10 then
		state_write(invite, generation, at + 11, last)
	end
	if address ~= '' then
		give_up(prefix .. 'a:' .. address, invite)
	end
	return { DONE, now }
end
