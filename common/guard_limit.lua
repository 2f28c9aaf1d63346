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

