-- How many wait, how many are overdue, for how long the oldest has been; then each reason and how many
-- wait for it. What is leased is not overdue; when its lease ends unused, it has been since it was due.
local function answer()
	local later = prefix .. 'later'
	local first = call('ZRANGE', later, 0, 0, 'WITHSCORES')
	local stats = { call('ZCARD', later), call('ZCOUNT', later, '-inf', int(now)), 0 }

	if first[2] and tonumber(first[2]) <= now then
		local packed = call('GET', prefix .. 'l:' .. first[1])
		local due = packed and tonumber(match(packed, '^%d+|1|(%-?%d+)|'))
		stats[3] = max(0, now - (due or tonumber(first[2])))
	end
	for _, word in ipairs(call('HGETALL', prefix .. 'later:reasons')) do
		stats[#stats + 1] = word
	end
	return stats
end
