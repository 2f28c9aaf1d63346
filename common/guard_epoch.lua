-- The one script without the prologue: it is how Redis is found whole.
-- ARGV: prefix, run_id, to write an epoch where there is none its id, else '', 1 where primaries fail over, and 1 to
-- write what stands there once more: a Redis that is full, or a replica, says so.
-- Another run_id is the same Redis back with its AOF: it is adopted. Of another primary nobody knows what it lacks:
-- its epoch ends, so that all is made anew. Returns the id, and 1 where written.
local key = ARGV[1] .. 'epoch'
local epoch = redis.call('HMGET', key, 'id', 'run_id')
if epoch[1] and epoch[2] ~= ARGV[2] and ARGV[4] == '1' then
	redis.call('DEL', key)
	return { false, 0 }
end
local created = not epoch[1] and ARGV[3] ~= ''

if created then
	epoch[1] = ARGV[3]
end
if epoch[1] and (epoch[2] ~= ARGV[2] or ARGV[5] == '1') then
	redis.call('HSET', key, 'id', epoch[1], 'run_id', ARGV[2])
end
return { epoch[1], created and 1 or 0 }
