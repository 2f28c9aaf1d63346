-- Removes an item, whatever its turn.
local function answer(at)
	redis.call('DEL', prefix .. 'l:' .. ARGV[at])
	redis.call('ZREM', prefix .. 'later', ARGV[at])
	return false
end
