-- Removes an item, whatever its turn.
local function answer(at)
	call('DEL', prefix .. 'l:' .. ARGV[at])
	call('ZREM', prefix .. 'later', ARGV[at])
	return false
end
