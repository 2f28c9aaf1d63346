-- Parks an item, and notes its group where it is of one.
local function answer(at)
	local id, turn, due, packed, group = unpack(ARGV, at, at + 4)

	park(id, turn, due, packed)
	if group ~= '' then
		call('ZADD', prefix .. 'later:of:' .. group, turn, id)
		call('SADD', prefix .. 'later:groups', group)
	end
	return false
end
