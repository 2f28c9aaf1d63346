-- The names of the groups of which something may wait.
local function answer()
	return call('SMEMBERS', prefix .. 'later:groups')
end
