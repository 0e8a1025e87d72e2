#!/bin/sh
# The demo ends as the README's table says. TAP on stdout.
# The time limit only ends a run that would never end.
# shellcheck disable=SC1091
set -u
. "$srcdir/tests/lib/python.sh"
readme="$srcdir/README.md"
python=$(python_any) || {
	echo "1..0 # SKIP $python"
	exit 0
}
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
export PYTEST_DEBUG_TEMPROOT="$scratch" PYTHONPYCACHEPREFIX="$scratch"

echo 1..3

# | suite | `test` | verdict[, flaky] | … |  to lines of: suite test verdict flaky
sed -n 's/^| \([a-z]*\) | `\([^`]*\)` | \([a-z]*\)\(, flaky\)\{0,1\} |.*/\1 \2 \3 \4/p' "$readme" |
	sed -e 's/ , flaky$/ true/' -e 's/ $/ false/' | sort >"$scratch/expected"
timeout -k 5 120 "$XTOP" --rootdir "$srcdir/examples/demo" --python "$python" --no-tui --format json \
	>"$scratch/events" 2>"$scratch/summary" </dev/null
status=$?

# field NAME: its value from each line of stdin, one event a line, with or without quotes.
field() {
	sed -e "s/.*\"$1\": *//" -e 's/^"\([^"]*\)".*/\1/' -e 's/[,}].*//'
}
grep '"type": *"test.verdict"' "$scratch/events" | while read -r event; do
	for name in suite id outcome flaky; do
		printf '%s ' "$(printf '%s\n' "$event" | field $name)"
	done
	echo
done | sed 's/ $//' | sort >"$scratch/found"

if [ -s "$scratch/expected" ] && diff "$scratch/expected" "$scratch/found" >"$scratch/difference"; then
	echo 'ok 1 - verdicts are those of the README'
else
	sed 's/^/# /' "$scratch/difference" "$scratch/summary"
	echo 'not ok 1 - verdicts are those of the README'
fi

closing=$(sed -n 's/^    \(xtop: .* skipped\)$/\1/p' "$readme")
if [ -n "$closing" ] && [ "$(tail -n 1 "$scratch/summary")" = "$closing" ]; then
	echo 'ok 2 - the closing line is that of the README'
else
	echo "# expected: $closing"
	echo "# found:    $(tail -n 1 "$scratch/summary")"
	echo 'not ok 2 - the closing line is that of the README'
fi

[ "$status" -eq 1 ] || echo "not ok 3 - exit code is 1, but found $status"
[ "$status" -ne 1 ] || echo 'ok 3 - exit code is 1'
