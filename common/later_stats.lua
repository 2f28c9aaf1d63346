-- How many wait, how many are overdue, and for how long the oldest has been.
local function answer()
	local later = prefix .. 'later'
	local first = call('ZRANGE', later, 0, 0, 'WITHSCORES')
	local oldest = first[2] and now - tonumber(first[2]) or 0

	return { call('ZCARD', later), call('ZCOUNT', later, '-inf', int(now)), max(0, oldest) }
end
