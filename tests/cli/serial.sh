#!/bin/sh
# Tests that run alone, limits, weights and the other settings of rules, together with each mode, by the times of events.
# TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"
. "$srcdir/tests/lib/python.sh"
. "$srcdir/tests/fixtures/dist_lib.sh"

rules() {
	cat >xtop.yaml
}

# many N NAME: programs NAME_01 … that take a moment each.
many() {
	for many_i in $(seq -w 1 "$1"); do
		program "$2_$many_i" 'sleep 0.03'
	done
}

# --- serial ---

begin 'programs: by a rule, on eight workers, in each mode: nothing else runs, and the pool drains once'
fresh
many 30 test
for i in 04 11 17 23 29; do
	program "test_alone_$i" 'sleep 0.03'
done
rules <<'END'
rules:
  - filter: name(alone)
    serial: true
END
for mode in $MODES; do
	native -n 8 --dist $mode --no-history .
	code 0
	rule once
	[ $mode = no ] || rule reaches 2 test
	rule alone alone
	[ $mode = each ] || rule block alone
done
equal 'what test.found says' 5 "$(grep '"type":"test.found"' "$scratch/events" | grep -c '"serial":true')"
end

begin 'programs: only serial tests, and one that all others wait for'
native -n 8 --no-history test_alone_04 test_alone_11 test_alone_17
closes 'xtop: 3 passed, 0 failed, 0 skipped'
rule alone .
native -n 8 --no-history test_alone_04 .
rule once
rule alone alone
end

begin 'programs: a serial test that crashes, is run again, times out or ends its worker stays alone'
program test_alone_04 'kill -SEGV $$'
program test_alone_11 '[ "$XTOP_ATTEMPT" = 3 ]'
program test_alone_17 'sleep 600'
program test_alone_23 'kill -KILL $PPID; sleep 600'
cat >>xtop.yaml <<'END'
  - filter: name(alone_17)
    timeout: 0.3
END
for mode in $MODES; do
	[ $mode != each ] || continue
	native -n 8 --dist $mode --reruns 2 --timeout-grace 0.2 --no-history .
	code 1
	rule once
	rule alone alone
	equal "$mode: the verdicts" '2 crashed, 32 passed, 1 timeout' "$(outcomes)"
done
end

# --- limits and weights ---

begin 'programs: a limit bounds how many run at once, in each mode'
fresh
many 12 test_db
many 12 test
rules <<'END'
limits:
  db:
    max-workers: 2
rules:
  - filter: name(db)
    limit: db
END
for mode in $MODES; do
	native -n 8 --dist $mode --no-history .
	code 0
	rule once
	rule most 2 db
	[ $mode = no ] || rule reaches 3 .
done
end

begin 'programs: a limit is used as far as it goes'
fresh
for i in 1 2; do
	program "test_db_$i" "$(meet 2)"
done
program test_db_3
rules <<'END'
limits:
  db:
    max-workers: 2
rules:
  - filter: name(db)
    limit: db
END
for mode in load loadscope worksteal duration; do
	native -n 3 --dist $mode --timeout "$LIMIT" --no-history .
	closes 'xtop: 3 passed, 0 failed, 0 skipped'
	rule most 2 db
	rule reaches 2 db
done
end

