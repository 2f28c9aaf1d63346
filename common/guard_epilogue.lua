
-- After every script: asks answer() for each operation of the batch. ARGV from 9 on: for each how many
-- arguments it has, and they.
local replies, at = {}, 9

while ARGV[at] do
	local last = at + ARGV[at]
	replies[#replies + 1] = answer(at + 1, last)
	at = last + 1
end
if finish then
	finish()
end
return replies
