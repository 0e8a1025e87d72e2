#!/bin/sh
# Tests that sometimes fail: what `xtop flaky`, `xtop history TEST` and --flaky-report tell of them. TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"

# by_letters NAME LETTERS: a test that does in its n-th attempt what the n-th letter says: P pass, F fail, S be skipped.
by_letters() {
	program "$1" "n=\$(cat ${1##*/}.n 2>/dev/null || echo 0); n=\$((n + 1)); echo \$n >${1##*/}.n" \
		"case \$(echo $2 | cut -c\$n) in P) exit 0 ;; S) exit 77 ;; esac" \
		"echo \"it broke in attempt \$n\"; exit 1"
}

# json WHAT: a Perl expression over $j, what was printed as one JSON value.
json() {
	perl -MJSON::PP -e 'local $/; binmode STDOUT, ":utf8"; my $j = JSON::PP->new->utf8->decode(<STDIN>);
		print eval($ARGV[0]) // "null"' "$1" <"$out"
}

# row TEST: its line of the table, without the date and with single blanks.
row() {
	grep ' % .* of .*  ' "$out" | grep -e "  $1\$" -e "  $1  " | sed 's/ [0-9]*-[0-9]*-[0-9]* / /; s/  */ /g; s/^ //'
}

mkdir tests
by_letters tests/alone FPFPPF
by_letters tests/one PFPFPP
by_letters tests/two PFPFPP
by_letters tests/skips SFSPPS
by_letters tests/rerun PPPPPPPFP
by_letters tests/bad FFFFFFFFFFF
by_letters tests/fine PPPPPPPPPPPPPPPPPPPPPPPPPPPPPP

begin 'without a history there is nothing to tell'
for words in 'flaky' 'flaky tests/one' 'history tests/one'; do
	# shellcheck disable=SC2086
	xtop $words
	code 4
	err 'xtop: .xtop/history.db: there is no such file; a run makes its history at its end'
	out ''
done
missing .xtop
end

