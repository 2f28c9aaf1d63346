-- What became of a delivery.
-- ARGV: delivery, invite, generation, turn, holder, incarnation, verdict, doubt (0 or 1), outcome, address
-- to give up, memory of the delivery in ms, number of field arguments, fields of the state (name, value)...,
-- then, where it is parked: id, due, topic, key, value, headers, reason, tenant
local DONE, LOST = 0, 1
local key, invite, turn, verdict = prefix .. 'c:' .. ARGV[5], ARGV[6], ARGV[8], ARGV[11]
local by = verdict .. '/' .. ARGV[10] .. '/' .. ARGV[9]
local c = redis.call('HMGET', key, 't', 'h', 'i', 'q', 'b' .. turn)

if c[5] == by then
	return { DONE, now } -- a call that timed out had run
end
if c[1] ~= turn or c[2] ~= ARGV[9] or c[3] ~= ARGV[10] then
	return { LOST, now }
end

local parked = verdict == 'parked'
local next_turn = int(parked and turn + 1 or turn)
redis.call('HSET', key, 'v', verdict, 't', next_turn, 'h', '', 'q', int((c[4] or 0) + ARGV[12]),
	'o' .. turn, ARGV[13], 'b' .. turn, by)
if not parked then
	redis.call('PEXPIRE', key, ARGV[15])
end

local nfields = tonumber(ARGV[16])
if nfields > 0 then
	local state = prefix .. 'd:' .. invite
	local d = redis.call('HMGET', state, 'gen', 'ver', 'state')
	if d[1] == ARGV[7] and not ended(d[3]) then
		redis.call('HSET', state, 'ver', int((d[2] or 0) + 1), unpack(ARGV, 17, 16 + nfields))
	end
end
if ARGV[14] ~= '' then
	local address = prefix .. 'a:' .. ARGV[14]
	if redis.call('GET', address) == invite then
		redis.call('DEL', address)
	end
end
if parked then
	park(ARGV[17 + nfields], next_turn, ARGV[18 + nfields], unpack(ARGV, 19 + nfields))
end
return { DONE, now }
