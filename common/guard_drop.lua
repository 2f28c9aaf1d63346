-- Kafka has the outcome of this turn: its bytes may go.
local function answer(at)
	call('DEL', prefix .. 'o:' .. ARGV[at] .. '/' .. ARGV[at + 1])
	return false
end
