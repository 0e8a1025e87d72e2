#!/bin/sh
# xtop quarantine: what is written and taken out, what a check complains of, what is suggested, and what runs make of it.
# TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"

# A project of its own for each group of cases.
fresh() {
	projects=$((${projects:-0} + 1))
	mkdir "$scratch/project/$projects" && cd "$scratch/project/$projects" || exit 99
}

# day N: the date in N days, by UTC.
day() {
	perl -MPOSIX=strftime -e 'print strftime("%Y-%m-%d", gmtime(time + 86400 * shift))' -- "$1"
}

# run ARGUMENT…: the programs of this directory as tests.
run() {
	xtop --no-tui --adapter exec -n 2 "$@" test_*
}

# file_is <TEXT: quarantine.yaml is this.
file_is() {
	cat >"$scratch/expected"
	diff "$scratch/expected" quarantine.yaml >"$scratch/diff" ||
		complain "quarantine.yaml: $newline$(cat "$scratch/diff")"
}

# json EXPRESSION: of the object $o that is on stdout.
json() {
	EXPRESSION=$1 perl -MJSON::PP -e '
		local $/;
		my $o = JSON::PP->new->utf8->decode(<STDIN>);
		my $value = eval $ENV{EXPRESSION};
		print defined $value ? JSON::PP->new->canonical->allow_nonref->encode($value) : "null", "\n";' <"$out"
}

# --- add, list, remove ---

fresh
begin 'an empty quarantine has nothing to tell'
xtop quarantine list
code 0
out 'xtop: no test is in quarantine (quarantine.yaml)'
xtop quarantine list --json
code 0
equal 'the JSON' '{"v":1,"file":"quarantine.yaml","entries":[]}' "$(cat "$out")"
xtop quarantine check
code 0
missing quarantine.yaml
end

begin 'add writes what it is told, and keeps the rest of the file'
today=$(day 0)
printf '# by hand\n\n- test: old   # why\n\n# the end\n' >quarantine.yaml
xtop quarantine add test_net --suite unit --reason 'slow: DNS' --owner ann --issue '#12' --expires 30d
code 0
out "xtop: added 'test_net' to quarantine.yaml, until $(day 30)"
xtop quarantine add 'file(net) and not name(quick)' --expires "$(day 14)"
code 0
file_is <<END
# by hand

- test: old   # why

# the end
- test: test_net
  suite: unit
  reason: "slow: DNS"
  owner: ann
  issue: "#12"
  since: $today
  expires: $(day 30)
- test: file(net) and not name(quick)
  since: $today
  expires: $(day 14)
END
end

begin 'list shows all of it, as a table and as JSON'
xtop quarantine list
code 0
equal 'the lines' 4 "$(wc -l <"$out" | tr -d ' ')"
out_has 'test                           suite  reason     since'
out_has '(in 30 days)  ann    #12'
out_has '(in 14 days)'
out_line 'old'
xtop quarantine list --json
json_lines "$out"
equal 'the tests' '["old","test_net","file(net) and not name(quick)"]' "$(json '[map { $_->{test} } @{$o->{entries}}]')"
equal 'which are expressions' '[0,0,1]' "$(json '[map { $_->{expression} ? 1 : 0 } @{$o->{entries}}]')"
equal 'the days' '[null,30,14]' "$(json '[map { $_->{days_left} } @{$o->{entries}}]')"
equal 'the lines of the file' '[3,6,13]' "$(json '[map { $_->{line} } @{$o->{entries}}]')"
equal 'the owners' '[null,"ann",null]' "$(json '[map { $_->{owner} } @{$o->{entries}}]')"
end

begin 'remove takes out an id or an expression, and keeps the rest'
xtop quarantine remove 'file(net) and not name(quick)'
code 0
xtop quarantine remove test_net --suite more
code 4
err_has "quarantine.yaml: there is no entry of 'test_net'"
xtop quarantine remove test_nt
code 4
err_has "did you mean 'test_net'?"
xtop quarantine remove test_net
code 0
out "xtop: took 'test_net' out of quarantine.yaml"
file_is <<'END'
# by hand

