-- The names of the groups of which something may wait.
local function answer()
	return call('HKEYS', prefix .. 'later:groups')
end
