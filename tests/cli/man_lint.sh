#!/bin/sh
# mandoc has nothing to say about the manual pages, and they render at narrow and wide terminals. TAP on stdout.
set -u
pages=$(find "$srcdir/man" -name '*.[1-8]' | sort)
if ! command -v mandoc >/dev/null; then
	echo '1..0 # SKIP mandoc is missing'
	exit 0
fi
count=0
status=0

# check NAME COMMAND…: ok when the command succeeds and prints nothing.
check() {
	name=$1
	shift
	count=$((count + 1))
	said=$("$@" 2>&1) && [ -z "$said" ] && echo "ok $count - $name" && return
	echo "not ok $count - $name"
	printf '%s\n' "$said" | sed 's/^/# /'
	status=1
}

# no_line_beyond COLUMNS PAGE: names the lines that are longer, overstriking left out.
no_line_beyond() {
	mandoc -Tascii -O "width=$1" "$2" | sed 's/.\x08//g' |
		awk -v most="$1" 'length > most { print FILENAME NR ": " $0; bad = 1 } END { exit bad }'
}

for page in $pages; do
	check "$(basename "$page") is clean" mandoc -Tlint -W warning "$page"
	check "$(basename "$page") renders at 60 columns" no_line_beyond 60 "$page"
	check "$(basename "$page") renders at 120 columns" no_line_beyond 120 "$page"
done
echo "1..$count"
exit "$status"