- test: old   # why

# the end
END
end

begin 'what is there already is not added again'
xtop quarantine add old
code 4
err "xtop: quarantine.yaml:3: 'old' is quarantined already"
end

begin 'another file can be named'
xtop quarantine add test_a --quarantine-file "$scratch/other.yaml"
code 0
grep -q 'test: test_a' "$scratch/other.yaml" || complain 'it is in that file'
end

begin 'mistakes are told with what was expected'
for wrong in '' frobnicate 'add' 'add a b' 'remove' 'list a' 'check a' 'suggest a' 'list --reason x' 'check --owner x' \
	'remove old --expires 3d' 'add x --expires soon' 'add x --expires 2020-01-01' 'add x --expires 0d' 'add x --json' \
	'add x --suite a --suite b'; do
	# shellcheck disable=SC2086
	xtop quarantine $wrong
	code 4
	err_has 'expected'
	equal "stdout of '$wrong'" '' "$(cat "$out")"
done
xtop quarantine ad x
err "xtop: quarantine: unknown word 'ad'; did you mean 'add'?"
xtop --reason x test_a
code 4
err_has '--reason'
end

begin 'a broken expression is told with a caret, on the command line and in the file'
xtop quarantine add 'file(net and name(x)'
code 4
err_has "expected ')'"
err_has '^'
printf -- '- test: old\n- reason: x\n  test: file(net\n' >quarantine.yaml
for verb in list check 'add x' 'remove old'; do
	# shellcheck disable=SC2086
	xtop quarantine $verb
	code 4
	err_has "quarantine.yaml:3:9: test: expected ')' behind file(..., found the end"
	err_has '          ^'
done
program test_a
run
code 4
err_has 'quarantine.yaml:3:9: test: expected'
end

begin 'names that a terminal would obey are shown'
rm quarantine.yaml
escape=$(printf '\033[31mred\302\233')
xtop quarantine add "$escape" --reason "$escape"
no_controls "$out"
xtop quarantine list
no_controls "$out"
xtop quarantine check
no_controls "$out"
xtop quarantine remove "$escape"
code 0
no_controls "$out"
end

# --- expiry ---

fresh
begin 'check: 0 where all is well, 1 where an entry has expired'
xtop quarantine add test_a --expires 30d
xtop quarantine check
code 0
out 'xtop: 1 entry, 0 expired, 0 to expire within a week, not compared with tests (there is no history)'
printf -- '- test: test_b\n  expires: %s\n- {test: test_c, expires: %s}\n' "$(day -3)" "$(day 5)" >>quarantine.yaml
xtop quarantine check
code 1
out_line "quarantine.yaml:4: 'test_b' expired 3 days ago: its failures count again (XT7001)"
out_line "quarantine.yaml:6: 'test_c' expires in 5 days ($(day 5)) (XT7002)"
out_has 'xtop: 3 entries, 1 expired, 1 to expire within a week,'
xtop quarantine check --json
code 1
json_lines "$out"
equal 'good' 0 "$(json '$o->{good} ? 1 : 0')"
equal 'the problems' '["XT7001 quarantine-expired 4 test_b","XT7002 quarantine-expires-soon 6 test_c"]' \
	"$(json '[map { "$_->{code} $_->{name} $_->{line} $_->{test}" } @{$o->{problems}}]')"
xtop quarantine list
out_has '(expired)'
out_has '(in 5 days)'
cp quarantine.yaml expired.yaml
printf -- '- {test: test_c, expires: %s}\n' "$(day 5)" >quarantine.yaml
xtop quarantine check
code 0
out_line "quarantine.yaml:1: 'test_c' expires in 5 days ($(day 5)) (XT7002)"
xtop quarantine check --json
code 0
equal 'it is good' 1 "$(json '$o->{good} ? 1 : 0')"
equal 'but says so' '["XT7002"]' "$(json '[map { $_->{code} } @{$o->{problems}}]')"
mv expired.yaml quarantine.yaml
end

