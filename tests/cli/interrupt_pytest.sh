#!/bin/sh
# A signal stops a run of pytest's tests: what runs is ended, all its fixtures are torn down, the reports are written, and
# each says of every test that did not run why. TAP on stdout.
# shellcheck disable=SC1091,SC2154
. "$srcdir/tests/lib/runs.sh"
. "$srcdir/tests/lib/python.sh"

perl -MJSON::PP -e 1 2>/dev/null || {
	echo '1..0 # SKIP the perl module JSON::PP is missing'
	exit 0
}
mkdir "$scratch/seen" "$scratch/suite" "$scratch/import"
export SEEN="$scratch/seen"

cat >"$scratch/suite/test_waits.py" <<'END'
import os
import time

import pytest


def note(what):
    open(os.path.join(os.environ["SEEN"], what), "w").close()


def is_noted(what):
    return os.path.exists(os.path.join(os.environ["SEEN"], what))


@pytest.fixture(scope="session", autouse=True)
def of_session():
    yield
    note("session.%d" % os.getpid())


@pytest.fixture(scope="module", autouse=True)
def of_module():
    yield
    note("module.%d" % os.getpid())


@pytest.fixture
def of_test():
    yield
    note("torn_down.%d" % os.getpid())


@pytest.fixture
def stuck():
    note("running.stuck")
    time.sleep(1000)


def test_passes():
    note("passed")


@pytest.mark.parametrize("n", range(6))
def test_waits(of_test, n):
    note("running.%d" % n)
    time.sleep(1000)


def test_setup(of_test, stuck):
    pass


def test_teardown(stuck_late):
    pass


@pytest.fixture
def stuck_late(of_test):
    yield
    note("running.stuck_late")
    time.sleep(1000)


def test_stubborn():
    while True:
        try:
            note("running.stubborn")
            time.sleep(1000)
        except BaseException:
            note("told.stubborn")


def test_until_told():
    note("pid.%d" % os.getpid())
    note("running.until_told")
    while not is_noted("go"):
        time.sleep(0.02)


def test_fails_then_waits():
    assert os.environ["XTOP_ATTEMPT"] != "1"
    note("running.again")
    time.sleep(1000)
END
cat >"$scratch/import/test_import.py" <<'END'
import os
import time

open(os.path.join(os.environ["SEEN"], "running.import"), "w").close()
time.sleep(1000)


def test_it():
    pass
END

