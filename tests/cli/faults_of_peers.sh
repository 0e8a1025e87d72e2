#!/bin/sh
# What other runners of tests get wrong, each as it was measured there: a rerun that hides a timeout, a crash that loses
# the tests of its scope, reports that count something else than the run, -x that goes on, reruns that workers do not know
# of, processes that outlive the runner. TAP on stdout.
# shellcheck disable=SC1091,SC2154
. "$srcdir/tests/lib/runs.sh"
. "$srcdir/tests/lib/python.sh"

perl -MJSON::PP -e 1 2>/dev/null || {
	echo '1..0 # SKIP the perl module JSON::PP is missing'
	exit 0
}
mkdir "$scratch/seen"
export SEEN="$scratch/seen" EVENTS="$scratch/events"

# agree NAME: what the run has written counts the same everywhere.
agree() {
	check "$1: JUnit, the closing line and run.finished count what the verdicts say" \
		same "$(perl "$srcdir/tests/matrix/agree.pl" "$scratch/events" "$scratch/junit.xml" "$scratch/out" 2>&1)" ''
}

attempts() {
	events test.finished | grep -F "\"id\":\"$1\"" | field outcome | tr '\n' ' ' | sed 's/ $//'
}

outcomes() {
	events test.verdict | field outcome | sort | uniq -c | tr -s ' ' | tr '\n' ',' | sed 's/^ //; s/,$//'
}

# --- programs ---

program sleeps.sh <<'END'
#!/bin/sh
exec sleep 30
END
program fails.sh <<'END'
#!/bin/sh
: >"$SEEN/started.${0##*/}"
exit 1
END
program flaky.sh <<'END'
#!/bin/sh
[ "$XTOP_ATTEMPT" -gt 1 ]
END
program crashes.sh <<'END'
#!/bin/sh
kill -SEGV $$
END
program fine.sh <<'END'
#!/bin/sh
END
program skips.sh <<'END'
#!/bin/sh
exit 77
END
program known.sh <<'END'
#!/bin/sh
exit 1
END
for i in 1 2 3 4 5 6; do
	ln "$scratch/fails.sh" "$scratch/fails$i.sh"
done

name='programs: a timeout that is rerun'
run -n 2 --timeout=1 --reruns 1 --junit-xml "$scratch/junit.xml" sleeps.sh fine.sh
check "$name ends as one twice" same "$(attempts sleeps.sh) $(outcome sleeps.sh) $status" 'timeout timeout timeout 1'
check "$name has two attempts" same "$(events test.verdict | grep sleeps.sh | field attempts)" 2
check "$name has a code each time" same "$(events diagnosis | grep -c '"code":"XT20')" 2
agree "$name"

name='programs: all that may happen at once'
printf -- '- test: known.sh\n  reason: it is known\n' >quarantine.yaml
run -n 3 --timeout=1 --reruns 1 --junit-xml "$scratch/junit.xml" sleeps.sh fails.sh flaky.sh crashes.sh fine.sh skips.sh \
	known.sh
check "$name has each outcome" same "$(outcomes)" '1 crashed, 2 failed, 2 passed, 1 skipped, 1 timeout'
agree "$name"
rm quarantine.yaml

