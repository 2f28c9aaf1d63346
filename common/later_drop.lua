-- Forgets items that have been put back on their topic, unless they were parked anew since. All of a batch go
-- at once: a clock under load does little else.
local gone, keys, ids = {}, {}, {}

local function answer(at)
	local id = ARGV[at]
	local key = prefix .. 'l:' .. id
	local packed = not gone[id] and call('GET', key)

	if packed and match(packed, '^%d+') == ARGV[at + 1] then
		gone[id], keys[#keys + 1], ids[#ids + 1] = true, key, id
		count(packed, -1)
	end
	return false
end

local counted = finish

function finish()
	if #ids > 0 then
		call('DEL', unpack(keys))
		call('ZREM', prefix .. 'later', unpack(ids))
	end
	counted()
end
