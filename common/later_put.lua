-- Parks an item unless it waits already with this turn or a higher one.
local function park(id, turn, due, topic, item_key, value, headers, reason, tenant)
	local key = prefix .. 'l:' .. id
	local known = redis.call('HGET', key, 'turn')

	if known and tonumber(known) >= tonumber(turn) then
		return
	end
	redis.call('HSET', key, 'turn', turn, 'due', due, 'topic', topic, 'key', item_key, 'value', value,
		'headers', headers, 'reason', reason, 'tenant', tenant)
	redis.call('ZADD', prefix .. 'later', due, id)
end

