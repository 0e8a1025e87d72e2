#!/bin/sh
# The key table: what it says, that the scripts press each key of it, and that the manual has the same. TAP on stdout.
# Usage: keys.sh [--update]
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/tui/lib/screens.sh"

screen keys --keys </dev/null

missing=
for key in $("$driver" --keys | sed -n 's/^  \(.\{12\}\) .*/\1/p'); do
	WANTED=$key awk '
		BEGIN { wanted = ENVIRON["WANTED"] }
		/key / { for (i = 1; i <= NF; i++) if ($i == wanted || $i == wanted ";" || $i == wanted "\047;") found = 1 }
		END { exit !found }' "$tui"/*.sh || missing="$missing $key"
done
if [ -z "$missing" ]; then
	result ok 'each key is pressed'
else
	echo "# never pressed in a script:$missing"
	result 'not ok' 'each key is pressed'
fi

# The same keys in xtop(1), KEYS, which writes them in words.
"$driver" --keys | sed -n 's/^  \(.\{12\}\) .*/\1/p' | tr -s ' ' '\n' |
	sed -e '/^$/d' -e 's/^C-l$/Ctrl-L/' -e 's/^C-b$/Ctrl-B/' -e 's/^C-f$/Ctrl-F/' -e 's/^S-/Shift-/' | sort >"$scratch/table"
sed -n '/^\.Sh KEYS/,/^\.Sh ENVIRONMENT/s/^\.It Ic //p' "$tui/../../man/xtop.1" | sed 's/ , /\n/g' |
	sed -e 's/^\\&//' -e 's/^\\e$/\\/' | sort >"$scratch/manual"
if diff "$scratch/table" "$scratch/manual" >"$scratch/difference"; then
	result ok 'xtop(1) has the same keys'
else
	sed 's/^/# /' "$scratch/difference"
	result 'not ok' 'xtop(1) has the same keys'
fi

# What keys can ask for, and what can be coloured, in xtop-theme(5).
missing=
for name in $("$driver" --names | sed -e '/ansi-/d' -e 's/^[a-z]* //'); do
	sed -n '/^\.Ss Roles/,/^\.Sh ENVIRONMENT/s/^\(\.It\|\.Cm\) / /p' "$tui/../../man/xtop-theme.5" |
		grep -q -e " $name\( \|\$\)" || missing="$missing $name"
done
if [ -z "$missing" ]; then
	result ok 'xtop-theme(5) has all names'
else
	echo "# not in xtop-theme(5):$missing"
	result 'not ok' 'xtop-theme(5) has all names'
fi

screens_end
