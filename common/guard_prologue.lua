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

