#!/bin/sh
# What a run prints and writes for people and for machines. TAP on stdout.
. "$srcdir/tests/lib/cases.sh"

mkdir tests
program tests/test_passes 'echo fine'
program tests/test_fails 'echo "wanted 2"; echo "got 3"; exit 1'
program tests/test_flaky '[ -e flaky ] && exit 0; : >flaky; echo not yet; exit 1'
program tests/test_skips 'echo "no database"; exit 77'
program tests/test_breaks 'exit 99'
program tests/test_crashes 'kill -ABRT $$'
program tests/test_known 'exit 1'
printf '%s\n' '#!/bin/sh' 'echo 1..4; echo ok 1 - a; echo not ok 2 - b; echo "#  got: 1"; echo "ok 3 # SKIP c"; echo "not ok 4 # TODO d"' >tests/points.t
printf -- '- test: tests/test_known\n  reason: issue 7\n' >quarantine.yaml
closing='xtop: 2 passed, 4 failed, 2 skipped'

begin 'the plain report has all sections, and ends with the closing line'
xtop -v --reruns 1 --durations 2 tests
code 1
err ''
closes "$closing"
out_line 'xtop: 8 tests on 2 workers'
for section in 'failures (4)' 'flaky (1)' 'quarantined failures (1)' 'skipped (1)' 'slowest tests (2)' 'failed tests (4)'; do
	out_has "-- $section --"
done
out_line '  | wanted 2'
out_has ' tests/test_skips  no database'
out_line '1 flaky, among the passed'
out_line '1 quarantined failure, among the skipped'
out_line '4 points: 2 passed, 1 failed, 1 skipped'
no_controls "$out"
end

begin 'in a pipe a run tells its failures, and no more'
rm -f flaky
xtop --reruns 1 --no-history tests
# Everything before the first section.
equal 'what is told meanwhile' "xtop: 8 tests on 2 workers${newline}4" \
	"$(sed '/^-- /,$d' "$out" | sed '/^$/d' | head -n 1)$newline$(sed '/^-- /,$d' "$out" | grep -c '^[x!] ')"
end

begin 'quietly, only failed tests and the closing line are printed'
rm -f flaky
xtop -q --reruns 1 tests
code 1
out "x failed  tests/points.t
x error   tests/test_breaks
! crashed tests/test_crashes
x failed  tests/test_fails
$closing"
end

begin 'NDJSON on standard output leaves the closing line to standard error'
rm -f flaky
xtop --format json --reruns 1 tests
code 1
json_lines "$out"
equal 'the last line of stderr' "$closing" "$(tail -n 1 "$err")"
cp "$out" events
rm -f flaky
xtop --events file --reruns 1 tests
closes "$closing"
json_lines file
equal 'the types in the file' "$(values type <events | sort -u)" "$(values type <file | sort -u)"
end

begin 'every line has v, type and t; first and last are those of the run'
equal 'values of v' 1 "$(values v <events | sort -u)"
equal 'lines with t' "$(wc -l <events)" "$(values t <events | wc -l)"
equal 'the first type' run.started "$(values type <events | head -n 1)"
equal 'the last type' run.finished "$(values type <events | tail -n 1)"
end

begin 'every test that was found has one verdict, with all fields'
equal 'the tests with verdicts' "$(values id test.found <events | sort)" "$(values id test.verdict <events | sort)"
for field in suite id outcome flaky quarantined attempts duration worker; do
	equal "verdicts with $field" 8 "$(values $field test.verdict <events | wc -l | tr -d ' ')"
done
equal 'the outcomes' 'crashed error failed failed failed passed passed skipped' \
	"$(values outcome test.verdict <events | sort | tr '\n' ' ' | sed 's/ $//')"
equal 'the signal' 6 "$(values signal test.verdict <events)"
equal 'the exit code' 99 "$(grep test_breaks events | values exit_code test.verdict)"
equal 'attempts of the flaky one' '1-2' "$(grep test_flaky events | values flaky test.verdict)-$(grep test_flaky events |
	values attempts test.verdict)"
equal 'the counts' '8 2 4 2 0 1 1' "$(for name in tests passed failed skipped notrun flaky quarantined; do
	values $name run.finished <events
done | tr '\n' ' ' | sed 's/ $//')"
end

