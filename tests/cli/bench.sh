#!/bin/sh
# `xtop bench` measures a suite with several numbers of workers. What it finds depends on the machine, so only what must
# be so is looked at: which runs there were and in which order, and that its numbers fit together. TAP on stdout.
. "$srcdir/tests/lib/cases.sh"

mkdir tests
RUNS=$scratch/runs
export RUNS
program tests/test_counts 'echo "$XTOP_WORKER_COUNT" >>"$RUNS"'
program tests/test_a 'sleep 0.02'
program tests/test_b 'sleep 0.04'
program tests/test_c 'exit 77'

# object NAME…: a value inside the JSON object that was printed, each name a key or an index.
object() {
	perl -MJSON::PP -e '
		local $/;
		open my $in, "<", shift or die;
		my $at = JSON::PP->new->utf8->decode(<$in>);
		$at = ref $at eq "ARRAY" ? $at->[$_] : $at->{$_} for @ARGV;
		print defined $at ? $at : "null"' "$out" "$@"
}

# holds EXPRESSION: true of the object, which is $it.
holds() {
	perl -MJSON::PP -e '
		local $/;
		open my $in, "<", shift or die;
		my $it = JSON::PP->new->utf8->decode(<$in>);
		exit(eval($ARGV[0]) ? 0 : 1)' "$out" "$1" || complain "it holds that $1"
}

begin 'counts take turns, every second round backwards, after one run that does not count'
: >"$RUNS"
xtop bench -n 3,1,2 --runs 3 tests
code 0
equal 'the runs' '3 1 2 3 3 2 1 1 2 3' "$(tr '\n' ' ' <"$RUNS" | sed 's/ $//')"
out_has 'xtop bench: 4 tests, 3 runs of each count after one that warmed up and is not counted'
err ''
end

begin 'the report has a line for each count, what held the most workers back, and an advice'
xtop bench -n 1,2,3 --runs 1 tests
code 0
count 1 '    -n     wall        min, max  speed-up  efficiency' "$out"
for n in 1 2 3; do
	equal "the lines that begin with $n" 2 "$(grep -c "^     $n  " "$out")"
done
grep -q '^     1 .* 1\.00 x  *100 %$' "$out" || complain 'the baseline has a speed-up of 1 and an efficiency of 100 %'
count 1 'serial share  ' "$out"
count 1 'what held -n 3 back, of ' "$out"
for what in collection end tail 'longest test' CPUs memory; do
	equal "the lines about $what" 1 "$(grep -c "^  $what  " "$out")"
done
grep -q '^  longest test .* tests/test_[a-z]*$' "$out" || complain 'the longest test is named'
grep -q '^advice: -n [123], ' "$out" || complain 'there is an advice'
LC_ALL=C grep -q '[^ -~]' "$out" && complain 'nothing is beyond ASCII in this locale'
no_controls "$out"
end

begin 'where the locale has them, bars are of blocks'
if [ "$(LC_ALL=C.UTF-8 locale charmap 2>/dev/null)" != UTF-8 ]; then
	skip 'there is no C.UTF-8'
else
	LC_ALL=C.UTF-8
	xtop bench -n 1 --runs 1 tests
	LC_ALL=C
	code 0
	out_has '████████'
	end
fi

begin 'the object has the same numbers, and they fit together'
xtop bench -n 0,1,2 --runs 2 --json tests
code 0
json_lines "$out"
equal 'the number of lines' 1 "$(wc -l <"$out" | tr -d ' ')"
equal v 1 "$(object v)"
equal 'the counts' '0 1 2' "$(object counts 0 n) $(object counts 1 n) $(object counts 2 n)"
equal 'the baseline' 1 "$(object baseline)"
equal 'the tests' 4 "$(object counts 2 runs 1 tests)"
equal 'the workers with -n 0' 1 "$(object counts 0 runs 0 workers)"
holds '@{$it->{counts}} == 3 && !grep { @{$_->{runs}} != 2 } @{$it->{counts}}'
holds '!grep { $_->{min} > $_->{wall} || $_->{wall} > $_->{max} || $_->{min} <= 0 } @{$it->{counts}}'
holds 'abs($it->{counts}[2]{efficiency} - $it->{counts}[2]{speedup} / 2) < 1e-6'
holds 'abs($it->{counts}[2]{speedup} - $it->{counts}[1]{wall} / $it->{counts}[2]{wall}) < 1e-6'
holds '$it->{serial_share} >= 0 && $it->{serial_share} <= 1'
holds 'my ($held) = $it->{held_back}; $held->{n} == 2 && $held->{longest_test}{duration} >= 0.04'
holds 'my ($held) = $it->{held_back}; $held->{collection} + $held->{tail} + $held->{end} <= $held->{wall}'
holds '!$it->{interrupted}'
end

begin 'failing tests are measured all the same, which is told'
program tests/test_fails 'exit 3'
xtop bench -n 1 --runs 1 tests
code 0
out_line 'note: 1 test failed; measured all the same'
rm tests/test_fails
end

begin 'so it is with a file that could not be collected'
echo text >tests/test_text
printf 'suites:\n  - name: all\n    programs: tests/test_*\n' >xtop.yaml
xtop bench -n 1 --runs 1
code 0
out_line 'note: 1 test failed; measured all the same'
rm tests/test_text xtop.yaml
end

begin 'more workers than tests are not what was asked for'
xtop bench -n 9 --runs 1 tests/test_a tests/test_b
code 0
out_has '  only 2 workers'
end

