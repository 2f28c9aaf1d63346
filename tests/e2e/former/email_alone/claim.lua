-- Before every script: what it is called with, whether Redis is whole, what time it is.
-- A number becomes text by int() alone: Lua and newer Redis write large ones as 1.7e+12.
local prefix, epoch_id, run_id, skew_ms, holder, incarnation, event_memory_ms, delivery_memory_ms = unpack(ARGV, 1, 8)
local call, format, max, match, unpack, now = redis.call, string.format, math.max, string.match, unpack, nil
local finish -- a script may set it: runs once, after every operation

local function int(n)
	return format('%d', n)
end

do
	local epoch = call('HMGET', prefix .. 'epoch', 'id', 'run_id')
	if epoch[1] ~= epoch_id or epoch[2] ~= run_id then
		return { 'epoch' }
	end
	local time = call('TIME')
	now = time[1] * 1000 + math.floor(time[2] / 1000) + skew_ms
end

-- A claim is one line: version 1, turn, verdict, coordinates, holder, incarnation, lease end, first claim,
-- kid, doubts, how it was claimed, which limits are paid and not used (guard_limit.lua; older lines end before).
-- A line costs half of what a hash of ten fields does, and c: is read or
-- written twice for every message.
local function claim_read(key)
	local line = call('GET', key)
	if not line then
		return nil
	end
	local turn, verdict, coords, holder, incarnation, lease_end, first, kid, doubts, way, paid = match(line,
		'^1|(%d+)|([^|]*)|([^|]*)|([^|]*)|(%d+)|(%d+)|(%d+)|([^|]*)|(%d+)|(%d+)|?([^|]*)')
	return turn or error('claim of another version'), verdict, coords, holder, incarnation, lease_end, first, kid,
		doubts, way, paid
end

local function claim_line(...)
	return '1|' .. table.concat({ ... }, '|')
end

-- The states of an invite that no delivery may follow and no settle may undo.
local function ended(state)
	return state == 'accepted' or state == 'declined' or state == 'cancelled' or state == 'expired'
end

-- Limits as questions: all are charged or none. ARGV from..to: name, interval in us, burst ...
local WAITING_MAX_US = 60000000

-- What a limit refused stands in a line before it, w:, so that not all come back at once. No promise: who
-- comes back asks again. Answers in how many ms the end of the line is free, a minute at the most.
local function line_up(name, interval, wait_ms)
	local key, now_us = prefix .. 'w:' .. name, now * 1000
	local slot = max(tonumber(call('GET', key) or 0), now_us + wait_ms * 1000)
	local line = math.min(slot + interval, now_us + WAITING_MAX_US)

	if line > now_us then
		call('SET', key, int(line), 'PX', int(math.ceil((line - now_us) / 1000) + 1000))
	end
	return math.ceil(slot / 1000) - now
end

