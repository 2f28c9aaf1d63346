-- Frees an address, unless another invite has it by now.
local function give_up(address, invite)
	if call('GET', address) == invite then
		call('DEL', address)
	end
end

