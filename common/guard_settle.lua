-- What became of a delivery.
local DONE, LOST = 0, 1

-- Writes fields (name, value) of the state, unless the invite has moved on. Of a receipt that came before us the
-- state stays; not where it was of an earlier turn, of the e-mail that this SMS follows. Answers the word that stood
-- before; nil = nothing is written.
local function state_write(invite, generation, turn, from, to)
	local state = prefix .. 'd:' .. invite
	local d = call('HMGET', state, 'gen', 'ver', 'state', 'turn')
	if d[1] ~= generation or ended(d[3]) then
		return nil
	end
	local receipt = d[3] == 'delivered' or d[3] == 'undelivered'
	if ARGV[from] == 'state' and receipt and (tonumber(d[4]) or turn) >= turn then
		from = from + 2
	end
	call('HSET', state, 'ver', int((d[2] or 0) + 1), unpack(ARGV, from, to))
	return d[3] or ''
end

-- ARGV from at + 16 on: fields of the state (name, value)...
local function answer(at, last)
	local delivery, invite, generation, turn, verdict, doubt, told, address, item, due, packed, timer, timer_due,
		timer_packed, receipts, about = unpack(ARGV, at, at + 15)
	local key, told_key = prefix .. 'c:' .. delivery, prefix .. 'o:' .. delivery .. '/' .. turn
	local stored, _, coords, h, i, _, first, kid, doubts = claim_read(key)

	if stored ~= turn or h ~= holder or i ~= incarnation then
		local before = call('GET', told_key)
		local ours = before and match(before, '^[^\n]*') == match(told, '^[^\n]*') -- a call that timed out had run
		return { ours and DONE or LOST, now }
	end
	local parked = verdict == 'parked'
	local line = claim_line(parked and int(turn + 1) or turn, verdict, coords, '', '0', '0', first, kid,
		int(doubts + doubt), '0')
	if parked then
		call('SET', key, line)
		park(item, turn + 1, due, packed)
	else
		call('SET', key, line, 'PX', delivery_memory_ms)
	end
	call('SET', told_key, told, 'PX', delivery_memory_ms)
	for name in string.gmatch(receipts, '%S+') do
		call('SET', prefix .. 'm:' .. name, delivery .. ' ' .. about, 'PX', delivery_memory_ms)
	end
	if last >= at + 16 then
		local before = state_write(invite, generation, tonumber(turn), at + 16, last)
		-- else it is a later generation's, or given up already; an e-mail that stands keeps it where its SMS fails
		if before and address ~= '' and (ARGV[at + 16] ~= 'lad' or before == 'undelivered') then
			give_up(prefix .. 'a:' .. address, invite)
		end
		if before and before ~= 'undelivered' and timer ~= '' then
			park(timer, match(timer_packed, '^%d+'), timer_due, timer_packed)
		end
	end
	return { DONE, now }
end
