-- Takes due items, due times first; they come back by themselves when the lease has ended.
-- ARGV: lease in ms, how many at most, how many bytes at most
-- Returns now, when the next one is due (false = nothing waits), items...
local later, lease_end, room = prefix .. 'later', int(now + ARGV[5]), tonumber(ARGV[7])
local ids = redis.call('ZRANGEBYSCORE', later, '-inf', int(now), 'LIMIT', 0, ARGV[6])
local result = { now, false }

for i = 1, #ids do
	local id = ids[i]
	local item = redis.call('HMGET', prefix .. 'l:' .. id, 'turn', 'due', 'topic', 'key', 'value', 'headers',
		'reason', 'tenant')
	if item[1] then
		room = room - #item[5] - #item[6]
		if room < 0 and #result > 2 then
			break
		end
		item[9] = id
		result[#result + 1] = item
		redis.call('ZADD', later, lease_end, id)
	else
		redis.call('ZREM', later, id)
	end
end

local first = redis.call('ZRANGE', later, 0, 0, 'WITHSCORES')
if first[2] then
	result[2] = tonumber(first[2])
end
return result
