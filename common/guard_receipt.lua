-- Which delivery is a receipt about, and how long did it take?
-- What came too early is kept in n, scored by when it is looked at next:
-- "<until> <keep ms>\n<names>\n<delivery>\n<bytes>".

-- "<delivery> <recipient hash>", or nothing.
local function find(names, delivery)
	if delivery ~= '' then
		if call('EXISTS', prefix .. 'c:' .. delivery) == 0 then
			return nil
		end
		local invite, generation = match(delivery, '^(.-)%.(%d+)%.')
		local d = call('HMGET', prefix .. 'd:' .. invite, 'gen', 'rh')
		return delivery .. ' ' .. (d[1] == generation and d[2] or '')
	end
	for name in string.gmatch(names, '%S+') do
		local line = call('GET', prefix .. 'm:' .. name)
		if line then
			return line
		end
	end
end

-- How long a route's messages took is kept for so many minutes, a field each: "<minute> <messages> <slow ones>".
local SPEED_MINUTES = 15

local function minute_now()
	return math.floor(now / 60000)
end

local function minute_read(text)
	local minute, messages, slow = match(text or '', '^(%d+) (%d+) (%d+)$')
	return tonumber(minute) or 0, tonumber(messages) or 0, tonumber(slow) or 0
end

local function speed_note(key, is_slow)
	local field = int(minute_now() % SPEED_MINUTES)
	local minute, messages, slow = minute_read(call('HGET', key, field))
	if minute ~= minute_now() then
		messages, slow = 0, 0
	end
	call('HSET', key, field, int(minute_now()) .. ' ' .. int(messages + 1) .. ' ' .. int(slow + (is_slow and 1 or 0)))
	call('PEXPIRE', key, SPEED_MINUTES * 60000)
end

local answers = {}

function answers.find(names, delivery, keep, keep_ms, max_kept)
	local line = find(names, delivery)
	if line or keep == '' or call('ZCARD', prefix .. 'n') >= tonumber(max_kept) then
		return { line or false, 0 }
	end
	local head = int(now + keep_ms) .. ' ' .. keep_ms .. '\n' .. names .. '\n' .. delivery .. '\n'
	call('ZADD', prefix .. 'n', int(now + 1000), head .. keep)
	return { false, 1 }
end

-- The longer it has waited the more rarely it is looked at.
function answers.take(most, lease_ms)
	local key, found, lost = prefix .. 'n', {}, 0
	local due = call('ZRANGEBYSCORE', key, '-inf', int(now), 'LIMIT', 0, most)
	for _, whole in ipairs(due) do
		local until_ms, keep_ms, names, delivery = match(whole, '^(%d+) (%d+)\n([^\n]*)\n([^\n]*)\n')
		local line = find(names, delivery)
		if line then
			call('ZADD', key, int(now + lease_ms), whole)
			found[#found + 1] = whole
			found[#found + 1] = line
		elseif now >= tonumber(until_ms) then
			call('ZREM', key, whole)
			lost = lost + 1
		else
			call('ZADD', key, int(now + max(1000, (now - until_ms + keep_ms) / 4)), whole)
		end
	end
	return { found, #due, lost }
end

function answers.drop(whole)
	return { call('ZREM', prefix .. 'n', whole) }
end

-- Once: the moment is taken out of m: with it, so a receipt that is told again counts nothing.
function answers.delivered(names, early, slow_ms)
	for name in string.gmatch(names, '%S+') do
		local key = prefix .. 'm:' .. name
		local known, sent, route = match(call('GET', key) or '', '^(%S+ %S*) (%d+) (%S+)$')
		if known then
			call('SET', key, known, 'KEEPTTL')
			speed_note(prefix .. 'speed:' .. route, early ~= '1' and now - sent > tonumber(slow_ms))
			return { 1 }
		end
	end
	return { 0 }
end

function answers.speed(route)
	local messages, slow = 0, 0
	for _, text in ipairs(call('HVALS', prefix .. 'speed:' .. route)) do
		local minute, n, m = minute_read(text)
		if minute_now() - minute < SPEED_MINUTES then
			messages, slow = messages + n, slow + m
		end
	end
	return { messages, slow }
end

local function answer(at, last)
	return answers[ARGV[at]](unpack(ARGV, at + 1, last))
end
