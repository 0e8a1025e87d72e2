#!/bin/sh
# The options of `xtop --help` and those of xtop(1), OPTIONS, are the same, spellings and
# arguments included, and so are the subcommands; the options that xtop.yaml takes are those of
# xtop.yaml(5).
# Reads $XTOP and $srcdir; TAP on stdout.
set -u
export LC_ALL=C
XTOP=${XTOP:-xtop}
pages=${srcdir:-$(dirname "$0")/../..}/man
page=$pages/xtop.1
file_page=$pages/xtop.yaml.5
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT

bail_out() {
	echo "Bail out! $1"
	exit 99
}

"$XTOP" --help >"$scratch/text" 2>"$scratch/errors" || bail_out "$XTOP --help failed"
for file in "$page" "$file_page"; do
	[ -r "$file" ] || bail_out "$file is not there"
done

# An option a line, "-n, --numprocesses ARG": what begins in column 3, up to two blanks.
sed -n 's/^  \(-.*\)/\1/p' "$scratch/text" | sed 's/   *.*//' | sort >"$scratch/help"

# The same from the source of the page: ".It Fl n , Fl -numprocesses Ar ARG".
awk '
	/^\.Sh / { inside = $2 == "OPTIONS" }
	inside && /^\.It Fl / {
		sub(/^\.It /, "")
		gsub(/Fl /, "-")
		gsub(/ ,/, ",")
		sub(/ Ar /, " ")
		print
	}
' "$page" | sort >"$scratch/man"

options=$(sort -u "$scratch/help" "$scratch/man" | wc -l)
echo "1..$((options + 4))"

number=1
[ "$(wc -l <"$scratch/help")" -ge 30 ] || printf 'not '
echo "ok $number - options were found in --help"
number=$((number + 1))
[ -z "$(uniq -d "$scratch/man")" ] || printf 'not '
echo "ok $number - no option stands in the manual twice"

sed -n '/^Subcommands:/,/^$/s/^  \([a-z][a-z]*\).*/\1/p' "$scratch/text" | sort -u >"$scratch/words"
sed -n '/^\.Ss Subcommands/,/^\.Sh/s/^\.It Cm \([a-z]*\).*/\1/p' "$page" | sort -u >"$scratch/sections"
number=$((number + 1))
difference='< none in --help'
[ -s "$scratch/words" ] && difference=$(diff "$scratch/sections" "$scratch/words") || printf 'not '
echo "ok $number - --help and the manual have the same subcommands"
printf '%s\n' "$difference" | sed -n 's/^[<>]/# &/p'

# An option that the file takes refuses the mapping as its value; one that it does not take is refused itself.
sed -n 's/.*--\([a-z-]*\).*/\1/p' "$scratch/help" | while read -r name; do
	printf 'defaults:\n  %s: {}\n' "$name" >"$scratch/xtop.yaml"
	"$XTOP" list --config "$scratch/xtop.yaml" 2>&1 </dev/null | grep -q 'found a mapping' && echo "$name"
done | sort >"$scratch/accepted"
sed -n '/^These options/,/^\.S[hs]/s/^\.Cm \([a-z-]*\).*/\1/p' "$file_page" | sort >"$scratch/documented"
number=$((number + 1))
difference=$(diff "$scratch/documented" "$scratch/accepted") || printf 'not '
echo "ok $number - xtop.yaml(5) lists the options that xtop.yaml takes"
printf '%s\n' "$difference" | sed -n 's/^[<>]/# &/p'

sort -u "$scratch/help" "$scratch/man" | while IFS= read -r option; do
	number=$((number + 1))
	if ! grep -qxF -e "$option" "$scratch/man"; then
		echo "not ok $number - $option: in --help, but not so in the manual"
	elif ! grep -qxF -e "$option" "$scratch/help"; then
		echo "not ok $number - $option: in the manual, but not so in --help"
	else
		echo "ok $number - $option"
	fi
done
