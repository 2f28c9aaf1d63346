-- Makes items of a group due now, where they still wait with the turn they were parked with. Answers how
-- many of the group are left.
local function answer(at)
	local group, most = ARGV[at], ARGV[at + 1]
	local key = prefix .. 'later:of:' .. group
	local members = call('ZPOPMIN', key, most)

	for i = 1, #members, 2 do
		local packed = call('GET', prefix .. 'l:' .. members[i])
		if packed and match(packed, '^%d+') == members[i + 1] then
			call('ZADD', prefix .. 'later', 'XX', 'LT', int(now), members[i])
		end
	end
	local left = call('ZCARD', key)
	if left == 0 then
		call('SREM', prefix .. 'later:groups', group)
	end
	return left
end
