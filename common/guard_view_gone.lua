-- Takes an invite out of the view, by the version that was read: its state, its history, and where it is counted.
local DONE, LOST = 0, 1

local function uncount(key, status, code)
	if status ~= '' then
		call('HINCRBY', key, status, -1)
	end
	if code ~= '' then
		call('HINCRBY', key, 'error:' .. code, -1)
	end
end

-- A batch of which nobody is left is none.
local function forget_empty(tenant, batch, key)
	for _, n in ipairs(call('HVALS', key)) do
		if n ~= '0' then
			return
		end
	end
	call('DEL', key)
	call('ZREM', prefix .. 'vl:' .. tenant, batch)
end

local function answer(at, last)
	local tenant, invite, version, status, code, batch = unpack(ARGV, at, last)
	local name, of = tenant .. '/' .. invite, prefix .. 'vc:' .. tenant

	if match(call('GETRANGE', prefix .. 'v:' .. name, 0, 20), '^%d+') ~= version then
		return LOST
	end
	call('DEL', prefix .. 'v:' .. name, prefix .. 'vh:' .. name)
	call('ZREM', prefix .. 'vz:' .. tenant, invite)
	uncount(of, status, code)
	if batch ~= '' then
		uncount(of .. '/' .. batch, status, code)
		forget_empty(tenant, batch, of .. '/' .. batch)
	end
	return DONE
end