begin 'a test that nobody has seen to be flaky is not called so'
xtop -n 2 tests/*
code 1
xtop flaky
code 0
out_has 'xtop: none of 7 tests is flaky, by 1 run of '
equal 'the lines' 1 "$(wc -l <"$out" | tr -d ' ')"
end

begin 'the most often failing come first, with rate, interval and the last runs'
for run in 2 3 4 5 6; do
	xtop -n 2 tests/*
	code 1
done
xtop flaky
code 0
out_has 'xtop: 4 of 7 tests are flaky, by 6 runs of '
equal 'the first' '50 % 19 to 81 % 3 of 6 x.x..x tests/alone (advise quarantine)' "$(row tests/alone)"
equal 'one' '33 % 10 to 70 % 2 of 6 .x.x.. tests/one (advise quarantine)' "$(row tests/one)"
equal 'a test that was skipped' '33 % 6 to 79 % 1 of 3 x.. tests/skips (mended rather than flaky)' "$(row tests/skips)"
equal 'the order' 'tests/alone tests/one tests/two tests/skips ' \
	"$(grep -o 'tests/[a-z]*' "$out" | tr '\n' ' ')"
out_has "$(date -u +%Y-)"
end

begin 'from when on a test is flaky is said by the project'
echo 'flaky: {rate: 40%}' >xtop.yaml
xtop flaky
out_has 'xtop: 1 of 7 tests is flaky'
equal 'it' '50 % 19 to 81 % 3 of 6 x.x..x tests/alone (advise quarantine)' "$(row tests/alone)"
echo 'flaky: {runs: 4, window: 20}' >xtop.yaml
xtop flaky
out_has 'xtop: 3 of 7 tests are flaky'
echo 'flaky: {window: 2, runs: 2}' >xtop.yaml
xtop flaky
out_has 'xtop: 1 of 7 tests is flaky'
xtop history tests/alone
out_line '  flaky       yes: 1 of its last 2 runs failed'
xtop history tests/one
out_line '  flaky       no: none of its last 2 runs failed'
xtop quarantine suggest
out_line 'xtop quarantine add --expires 30d --reason flaky tests/alone'
echo 'flaky: {advise: 7}' >xtop.yaml
xtop flaky
equal 'not seen often enough' '50 % 19 to 81 % 3 of 6 x.x..x tests/alone' "$(row tests/alone)"
xtop quarantine suggest
out_has_not 'xtop quarantine add'
xtop -n 1 --no-history tests/fine
code 0
echo 'flaky: {rate: 101%}' >xtop.yaml
xtop flaky
code 4
rm xtop.yaml
end

begin 'those that fail together stand under one heading'
xtop flaky
code 0
count 1 'These ' "$out"
out_line 'These 2 fail together, all of them in 2 runs:'
equal 'what stands below it' 'tests/one tests/two ' \
	"$(sed -n '/^These/,/^$/p' "$out" | grep -o 'tests/[a-z]*' | tr '\n' ' ')"
end

begin 'a rerun that passes makes a test flaky at once'
rm rerun.n
by_letters tests/rerun FPPPPPPPPP
xtop -n 2 --reruns 1 tests/rerun
code 0
xtop flaky tests/rerun
code 0
equal 'its line' '14 % 3 to 51 % 1 of 7 ......~ tests/rerun (advise quarantine)' "$(row tests/rerun)"
xtop flaky tests/rerun tests/fine
out_has 'xtop: 1 of 2 tests is flaky, by 7 runs'
end

begin 'signs are those of the locale'
utf8=$(locale -a 2>/dev/null | grep -i -m 1 -E '^C\.utf-?8$')
if [ -n "$utf8" ]; then
	shell "LC_ALL=$utf8 \"\$XTOP\" flaky"
	out_has '✘✔✘✔✔✘'
	out_has '✔✔✔✔✔✔↻'
	shell "LC_ALL=$utf8 \"\$XTOP\" flaky --ascii"
	out_has 'x.x..x'
fi
xtop flaky --color yes
out_has "$(printf '\033[31mx\033[0m\033[32m.\033[0m')"
xtop flaky
no_controls "$out"
end

begin 'words that name no test, or a part of many'
xtop flaky tests/onne
code 4
err "xtop: the history has no test 'tests/onne'; did you mean 'tests/one'?"
xtop flaky s/o alone
code 0
out_has 'xtop: 2 of 2 tests are flaky'
xtop flaky tests/one s/on ts/one
out_has 'xtop: 1 of 1 test is flaky'
xtop flaky ''
code 4
xtop flaky --suite nowhere
code 4
err 'xtop: the history has no test of this suite'
end

begin 'as JSON'
xtop flaky --json
code 0
json_lines "$out"
equal 'the version' 1 "$(json '$j->{v}')"
equal 'the tests' 'alone one two skips rerun' "$(json 'join " ", map { $_->{id} =~ s,tests/,,r } @{$j->{tests}}')"
equal 'the groups' 'null 1 1' "$(json 'join " ", map { $_->{group} // "null" } @{$j->{tests}}[0 .. 2]')"
equal 'the group' '1 2 2' "$(json 'join " ", @{$j->{groups}[0]}{qw(group tests runs_in_common)}')"
equal 'the first' '3 6 0.5 quarantine' "$(json 'join " ", @{$j->{tests}[0]}{qw(failures runs rate advice)}')"
equal 'its runs' 'failed passed failed passed passed failed' "$(json 'join " ", @{$j->{tests}[0]{recent}}')"
xtop flaky tests/fine --json
equal 'none' '0 0' "$(json '@{$j->{tests}} . " " . @{$j->{groups}}')"
end

begin 'a test in quarantine is called so, and no advice is given'
printf -- '- test: tests/one\n  reason: unknown\n' >quarantine.yaml
xtop flaky
equal 'one' '33 % 10 to 70 % 2 of 6 .x.x.. tests/one (quarantined)' "$(row tests/one)"
equal 'the other' '33 % 10 to 70 % 2 of 6 .x.x.. tests/two (advise quarantine)' "$(row tests/two)"
xtop flaky tests/one --json
equal 'quarantined, and advice' '1 null' "$(json '$j->{tests}[0]{quarantined} . " " . ($j->{tests}[0]{advice} // "null")')"
printf -- '- test: test(one) - test(alone)\n' >quarantine.yaml
xtop flaky
equal 'one that an expression means' '33 % 10 to 70 % 2 of 6 .x.x.. tests/one (quarantined)' "$(row tests/one)"
printf -- '- test: tests/one\n  expires: 2020-01-01\n' >quarantine.yaml
xtop flaky
equal 'one that has expired' '33 % 10 to 70 % 2 of 6 .x.x.. tests/one (advise quarantine)' "$(row tests/one)"
printf -- '- test: tests/alone\n' >quarantine.yaml
rm alone.n
xtop tests/alone
code 0
rm quarantine.yaml
xtop flaky tests/alone
equal 'one that was' '57 % 25 to 84 % 4 of 7 x.x..xx tests/alone (quarantined when it last failed)' "$(row tests/alone)"
printf 'nonsense: [\n' >quarantine.yaml
xtop flaky tests/two
code 0
err_has 'xtop: which tests are in quarantine is not known: quarantine.yaml:'
rm quarantine.yaml
end

begin 'the history of a test, its newest run first'
xtop history tests/two
code 0
out_line 'tests/two'
out_line '  failed      2 of 6 runs, 33 % (10 to 70 %)'
out_line '  flaky       yes: 2 of its last 6 runs failed'
out_line '  advice      put it into quarantine: xtop quarantine add tests/two'
out_has "  first seen  $(date -u +%Y-)"
out_has '  expected    0.'
equal 'the outcomes' 'passed passed failed passed failed passed ' \
	"$(sed '1,/^when/d' "$out" | grep -o -w -e passed -e failed | tr '\n' ' ')"
count 1 'it broke in attempt 4' "$out"
equal 'the row of a failure' '- x failed 1 gw exit code 1: it broke in attempt 4' \
	"$(sed -n 's/^[-0-9]* [:0-9]*  *//; /attempt 4$/s/  */ /gp' "$out" | sed 's/ [0-9.]*s gw[01]/ gw/')"
