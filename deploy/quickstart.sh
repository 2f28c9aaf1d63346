#!/bin/sh
# quickstart.sh - from a fresh clone to invitations in a mailbox: installs what building needs (where it
# may), builds, and runs the whole fleet once on this machine with a sample list of people, good and bad.
# Needs no Kafka, no Redis of yours, no mail server, and sends nothing to the outside. Ends by itself.
set -eu
cd "$(dirname "$0")/.."

sh deploy/install.sh deploy/packages.txt
mkdir -p build
echo "building (a minute or two; build/quickstart.log tells more)"
{ cmake --preset release -G Ninja && cmake --build build/release; } >build/quickstart.log 2>&1 || {
	tail -n 40 build/quickstart.log
	exit 1
}
build/release/bin/beckon dev --once deploy/sample/people.csv
echo
echo "Next: build/release/bin/beckon dev keeps the fleet running and says where its dashboard is."
