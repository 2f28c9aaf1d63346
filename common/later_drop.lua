-- Forgets an item that has been put back on its topic, unless it was parked anew since.
local function answer(at)
	local key = prefix .. 'l:' .. ARGV[at]
	local packed = call('GET', key)

	if packed and match(packed, '^%d+') == ARGV[at + 1] then
		call('DEL', key)
		call('ZREM', prefix .. 'later', ARGV[at])
	end
	return false
end
