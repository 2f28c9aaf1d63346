-- The states of an invite that no delivery may follow and no settle may undo.
local function ended(state)
	return state == 'accepted' or state == 'declined' or state == 'cancelled' or state == 'expired'
end

