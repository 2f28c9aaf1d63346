-- What is known of a link: read, and nothing else. The same commands run whether or not it is one of ours, so that
-- time tells nothing. ARGV: prefix, SHA-256 of the token, skew in ms.
local prefix, token, skew_ms = ARGV[1], ARGV[2], ARGV[3]
local call = redis.call

if call('EXISTS', prefix .. 'epoch') == 0 then
	return { 'epoch' }
end
local time = call('TIME')
local delivery = call('GET', prefix .. 'k:' .. token) or ''
local invite, generation = string.match(delivery, '^([^.]+)%.(%d+)%.')
local state = call('HMGET', prefix .. 'd:' .. (invite or ''), 'state', 'gen', 'exp', 'ak', 'sent')
local holder = call('GET', prefix .. 'a:' .. (state[4] or ''))
local kept = call('GET', prefix .. 'r:' .. (invite or ''))
local answered = call('GET', prefix .. 'y:' .. token)

return { 'link', string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000) + skew_ms), invite or '',
	generation or '0', state[1] or '', state[2] or '0', state[3] or '0', holder or '', state[5] or '0', kept or '',
	answered or '' }
