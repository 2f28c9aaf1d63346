-- Who makes Redis anew from the topics. Like guard_epoch.lua without the prologue: there is no epoch yet.
-- ARGV: prefix, by, what ('take', 'keep', 'drop' or 'finish'), lease in ms, epoch id, run_id, phase, done, total.
local prefix, by, what, lease_ms, id, run_id, phase, done, total = unpack(ARGV)
local MINE, OTHERS, WHOLE = 0, 1, 2
local lock, progress = prefix .. 'rebuild', prefix .. 'rebuild:progress'
local holder = redis.call('GET', lock)

local whole = redis.call('EXISTS', prefix .. 'epoch') == 1

if holder == by and (whole or what == 'drop') then
	redis.call('DEL', lock, progress)
end
if whole then
	return WHOLE
end
if what == 'drop' or holder and holder ~= by or what ~= 'take' and not holder then
	return OTHERS
end
if what == 'finish' then
	redis.call('HSET', prefix .. 'epoch', 'id', id, 'run_id', run_id)
	redis.call('DEL', lock, progress)
	return MINE
end
redis.call('SET', lock, by, 'PX', lease_ms)
redis.call('HSET', progress, 'by', by, 'phase', phase, 'done', done, 'total', total)
redis.call('PEXPIRE', progress, lease_ms)
return MINE
