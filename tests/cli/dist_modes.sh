#!/bin/sh
# What each mode of --dist promises, proven by the events of real runs. TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"
. "$srcdir/tests/lib/python.sh"
. "$srcdir/tests/fixtures/dist_lib.sh"

# --- programs ---

# held N: N programs, of which the first ends when the others have left their notes.
held() {
	fresh
	program test_01 "$(meet "$1")"
	for held_i in $(seq -w 2 "$1"); do
		program "test_$held_i" ': >"$NOTES/$XTOP_TEST_ID"'
	done
}

for mode in load loadscope loadfile loadgroup worksteal duration; do
	begin "programs, $mode: what a worker cannot begin others run"
	held 12
	native -n 2 --dist $mode --no-history --timeout "$LIMIT" .
	code 0
	closes 'xtop: 12 passed, 0 failed, 0 skipped'
	equal 'the mode' $mode "$(field dist run.collected)"
	rule once
	end
done

begin 'programs, load --maxschedchunk 1: nor are they set aside one by one'
held 12
native -n 2 --dist load --maxschedchunk 1 --no-history --timeout "$LIMIT" .
closes 'xtop: 12 passed, 0 failed, 0 skipped'
rule once
end

begin 'programs, load --maxschedchunk: no more than that is set aside for the worker that comes first'
fresh
for i in $(seq -w 1 64); do
	program "test_$i" "$(meet 2)"
done
native -n 2 --dist load --maxschedchunk 3 --no-history --timeout "$LIMIT" .
code 0
equal 'what they begin with' 'test_01 test_04' "$(told firsts | tr ' ' '\n' | grep test | sort | tr '\n' ' ' | sed 's/ $//')"
rule once
end

begin 'programs, worksteal: each worker begins with its own part of an even split'
fresh
for i in 01 02 03 04 05 06 07 08 09 10 11 12; do
	program "test_$i" "$(meet 4)"
done
native -n 4 --dist worksteal --no-history --timeout "$LIMIT" .
code 0
equal 'what they begin with' '0 test_01 1 test_04 2 test_07 3 test_10' "$(told firsts)"
rule once
end

begin 'programs, each: every one on every worker, and a verdict for each'
fresh
for i in 1 2 3 4 5; do
	program "test_$i" "[ $i != 3 ] || [ \"\$XTOP_WORKER\" != 1 ]"
done
native -n 3 --dist each --no-history .
code 1
closes 'xtop: 14 passed, 1 failed, 0 skipped'
rule once
rule everywhere 3
equal 'where test_3 failed' 1 "$(grep '"type":"test.verdict"' "$scratch/events" | grep '"outcome":"failed"' |
	sed 's/.*"worker":\([0-9]*\).*/\1/')"
end

begin 'programs, each: more workers than tests run all of them'
fresh
program test_1
native -n 4 --dist each --no-history .
code 0
closes 'xtop: 4 passed, 0 failed, 0 skipped'
rule everywhere 4
end

begin 'programs, no: one worker, in order, and nothing looks parallel'
fresh
for i in 1 2 3 4 5 6; do
	program "test_$i" '[ -z "${PYTEST_XDIST_WORKER-}" ] && [ "$XTOP_WORKER_COUNT" = 1 ]'
done
native -n 4 --dist no --no-history .
code 0
equal 'the order' 'test_1 test_2 test_3 test_4 test_5 test_6' "$(told starts)"
equal 'the workers' 0 "$(workers)"
rule once
end

begin 'programs, each: what failed on one worker is remembered, whoever ended last'
fresh
program test_1 '[ "$XTOP_WORKER" = 1 ] && exit 1' "$(meet 2)"
program test_2 ': >"$NOTES/$XTOP_TEST_ID"'
native -n 2 --dist each --timeout "$LIMIT" .
code 1
equal 'the verdicts' '1 failed, 3 passed' "$(outcomes)"
xtop --collect-only -E 'outcome(failed)' .
code 0
out_line test_1
out_has 'xtop: 1 test found'
end

begin 'programs, each: who was to run what was not run is told'
fresh
for i in 1 2 3 4; do
	program "test_$i" 'exit 1'
done
native -n 2 --dist each -x --no-history .
code 1
equal 'verdicts of each worker' '4 0 4 1' \
	"$(field worker test.verdict | tr ' ' '\n' | sort | uniq -c | awk '{ print $1, $2 }' | tr '\n' ' ' | sed 's/ $//')"
