-- A limit as a reservation: the exact time of the next one, never refused. Times in microseconds.
--
-- The line is GCRA's theoretical arrival time: all before it is promised. A slot asked for a time far
-- ahead (not_before) would drag the line there and everybody behind it, so the stretch it skips is kept
-- as a lane, and a slot given back is a lane of one. Lanes are members "from-to" of a sorted set, scored
-- by `to`; they never overlap. A lane that is no single slot begins with the line's own credit of bursts.
local function lane_keep(lanes, from, to, interval)
	if to - from >= interval then
		call('ZADD', lanes, int(to), int(from) .. '-' .. int(to))
	end
end

-- The earliest slot of a lane, not before `from` and not after `latest`; nil = none.
local function lane_take(lanes, from, latest, interval, credit)
	local found = call('ZRANGEBYSCORE', lanes, '(' .. int(from), '+inf', 'LIMIT', 0, 2)
	for i = 1, #found do
		local a, b = match(found[i], '^(%d+)-(%d+)$')
		a, b = tonumber(a), tonumber(b)
		local slot = max(from, b - a > interval and a - credit or a)
		local rest = max(slot, a) + interval
		if rest <= b and slot <= latest then
			call('ZREM', lanes, found[i])
			lane_keep(lanes, max(a, now * 1000), slot, interval)
			lane_keep(lanes, rest, b, interval)
			return slot
		end
	end
end

-- The first slot of a lane or of the line that lies in one of the spans ("open-close,..." in ms): where it
-- was found in a lane, and else where the line would put it. Beyond the last span anything is fine, and the
-- courier asks again; so it is without any.
local function find_slot(lanes, line, from, spans, interval, credit)
	for open, close in string.gmatch(spans, '(%d+)-(%d+)') do
		local first, last = max(from, open * 1000), (close - 1) * 1000
		local slot = max(first, line - credit)
		local earlier = lane_take(lanes, first, math.min(slot, last), interval, credit)
		if earlier or slot <= last then
			return earlier, slot
		end
		from = max(from, close * 1000)
	end
	local slot = max(from, line - credit)
	return lane_take(lanes, from, slot, interval, credit), slot
end

local function reserve(name, interval, burst, from, spans)
	local key, lanes = prefix .. 'g:' .. name, prefix .. 's:' .. name
	local credit = (burst - 1) * interval
	local line = max(tonumber(call('GET', key) or 0), now * 1000)
	local earlier, slot = find_slot(lanes, line, from, spans, interval, credit)

	if earlier then
		return earlier
	end
	local next_line = max(slot, line) + interval
	local lifetime_ms = int(math.ceil(next_line / 1000) - now + 1000)
	call('SET', key, int(next_line), 'PX', lifetime_ms)
	if slot - line >= interval then
		call('ZREMRANGEBYSCORE', lanes, '-inf', int(now * 1000))
		lane_keep(lanes, line, slot, interval)
		call('PEXPIRE', lanes, lifetime_ms)
	end
	return slot
end

