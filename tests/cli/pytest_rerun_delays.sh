#!/bin/sh
# While a rerun waits for its delay its worker runs only what leaves the fixtures in place that both share, or waits too;
# and a rerun without a delay comes before anything else. TAP on stdout.
# shellcheck disable=SC1091
. "$srcdir/tests/lib/runs.sh"
. "$srcdir/tests/lib/python.sh"

# go ARGUMENT…: the suite in the current directory.
go() {
	begin_suite "$@"
	finish
}

begin_suite() {
	rm -f "$LOG"
	start --adapter pytest --python "$python" --rootdir . --no-history "$@"
}

# begun: "test#attempt" of each attempt in the order of their starts, without the file.
begun() {
	perl -MJSON::PP -ne '
		my $event = JSON::PP->new->utf8->decode($_);
		next unless $event->{type} eq "test.started";
		print $event->{id} =~ s/^.*:://r, "#$event->{attempt} "' "$scratch/events" | sed 's/ $//'
}

# verdict_of ID: outcome, attempts.
verdict_of() {
	events test.verdict | grep -F "::$1\"" | perl -MJSON::PP -ne '
		my $event = JSON::PP->new->utf8->decode($_);
		print "$event->{outcome} $event->{attempts}"'
}

# workers_of ID: on which its attempts began.
workers_of() {
	events test.started | grep -F "::$1\"" | field worker | tr '\n' ' ' | sed 's/ $//'
}

# has_failed NAME: an attempt at it has.
has_failed() {
	events test.finished 2>/dev/null | grep -q -F "::$1\""
}

begun_at() {
	events test.started 2>/dev/null | grep -q -F "::$1\""
}

has_died() {
	[ "$(events worker.died | wc -l)" -eq 1 ]
}

kill_worker() {
	kill -KILL "$(children "$(children "$xtop" xtop)" xtop-gw)"
}

suite() {
	rm -rf "$scratch/suite" && mkdir "$scratch/suite" && cd "$scratch/suite" || exit 99
	export LOG="$scratch/log" PYTEST_DEBUG_TEMPROOT="$scratch" FIFO="$scratch/fifo"
	[ -p "$FIFO" ] || mkfifo "$FIFO"
	cp "$fixtures/conftest.py" .
}
fixtures=$(cd "$srcdir/tests/fixtures/pytest_rerun_delays" && pwd)

each_mode() {
	suite
	cp "$fixtures"/test_*.py .
	for mode in 'load -n 1' 'load -n 3' 'loadscope -n 1' 'loadscope -n 3' 'loadfile -n 1' 'loadfile -n 3' 'worksteal -n 3' \
		'duration -n 1' 'duration -n 3' 'no' 'no -n 0'; do
		# shellcheck disable=SC2086
		go --dist $mode "$@"
		between=$("$python" "$fixtures/check.py" "$LOG")
		check "$which, --dist $mode $*: fixtures are kept for reruns" is_number "$between"
		check "$which, --dist $mode $*: all pass" same "$status $(events test.verdict | grep -c '"outcome":"passed"')" '0 30'
		check "$which, --dist $mode $*: after so many attempts" same "$(events test.started | wc -l)" 45
	done
}

is_number() {
	case $1 in '' | *[!0-9]*) return 1 ;; esac
}