end

begin 'programs: a scope by a rule stays whole in each mode that has units'
fresh
mkdir a b
for i in 1 2 3 4 5 6; do
	program "a/test_$i"
	program "b/test_$i"
done
program a/test_7
cat >xtop.yaml <<'END'
rules:
  - filter: all()
    scope: /test_\d/
END
for mode in loadscope loadfile loadgroup; do
	native -n 3 --dist $mode --no-history a b
	closes 'xtop: 13 passed, 0 failed, 0 skipped'
	rule once
	rule whole 'test_(\d)'
done
end

begin 'programs, duration: the longest first by what earlier runs took, and by default then'
fresh
program test_1 'sleep 0.05'
program test_2 'sleep 0.7'
program test_3 'sleep 1.3'
program test_4 'sleep 0.35'
native -n 4 .
equal 'the first mode' load "$(field dist run.collected)"
native -n 2 .
equal 'the mode' duration "$(field dist run.collected)"
equal 'what comes first' 'test_2 test_3' "$(told starts | tr ' ' '\n' | head -n 2 | sort | tr '\n' ' ' | sed 's/ $//')"
native -n 1 --dist duration .
equal 'the order' 'test_3 test_2 test_4 test_1' "$(told starts)"
native -n 1 .
equal 'the order of a single worker' 'test_1 test_2 test_3 test_4' "$(told starts)"
native -n 2 --no-history .
equal 'the mode without' load "$(field dist run.collected)"
native -n 1 --dist duration --no-history .
equal 'the order without' 'test_1 test_2 test_3 test_4' "$(told starts)"
native -n 2 --dist loadscope .
equal 'the mode that is asked for' loadscope "$(field dist run.collected)"
end

begin 'programs, duration: what was never seen is run as well'
program test_5 'sleep 0.1'
program test_6
native -n 3 .
code 0
equal 'the mode' duration "$(field dist run.collected)"
closes 'xtop: 6 passed, 0 failed, 0 skipped'
rule once
end

begin 'the number of workers: a hook of CI machines, the CPUs that this process has, the tests'
fresh
for i in 1 2 3 4; do
	program "test_$i"
done
PYTEST_XDIST_AUTO_NUM_WORKERS=3 native -n auto --no-history .
out_line 'xtop: 4 tests on 3 workers'
PYTEST_XDIST_AUTO_NUM_WORKERS=9 native -n auto --no-history .
out_line 'xtop: 4 tests on 4 workers'
PYTEST_XDIST_AUTO_NUM_WORKERS=9 native -n auto --maxprocesses 2 --no-history .
out_line 'xtop: 4 tests on 2 workers'
native -n 9 --no-history .
out_line 'xtop: 4 tests on 4 workers'
if has taskset && taskset -c 0 true 2>/dev/null; then
	shell "rm -f '$scratch/events'; taskset -c 0 \"\$XTOP\" --no-tui -n auto --no-history ."
	out_line 'xtop: 4 tests on 1 worker'
fi
end

begin 'a mode that is none is a mistake that is told'
native --dist loadscop .
code 4
err_has '--dist: expected load'
err_has "did you mean 'loadscope'?"
native --dist load --maxschedchunk 0 .
code 4
err_has '--maxschedchunk: expected'
end

# --- pytest ---

# Which units there are in tests/fixtures/dist_suite: KEY, the largest first, and as they are found.
scopes='scope test_c.py,test_b.py::TestBig,test_a.py::TestMiddle,test_b.py,test_b.py::TestSmall,test_a.py
	test_a.py::TestMiddle,test_a.py,test_b.py,test_b.py::TestSmall,test_b.py::TestBig,test_c.py'
files='file test_b.py,test_c.py,test_a.py test_a.py,test_b.py,test_c.py'
groups='group db,web web,db'

# units MODE KEY LARGEST-FIRST AS-FOUND
units() {
	begin "$which, $1: units stay whole, on three workers and on one"
	copy dist_suite
	MEET=3 suite -n 3 --dist "$1" --no-history
	code 0
	closes 'xtop: 21 passed, 0 failed, 0 skipped'
	equal 'the mode' "$1" "$(field dist run.collected)"
	equal 'the workers' '0 1 2' "$(workers)"
	rule once
	rule whole "$2"
	suite -n 1 --dist "$1" --no-history
	closes 'xtop: 21 passed, 0 failed, 0 skipped'
	rule whole "$2"
	equal 'the units, largest first' "$(echo "$3" | tr , ' ')" "$(told units "$2")"
	suite -n 1 --dist "$1" --no-history --no-loadscope-reorder
	rule whole "$2"
	equal 'the units as found' "$(echo "$4" | tr , ' ')" "$(told units "$2")"
	end
}

