-- What waits from a due time on, past the first `skip` of them; changes nothing.
-- Answers for each item its id, when it is looked at next, and its packed form.
local function answer(at, last)
	local from, skip, most, room = unpack(ARGV, at, last)
	local found = call('ZRANGEBYSCORE', prefix .. 'later', from, '+inf', 'WITHSCORES', 'LIMIT', skip, most)
	local listed = {}

	for i = 1, #found, 2 do
		local packed = call('GET', prefix .. 'l:' .. found[i]) or ''
		room = room - #packed
		if room < 0 and #listed > 0 then
			break
		end
		listed[#listed + 1] = found[i]
		listed[#listed + 1] = found[i + 1]
		listed[#listed + 1] = packed
	end
	return listed
end
