-- A claim is one line: version 1, turn, verdict, coordinates, holder, incarnation, lease end, first claim,
-- kid, doubts, how it was claimed, which limits are paid and not used (guard_limit.lua; older lines end before).
-- A line costs half of what a hash of ten fields does, and c: is read or
-- written twice for every message.
local function claim_parse(line)
	if not line then
		return nil
	end
	local turn, verdict, coords, holder, incarnation, lease_end, first, kid, doubts, way, paid = match(line,
		'^1|(%d+)|([^|]*)|([^|]*)|([^|]*)|(%d+)|(%d+)|(%d+)|([^|]*)|(%d+)|(%d+)|?([^|]*)')
	return turn or error('claim of another version'), verdict, coords, holder, incarnation, lease_end, first, kid,
		doubts, way, paid
end

local function claim_read(key)
	return claim_parse(call('GET', key))
end

local function claim_line(...)
	return '1|' .. table.concat({ ... }, '|')
end

-- The states of an invite that no delivery may follow and no settle may undo.
local function ended(state)
	return state == 'accepted' or state == 'declined' or state == 'cancelled' or state == 'expired'
end

