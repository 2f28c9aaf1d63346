-- Is this event new, mine again, or a duplicate; and what is known of the invite?
-- ARGV: hash, invite, coordinates, memory in ms
local NEW, DECIDED, DUPLICATE = 0, 1, 2
local key, coords = prefix .. 'e:' .. ARGV[5], ARGV[7]
local e = redis.call('HMGET', key, 'p', 'n', 's', 'f')
local d = redis.call('HMGET', prefix .. 'd:' .. ARGV[6], 'ver', 'state', 'gen', 'turn', 'exp', 'rh', 'dec')
local answer = NEW

if not e[1] then
	redis.call('HSET', key, 'p', coords)
	redis.call('PEXPIRE', key, ARGV[8])
elseif e[1] ~= coords then
	answer = DUPLICATE
elseif e[2] then
	answer = DECIDED
end
return { answer, now, e[2], e[3], e[4] or e[1], d[1], d[2], d[3], d[4], d[5], d[6], d[7] }
