#!/bin/sh
# install.sh LIST...: installs the Debian packages named in the list files that are not there yet. A command of a
# package's name does as well, wherever it is from: Node.js of elsewhere brings npm, and refuses Debian's beside it.
# Without the right to do so it names them and leaves with 1; with everything there it does nothing.
set -eu

wanted=$(sed 's/#.*//' "$@")
if ! command -v dpkg-query >/dev/null; then
	echo "This is no Debian: see to these packages yourself:" $wanted >&2
	exit 1
fi
missing=
for package in $wanted; do
	case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :) in
	installed) ;;
	*) command -v "$package" >/dev/null || missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	as_root=
elif sudo -n true 2>/dev/null; then
	as_root=sudo
else
	echo "These packages are missing and there is no right to install them:" >&2
	echo "    apt-get install --no-install-recommends$missing" >&2
	exit 1
fi
echo "installing:$missing"
$as_root apt-get update -qq </dev/null
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing </dev/null >/dev/null
