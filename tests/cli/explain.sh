#!/bin/sh
# `xtop explain`: the table of codes, a section of the manual, and what there is not. TAP on stdout.
. "$srcdir/tests/lib/cases.sh"
XTOP_DATADIR=$srcdir
export XTOP_DATADIR

begin 'without an argument: all codes'
xtop explain
code 0
err ''
out_line 'Crashes'
out_line 'Timeouts and hangs'
out_has '  XT1001  segfault  '
out_has '  XT7006  history-not-written  '
end

for word in XT1001 xt1001 1001 segfault SegFault; do
	begin "the section is found by $word"
	xtop explain $word
	code 0
	err ''
	equal 'the first line' 'XT1001 segfault' "$(head -n 1 "$out")"
	out_has 'killed by SIGSEGV'
	out_has '        $ gdb -ex run ./test_program'
	out_has_not 'XT1002 abort'
	end
done

begin 'an example stands as it is'
xtop explain fork-came-back
out_line '        if pid == 0:'
out_line '            code = 1'
end

begin 'a slip in a name: the one that was meant'
xtop explain segfualt
code 4
out ''
err "xtop: there is no code 'segfualt'; did you mean XT1001 segfault?"
end

begin 'a part of a name'
xtop explain lock
code 4
err "xtop: there is no code 'lock'; did you mean XT2001 blocked-in-lock?"
end

begin 'a code that there is not'
xtop explain XT9999
code 4
out ''
err "xtop: there is no code 'XT9999'; \`xtop explain\` lists those that there are"
end

begin 'two words'
xtop explain XT1001 XT1002
code 4
out ''
err 'xtop: expected `xtop explain [CODE|NAME]`'
end

begin 'a word that a terminal would obey'
xtop explain "$(printf 'a\033[31m')"
code 4
no_controls "$err"
end

begin 'the table as JSON'
xtop explain --json
code 0
json_lines "$out"
equal 'the version' 1 "$(values v <"$out")"
out_has '{"code":"XT1001","name":"segfault","level":"error","text":"'
end

begin 'a section as JSON'
xtop explain --json segfault
code 0
json_lines "$out"
equal 'the code' XT1001 "$(values code <"$out")"
values section <"$out" >"$scratch/section"
xtop explain segfault
# The last newline is gone in both.
equal 'the section' "$(cat "$out")" "$(cat "$scratch/section")"
end

begin 'the page is found along MANPATH too'
mkdir -p manual/man7 program
cp "$srcdir/man/xtop-troubleshooting.7" manual/man7
cp "$XTOP" program/xtop
# A program that stands alone, with an installed one perhaps elsewhere.
shell "XTOP_DATADIR=$here/none MANPATH=/none:$here/manual: program/xtop explain abort"
code 0
err ''
equal 'the first line' 'XT1002 abort' "$(head -n 1 "$out")"
end

# No terminal, no man and no mandoc are needed.
begin 'without man(1)'
shell 'PATH=/none; export PATH; exec "$XTOP" explain abort'
code 0
err ''
end

# Words only: how lines are broken is each one's own.
words() {
	sed -e "s/$(printf '.\b')//g" -e 's/^ *[o*]  *//' | tr -d " \t\n\`'"
}
if has mandoc; then
	begin 'all sections say what mandoc makes of them'
	mandoc -Tascii -O width=500 "$srcdir/man/xtop-troubleshooting.7" | sed "s/.$(printf '\b')//g" >"$scratch/page"
	XTOP_TEST_MARK=$mark "$XTOP" explain | sed -n 's/^  \(XT[0-9]*\)  \([a-z-]*\).*/\1 \2/p' >"$scratch/codes"
	[ -s "$scratch/codes" ] || complain 'the table has codes'
	while read -r wanted name; do
		xtop explain "$wanted"
		sed 1d "$out" | words >"$scratch/ours"
		awk -v heading="   $wanted $name" '
			$0 == heading { inside = 1; next }
			/^   ?[^ ]/ || /^[^ ]/ { inside = 0 }
			inside' "$scratch/page" | words >"$scratch/theirs"
		[ -s "$scratch/theirs" ] || complain "$wanted is in the page"
		cmp -s "$scratch/ours" "$scratch/theirs" || complain "$wanted is the same, but found $(cat "$scratch/ours")"
	done <"$scratch/codes"
	end
else
	begin 'all sections say what mandoc makes of them'
	skip 'mandoc is missing'
fi

finish