# begin RUNNING ARGUMENT…: starts a run and waits until so many tests run.
begin() {
	rm -f "$SEEN"/*
	running=$1
	shift
	start --adapter pytest --python "$python" --dist load --no-history --junit-xml "$scratch/junit.xml" "$@"
	need files_are "$running" "$SEEN/running.*"
}

# ends NAME TESTS REASON COUNT: the run ended as it should, and COUNT of its TESTS say REASON.
ends() {
	check "$1: the exit code is 2" same "$status" 2
	check "$1: every test has its verdict" one_verdict_each
	check "$1: all were found" same "$(events test.verdict | wc -l | tr -d ' ')" "$2"
	check "$1: what did not run says why" same \
		"$(events test.verdict | grep '"outcome":"notrun"' | field reason | sort | uniq -c | tr -s ' ')" " $4 $3"
	check "$1: JUnit, the closing line and run.finished count what the verdicts say" \
		same "$(perl "$srcdir/tests/matrix/agree.pl" "$scratch/events" "$scratch/junit.xml" "$scratch/out" 2>&1)" ''
	check "$1: JUnit says why" same "$(grep -c "<skipped message=\"[^\"]*$3" "$scratch/junit.xml")" "$4"
	check "$1: the plain report says why" grep -q -x -e "xtop: $4 tests not run: $3" "$scratch/out"
	check "$1: no worker or server is said to have died" same "$(events worker.died | wc -l; events log | grep -c 'was killed')" \
		"$(printf '0\n0')"
	check "$1: nothing is left" await none_marked
}

interrupts_of_pytest() {
	at=suite/test_waits.py::test_
	for each in INT:interrupted TERM:terminated 'HUP:hung up'; do
		name="$which: SIG${each%%:*}"
		begin 2 -n 2 ${at}passes ${at}waits
		kill -"${each%%:*}" "$xtop"
		finish
		ends "$name" 7 "${each#*:}" 6
		check "$name: what ended before counts" same "$(outcome ${at}passes)" passed
		check "$name: running tests are torn down" files_are 2 "$SEEN/torn_down.*"
		check "$name: so are modules and sessions" same "$(ls "$SEEN" | sed -n 's/\.[0-9]*$//p' | grep -c 'module\|session')" 4
	done

	for where in setup teardown; do
		name="$which: in $where"
		begin 1 -n 1 ${at}$where ${at}passes
		kill -INT "$xtop"
		finish
		ends "$name" 2 interrupted 2
		check "$name: fixtures are torn down" files_are 3 "$SEEN/[tms]*.*"
	done

	name="$which: one that catches all, and a grace"
	begin 1 -n 1 --timeout-grace 0.4 ${at}stubborn ${at}passes
	kill -INT "$xtop"
	finish
	ends "$name" 2 interrupted 2
	check "$name: it was told before" exists "$SEEN/told.stubborn"

	name="$which: twice"
	begin 1 -n 1 --timeout-grace 100000 ${at}stubborn ${at}passes
	kill -INT "$xtop"
	need exists "$SEEN/told.stubborn"
	kill -INT "$xtop"
	finish
	check "$name: the exit code is 2" same "$status" 2
	check "$name: every test has its verdict" one_verdict_each
	check "$name: none ran" same "$(events test.verdict | field outcome | sort -u) $(events test.verdict | field reason | sort -u)" \
		'notrun interrupted'
	check "$name: JUnit, the closing line and run.finished count what the verdicts say" \
		same "$(perl "$srcdir/tests/matrix/agree.pl" "$scratch/events" "$scratch/junit.xml" "$scratch/out" 2>&1)" ''
	check "$name: nothing is left" await none_marked

	name="$which: in a rerun"
	begin 1 -n 1 --reruns 1 ${at}fails_then_waits
	kill -INT "$xtop"
	finish
	check "$name: the failure before it counts" same "$(outcome ${at}fails_then_waits) $status" 'failed 2'

	name="$which: while files are imported"
	rm -f "$SEEN"/*
	start --adapter pytest --python "$python" -n 2 import
	need exists "$SEEN/running.import"
	kill -INT "$xtop"
	finish
	check "$name: the exit code is 2" same "$status" 2
	check "$name: it is told" grep -q 'interrupted' "$scratch/err" "$scratch/out"
	check "$name: nothing is left" await none_marked

	name="$which: Ctrl-Z"
	begin 1 -n 1 --timeout 2 ${at}until_told
	pid=$(ls "$SEEN" | sed -n 's/^pid\.//p')
	kill -TSTP "$xtop"
	check "$name: a suspended run stands still" await is_stopped "$xtop"
	check "$name: and so does its test" await is_stopped "$pid"
	# Longer than its deadline.
	sleep 2.5
	kill -CONT "$xtop"
	: >"$SEEN/go"
	finish
	check "$name: the time between does not count" same "$(outcome ${at}until_told) $status" 'passed 0'
	check "$name: nothing is left" await none_marked

	name="$which: as JSON"
	rm -f "$SEEN"/*
	XTOP_TEST_MARK=$mark perl -e '$SIG{INT} = "DEFAULT"; setpgrp; exec @ARGV or die' "$XTOP" --no-tui --format json \
		--rootdir "$scratch" --adapter pytest --python "$python" --dist load --no-history -n 1 ${at}waits \
		</dev/null >"$scratch/events" 2>"$scratch/err" &
	xtop=$!
	need files_are 1 "$SEEN/running.*"
	kill -INT "$xtop"
	finish
	check "$name: every test says why it did not run" same "$(events test.verdict | field reason | sort | uniq -c | tr -s ' ')" \
		' 6 interrupted'
	check "$name: the end is told" same "$(tail -n 1 "$scratch/events" | field exit_code) $status" '2 2'
	check "$name: the closing line is as ever" same "$(tail -n 1 "$scratch/err")" 'xtop: 0 passed, 0 failed, 0 skipped'
	check "$name: nothing is left" await none_marked
}

each_python interrupts_of_pytest
end_tests
