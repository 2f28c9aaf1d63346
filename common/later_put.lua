-- What waits is three things: its place in the sorted set of due times, its bytes, and one more in the
-- count of its reason. Whoever adds or removes an item does it here.

-- Where the bytes of a packed item's part begin and end; `at` is where the part does (later_pack.c).
local function part(packed, at)
	local a, b, c = string.byte(packed, at, at + 2)
	return at + 4, at + 3 + (c == 0 and a + b * 256 or 0)
end

-- '' where none is given, or where another version wrote it.
local function reason_of(packed)
	local _, head = string.find(packed, '^%d+|1|%-?%d+|')
	if not head then
		return ''
	end
	local _, topic = part(packed, head + 1)
	local _, key = part(packed, topic + 2)
	return string.sub(packed, part(packed, key + 2))
end

local reasons = {} -- by how much each has changed

local function count(packed, by)
	local reason = reason_of(packed)
	reasons[reason] = (reasons[reason] or 0) + by
end

function finish()
	for reason, n in pairs(reasons) do
		call('HINCRBY', prefix .. 'later:reasons', reason, n)
	end
end

-- Parks an item, whose packed form begins with its turn, unless it waits already with this turn or a
-- higher one.
local function park(id, turn, due, packed)
	local key = prefix .. 'l:' .. id
	local known = call('SET', key, packed, 'GET')

	if known and tonumber(match(known, '^%d+')) >= tonumber(turn) then
		call('SET', key, known)
		return
	end
	if known then
		count(known, -1)
	end
	count(packed, 1)
	call('ZADD', prefix .. 'later', due, id)
end

-- Removes an item, whatever its turn; answers its packed form, or false where none waits.
local function unpark(id)
	local packed = call('GETDEL', prefix .. 'l:' .. id)

	if packed then
		count(packed, -1)
	end
	call('ZREM', prefix .. 'later', id)
	return packed
end