begin 'JUnit XML has each test once, and the counts'
rm -f flaky
xtop --junit-xml deep/er/junit.xml --reruns 1 tests
code 1
closes "$closing"
junit=deep/er/junit.xml
count 8 '<testcase ' $junit
count 1 '<testsuites name="xtop" tests="8" failures="2" errors="2" skipped="2" ' $junit
count 1 '<flakyFailure message="exit code 1: not yet" type="failed">' $junit
count 1 '<skipped message="no database"/>' $junit
count 1 '<skipped message="quarantined: failed: exit code 1"/>' $junit
count 2 '<failure ' $junit
count 2 '<error ' $junit
# Each failed attempt beyond the first.
count 2 '<rerunFailure ' $junit
count 2 '<rerunError ' $junit
if has xmllint; then
	valid_xml $junit
	for check in 'count(//testcase)=8' 'count(//testcase[failure])=//testsuites/@failures' \
		'count(//testcase[error])=//testsuites/@errors' 'count(//testcase[skipped])=//testsuites/@skipped' \
		'//testcase[@name="tests/test_fails"]/@classname="tests"'; do
		equal "$check" true "$(xmllint --xpath "$check" $junit)"
	done
	end
else
	skip 'xmllint is missing'
fi

begin 'an old report is replaced as a whole, or not at all'
echo old >junit.xml
xtop --junit-xml junit.xml nowhere
code 4
equal 'the old one' old "$(cat junit.xml)"
xtop --junit-xml junit.xml tests/test_passes
code 0
count 1 '<testsuites ' junit.xml
count 0 old junit.xml
end

begin 'a list has the ids, and nothing is run'
rm -f flaky
xtop list tests
code 0
out "tests/points.t
tests/test_breaks
tests/test_crashes
tests/test_fails
tests/test_flaky
tests/test_known
tests/test_passes
tests/test_skips
xtop: 8 tests found"
cp "$out" "$scratch/list"
xtop --collect-only tests
code 0
cmp -s "$scratch/list" "$out" || complain '--collect-only lists the same'
xtop list -q tests
equal 'the last line' tests/test_skips "$(tail -n 1 "$out")"
xtop list --format json tests
code 0
json_lines "$out"
equal 'the types' "run.collected${newline}run.started${newline}test.found" "$(values type <"$out" | sort -u)"
missing flaky
end

begin 'what a list can not collect is told'
mkdir mixed
echo text >mixed/test_text
cp tests/test_passes mixed
printf 'suites:\n  - name: mixed\n    programs: mixed/*\n' >xtop.yaml
xtop list
code 2
out_has 'xtop: error: mixed/test_text: '
out_line mixed/test_passes
rm xtop.yaml
end

begin 'what was not run is counted nowhere, and told'
xtop -n 1 -x tests/test_fails tests/test_passes tests/test_skips
code 1
# Tests come in the order of the arguments.
out_has 'xtop: 2 tests not run: '
closes 'xtop: 0 passed, 1 failed, 0 skipped'
xtop -n 1 -x --format json tests/test_fails tests/test_passes tests/test_skips
equal 'those not run' 2 "$(values notrun run.finished <"$out")"
equal 'the outcomes' "failed${newline}notrun${newline}notrun" "$(values outcome test.verdict <"$out" | sort)"
equal 'the reasons' 2 "$(values reason test.verdict <"$out" | wc -l | tr -d ' ')"
end

begin 'a bail-out tells why the rest was not run'
mkdir bails
printf '%s\n' '#!/bin/sh' 'echo 1..2; echo ok 1; echo "Bail out! no server"' >bails/a.t
for name in b c d; do
	printf '%s\n' '#!/bin/sh' 'echo 1..1; echo ok 1' >bails/$name.t
done
xtop -n 1 bails
code 1
out_has ' bails/a.t  Bail out! no server'
out_has 'xtop: 3 tests not run: '
closes 'xtop: 0 passed, 1 failed, 0 skipped'
end

begin 'what a test left behind is told with its name'
program leaves 'sleep 600 >/dev/null 2>&1 & exit 0'
xtop --events events leaves
code 0
count 2 'xtop: warning: leaves: left 1 process behind, ended now: ' "$out"
out_has '`sleep 600`'
equal 'the id in the event' leaves "$(values id log <events)"
end

begin 'an interrupted run reports what it has'
program waits ': >started; exec sleep 600'
XTOP_TEST_MARK=$mark perl -e '
	$SIG{INT} = "DEFAULT";
	alarm shift;
	exec @ARGV or die' "$LIMIT" "$XTOP" -n 1 --junit-xml junit.xml --events events tests/test_passes waits tests/test_skips \
	</dev/null >"$out" 2>"$err" &
xtop_pid=$!
until [ -e started ] || ! kill -0 $xtop_pid 2>/dev/null; do
	sleep 0.05
done
kill -INT $xtop_pid
wait $xtop_pid
status=$?
code 2
out_has 'xtop: 2 tests not run: interrupted'
closes 'xtop: 1 passed, 0 failed, 0 skipped'
json_lines events
equal 'its exit code as an event' 2 "$(values exit_code run.finished <events)"
count 1 '<testsuites name="xtop" tests="3" ' junit.xml
if has xmllint; then
	valid_xml junit.xml
fi
end

finish
