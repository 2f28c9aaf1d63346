-- Compare-and-set of what the view holds of an invite, with its history, indexes and counts.
local DONE, LOST = 0, 1
local HISTORY_MAX = 200 -- outcomes kept of an invite; older ones go first

local function count(key, status, code, by)
	if status ~= '' then
		call('HINCRBY', key, status, by)
	end
	if code ~= '' then
		call('HINCRBY', key, 'error:' .. code, by)
	end
end

local function remember(key, at, last)
	call('ZADD', key, 'NX', unpack(ARGV, at, last))
	local over = call('ZCARD', key) - HISTORY_MAX
	if over > 0 then
		call('ZREMRANGEBYRANK', key, 0, over - 1)
	end
end

-- Now and before: status, code of an error, batch, recipient's hash, each '' = none. Then moment and bytes of
-- each outcome...
local function answer(at, last)
	local tenant, invite, version, json, updated, row, status, code, batch, hash, was, code_was, batch_was, hash_was =
		unpack(ARGV, at, at + 13)
	local name, of = tenant .. '/' .. invite, prefix .. 'vc:' .. tenant
	local held = call('GET', prefix .. 'v:' .. name)

	if (held and match(held, '"version":(%d+)') or '0') ~= version then
		return LOST
	end
	call('SET', prefix .. 'v:' .. name, json)
	if version == '0' then
		call('SADD', prefix .. 'vs', tenant)
	end
	if last >= at + 14 then
		remember(prefix .. 'vh:' .. name, at + 14, last)
	end
	if was ~= status and was ~= '' then
		call('ZREM', prefix .. 'vt:' .. tenant .. '/' .. was, invite)
	end
	if status ~= '' then
		call('ZADD', prefix .. 'vt:' .. tenant .. '/' .. status, updated, invite)
	end
	if was ~= status or code_was ~= code or batch_was ~= batch then
		count(of, was, code_was, -1)
		count(of, status, code, 1)
		if batch_was ~= '' then
			count(of .. '/' .. batch_was, was, code_was, -1)
		end
		if batch ~= '' then
			count(of .. '/' .. batch, status, code, 1)
			call('ZADD', prefix .. 'vl:' .. tenant, 'GT', updated, batch)
		end
	end
	if batch_was ~= batch then
		if batch_was ~= '' then
			call('ZREM', prefix .. 'vb:' .. tenant .. '/' .. batch_was, invite)
		end
		if batch ~= '' then
			call('ZADD', prefix .. 'vb:' .. tenant .. '/' .. batch, row, invite)
		end
	end
	if hash_was ~= hash then
		if hash_was ~= '' then
			call('SREM', prefix .. 'vr:' .. tenant .. '/' .. hash_was, invite)
		end
		if hash ~= '' then
			call('SADD', prefix .. 'vr:' .. tenant .. '/' .. hash, invite)
		end
	end
	call('ZADD', prefix .. 'vz:' .. tenant, call('HINCRBY', of, 'changes', 1), invite)
	return DONE
end
