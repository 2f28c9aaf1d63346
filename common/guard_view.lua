-- Compare-and-set of what the view holds of an invite, with its history, counts and number of the change.
local DONE, LOST = 0, 1
local HISTORY_MAX = 200 -- outcomes kept of an invite; older ones go first
-- Of the whole call, written once at its end: counts by key and field, batches by tenant with their last change,
-- changes by tenant (number, invite...), numbers given by tenant, tenants that are new.
local counts, batches, changes, numbers, new = {}, {}, {}, {}, {}

local function count(key, status, code, by)
	local fields = counts[key] or {}
	counts[key] = fields
	if status ~= '' then
		fields[status] = (fields[status] or 0) + by
	end
	if code ~= '' then
		fields['error:' .. code] = (fields['error:' .. code] or 0) + by
	end
end

local function note_batch(tenant, batch, updated)
	local of = batches[tenant] or {}
	batches[tenant] = of
	of[batch] = max(of[batch] or 0, updated)
end

local function note_change(tenant, invite)
	local list = changes[tenant] or {}
	changes[tenant] = list
	numbers[tenant] = (numbers[tenant] or call('HGET', prefix .. 'vc:' .. tenant, 'changes') or 0) + 1
	list[#list + 1] = int(numbers[tenant])
	list[#list + 1] = invite
end

finish = function()
	for key, fields in pairs(counts) do
		for name, by in pairs(fields) do
			if by ~= 0 then
				call('HINCRBY', key, name, int(by))
			end
		end
	end
	for tenant, of in pairs(batches) do
		for batch, updated in pairs(of) do
			call('ZADD', prefix .. 'vl:' .. tenant, 'GT', int(updated), batch)
		end
	end
	for tenant, list in pairs(changes) do
		call('HSET', prefix .. 'vc:' .. tenant, 'changes', int(numbers[tenant]))
		call('ZADD', prefix .. 'vz:' .. tenant, unpack(list))
	end
	for tenant in pairs(new) do
		call('SADD', prefix .. 'vs', tenant)
	end
end

-- Now and before: status, code of an error, batch, each '' = none. Then the lines of the history...
local function answer(at, last)
	local tenant, invite, version, value, updated, status, code, batch, was, code_was, batch_was =
		unpack(ARGV, at, at + 10)
	local name, of = tenant .. '/' .. invite, prefix .. 'vc:' .. tenant
	local key = prefix .. 'v:' .. name

	if (match(call('GETRANGE', key, 0, 20), '^%d+') or '0') ~= version then
		return LOST
	end
	call('SET', key, value)
	if version == '0' then
		new[tenant] = true
	end
	if last >= at + 11 then
		local kept = call('RPUSH', prefix .. 'vh:' .. name, unpack(ARGV, at + 11, last))
		if kept > HISTORY_MAX then
			call('LTRIM', prefix .. 'vh:' .. name, -HISTORY_MAX, -1)
		end
	end
	if was ~= status or code_was ~= code or batch_was ~= batch then
		count(of, was, code_was, -1)
		count(of, status, code, 1)
		if batch_was ~= '' then
			count(of .. '/' .. batch_was, was, code_was, -1)
		end
		if batch ~= '' then
			count(of .. '/' .. batch, status, code, 1)
			note_batch(tenant, batch, tonumber(updated))
		end
	end
	note_change(tenant, invite)
	return DONE
end
