-- Removes an item, whatever its turn.
local function answer(at)
	unpark(ARGV[at])
	return false
end
