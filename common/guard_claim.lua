-- May I send this delivery now?
-- ARGV: delivery, invite, generation, turn, coordinates, holder, incarnation, lease in ms, kid, token's
-- sha-256, memory of the token and of the delivery in ms, limits (name, interval, burst)...
local GO, FORMER, TAKEN_OVER, BUSY, LIMITED, DUPLICATE = 0, 1, 2, 3, 4, 5
local key, asked, coords = prefix .. 'c:' .. ARGV[5], tonumber(ARGV[8]), ARGV[9]
local holder, incarnation, kid = ARGV[10], ARGV[11], ARGV[13]
local c = redis.call('HMGET', key, 't', 'v', 'p', 'h', 'i', 'l', 'd', 'k', 'q', 'w', 'o' .. ARGV[8])
local stored, doubts = tonumber(c[1] or -1), tonumber(c[9] or 0)
local settled = c[2] and c[2] ~= ''
local same_record = c[3] == coords

local function reply(answer, turn, more)
	more = more or {}
	return { answer, now, more.wait or 0, tonumber(c[7] or now), doubts, turn, c[8] or kid, more.limit or '',
		more.outcome or false }
end

-- Dealt with. What was told of this turn, or last, may never have reached Kafka. A turn raised in place
-- (taken over) still belongs to the record that holds it.
if (settled and (c[2] ~= 'parked' or stored > asked)) or (stored > asked and not same_record) then
	if c[11] then
		return reply(DUPLICATE, asked, { outcome = c[11] })
	end
	local last = c[2] == 'parked' and stored - 1 or stored
	return reply(DUPLICATE, last, { outcome = redis.call('HGET', key, 'o' .. int(last)) })
end

-- The invite has moved on. Nothing will ever settle this delivery, so its memory ends by itself.
local d = redis.call('HMGET', prefix .. 'd:' .. ARGV[6], 'gen', 'state')
if (tonumber(d[1] or 0) or 0) > tonumber(ARGV[7]) or ended(d[2]) then
	redis.call('PEXPIRE', key, ARGV[16])
	return reply(DUPLICATE, asked)
end

local answer, turn = GO, math.max(stored, asked)
local lease_end = now + ARGV[12]
if c[4] and c[4] ~= '' then
	local lease_left = tonumber(c[6]) - now
	if c[4] == holder and c[5] == incarnation and same_record then
		redis.call('HSET', key, 'l', int(lease_end))
		return reply(tonumber(c[10]), stored)
	elseif c[4] == holder and c[5] == incarnation and asked <= stored then
		return reply(DUPLICATE, asked)
	elseif c[4] == holder and tonumber(c[5]) < tonumber(incarnation) then
		answer, turn = FORMER, stored
	elseif lease_left > 0 then
		return reply(BUSY, stored, { wait = lease_left })
	else
		answer, turn, doubts = TAKEN_OVER, math.max(stored + 1, asked), doubts + 1
	end
else
	local wait, limit = charge(17)
	if limit then
		return reply(LIMITED, asked, { wait = wait, limit = limit })
	end
end

redis.call('HSET', key, 't', int(turn), 'v', '', 'p', coords, 'h', holder, 'i', incarnation,
	'l', int(lease_end), 'd', c[7] or int(now), 'q', int(doubts), 'w', answer)
if kid ~= '' and not c[8] then
	redis.call('HSET', key, 'k', kid)
	redis.call('SET', prefix .. 'k:' .. ARGV[14], ARGV[5], 'PX', ARGV[15])
end
return reply(answer, turn)
