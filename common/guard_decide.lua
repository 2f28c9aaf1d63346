-- Compare-and-set of an invite's state, with the plan, the address, the tenant's slot, what waits and the timer.
local DONE, LOST, TAKEN = 0, 1, 2

-- Removes what waits of a delivery; a slot that it has been waiting for is free again. Nobody will ever settle what
-- was claimed of it before, so the memory of that ends by itself.
local function withdraw(delivery, slot, limit)
	local from, to = match(slot or '', '^(%d+)-(%d+)$')
	if not unpark(delivery) then
		return
	end
	call('PEXPIRE', prefix .. 'c:' .. delivery, delivery_memory_ms)
	if from and tonumber(from) > now * 1000 then
		local lanes, lifetime_ms = prefix .. 's:' .. limit, math.ceil(to / 1000) - now + 1000
		call('ZADD', lanes, to, from .. '-' .. to)
		if call('PTTL', lanes) < lifetime_ms then
			call('PEXPIRE', lanes, int(lifetime_ms))
		end
	end
end

-- What few events change, and never before everything else is known to go well.
local function change(state, invite, limit, former, waiting, reminders, forward, mark, timer, turn, due, packed, too)
	if former ~= '' then
		give_up(prefix .. 'a:' .. former, invite)
	end
	if waiting ~= '' and forward == '' then
		local slot = call('HGET', state, 'slot')
		for n = 0, tonumber(reminders) do
			withdraw(waiting .. n, slot, limit)
			if too ~= '' then
				withdraw(too .. n, slot, limit)
			end
		end
	elseif waiting ~= '' then
		call('APPEND', prefix .. 'l:' .. waiting .. '0', mark)
		call('ZADD', prefix .. 'later', int(now), waiting .. '0')
	end
	if packed ~= '' then
		park(timer, turn, due, packed)
	elseif timer ~= '' then
		unpark(timer)
	end
end

-- Takes address and data of an invite of which nothing is known, in one command where neither is there.
-- Answers who holds the address; else whether the data is written, too.
local function take(address, invite, data, is_new)
	local key = prefix .. 'a:' .. address
	if is_new and data ~= '' and data ~= '-' and call('MSETNX', key, invite, prefix .. 'r:' .. invite, data) == 1 then
		return nil, true
	end
	local holder = call('SET', key, invite, 'NX', 'GET')
	return holder and holder ~= invite and holder
end

-- version '' = nothing was asked before: nothing may be known of event and invite.
-- Where more is '1': the former address, the waiting deliveries' name without their number and the highest
-- number, the turn of the one to bring forward and what is added to it, the timer's id and what it is armed
-- with, another channel's name of waiting deliveries; each '' = leave it. Then fields of the state (name, value)...
local function answer(at, last)
	local hash, invite, coords, version, plan, first, address, data, not_before, limit, interval, burst, spans, more =
		unpack(ARGV, at, at + 13)
	local event, state, fields = prefix .. 'e:' .. hash, prefix .. 'd:' .. invite, at + 14

	local slot, reserved = max(now, tonumber(not_before)), nil
	interval = tonumber(interval)
	local function record()
		return coords .. '\n' .. int(slot) .. '\n' .. first .. '\n' .. plan
	end

	-- A plan that is there already is ours from a call that timed out, or a twin's: to be claimed again.
	-- Where nothing was asked and the slot is known the plan is stored by the command that looks, and
	-- goes again where something else stands in the way.
	local claimed = version ~= ''
	local stored = not claimed and interval == 0
	version = claimed and version or '0'
	if stored and not call('SET', event, record(), 'PX', event_memory_ms, 'NX') or
		not stored and call('GET', event) ~= (claimed and coords) then
		return { LOST, now, 0 }
	end
	if (call('HGET', state, 'ver') or '0') ~= version then
		if stored then
			call('DEL', event)
		end
		return { LOST, now, 0 }
	end
	if more == '1' then
		local waiting, forward = ARGV[at + 15], ARGV[at + 17]
		local packed = forward ~= '' and call('GET', prefix .. 'l:' .. waiting .. '0')
		if forward ~= '' and match(packed or '', '^%d+') ~= forward then
			return { LOST, now, 0 } -- put back meanwhile
		end
	end
	local holder, kept
	if address ~= '' then
		holder, kept = take(address, invite, data, not claimed)
	end
	if holder then
		if stored then
			call('DEL', event)
		end
		return { TAKEN, now, 0, holder }
	end
	if more == '1' then
		change(state, invite, limit, unpack(ARGV, at + 14, at + 23))
		fields = at + 24
	end

	if interval > 0 then
		local us = reserve(limit, interval, max(1, tonumber(burst)), slot * 1000, spans)
		slot, reserved = math.ceil(us / 1000), int(us) .. '-' .. int(us + interval)
	end
	if last >= fields and reserved and slot > now then
		call('HSET', state, 'ver', int(version + 1), 'slot', reserved, unpack(ARGV, fields, last))
	elseif last >= fields then
		call('HSET', state, 'ver', int(version + 1), unpack(ARGV, fields, last))
	end
	if data == '-' then
		call('DEL', prefix .. 'r:' .. invite)
	elseif data ~= '' and not kept then
		call('SET', prefix .. 'r:' .. invite, data)
	end
	if claimed then
		call('SET', event, record(), 'KEEPTTL')
	elseif not stored then
		call('SET', event, record(), 'PX', event_memory_ms)
	end
	return { DONE, now, slot }
end