cases() {
	# shellcheck disable=SC2086
	{
		units loadscope $scopes
		units loadfile $files
		units loadgroup $groups
	}

	for mode in load worksteal duration; do
		begin "$which, $mode: a test that takes long holds nobody else up, not those of its own module"
		fresh
		cat >test_it.py <<'END'
import os
import time

import pytest


@pytest.mark.parametrize("n", range(12))
def test_it(n):
    notes = os.environ["NOTES"]
    open(os.path.join(notes, str(n)), "w").close()
    end = time.monotonic() + 120
    while n == 0 and len(os.listdir(notes)) < 12:
        assert time.monotonic() < end, "the others wait for this one"
        time.sleep(0.01)
END
		suite -n 2 --dist $mode --no-history
		code 0
		closes 'xtop: 12 passed, 0 failed, 0 skipped'
		rule once
		end
	done

	begin "$which, worksteal: each worker begins with its own part of an even split"
	copy dist_suite
	MEET=3 suite -n 3 --dist worksteal --no-history
	code 0
	equal 'what they begin with' \
		'0 test_a.py::TestMiddle::test_1 1 test_b.py::TestSmall::test_2 2 test_b.py::test_3' "$(told firsts)"
	rule once
	end

	begin "$which, each: every test on every worker"
	copy dist_suite
	MEET=3 suite -n 3 --dist each --no-history --junit-xml junit.xml
	code 0
	closes 'xtop: 63 passed, 0 failed, 0 skipped'
	rule once
	rule everywhere 3
	equal 'the order on one' "$(told starts 0)" "$(told starts 2)"
	valid_xml junit.xml
	end

	begin "$which, no: one worker, in order"
	copy dist_suite
	suite -n 4 --dist no --no-history
	code 0
	equal 'the workers' 0 "$(workers)"
	equal 'the order' "$(field id test.found)" "$(told starts)"
	end

	begin "$which, duration: scopes by what they took, each in one piece where nobody waits for it"
	fresh
	cat >test_it.py <<'END'
import time

import pytest


@pytest.mark.parametrize("n", range(3))
class TestA:
    def test_it(self, n):
        time.sleep(0.02)


@pytest.mark.parametrize("n", range(3))
class TestB:
    def test_it(self, n):
        time.sleep(0.3)


@pytest.mark.parametrize("n", range(3))
class TestC:
    def test_it(self, n):
        time.sleep(0.12)


@pytest.mark.parametrize("n", range(3))
class TestD:
    def test_it(self, n):
        time.sleep(0.001)
END
	suite -n 4
	suite -n 1 --dist duration
	code 0
	equal 'the order of scopes' 'test_it.py::TestB test_it.py::TestC test_it.py::TestA test_it.py::TestD' \
		"$(told units scope)"
	rule whole scope
	suite -n 2
	equal 'the mode' duration "$(field dist run.collected)"
	rule once
	# Two workers end together, so the last ones may be shared; how many depends on the machine's mood. That no more
	# are than need be is tried where time is simulated (tests/unit/test_duration.c).
	rule split scope 3
	end

	begin "$which, duration: a scope for which all others would wait is split"
	fresh
	cat >test_it.py <<'END'
import time

import pytest


@pytest.mark.parametrize("n", range(8))
class TestLong:
    def test_it(self, n):
        time.sleep(0.2)


def test_short():
    pass
END
	suite -n 4
	suite -n 4
	equal 'the mode' duration "$(field dist run.collected)"
	rule once
	rule reaches 2 TestLong
	end

	begin "$which: one worker, and crowds of them"
	copy dist_suite
	for mode in $MODES; do
		for count in 1 16; do
			tests=21
			[ $mode != each ] || tests=$((21 * count))
			suite -n $count --dist $mode --no-history
			closes "xtop: $tests passed, 0 failed, 0 skipped"
			rule once
		done
	done
	end
}

each_python cases
cd / && finish
