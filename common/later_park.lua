-- Parks an item. ARGV: id, turn, due, topic, key, value, headers, reason, tenant
park(unpack(ARGV, 5, 13))
return {}
