-- Compare-and-set of an invite's state, with the plan, the address and the tenant's slot.
local DONE, LOST, TAKEN = 0, 1, 2

local function answer(at, last)
	local hash, invite, coords, version, plan, first, address, data, not_before, limit, interval, burst =
		unpack(ARGV, at, at + 11)
	local event, state = prefix .. 'e:' .. hash, prefix .. 'd:' .. invite

	-- A plan that is there already is ours from a call that timed out, or a twin's: to be claimed again.
	if call('GET', event) ~= coords or (call('HGET', state, 'ver') or '0') ~= version then
		return { LOST, now, 0 }
	end
	if address ~= '' then
		local holder = call('SET', prefix .. 'a:' .. address, invite, 'NX', 'GET')
		if holder and holder ~= invite then
			return { TAKEN, now, 0, holder }
		end
	end

	local slot = max(now, tonumber(not_before))
	interval = tonumber(interval)
	if interval > 0 then
		slot = math.ceil(reserve(limit, interval, max(1, tonumber(burst)), slot * 1000) / 1000)
	end
	if last > at + 11 then
		call('HSET', state, 'ver', int(version + 1), unpack(ARGV, at + 12, last))
	end
	if data ~= '' then
		call('SET', prefix .. 'r:' .. invite, data)
	end
	call('SET', event, coords .. '\n' .. int(slot) .. '\n' .. first .. '\n' .. plan, 'KEEPTTL')
	return { DONE, now, slot }
end
