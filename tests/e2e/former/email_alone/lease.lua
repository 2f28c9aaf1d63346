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

-- Takes due items, due times first; they come back by themselves when the lease has ended.
-- Answers now, when the next one is due (false = nothing waits), and for each item its id and packed form.
local function answer(at, last)
	local lease_ms, max, room = unpack(ARGV, at, last)
	local later, lease_end = prefix .. 'later', int(now + lease_ms)
	local ids = call('ZRANGEBYSCORE', later, '-inf', int(now), 'LIMIT', 0, max)
	local taken, moved = { now, false }, {}

	for i = 1, #ids do
		local packed = call('GET', prefix .. 'l:' .. ids[i])
		if packed then
			room = room - #packed
			if room < 0 and #taken > 2 then
				break
			end
			taken[#taken + 1] = ids[i]
			taken[#taken + 1] = packed
			moved[#moved + 1] = lease_end
			moved[#moved + 1] = ids[i]
		else
			call('ZREM', later, ids[i])
		end
	end
	if #moved > 0 then
		call('ZADD', later, unpack(moved)) -- Lua takes some thousands of arguments
	end
	local first = call('ZRANGE', later, 0, 0, 'WITHSCORES')
	if first[2] then
		taken[2] = tonumber(first[2])
	end
	return taken
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
