-- Removes an item, whatever its turn. ARGV: id
redis.call('DEL', prefix .. 'l:' .. ARGV[5])
redis.call('ZREM', prefix .. 'later', ARGV[5])
return {}