xtop history fine
code 0
out_line '  flaky       no: it never failed'
out_has_not 'advice'
xtop history tests/rerun
out_has '~ flaky           2 '
end

begin 'the history of a test as JSON'
xtop history tests/two --json
code 0
json_lines "$out"
equal 'the test' 'tests/two 2 6 1' "$(json 'join " ", @{$j}{qw(id failures runs flaky)}')"
equal 'the outcomes' 'passed passed failed passed failed passed' "$(json 'join " ", map { $_->{outcome} } @{$j->{results}}')"
equal 'a message' 'exit code 1: it broke in attempt 4' "$(json '$j->{results}[2]{message}')"
equal 'a time' yes "$(json '$j->{results}[0]{started} =~ /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/ ? "yes" : "no"')"
equal 'a duration' yes "$(json '$j->{expected} > 0 && $j->{results}[0]{duration} > 0 ? "yes" : "no"')"
end

begin 'a word that means several tests is refused, with their names'
xtop history tests/
code 4
err_has "xtop: 7 tests have in their names 'tests/': name one"
for name in alone bad fine one rerun skips two; do
	err_has "  tests/$name"
done
xtop history tests/twoo
code 4
err "xtop: the history has no test 'tests/twoo'; did you mean 'tests/two'?"
xtop history ''
code 4
end

begin 'one id in several suites'
mkdir suites && cd suites || exit 99
by_letters t PPPPPPP
printf '%s\n' 'suites:' '  one: {adapter: exec, programs: [t]}' '  two: {adapter: exec, programs: [t]}' >xtop.yaml
xtop
code 0
xtop history t
code 4
err "xtop: 2 tests are called 't': name one, with its --suite
  one: t
  two: t"
xtop history t --suite two
code 0
out_line '  suite       two'
cd .. || exit 99
end

begin 'only the newest runs are shown, -v shows all'
mkdir many && cd many || exit 99
by_letters t PPPPPPPPPPPPPPPPPPPPPPPPPPPPPP
for run in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22; do
	xtop -q t
done
xtop history t
count 20 passed "$out"
out_line 'and 2 older runs (-v shows all)'
xtop history -v t
count 22 passed "$out"
out_has_not 'older'
cd .. || exit 99
end

begin 'both outcomes at one commit make a test flaky, and the commit is shown'
mkdir -p commit/.git/objects commit/.git/refs && cd commit || exit 99
echo 8f2c1d0ab18f2c1d0ab18f2c1d0ab18f2c1d0ab1 >.git/HEAD
by_letters t PPPPPPPPPPPF
for run in 1 2 3 4 5 6 7 8 9 10 11; do
	xtop -q t
done
xtop flaky
out_has 'none of 1 test is flaky'
xtop t
code 1
xtop history t
out_line '  flaky       yes: it both passed and failed at 1 commit'
count 12 '  8f2c1d0a  ' "$out"
cd .. || exit 99
end

