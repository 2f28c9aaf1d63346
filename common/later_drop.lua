-- Forgets items that have been put back on their topic, unless they were parked anew since.
-- ARGV: id, turn ...
local later = prefix .. 'later'

for i = 5, #ARGV, 2 do
	local key = prefix .. 'l:' .. ARGV[i]
	if redis.call('HGET', key, 'turn') == ARGV[i + 1] then
		redis.call('DEL', key)
		redis.call('ZREM', later, ARGV[i])
	end
end
return {}
