#!/bin/sh
# The key table: what it says, and that screens.sh presses each key of it. TAP on stdout.
# Usage: keys.sh [--update]
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/tui/lib/screens.sh"

screen keys --keys </dev/null

missing=
for key in $("$driver" --keys | sed -n 's/^  \(.\{12\}\) .*/\1/p'); do
	awk -v wanted="$key" '
		/key / { for (i = 1; i <= NF; i++) if ($i == wanted || $i == wanted ";" || $i == wanted "\047;") found = 1 }
		END { exit !found }' "$tui/screens.sh" || missing="$missing $key"
done
if [ -z "$missing" ]; then
	result ok 'each key is pressed'
else
	echo "# never pressed in screens.sh:$missing"
	result 'not ok' 'each key is pressed'
fi

screens_end
