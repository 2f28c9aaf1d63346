-- Brings items of a group forward, where they still wait with the turn they were parked with: to now, or to
-- the next slots of their limit, which others reserve as well. Answers how many of the group are left.
local function answer(at)
	local group, most = ARGV[at], ARGV[at + 1]
	local key, groups = prefix .. 'later:of:' .. group, prefix .. 'later:groups'
	local limit, interval, burst = match(call('HGET', groups, group) or '', '^(%S+) (%d+) (%d+)$')
	local members = call('ZPOPMIN', key, most)

	interval = tonumber(interval or 0)
	for i = 1, #members, 2 do
		local packed = call('GET', prefix .. 'l:' .. members[i])
		if packed and match(packed, '^%d+') == members[i + 1] then
			local due = now
			if interval > 0 then
				due = math.ceil(reserve(limit, interval, max(1, tonumber(burst)), now * 1000, '') / 1000)
			end
			call('ZADD', prefix .. 'later', 'XX', int(due), members[i])
		end
	end
	local left = call('ZCARD', key)
	if left == 0 then
		call('HDEL', groups, group)
	end
	return left
end
