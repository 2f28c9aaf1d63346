-- Compare-and-set of an invite's state, with the plan, the address and the tenant's slot.
-- ARGV: hash, invite, coordinates, version, plan, first, address, not before, limit, interval in us,
-- burst, fields of the state (name, value)...
local DONE, LOST, TAKEN = 0, 1, 2
local event, invite, address = prefix .. 'e:' .. ARGV[5], ARGV[6], ARGV[11]
local state = prefix .. 'd:' .. invite
local e = redis.call('HMGET', event, 'p', 'n')

-- A plan that is there already is ours from a call that timed out, or a twin's: to be claimed again.
if e[1] ~= ARGV[7] or e[2] or (redis.call('HGET', state, 'ver') or '0') ~= ARGV[8] then
	return { LOST, now, 0 }
end
if address ~= '' then
	local holder = redis.call('GET', prefix .. 'a:' .. address)
	if holder and holder ~= invite then
		return { TAKEN, now, 0, holder }
	end
	redis.call('SET', prefix .. 'a:' .. address, invite)
end

local slot = math.max(now, tonumber(ARGV[12]))
local interval = tonumber(ARGV[14])
if interval > 0 then
	slot = math.ceil(reserve(ARGV[13], interval, math.max(1, tonumber(ARGV[15])), slot * 1000) / 1000)
end
if #ARGV > 15 then
	redis.call('HSET', state, 'ver', int(ARGV[8] + 1), unpack(ARGV, 16))
end
redis.call('HSET', event, 'n', ARGV[9], 's', int(slot), 'f', ARGV[10])
return { DONE, now, slot }