-- Which of them are to be paid: all, or where the delivery has paid for this turn already (paid: by which
-- relay's limit, '-' without one) that of another relay alone.
local function bill(from, to, paid)
	local places, keys, by = {}, {}, '-'

	for i = from, to, 3 do
		local relay = match(ARGV[i], '^relay:')
		by = relay and ARGV[i] or by
		if not paid or relay and ARGV[i] ~= paid then
			places[#places + 1] = i
			keys[#keys + 1] = prefix .. 'g:' .. ARGV[i]
		end
	end
	return places, keys, by
end

-- Returns what has been paid, or nil, how long to wait in ms, the name of the limit that makes us wait
-- longest, and in how many ms the line before it ends.
local function charge(from, to, paid)
	if from > to then
		return paid or ''
	end
	local places, keys, paid_now = bill(from, to, paid)
	if #keys == 0 then
		return paid
	end
	local stored = call('MGET', unpack(keys))
	local tats, wait, by, now_us = {}, 0, nil, now * 1000
	for i = 1, #keys do
		local at = places[i]
		local interval, tat = tonumber(ARGV[at + 1]), tonumber(stored[i] or 0)
		if tat > now_us then
			local over = math.ceil((tat - (max(1, tonumber(ARGV[at + 2])) - 1) * interval) / 1000) - now
			if over > wait then
				wait, by = over, at
			end
		else
			tat = now_us
		end
		tats[i] = tat + interval
	end
	if by then
		return nil, wait, ARGV[by], line_up(ARGV[by], tonumber(ARGV[by + 1]), wait)
	end
	for i = 1, #keys do
		call('SET', keys[i], int(tats[i]), 'PX', int(math.ceil(tats[i] / 1000) - now + 1000))
	end
	return paid_now
end

-- May I send this delivery now?
local GO, FORMER, TAKEN_OVER, BUSY, LIMITED, DUPLICATE = 0, 1, 2, 3, 4, 5

-- What was told of a turn and may never have reached Kafka; false = nothing.
local function outcome_of(delivery, turn)
	local o = call('GET', prefix .. 'o:' .. delivery .. '/' .. turn)
	return o and match(o, '^[^\n]*\n(.*)$')
end

local function answer(at, last)
	local delivery, invite, generation, asked_text, coords, lease_ms, kid, token, token_ms, held_until, held_by =
		unpack(ARGV, at, at + 10)
	local key = prefix .. 'c:' .. delivery
	local stored_text, verdict, p, h, i, l, first, pinned, doubts, way, paid = claim_read(key)
	local asked, stored, same_record = tonumber(asked_text), tonumber(stored_text or -1), p == coords

	first, doubts, verdict = first or int(now), tonumber(doubts or 0), verdict or ''
	if not pinned or pinned == '' then
		pinned = kid
	end

	-- Dealt with. A turn raised in place (taken over) still belongs to the record that holds it.
	if verdict ~= '' and (verdict ~= 'parked' or stored > asked) or stored > asked and not same_record then
		local told, by = asked_text, outcome_of(delivery, asked_text)
		if not by then
			told = verdict == 'parked' and int(stored - 1) or stored_text
			by = outcome_of(delivery, told)
		end
		return { DUPLICATE, now, 0, first, doubts, told, pinned, '', by }
	end

	-- The invite has moved on. Nothing will ever settle this delivery, so its memory ends by itself.
	local d = call('HMGET', prefix .. 'd:' .. invite, 'gen', 'state')
	if (tonumber(d[1] or 0) or 0) > tonumber(generation) or ended(d[2]) then
		call('PEXPIRE', key, delivery_memory_ms)
		return { DUPLICATE, now, 0, first, doubts, asked_text, pinned, '', false }
	end

	local verdict_now, turn = GO, max(stored, asked)
	if h and h ~= '' then
		local mine, lease_left = h == holder and i == incarnation, tonumber(l) - now
		if mine and same_record then
			verdict_now, turn = tonumber(way), stored -- a call that timed out had run
		elseif mine and asked <= stored then
			return { DUPLICATE, now, 0, first, doubts, asked_text, pinned, '', false }
		elseif h == holder and tonumber(i) < tonumber(incarnation) then
			verdict_now, turn = FORMER, stored
		elseif lease_left > 0 then
			return { BUSY, now, lease_left, first, doubts, stored_text, pinned, '', false }
		else
			verdict_now, turn, doubts = TAKEN_OVER, max(stored + 1, asked), doubts + 1
		end
	else
		local held_ms = tonumber(held_until) - now
		if held_ms > 0 then
			return { LIMITED, now, held_ms, first, doubts, asked_text, pinned, held_by, false, held_ms }
		end
		local wait, limit, line
		paid, wait, limit, line = charge(at + 11, last, paid ~= '' and paid or nil)
		if limit then
			return { LIMITED, now, wait, first, doubts, asked_text, pinned, limit, false, line }
		end
		if token ~= '' and pinned == kid then
			call('SET', prefix .. 'k:' .. token, delivery, 'PX', token_ms)
		end
	end
	call('SET', key, claim_line(int(turn), '', coords, holder, incarnation, int(now + lease_ms), first, pinned,
		int(doubts), int(verdict_now), paid or ''))
	return { verdict_now, now, 0, first, doubts, turn, pinned, '', false }
end

-- After every script: asks answer() for each operation of the batch. ARGV from 9 on: for each how many
-- arguments it has, and they.
local replies, at = {}, 9

while ARGV[at] do
	local last = at + ARGV[at]
	replies[#replies + 1] = answer(at + 1, last)
	at = last + 1
end
if finish then
	finish()
end
return replies