begin 'what a test printed and is called is shown, never obeyed'
mkdir evil && cd evil || exit 99
name=$(printf 'a\033[31mb')
program "$name" 'printf "\033]0;title\007oh\033[2J\n"; exit 1'
xtop --reruns 0 "./$name"
xtop history b
code 0
no_controls "$out"
out_has 'a^[[31mb'
xtop history b --json
json_lines "$out"
xtop history "$(printf '\033[2J')"
code 4
no_controls "$err"
program "$name$name" 'exit 0'
xtop "./$name$name"
xtop history "$(printf '\033[31')"
code 4
err_has "xtop: 2 tests have in their names '^[[31': name one"
no_controls "$err"
cd .. || exit 99
end

begin '--flaky-report stands in the summary of a run, of its own tests'
echo 1 | tee one.n >two.n
xtop -n 2 --flaky-report tests/one tests/two
code 1
out_has '-- flaky report ---'
out_has '2 of 2 tests are flaky, by '
equal 'a row has this run too' '43 % 16 to 75 % 3 of 7 .x.x..x tests/two (advise quarantine)' "$(row tests/two)"
out_has_not tests/alone
closes 'xtop: 0 passed, 2 failed, 0 skipped'
xtop -q --flaky-report tests/fine
out_has 'none of 1 test is flaky, by '
closes 'xtop: 1 passed, 0 failed, 0 skipped'
XTOP_OPT_FLAKY_REPORT=yes
export XTOP_OPT_FLAKY_REPORT
xtop --format json tests/fine
json_lines "$out"
err_has 'none of 1 test is flaky, by '
equal 'the last line' 'xtop: 1 passed, 0 failed, 0 skipped' "$(tail -n 1 "$err")"
xtop --collect-only tests/fine
out_has_not 'flaky report'
unset XTOP_OPT_FLAKY_REPORT
xtop tests/fine
out_has_not 'flaky report'
end

begin '--flaky-report of a run that is not kept says so'
xtop --flaky-report --stress 2 tests/fine
out_line 'This run is not among them: --stress is not kept.'
xtop --flaky-report --no-history tests/fine
out_line 'not known: there is no history (--no-history)'
closes 'xtop: 1 passed, 0 failed, 0 skipped'
xtop history export snapshot.db
xtop --flaky-report --history snapshot.db tests/rerun
out_has '1 of 1 test is flaky, by '
out_has_not 'not among them'
end

begin 'a history that is damaged or newer is said, and costs no run'
printf 'this is no database, however long it is made by what stands here' >damaged.db
perl -e 'open my $f, "+<", ".xtop/history.db" or die; local $/; my $all = <$f>;
	substr($all, 60, 4) = pack "N", 99; open my $o, ">", "newer.db" or die; print $o $all'
printf '' >empty.db
while read -r file message; do
	for words in 'flaky' 'history tests/one'; do
		# shellcheck disable=SC2086
		xtop $words --history "$file"
		code 4
		err_has "xtop: $file: $message"
		out ''
	done
	cp "$file" before
	[ "$file" = empty.db ] && continue
	xtop --flaky-report --history "$file" tests/fine
	code 0
	out_has "not known: $file: $message"
	closes 'xtop: 1 passed, 0 failed, 0 skipped'
	cmp -s "$file" before || complain "$file was changed"
done <<'END'
damaged.db is no history, or damaged
newer.db was written by a newer xtop
empty.db is empty
END
end

as=
[ "$(id -u)" -eq 0 ] && has setpriv && as='setpriv --reuid=65534 --regid=65534 --clear-groups'
if [ "$(id -u)" -ne 0 ] || $as test -x "$XTOP" 2>/dev/null; then
	begin 'a history that may only be read is read'
	chmod 755 "$scratch" "$here"
	mkdir readonly && cp .xtop/history.db readonly/history.db
	chmod 444 readonly/history.db && chmod 555 readonly
	shell "$as \"\$XTOP\" flaky --history readonly/history.db"
	code 0
	out_has '5 of 7 tests are flaky'
	shell "$as \"\$XTOP\" history tests/two --history readonly/history.db"
	code 0
	equal 'what is there' history.db "$(ls readonly)"
	chmod 0 readonly/history.db
	shell "$as \"\$XTOP\" flaky --history readonly/history.db"
	code 4
	err_has "can't be opened"
	chmod 755 readonly
	end
else
	skip 'the program is in a directory that other users may not enter'
fi

begin 'words that make no sense are refused'
xtop history tests/one tests/two
code 4
err_has '`xtop history TEST`'
end

finish
