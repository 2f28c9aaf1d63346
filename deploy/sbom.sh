#!/bin/sh
# sbom.sh DIR: the bill of materials of the programs in DIR (bin, lib), as CycloneDX 1.5 on standard output: each Debian
# package that they load a library of, and each that is linked into them. Needs Debian's dpkg-query.
set -eu

dir=${1:?a folder with bin and lib in it}
# Linked in from an archive; everything else is loaded.
linked_in=libjemalloc-dev

files=$(find "$dir" -type f \( -path '*/bin/*' -o -name '*.so' \) | LC_ALL=C sort)
[ -n "$files" ] || { echo "no programs in $dir" >&2; exit 1; }
# shellcheck disable=SC2086
libraries=$(ldd $files | awk '$2 == "=>" && $3 ~ "^/" { print $3 }' | LC_ALL=C sort -u | xargs realpath)
# Debian 12 knows some by the names they had before /lib became /usr/lib: each is asked for by both.
# shellcheck disable=SC2086
owned=$(dpkg-query -S $libraries $(echo "$libraries" | sed 's,^/usr,,') 2>/dev/null || :)
for library in $libraries; do
	case $owned in
	*": $library"* | *": ${library#/usr}"*) ;;
	*) echo "$library: no package has it" >&2 ;;
	esac
done
release=$(. /etc/os-release && echo "$ID-$VERSION_ID")
version=$(sed -n 's/^project(beckon VERSION \([0-9.]*\).*/\1/p' "$(dirname "$0")/../CMakeLists.txt")

{ echo "$owned" | cut -d: -f1; echo $linked_in; } | LC_ALL=C sort -u | xargs dpkg-query -W -f '${Package} ${Version} ${Architecture}\n' |
	awk -v release="$release" -v version="$version" '
BEGIN {
	print "{\n  \"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"version\": 1,"
	printf "  \"metadata\": {\"component\": {\"type\": \"application\", \"name\": \"beckon\", \"version\": \"%s\"}},\n", version
	printf "  \"components\": ["
}
{
	encoded = $2
	gsub(/\+/, "%2B", encoded)
	gsub(/:/, "%3A", encoded)
	purl = "pkg:deb/debian/" $1 "@" encoded "?arch=" $3 "\\&distro=" release
	gsub(/\\&/, "\\&", purl)
	printf "%s\n    {\"type\": \"library\", \"name\": \"%s\", \"version\": \"%s\", \"purl\": \"%s\"}", comma, $1, $2, purl
	comma = ","
}
END { print "\n  ]\n}" }'
