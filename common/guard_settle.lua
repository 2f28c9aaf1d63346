-- What became of a delivery.
local DONE, LOST = 0, 1

local function state_write(invite, generation, from, to)
	local state = prefix .. 'd:' .. invite
	local d = redis.call('HMGET', state, 'gen', 'ver', 'state')
	if d[1] == generation and not ended(d[3]) then
		redis.call('HSET', state, 'ver', int((d[2] or 0) + 1), unpack(ARGV, from, to))
	end
end

local function give_up(address, invite)
	if redis.call('GET', address) == invite then
		redis.call('DEL', address)
	end
end

-- ARGV from at + 14 on: fields of the state (name, value)...
local function answer(at, last)
	local delivery, invite, generation, turn, holder, incarnation, verdict, doubt, outcome, address, memory_ms,
		item, due, packed = unpack(ARGV, at, at + 13)
	local key, told = prefix .. 'c:' .. delivery, prefix .. 'o:' .. delivery .. '/' .. turn
	local by = verdict .. '/' .. incarnation .. '/' .. holder
	local stored, _, coords, h, i, _, first, kid, doubts = claim_read(key)

	if stored ~= turn or h ~= holder or i ~= incarnation then
		local before = redis.call('GET', told)
		local ours = before and string.match(before, '^[^\n]*') == by -- a call that timed out had run
		return { ours and DONE or LOST, now }
	end
	local parked = verdict == 'parked'
	local line = claim_line(parked and int(turn + 1) or turn, verdict, coords, '', '0', '0', first, kid,
		int(doubts + doubt), '0')
	if parked then
		redis.call('SET', key, line)
		park(item, turn + 1, due, packed)
	else
		redis.call('SET', key, line, 'PX', memory_ms)
	end
	redis.call('SET', told, by .. '\n' .. outcome, 'PX', memory_ms)
	if last > at + 13 then
		state_write(invite, generation, at + 14, last)
	end
	if address ~= '' then
		give_up(prefix .. 'a:' .. address, invite)
	end
	return { DONE, now }
end
