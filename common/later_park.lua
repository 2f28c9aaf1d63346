-- Parks an item, and notes its group where it is of one, with the limit by which it comes back.
local function answer(at, last)
	local id, turn, due, packed, group, limit, interval, burst = unpack(ARGV, at, last)

	park(id, turn, due, packed)
	if group ~= '' then
		call('ZADD', prefix .. 'later:of:' .. group, turn, id)
		call('HSET', prefix .. 'later:groups', group, limit and limit .. ' ' .. interval .. ' ' .. burst or '')
	end
	return false
end
