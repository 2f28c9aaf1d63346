#!/bin/sh
# profile.sh - where the time goes: one volume run, the symbols that use most of it by themselves.
#
#   sh tests/bench/profile.sh [perf|callgrind] [--count N]
#
# perf samples the processor's clock, kernel included, and needs the right to (kernel.perf_event_paranoid at most 1,
# or root). callgrind counts instructions of the programs alone: slow, so give it few invites, but the same whatever
# else the machine does.
set -eu
tool=perf
case ${1:-} in
perf | callgrind) tool=$1; shift ;;
esac
exec sh "$(dirname "$0")/run.sh" volume --profile "$tool" "$@"
