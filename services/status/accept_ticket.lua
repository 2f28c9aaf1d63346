-- A ticket is good once, and for its own tenant alone: another tenant's question leaves it as it is.
-- ARGV: prefix, SHA-256 of the ticket, tenant. Answers what it stands for; '' = no such ticket.
local key = ARGV[1] .. 'j:' .. ARGV[2]
local stands_for = redis.call('GET', key) or ''

if string.sub(stands_for, 1, #ARGV[3] + 1) ~= ARGV[3] .. '/' then
	return ''
end
redis.call('DEL', key)
return stands_for
