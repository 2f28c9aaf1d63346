-- Gives an unsent claim back: whoever asks next gets it, and pays no limit again. unheard: whoever gives it
-- back never heard how it was claimed, so what needs more than forgetting (a former life, a take-over) stays.
local GO = '0'

local function answer(at, last)
	local delivery, turn, unheard = unpack(ARGV, at, last)
	local key = prefix .. 'c:' .. delivery
	local stored, verdict, coords, h, i, _, first, kid, doubts, way, paid = claim_read(key)

	if stored == turn and h == holder and i == incarnation and (unheard == '0' or way == GO) then
		call('SET', key, claim_line(stored, verdict, coords, '', '0', '0', first, kid, doubts, '0', paid))
	end
	return false
end
