-- Parks an item.
local function answer(at, last)
	park(unpack(ARGV, at, last))
	return false
end
