-- Gives an unsent claim back. ARGV: delivery, turn, holder, incarnation
local key = prefix .. 'c:' .. ARGV[5]
local c = redis.call('HMGET', key, 't', 'h', 'i')

if c[1] == ARGV[6] and c[2] == ARGV[7] and c[3] == ARGV[8] then
	redis.call('HSET', key, 'h', '')
end
return {}
