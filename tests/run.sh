#!/bin/sh
# run.sh - installs what the tests need, builds, and runs every test. Offline after the first run.
#
#   sh tests/run.sh                everything; the last line is the sum
#   sh tests/run.sh --soak         the long stories too
#   sh tests/run.sh --only WORD    tests whose name holds WORD, on the debug build alone
#   sh tests/run.sh --no-install   as above, and nothing is fetched
#
# With CI=true a skipped test is a failure. Logs and JUnit files are left in build/results/.
set -eu
cd "$(dirname "$0")/.."

only= install=yes
while [ $# -gt 0 ]; do
	case $1 in
	--soak) export STORY_SOAK=1 ;;
	--only) only=${2:?--only needs a word}; shift ;;
	--no-install) install=no ;;
	*) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 64 ;;
	esac
	shift
done

results=$PWD/build/results
venv=$PWD/build/venv
rm -rf "$results" build/run
mkdir -p "$results"

# Runs a command with its output in a log; shows the log when it fails.
step()
{
	name=$1; shift
	began=$(date +%s)
	if "$@" >"$results/$name.log" 2>&1 </dev/null; then
		echo "$name: ok, $(($(date +%s) - began)) s"
	else
		echo "$name: FAILED ($*)"
		tail -n 100 "$results/$name.log"
		return 1
	fi
}

# The virtual environment fits requirements.txt when it holds the same list.
python_packages()
{
	cmp -s tests/requirements.txt "$venv/requirements.txt" && return
	[ -x "$venv/bin/python3" ] || python3 -m venv "$venv" || return
	"$venv/bin/pip" install -q -r tests/requirements.txt || return
	cp tests/requirements.txt "$venv/requirements.txt"
}

kafka_jars()
{
	cmp -s tests/tools/kafka/pom.xml build/kafka/pom.xml && return
	rm -rf build/kafka
	mvn -q -B -ntp -f tests/tools/kafka/pom.xml dependency:copy-dependencies -DincludeScope=runtime \
		-DoutputDirectory="$PWD/build/kafka" || return
	cp tests/tools/kafka/pom.xml build/kafka/
}

# What a browser's story needs beside Chromium, with the lock's checksums.
browser_packages()
{
	cmp -s tests/browser/package-lock.json build/browser/package-lock.json && return
	rm -rf build/browser
	mkdir -p build/browser
	cp tests/browser/package.json tests/browser/package-lock.json build/browser/
	npm ci --prefix build/browser --ignore-scripts --no-audit --no-fund || { rm -rf build/browser; return 1; }
}

build()
{
	cmake --preset "$1" -G Ninja && cmake --build "build/$1"
}

# All tests of one build, as ctest knows them; prints a line a test, failures in full.
run_tests()
{
	preset=$1; shift
	echo "$preset: tests"
	ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j 3 \
		--output-junit "$results/$preset.xml" "$@" >"$results/$preset-tests.log" 2>&1 </dev/null &
	ctest_pid=$!
	tail -n +1 -f --pid=$ctest_pid "$results/$preset-tests.log" |
		sed -u -n '/^ *[0-9]*\/[0-9]* Test /p; /\*\*\*/,/^ *Start /{/^ *[0-9]*\/[0-9]* Test /d; /^ *Start /d; p}'
	wait $ctest_pid || failed=1
}

if [ $install = yes ]; then
	step packages sh deploy/install.sh deploy/packages.txt tests/packages.txt || :
	step python python_packages
	step kafka kafka_jars || :
	step browser browser_packages || :
fi

failed=0
if [ -n "$only" ]; then
	step build-debug build debug
	if ctest --test-dir build/debug -N -R "$only" | grep -q 'Test *#'; then
		run_tests debug -R "$only"
	else
		PYTEST_ADDOPTS="-k $only" run_tests debug -L pytest
	fi
else
	for preset in debug asan tsan fuzz; do
		step "build-$preset" build $preset
	done
	for preset in debug asan tsan fuzz; do
		run_tests $preset
	done
fi
"$venv/bin/python3" tests/tools/summary.py "$results" $failed
