#!/bin/sh
# make-keys.sh FOLDER: draws the secrets of an installation, unless they are there already.
set -eu
umask 077
cd "$1"
draw() { head -c 32 /dev/urandom | base64 -w 0; }
[ -s ring.keys ] || echo "k1:$(draw) $(date -u +%Y-%m-%dT%H:%M:%SZ)" >ring.keys
[ -s recipient.key ] || draw >recipient.key
