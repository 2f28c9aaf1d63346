-- The person has answered and Kafka has it: until the dispatcher has moved the state, the page shows what they said.
-- A ticket for the application comes with it. ARGV: prefix, SHA-256 of the token, word, ms that it is remembered,
-- SHA-256 of the ticket ('' = none), what it stands for, ms that it is good for.
local prefix, token, word, memory_ms, ticket, stands_for, ticket_ms = unpack(ARGV)

redis.call('SET', prefix .. 'y:' .. token, word, 'PX', memory_ms)
if ticket ~= '' then
	redis.call('SET', prefix .. 'j:' .. ticket, stands_for, 'PX', ticket_ms)
end
return 'noted'
