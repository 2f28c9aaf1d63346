-- Parks an item, whose packed form begins with its turn, unless it waits already with this turn or a
-- higher one.
local function park(id, turn, due, packed)
	local key = prefix .. 'l:' .. id
	local known = call('GET', key)

	if known and tonumber(match(known, '^%d+')) >= tonumber(turn) then
		return
	end
	call('SET', key, packed)
	call('ZADD', prefix .. 'later', due, id)
end