order() {
	suite
	cat >test_a.py <<'END'
import pytest


@pytest.mark.usefixtures("of_class")
class TestClass:
    @pytest.mark.flaky(reruns=1, reruns_delay=0.5)
    def test_flaky(self, fail):
        fail(1)

    def test_same_class(self):
        pass


def test_same_module():
    pass
END
	echo 'def test_other_module(): pass' >test_b.py
	go -n 1 --dist load
	check "$which: a test of the same class comes between, others wait" same "$(begun)" \
		'test_flaky#1 test_same_class#1 test_flaky#2 test_same_module#1 test_other_module#1'
	sed 's/usefixtures("of_class")/filterwarnings("error")/' test_a.py >test_new.py && mv test_new.py test_a.py
	go -n 1 --dist load
	check "$which: a class of which nothing stands is no bound, its file is" same "$(begun)" \
		'test_flaky#1 test_same_class#1 test_same_module#1 test_flaky#2 test_other_module#1'
	sed 's/, autouse=True//' conftest.py >conftest.new && mv conftest.new conftest.py
	go -n 1 --dist load
	check "$which: without fixtures of higher scope all others may come" same "$(begun)" \
		'test_flaky#1 test_same_class#1 test_same_module#1 test_other_module#1 test_flaky#2'

	suite
	cat >test_a.py <<'END'
import os

import pytest

PARAMETERS = {"scope": "module", "params": [1, 2]}


@pytest.fixture(**PARAMETERS)
def parameter(request):
    return request.param


@pytest.mark.flaky(reruns=1, reruns_delay=0.5)
def test_flaky(parameter, fail):
    fail(parameter % 2)


def test_with(parameter):
    pass


def test_without():
    pass


@pytest.fixture(scope="module")
def breaks():
    assert os.environ["XTOP_ATTEMPT"] == "2"


@pytest.mark.flaky(reruns=1, reruns_delay=0.5)
def test_broken(breaks):
    pass


def test_whole(breaks):
    pass
END
	go -n 1 --dist load
	check "$which: nothing comes between that could change parameters or see the failure of a set-up" same "$(begun)" \
		"test_flaky[1]#1 test_flaky[1]#2 test_with[1]#1 test_flaky[2]#1 test_with[2]#1 test_without#1 test_broken#1 test_broken#2 test_whole#1"
	check "$which: which passes then" same "$status" 0
}

# The other worker's first test is held until the rerun waits.
others_go_on() {
	suite
	cat >test_a.py <<'END'
import os

import pytest


@pytest.mark.flaky(reruns=1, reruns_delay=2)
def test_flaky(fail):
    if os.environ["XTOP_ATTEMPT"] == "1":
        with open(os.environ["FIFO"], "w") as fifo:
            fifo.write("go")
    fail(1)
END
	cat >test_b.py <<'END'
import os


def test_held():
    with open(os.environ["FIFO"]) as fifo:
        assert fifo.read() == "go"


def test_second():
    pass


def test_third():
    pass
END
	go -n 2 --dist load
	check "$which: the other worker does all the rest meanwhile" same "$(begun | awk '{ print NF, $NF }')" '5 test_flaky#2'
	check "$which: and the rerun comes where the first attempt was" same "$(workers_of test_flaky)" '0 0'
}

# What waits is lost neither with its worker nor when the run ends, however long it would wait.
what_may_happen() {
	suite
	cat >test_a.py <<'END'
import os
import pytest


@pytest.mark.flaky(reruns=1, reruns_delay=float(os.environ["DELAY"]))
def test_flaky(fail):
    fail(1)
END
	cp test_a.py alone.py
	cat >>test_a.py <<'END'


def test_behind():
    if "CRASH" in os.environ:
        os.kill(os.getpid(), 11)
    assert False
END
	export DELAY=0.5
	CRASH=1 go -n 1
	check "$which: a crash meanwhile takes the fixtures with it" same \
		"$(verdict_of test_flaky), $(verdict_of test_behind)" 'passed 2, crashed 1'
	check "$which: they are set up again" same "$(grep -c 'up session' "$LOG")" 2
	cat alone.py - >held.py <<'END'


def test_behind():
    open(os.environ["FIFO"]).read()
END
	begin_suite -n 1 held.py
	need begun_at test_behind
	kill_worker
	finish
	check "$which: so does the death of the worker" same \
		"$(verdict_of test_flaky), $(verdict_of test_behind)" 'passed 2, crashed 1'

	export DELAY=3600
	begin_suite -n 1 alone.py
	need has_failed test_flaky
	kill_worker
	need has_died
	kill -INT "$xtop"
	finish
	check "$which: which may have nothing to do meanwhile" same "$(verdict_of test_flaky), $status" 'failed 1, 2'
	go -n 1 -x
	check "$which: -x waits for no rerun" same "$(verdict_of test_flaky), $(verdict_of test_behind), $status" \
		'failed 1, failed 1, 1'
	begin_suite -n 1 alone.py
	need has_failed test_flaky
	kill -INT "$xtop"
	finish
	check "$which: nor does an interrupt" same "$(verdict_of test_flaky), $status" 'failed 1, 2'
	go -n 1 --session-timeout 1 alone.py
	check "$which: nor the end of the session's time" same "$(verdict_of test_flaky), $status" 'failed 1, 1'
	check "$which: what was set up is torn down all the same" same "$(grep -c 'down session' "$LOG")" 1
	check "$which: nothing is left" await none_marked
}