begin 'an expired entry gates again, and can be renewed'
program test_b 'exit 1'
run
code 1
xtop quarantine add test_b --expires 2w
code 0
run
code 0
closes 'xtop: 0 passed, 0 failed, 1 skipped'
end

# --- with a history ---

fresh
program test_good
program test_bad 'exit 1'
program 'test_a and b' 'exit 1'
# One that fails every other time, and one that broke with the fifth run.
program test_flip 'n=$(cat n 2>/dev/null || echo 0)' 'n=$((n + 1))' 'echo $n >n' 'exit $((n % 2))'
program test_late '[ ! -e broken ]'
for i in 1 2 3 4; do
	run
done
touch broken
run
run

begin 'suggest names what is flaky, with commands to copy, and what is not enough'
xtop quarantine suggest
code 0
out_line '# 3 of 6 runs failed (19 % to 81 %)'
out_line 'xtop quarantine add --expires 30d --reason flaky test_flip'
out_line '# test_late: 2 of 6 runs failed (10 % to 70 %); it passed, then failed in every run since: broken rather than flaky'
out_has_not 'test_good'
out_has_not 'test_bad'
closes '# 2 of 5 tests flaky and not in quarantine, which is advised for 1; it may be over for 0'
xtop quarantine suggest --json
json_lines "$out"
equal 'the tests' '["test_flip","test_late"]' "$(json '[map { $_->{id} } @{$o->{tests}}]')"
equal 'the numbers' '[6,3,0,1]' "$(json '[(map { $o->{tests}[0]{$_} } qw(runs failures flaky)), $o->{tests}[0]{advised} ? 1 : 0]')"
end

begin 'the command that is suggested puts the test there, with its evidence'
xtop quarantine suggest
grep '^xtop ' "$out" >"$scratch/command"
shell "sed 's/^xtop/\"\$XTOP\"/' '$scratch/command' | sh"
code 0
out "xtop: added 'test_flip' to quarantine.yaml, until $(day 30): 3 of 6 runs failed (19 % to 81 %)"
grep -q '^  evidence: "\{0,1\}3 of 6 runs failed (19 % to 81 %)"\{0,1\}$' quarantine.yaml || complain 'the evidence is in the file'
xtop quarantine suggest
out_has_not 'test_flip'
xtop quarantine suggest --no-history
code 4
err_has 'there is no history'
end

begin 'an id that looks like an expression stays an id where the history knows it'
xtop quarantine add 'test_a and b'
code 0
grep -q -x -F -e "- test: \"test(=\\\"test_a and b\\\")\"" quarantine.yaml || complain 'it is written as an id'
run
code 1
closes 'xtop: 1 passed, 2 failed, 2 skipped' # test_bad and test_late; test_flip failed the seventh time
xtop quarantine check
code 0
xtop quarantine remove 'test_a and b'
code 0
end

begin 'what matches no test of the history is named'
cp quarantine.yaml before.yaml
xtop quarantine add test_fli
code 0
err "xtop: the history knows no test that is called 'test_fli'; did you mean 'test_flip'?"
xtop quarantine add 'name(nothing)'
err "xtop: the history knows no test that matches 'name(nothing)'"
xtop quarantine add 'marker(slow)'
err ''
xtop quarantine add 'name(ba)'
err ''
out_has 'for 1 test of the history'
printf -- '- {test: test_good, suite: elsewhere}\n' >>quarantine.yaml
xtop quarantine check
code 1
out_has "'test_fli' is no test that the history knows; did you mean 'test_flip'? (XT7003)"
out_has "'name(nothing)' matches no test that the history knows (XT7003)"
out_has "'test_good' is no test that the history knows in suite 'elsewhere'"
out_has_not 'marker'
out_has '3 without a test'
xtop quarantine check --no-history
code 0
end

