-- Which delivery is a receipt about? What came too early is kept in n, scored by when it is looked at next:
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

local function answer(at, last)
	return answers[ARGV[at]](unpack(ARGV, at + 1, last))
end
