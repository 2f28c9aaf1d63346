-- Before every script: what it is called with, whether Redis is whole, what time it is.
-- A number becomes text by int() alone: Lua and newer Redis write large ones as 1.7e+12.
local prefix, now = ARGV[1], nil

local function int(n)
	return string.format('%.0f', n)
end

do
	local epoch = redis.call('HMGET', prefix .. 'epoch', 'id', 'run_id')
	if epoch[1] ~= ARGV[2] or epoch[2] ~= ARGV[3] then
		return { 'epoch' }
	end
	local time = redis.call('TIME')
	now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[4]
end