# The controller is stopped until the test has failed and its harness was told that it comes again: what it sends next was
# decided before it could know.
sent_too_early() {
	suite
	cat >test_a.py <<'END'
import os
import signal

import pytest


def stat_of(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()


def controller():
    """The outermost of the processes around this one that are xtop's."""
    found, pid = None, os.getpid()
    while pid > 1:
        if os.readlink(f"/proc/{pid}/exe") == os.environ["XTOP_PROGRAM"]:
            found = pid
        pid = int(stat_of(pid)[1])
    return found


def test_stops_it():
    # It sleeps when it has sent the next test.
    while stat_of(controller())[0] != "S":
        os.sched_yield()
    os.kill(controller(), signal.SIGSTOP)


@pytest.fixture
def lets_it_go_on():
    yield
    os.kill(controller(), signal.SIGCONT)


@pytest.mark.usefixtures("of_class")
class TestClass:
    @pytest.mark.flaky(reruns=1)
    def test_flaky(self, lets_it_go_on, fail):
        fail(1)


def test_behind():
    pass


def test_last():
    pass
END
	XTOP_PROGRAM=$(readlink -f "$XTOP")
	export XTOP_PROGRAM
	for n in 1 2 3 4 5; do
		go -n 1 --dist no --python-start "$1"
		check "$which, $1: a test that was sent too early waits for the rerun ($n)" same "$(begun)" \
			'test_stops_it#1 test_flaky#1 test_flaky#2 test_behind#1 test_last#1'
		check "$which, $1: for which the fixtures are kept ($n)" same "$(grep -c 'up test_a.py::TestClass' "$LOG")" 1
	done
}

# Each run counts for itself, also of a test that is marked; what is set up for one is kept for the next.
stress() {
	suite
	cat >test_a.py <<'END'
import os

import pytest

from conftest import note


@pytest.fixture(scope="module", params=["a", "b"])
def parameter(request):
    note("up", "parameter-" + request.param)


@pytest.mark.parametrize("number", [1, 2])
def test_number(parameter, number):
    pass


@pytest.mark.usefixtures("of_class")
class TestClass:
    @pytest.mark.flaky(reruns=2, reruns_delay=0.1)
    def test_flaky(self):
        assert os.environ["XTOP_ATTEMPT"] != "1"

    def test_good(self):
        pass
END
	for mode in 'load -n 1' 'loadscope -n 2' 'load -n 3'; do
		# shellcheck disable=SC2086
		go --stress 6 --reruns 1 --dist $mode
		check "$which, --stress, --dist $mode: each runs so often" same \
			"$(events test.started | wc -l) $(events test.verdict | wc -l) $status" '36 36 1'
		check "$which, --stress, --dist $mode: none again" same \
			"$(events test.verdict | grep -c '"outcome":"failed","flaky":false')" 6
		check "$which, --stress, --dist $mode: the rate is told" grep -q \
			'100.0 % failed, 6 of 6 .* test_a.py::TestClass::test_flaky' "$scratch/out"
		# There a worker may come back to a parameter that it has had.
		[ "$mode" = 'load -n 3' ] || check "$which, --stress, --dist $mode: each worker sets up once" same \
			"$(grep ' up ' "$LOG" | sort | uniq -d)" ''
	done
}

cases() {
	each_mode
	order
	what_may_happen
	sent_too_early fork
}

each_python cases
if python=$(python_any); then
	which=$(pytest_version "$python")
	each_mode --python-start spawn
	others_go_on
	stress
	sent_too_early spawn
fi
end_tests
