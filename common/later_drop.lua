-- Forgets an item that has been put back on its topic, unless it was parked anew since.
local function answer(at)
	local packed = call('GET', prefix .. 'l:' .. ARGV[at])

	if packed and match(packed, '^%d+') == ARGV[at + 1] then
		unpark(ARGV[at])
	end
	return false
end
