-- Limits as questions: all are charged or none. ARGV from..to: name, interval in us, burst ...
-- Returns nil, or how long to wait in ms and the name of the limit that makes us wait longest.
local function charge(from, to)
	local keys, tats = {}, {}
	local wait, by = 0, nil

	if from > to then
		return nil
	end
	for i = from, to, 3 do
		keys[#keys + 1] = prefix .. 'g:' .. ARGV[i]
	end
	local stored = call('MGET', unpack(keys))
	for i = 1, #keys do
		local at = from + 3 * i - 3
		local interval, burst = tonumber(ARGV[at + 1]), max(1, tonumber(ARGV[at + 2]))
		local tat = max(tonumber(stored[i] or 0), now * 1000)
		local over = math.ceil((tat - (burst - 1) * interval) / 1000) - now
		if over > wait then
			wait, by = over, ARGV[at]
		end
		tats[i] = tat + interval
	end
	if by then
		return wait, by
	end
	for i = 1, #keys do
		call('SET', keys[i], int(tats[i]), 'PX', int(math.ceil(tats[i] / 1000) - now + 1000))
	end
end