begin 'an expression quarantines the tests that it matches'
printf -- '- test: name(ba) or name(late)\n- test: "#test_f*"\n- test: not name(test)\n' >quarantine.yaml
run
code 1
equal 'what failed' 'test_a and b' "$(sed -n 's/.* \(test_a and b\)  exit.*/\1/p' "$out" | head -n 1)"
printf -- '- test: "test(=\\"test_a and b\\")"\n' >>quarantine.yaml
run
code 0
run --no-quarantine
code 1
end

begin 'a history that can not be read costs the check nothing but what it tells'
echo damaged >"$scratch/damaged"
xtop quarantine check --history "$scratch/damaged"
code 0
err_has 'what earlier runs tell is left out'
out_has 'not compared with tests'
xtop quarantine add test_x --history "$scratch/damaged"
code 0
end

begin 'a commit at which it passed and failed is told'
fresh
mkdir -p .git/refs/heads
echo 'ref: refs/heads/main' >.git/HEAD
echo 0123456789abcdef0123456789abcdef01234567 >.git/refs/heads/main
program test_once 'n=$(cat n 2>/dev/null || echo 0)' 'echo $((n + 1)) >n' '[ "$n" != 1 ]'
for i in 1 2 3 4 5; do
	run
done
xtop quarantine suggest
out_line '# 1 of 5 runs failed (4 % to 62 %); last at 0123456789ab'
out_line 'xtop quarantine add --expires 30d --reason flaky test_once'
end

begin 'two suites: the suggestion says which'
fresh
program test_x 'n=$(cat n$SUITE 2>/dev/null || echo 0)' 'echo $((n + 1)) >n$SUITE' '[ $SUITE = one ] || [ $((n % 2)) = 0 ]'
cat >xtop.yaml <<'END'
suites:
  one: {adapter: exec, programs: [test_x], env: {SUITE: one}}
  two: {adapter: exec, programs: [test_x], env: {SUITE: two}}
END
for i in 1 2 3 4 5; do
	xtop --no-tui -n 1
done
xtop quarantine suggest
out_line 'xtop quarantine add --suite two --expires 30d --reason flaky test_x'
count 1 'xtop quarantine add' "$out"
xtop quarantine suggest --suite one
out_has_not 'xtop quarantine add'
xtop quarantine add test_x --suite two
out_has ': 2 of 5 runs failed'
xtop quarantine add test_x
out_has ': 2 of 10 runs failed'
end

begin 'what is in quarantine and does not fail any more is named'
fresh
program test_well
program test_ill 'n=$(cat n 2>/dev/null || echo 0)' 'echo $((n + 1)) >n' '[ $n -gt 3 ]'
printf -- '- test: test_well\n- test: test_ill\n' >quarantine.yaml
for i in 1 2 3 4 5 6 7 8 9; do
	xtop --no-tui -n 1 test_well test_ill
done
xtop quarantine suggest
out_has_not 'xtop quarantine remove'
xtop --no-tui -n 1 test_well test_ill
xtop quarantine suggest
out_line '# test_well: in quarantine, and did not fail in its last 10 runs'
out_line 'xtop quarantine remove test_well'
count 1 'xtop quarantine remove' "$out"
closes '# 0 of 2 tests flaky and not in quarantine, which is advised for 0; it may be over for 1'
xtop quarantine suggest --json
equal 'the numbers' '["test_well",1,0]' "$(json '[map { $_->{id}, $_->{held} ? 1 : 0, $_->{advised} ? 1 : 0 } @{$o->{tests}}]')"
printf -- '- test: name(well)\n' >quarantine.yaml
xtop quarantine suggest
out_has_not 'test_well'
end

# --- at once ---

fresh
begin 'many at once lose nothing'
for i in 1 2 3 4 5 6 7 8; do
	XTOP_TEST_MARK=$mark "$XTOP" quarantine add "test_$i" --no-history >/dev/null 2>&1 </dev/null &
done
wait
xtop quarantine list --json
equal 'how many' 8 "$(json 'scalar @{$o->{entries}}')"
end

cd / && finish