begin 'what is not its own goes to the runs'
: >"$RUNS"
program given 'echo "$*" >>"$RUNS"'
xtop bench --runs 1 -n2 --adapter exec given -- -n 7 --json
code 0
equal 'the arguments' '-n 7 --json -n 7 --json' "$(tr '\n' ' ' <"$RUNS" | sed 's/ $//')"
end

begin 'a run that cannot start ends it, in its own words and with its exit code'
xtop bench --no-such-option tests
code 4
out ''
err_has "'--no-such-option'"
err_has 'xtop: bench: the run with -n '
mkdir empty
xtop bench -n 1 empty
code 5
out ''
err_has 'xtop: bench: the run with -n 1 ended with exit code 5'
end

begin 'a run that dies ends it'
program tests/test_kills '[ "$XTOP_WORKER_COUNT" = 2 ] || exit 0' \
	'worker=$PPID' \
	'guardian=$(sed "s/.*) . \([0-9]*\) .*/\1/" "/proc/$worker/stat")' \
	'kill -KILL "$(sed "s/.*) . \([0-9]*\) .*/\1/" "/proc/$guardian/stat")"' 'sleep 600'
xtop bench -n 1,2 --runs 1 tests
code 3
out ''
err_has 'xtop: bench: the run with -n 2 was killed by signal 9'
rm tests/test_kills
end

begin 'its own options are checked'
for wrong in '-n x' '-n 1,,2' '-n 1,' '-n 257' '-n=-1' '-n' '-n 1;2' '-n autox'; do
	xtop bench $wrong
	code 4
	out ''
	err_has 'expected numbers of workers such as 1,2,8 (each 0 to 256, or auto), found '
done
for wrong in '--runs 0' '--runs=x' '--runs 1001' '--runs'; do
	xtop bench $wrong
	code 4
	err_has 'xtop: --runs: expected how often each count is measured, 1 to 1000, found '
done
for wrong in --tui --format=plain --collect-only --co --pdb; do
	xtop bench -n 1 "$wrong" tests
	code 4
	err_has "xtop: ${wrong%=*} can't be used with bench"
done
end

begin 'it has a help of its own'
xtop bench --help
code 0
out_has 'Usage: xtop bench '
err ''
end

# interrupt SIGNAL TIMES: while the third run is on (the first counts not), which waits until it is killed.
interrupt() {
	: >"$RUNS"
	program tests/test_waits 'echo waits >>"$RUNS"' '[ "$(grep -c waits "$RUNS")" -lt 3 ] || exec sleep 600'
	XTOP_TEST_MARK=$mark perl -e '
		$SIG{$_} = "DEFAULT" for qw(INT TERM HUP);
		alarm shift;
		exec @ARGV or die' "$LIMIT" "$XTOP" bench -n 1,2 --runs 2 tests </dev/null >"$out" 2>"$err" &
	bench=$!
	until [ "$(grep -c waits "$RUNS")" -eq 3 ]; do
		kill -0 "$bench" 2>/dev/null || break
		sleep 0.02
	done
	kill -"$1" "$bench"
	wait "$bench"
	status=$?
	rm tests/test_waits
}

for signal in INT TERM HUP; do
	begin "SIG$signal ends the run in order, and what was measured so far is told"
	interrupt $signal
	code 2
	grep -q '^     1 .* 1\.00 x ' "$out" || complain 'the first count was measured'
	! grep -q '^     2 ' "$out" || complain 'the second count was not'
	out_line 'note: interrupted; this is what was measured before'
	equal 'what still runs' '' "$(left_running)"
	end
done

begin 'interrupted before anything was measured, it says so'
: >"$RUNS"
program tests/test_waits 'echo waits >>"$RUNS"; exec sleep 600'
XTOP_TEST_MARK=$mark perl -e '$SIG{INT} = "DEFAULT"; alarm shift; exec @ARGV or die' "$LIMIT" \
	"$XTOP" bench -n 1 tests </dev/null >"$out" 2>"$err" &
bench=$!
until [ -s "$RUNS" ] && grep -q waits "$RUNS"; do
	kill -0 "$bench" 2>/dev/null || break
	sleep 0.02
done
kill -INT "$bench"
wait "$bench"
status=$?
code 2
out ''
err 'xtop: bench: interrupted before a run was measured'
end

# is_stopped PID
is_stopped() {
	case $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) in T*) true ;; *) false ;; esac
}

# until_so COMMAND…: waits, as long as the bench lives.
until_so() {
	until "$@"; do
		kill -0 "$bench" 2>/dev/null || return 1
		sleep 0.02
	done
}

runs_are() {
	[ "$(grep -c waits "$RUNS")" -eq "$1" ]
}

begin 'a run that Ctrl-Z made longer is done again'
: >"$RUNS"
program tests/test_waits 'echo waits >>"$RUNS"' '[ "$(grep -c waits "$RUNS")" = 2 ] || exit 0' \
	'until [ -e go ]; do sleep 0.02; done'
XTOP_TEST_MARK=$mark perl -e '$SIG{TSTP} = "DEFAULT"; alarm shift; exec @ARGV or die' "$LIMIT" \
	"$XTOP" bench -n 1 --runs 1 tests </dev/null >"$out" 2>"$err" &
bench=$!
until_so runs_are 2
run=$(sed 's/ .*//' "/proc/$bench/task/$bench/children")
kill -TSTP "$bench"
until_so is_stopped "$bench"
is_stopped "$bench" || complain 'it is stopped'
until_so is_stopped "$run"
: >go
kill -CONT "$bench"
wait "$bench"
status=$?
code 0
equal 'the number of runs' 3 "$(grep -c waits "$RUNS")"
equal 'the lines of a count' 2 "$(grep -c '^     1  ' "$out")"
rm tests/test_waits go
end

finish