begin 'programs: several limits at once, of which one is a list of one'
fresh
many 6 test_ab
many 6 test_a
many 6 test_b
rules <<'END'
limits: {one: {max-workers: 1}, two: {max-workers: 2}}
rules:
  - filter: name(ab)
    limit: [one, two]
  - filter: name(#test_a_*)
    limit: one
  - filter: name(#test_b_*)
    limit: [two]
END
for mode in $MODES; do
	native -n 8 --dist $mode --no-history .
	code 0
	rule once
	rule most 1 test_a
	rule most 2 'b_'
done
end

begin 'programs: what waits for a limit keeps nobody from other tests'
fresh
program test_db_1 "$(meet 9)"
program test_db_2
for i in 1 2 3 4 5 6 7 8; do
	program "test_$i" ': >"$NOTES/$XTOP_TEST_ID"'
done
rules <<'END'
limits: {db: {max-workers: 1}}
rules:
  - filter: name(db)
    limit: db
END
for mode in load loadscope loadfile loadgroup worksteal duration; do
	native -n 2 --dist $mode --timeout "$LIMIT" --no-history .
	closes 'xtop: 10 passed, 0 failed, 0 skipped'
	rule once
	rule most 1 db
done
end

begin 'programs: a weight takes that many slots, and no test waits for ever for its own'
fresh
many 8 test_heavy
many 16 test
program test_giant_1 'sleep 0.03'
rules <<'END'
rules:
  - filter: name(heavy)
    weight: 3
  - filter: name(giant)
    weight: 200
END
for mode in $MODES; do
	native -n 8 --dist $mode --no-history .
	code 0
	rule once
	[ $mode = no ] || {
		rule weight 8 heavy=3 giant=8
		rule reaches 3 .
	}
done
end

begin 'programs: serial, limit, weight and scope together, on one worker and on eight'
fresh
many 6 test_db
many 6 test_heavy
many 6 test_alone
many 6 test
rules <<'END'
limits: {db: {max-workers: 2}}
rules:
  - filter: name(db)
    limit: db
  - filter: name(heavy)
    weight: 4
  - filter: name(alone)
    serial: true
  - filter: all()
    scope: /_\d+/
END
for mode in $MODES; do
	for count in 1 8; do
		native -n $count --dist $mode --no-history .
		code 0
		rule once
		rule most 2 db
		rule alone alone
		[ $mode = no ] || rule weight $count "heavy=$((count > 4 ? 4 : 1))"
	done
done
end

# --- the rest of a rule ---

begin 'programs: priority goes before order; rules of deadlines and reruns count, the command line counts more'
fresh
program test_1
program test_2
program test_3
program test_4
program fails 'exit 1'
program hangs 'sleep 600'
rules <<'END'
rules:
  - filter: name(test_3)
    priority: 10
  - filter: name(test_4)
    priority: 5
  - filter: name(test_1)
    priority: -5
  - filter: name(fails)
    reruns: 2
  - filter: name(hangs)
    timeout: 0.3
    serial: true
  - filter: all()
    reruns: 1
END
native -n 1 --dist load --no-history test_1 test_2 test_3 test_4
equal 'the order' 'test_3 test_4 test_2 test_1' "$(told starts)"
native -n 2 --no-history fails hangs
code 1
equal 'the attempts' '3 2' "$(verdict_field attempts fails) $(verdict_field attempts hangs)"
equal 'what became of it' '1 timeout' "$(outcomes hangs)"
native -n 2 --reruns 0 --no-history fails hangs
equal 'the attempts by the command line' '1 1' "$(verdict_field attempts fails) $(verdict_field attempts hangs)"
end

begin 'mistakes in rules and limits are told where they are'
rules <<'END'
rules:
  - filter: name(a) and
    serial: true
END
native test_1
code 4
err_has 'xtop.yaml:2:'
rules <<'END'
rules:
  - filter: all()
    limit: none
END
native test_1
code 4
err_has 'xtop.yaml:3:'
rules <<'END'
rules:
  - filter: all()
    scope: /(/
END
native test_1
code 4
err_has 'xtop.yaml:3:'
rules <<'END'
limits: {db: {max-workers: 0}}
END
native test_1
code 4
err_has 'xtop.yaml:1:'
rules <<'END'
rules:
  - serial: true
END
native test_1
code 4
err_has 'xtop.yaml:2:'
rm xtop.yaml
end

# --- pytest ---

cases() {
	begin "$which: the marker and a rule, on eight workers, in each mode and start: nothing else runs"
	fresh
	cat >test_it.py <<'END'
import time

import pytest


@pytest.mark.parametrize("n", range(20))
def test_it(n):
    time.sleep(0.02)


@pytest.mark.serial
@pytest.mark.parametrize("n", range(3))
def test_alone(n):
    time.sleep(0.02)


@pytest.mark.serial
class TestAlone:
    def test_it(self):
        time.sleep(0.02)


class TestByRule:
    def test_it_alone(self):
        time.sleep(0.02)


@pytest.mark.parametrize("n", [1, pytest.param(2, marks=pytest.mark.serial)])
def test_one_of_both(n):
    time.sleep(0.02)
END
	rules <<'END'
rules:
  - filter: test(=test_it.py::TestByRule::test_it_alone)
    serial: true
END
	for how in $hows; do
		suite -n 8 --dist "${how%:*}" --python-start "${how#*:}" --no-history
		code 0
		rule once
		rule alone 'test_alone|TestAlone|TestByRule|both\[2\]'
		case $how in
		each:*) ;;
		no:*) ;;
		*) rule block 'test_alone|TestAlone|TestByRule|both\[2\]' ;;
		esac
	done
	end

	begin "$which: serial tests under -n 0 and -n 1 run like others"
	suite -n 0 --no-history
	closes 'xtop: 27 passed, 0 failed, 0 skipped'
	equal 'the order' "$(field id test.found)" "$(told starts)"
	suite -n 1 --no-history
	closes 'xtop: 27 passed, 0 failed, 0 skipped'
	end

	begin "$which: limits by marker, and a scope of one's own"
	fresh
	cat >pytest.ini <<'END'
[pytest]
markers = db: needs one
END
	cat >test_it.py <<'END'
import time

import pytest


@pytest.mark.db
@pytest.mark.parametrize("n", range(9))
def test_db(n):
    time.sleep(0.02)


@pytest.mark.parametrize("n", range(12))
def test_other(n):
    time.sleep(0.02)
END
	rules <<'END'
limits: {db: {max-workers: 2}}
rules:
  - filter: marker(db)
    limit: db
  - filter: name(test_other)
    scope: /\[\d/
END
	for mode in $MODES; do
		suite -n 8 --dist "$mode" --no-history
		code 0
		rule once
		rule most 2 test_db
	done
	suite -n 4 --dist loadscope --no-history
	rule whole 'test_other\[(\d)'
	end
}

hows='load:fork loadscope:fork loadfile:fork loadgroup:fork worksteal:fork duration:fork each:fork no:fork load:spawn'
first() {
	cases
	hows=load:fork
}

each_python first
cd / && finish