name='programs: -x'
rm -f "$SEEN"/*
run -n 1 -x --reruns 1 --junit-xml "$scratch/junit.xml" fails1.sh fails2.sh fails3.sh fails4.sh fails5.sh fails6.sh
check "$name stops after the first failure, and its reruns" same "$(attempts fails1.sh), $(outcomes)" \
	'failed failed, 1 failed, 5 notrun'
check "$name ends with 1" same "$status" 1
check "$name starts no other" files_are 1 "$SEEN/started.*"
agree "$name"

name='programs: --flaky-result fail'
run -n 3 --reruns 2 --flaky-result fail --junit-xml "$scratch/junit.xml" flaky.sh fine.sh skips.sh
check "$name fails what passed late, with workers" same "$(attempts flaky.sh) $(outcome flaky.sh) $status" \
	'failed passed failed 1'
agree "$name"

# --- pytest ---

mkdir "$scratch/suite" "$scratch/crash"
cat >"$scratch/suite/test_all.py" <<'END'
import os
import time

import pytest


def test_sleeps():
    time.sleep(30)


def test_flaky():
    assert int(os.environ["XTOP_ATTEMPT"]) > 1


def test_fails():
    assert False


def test_passes():
    pass


def test_skips():
    pytest.skip("no database")


@pytest.mark.xfail
def test_expected():
    assert False


def test_crashes():
    os.abort()


@pytest.fixture
def breaks():
    raise ValueError("no")


def test_breaks(breaks):
    pass
END
cat >"$scratch/suite/test_stops.py" <<'END'
import os
import time

import pytest


def failure_is_known():
    with open(os.environ["EVENTS"]) as events:
        return '"outcome":"failed"' in events.read()


@pytest.mark.parametrize("n", range(8))
def test_it(n):
    open(os.path.join(os.environ["SEEN"], "started.%d" % n), "w").close()
    assert n != 2
    while n > 2 and not failure_is_known():
        time.sleep(0.01)
END
cp -R "$srcdir/tests/fixtures/dist_crash/." "$scratch/crash"
chmod -R u+w "$scratch/crash"

peers_of_pytest() {
	at=suite/test_all.py::test_
	set -- --adapter pytest --python "$python" --junit-xml "$scratch/junit.xml"

	name="$which: a timeout that is rerun"
	run "$@" -n 2 --timeout=1 --reruns 1 suite/test_all.py::test_sleeps suite/test_all.py::test_passes
	check "$name ends as one twice" same "$(attempts ${at}sleeps) $(outcome ${at}sleeps) $status" \
		'timeout timeout timeout 1'
	check "$name has two attempts" same "$(events test.verdict | grep ${at}sleeps | field attempts)" 2
	check "$name has a code each time" same "$(events diagnosis | grep -c '"code":"XT20')" 2
	check "$name has its evidence each time" same "$(events test.finished | grep -c '"where":"blocked"')" 2
	check "$name lets others run" same "$(outcome ${at}passes)" passed
	agree "$name"

	name="$which: all that may happen at once"
	run "$@" -n 3 --timeout=1 --reruns 1 suite/test_all.py
	check "$name has each outcome" same "$(outcomes)" \
		'1 crashed, 1 error, 1 failed, 2 passed, 1 skipped, 1 timeout, 1 xfailed'
	agree "$name"

	for mode in loadscope loadfile loadgroup; do
		for signal in SIGKILL SIGSEGV; do
			name="$which: $signal under $mode"
			export CRASH=$signal
			run "$@" -n 2 --dist $mode --reruns 2 crash
			check "$name is one test that crashed, and all others run" same "$(outcomes) $status" '1 crashed, 17 passed 1'
			check "$name is tried three times" same "$(attempts crash/test_b.py::TestMiddle::test_crash)" \
				'crashed crashed crashed'
			check "$name runs no other twice" same "$(events test.started | wc -l | tr -d ' ')" 20
			agree "$name"
		done
	done

	name="$which: -x"
	for count in 0 1 2; do
		rm -f "$SEEN"/*
		run "$@" -n $count --dist load --no-history -x suite/test_stops.py
		check "$name -n $count ends with 1" same "$status" 1
		check "$name -n $count is one failure" same "$(events test.verdict | grep -c '"outcome":"failed"')" 1
		# Another worker is told a moment later.
		check "$name -n $count stops" test "$(ls "$SEEN" | wc -l)" -le $((count < 2 ? 3 : 5))
		check "$name -n $count says of each that it starts, or why not" same \
			"$(($(ls "$SEEN" | wc -l) + $(events test.verdict | grep -c 'stopped after 1 failure')))" 8
		agree "$name -n $count"
	done

	name="$which: --flaky-result fail"
	run "$@" -n 3 --reruns 2 --flaky-result fail suite/test_all.py::test_flaky suite/test_all.py::test_passes
	check "$name fails what passed late, with workers" same "$(attempts ${at}flaky) $(outcome ${at}flaky) $status" \
		'failed passed failed 1'
	agree "$name"

	killed_xtop
	check "$which: nothing is left" await none_marked
}

# Each test has a child, one in a session of its own, and a daemon that holds no descriptor.
cat >"$scratch/suite/test_family.py" <<'END'
import os
import subprocess
import time

import pytest

DAEMON = """
use POSIX ();
unless (fork) {
    POSIX::setsid();
    exit 0 if fork;
    POSIX::close($_) for 0 .. 9;
    $SIG{$_} = "IGNORE" for qw(TERM HUP INT);
    open my $ready, ">", "$ENV{SEEN}/daemon.$$";
    close $ready;
    sleep 1000 while 1;
}
wait;
"""


@pytest.mark.parametrize("n", range(3))
def test_family(n):
    subprocess.Popen(["sleep", "1000"])
    subprocess.Popen(["sleep", "1000"], start_new_session=True)
    subprocess.run(["perl", "-e", DAEMON])
    open(os.path.join(os.environ["SEEN"], "family.%d" % n), "w").close()
    time.sleep(1000)
END

killed_xtop() {
	for how in fork spawn; do
		rm -f "$SEEN"/*
		start --adapter pytest --python "$python" --python-start $how -n 3 --reruns 1 suite/test_family.py
		need files_are 6 "$SEEN/*"
		check "$which: $how: its tests are there" test "$(marked | wc -l)" -ge 14
		kill -KILL "$xtop"
		finish
		check "$which: $how: nothing survives a SIGKILL of xtop" await none_marked
	done
}

each_python peers_of_pytest
end_tests
