#!/bin/sh
# run.sh - measures dispatcher and email together, release build, next to Postfix's smtp-source; the clock, the view, and the dashboard.
#
#   sh tests/bench/run.sh [volume|delay|latency|idle|clock|sms|rebuild|view|paint|all] [--rounds N] [--count N] [--json FILE]
#
# Needs what sh tests/run.sh installs: Kafka's jars, redis-server, Postfix's smtp-sink and smtp-source.
# README.md beside this file says how to read the figures.
set -eu
jars=${KAFKA_JARS:-}
cd "$(dirname "$0")/../.."
bench=$PWD/build/bench
python=$PWD/build/venv/bin/python3

if ! [ -x "$python" ] || ! [ -d "${jars:-build/kafka}" ] || ! command -v smtp-sink redis-server java >/dev/null; then
	echo "run.sh: sh tests/run.sh installs what is needed; run it once before" >&2
	exit 69
fi
mkdir -p "$bench"
if ! { cmake --preset release -G Ninja && cmake --build build/release; } >"$bench/build.log" 2>&1 </dev/null; then
	tail -n 50 "$bench/build.log" >&2
	exit 70
fi
${CC:-cc} -D_GNU_SOURCE -O2 -o "$bench/delaysink" tests/bench/delaysink.c tests/bench/delay.c
${CC:-cc} -D_GNU_SOURCE -O2 -o "$bench/delayhttp" tests/bench/delayhttp.c tests/bench/delay.c
${CC:-cc} -D_GNU_SOURCE -O2 -Icommon -o "$bench/later_driver" tests/tools/later_driver.c build/release/libcommon.a \
	-lhiredis -lsodium -lcrypto -ljemalloc
${CC:-cc} -D_GNU_SOURCE -O2 -Icommon -Iservices/status -o "$bench/view_bench" tests/bench/view_bench.c \
	build/release/libstatus_modules.a build/release/libcommon.a -lhiredis -lsodium -lcrypto -ljansson -lidn2 -ljemalloc
exec "$python" tests/bench/bench.py "$@"
