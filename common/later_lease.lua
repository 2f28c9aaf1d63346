-- Takes items that are due or will be soon, the next ones first; they come back by themselves when the lease has ended.
-- Answers now, when the next one is due (false = nothing waits), and for each item its id, when it is due and its packed form.
local function answer(at, last)
	local lease_ms, ahead_ms, max, room = unpack(ARGV, at, last)
	local later, lease_end = prefix .. 'later', int(now + lease_ms)
	local ids = call('ZRANGEBYSCORE', later, '-inf', int(now + ahead_ms), 'WITHSCORES', 'LIMIT', 0, max)
	local taken, moved = { now, false }, {}

	for i = 1, #ids, 2 do
		local packed = call('GET', prefix .. 'l:' .. ids[i])
		if packed then
			room = room - #packed
			if room < 0 and #taken > 2 then
				break
			end
			taken[#taken + 1] = ids[i]
			taken[#taken + 1] = tonumber(ids[i + 1])
			taken[#taken + 1] = packed
			moved[#moved + 1] = lease_end
			moved[#moved + 1] = ids[i]
		else
			call('ZREM', later, ids[i])
		end
	end
	if #moved > 0 then
		call('ZADD', later, unpack(moved)) -- Lua takes some thousands of arguments
	end
	local first = call('ZRANGE', later, 0, 0, 'WITHSCORES')
	if first[2] then
		taken[2] = tonumber(first[2])
	end
	return taken
end
