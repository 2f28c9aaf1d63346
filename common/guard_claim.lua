-- May I send this delivery now?
local GO, FORMER, TAKEN_OVER, BUSY, LIMITED, DUPLICATE = 0, 1, 2, 3, 4, 5

-- What was told of a turn and may never have reached Kafka; false = nothing.
local function outcome_of(delivery, turn)
	local o = call('GET', prefix .. 'o:' .. delivery .. '/' .. turn)
	return o and match(o, '^[^\n]*\n(.*)$')
end

-- What is known of a delivery. Where nothing holds it back (line ~= false) one command both looks and claims it
-- by this line if nothing is known, as of most; the second answer says whether it did.
local function look(key, line)
	if not line then
		return call('GET', key), false
	end
	local known = call('SET', key, line, 'NX', 'GET')
	return known, not known
end

local function answer(at, last)
	local delivery, invite, generation, asked_text, coords, lease_ms, kid, token, token_ms, held_until, held_by =
		unpack(ARGV, at, at + 10)
	local key = prefix .. 'c:' .. delivery
	local known, is_new = look(key, last < at + 11 and tonumber(held_until) <= now and claim_line(asked_text, '',
		coords, holder, incarnation, int(now + lease_ms), int(now), kid, '0', int(GO), ''))
	local stored_text, verdict, p, h, i, l, first, pinned, doubts, way, paid = claim_parse(known)
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
		call('PEXPIRE', key, is_new and 0 or delivery_memory_ms)
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
	if is_new then
		return { GO, now, 0, first, 0, asked, kid, '', false }
	end
	call('SET', key, claim_line(int(turn), '', coords, holder, incarnation, int(now + lease_ms), first, pinned,
		int(doubts), int(verdict_now), paid or ''))
	return { verdict_now, now, 0, first, doubts, turn, pinned, '', false }
end
