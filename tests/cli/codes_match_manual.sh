#!/bin/sh
# The codes of `xtop explain` are the sections of xtop-troubleshooting(7), and no code is named that there is
# not. TAP on stdout.
. "$srcdir/tests/lib/cases.sh"
page=$srcdir/man/xtop-troubleshooting.7

# CODE NAME, a line each.
XTOP_TEST_MARK=$mark "$XTOP" explain --json >"$scratch/json" 2>"$err"
perl -MJSON::PP -e '
	local $/;
	print "$_->{code} $_->{name}\n" for @{JSON::PP->new->utf8->decode(<STDIN>)->{codes}};' \
	<"$scratch/json" >"$scratch/codes"
sed -n 's/^\.Ss \(XT[0-9].*\)/\1/p' "$page" >"$scratch/sections"

# none WHAT FILE: there is nothing in it.
none() {
	[ ! -s "$2" ] || complain "$1: $(head -n 20 "$2")"
}

begin 'there are codes'
status=0
[ "$(wc -l <"$scratch/codes")" -ge 40 ] || complain "at least 40 codes, but found $(wc -l <"$scratch/codes")"
end

sort "$scratch/codes" >"$scratch/codes.sorted"
sort "$scratch/sections" >"$scratch/sections.sorted"

begin 'every code has its section'
comm -23 "$scratch/codes.sorted" "$scratch/sections.sorted" >"$scratch/missing"
none 'codes without a section' "$scratch/missing"
end

begin 'every section has its code'
comm -13 "$scratch/codes.sorted" "$scratch/sections.sorted" >"$scratch/extra"
none 'sections without a code' "$scratch/extra"
end

begin 'no code and no name stands twice'
{
	cut -d' ' -f1 "$scratch/sections" | sort | uniq -d
	cut -d' ' -f2 "$scratch/codes" | sort | uniq -d
} >"$scratch/twice"
none 'found twice' "$scratch/twice"
end

begin 'the list of what is seen leads to every code'
sed -n '/^\.Sh FROM WHAT/,/^\.Sh CRASHES/s/^\.Sx \(XT[0-9]* [a-z-]*\).*/\1/p' "$page" | sort -u >"$scratch/led"
comm -3 "$scratch/codes.sorted" "$scratch/led" >"$scratch/difference"
none 'only on one side' "$scratch/difference"
end

begin 'references in the page have code and name'
sed -n 's/^\.Sx \(XT[0-9][^ ]* [^ ]*\).*/\1/p' "$page" | sort -u | comm -23 - "$scratch/codes.sorted" >"$scratch/wrong"
none 'references to no section' "$scratch/wrong"
end

begin 'every code that is named anywhere exists'
find "$srcdir/src" "$srcdir/python" "$srcdir/man" -type f \
	\( -name '*.[ch]' -o -name '*.py' -o -name '*.[1-9]' \) \
	-exec grep -o -E '(^|[^0-9A-Za-z])XT[0-9]{4}' {} + | sed 's/.*\(XT[0-9]*\)$/\1/' | sort -u >"$scratch/named"
[ "$(wc -l <"$scratch/named")" -ge 40 ] || complain 'codes were found at all'
cut -d' ' -f1 "$scratch/codes" | sort | comm -13 - "$scratch/named" >"$scratch/unknown"
none 'codes that there are not' "$scratch/unknown"
end

finish
