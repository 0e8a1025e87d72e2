#!/bin/sh
# Code is edited while the dashboard is open, and what is run again by key is the code as it is now: after the run's end
# and while it goes on. TAP on stdout.
# shellcheck disable=SC1091
. "$srcdir/tests/lib/runs.sh"
. "$srcdir/tests/lib/python.sh"
LIMIT=${XTOP_TEST_LIMIT:-60}
unset TMUX NO_COLOR

command -v tmux >/dev/null 2>&1 || {
	echo '1..0 # SKIP tmux is missing'
	exit 0
}
socket=xtop-test-$$
window() {
	LC_ALL=C.UTF-8 tmux -u -L "$socket" -f /dev/null "$@"
}
trap 'window kill-server 2>/dev/null; clean_up' EXIT

screen() {
	window capture-pane -p 2>/dev/null
}
shows() {
	screen | grep -q -e "$1"
}
keys() {
	window send-keys "$@"
}
text() {
	window send-keys -l "$1"
}

# seen NAME COMMAND…: a TAP line, ok as soon as the command succeeds. Where it never does, the rest can't either.
seen() {
	seen_name=$1
	shift
	number=$((number + 1))
	if await "$@"; then
		echo "ok $number - $seen_name"
		return
	fi
	screen | sed 's/^/# /'
	grep -v '"type":"worker.sample"' "$scratch/events" 2>/dev/null | cut -c1-300 | tail -n 15 | sed 's/^/# /'
	echo "not ok $number - $seen_name"
	echo "1..$number"
	exit 1
}

# has_outcomes ID OUTCOME…: of all its verdicts in this run.
has_outcomes() {
	has_id=$1
	shift
	[ "$(outcome "$has_id" 2>/dev/null)" = "$*" ]
}

# has_verdicts COUNT: of all tests.
has_verdicts() {
	[ "$(events test.verdict 2>/dev/null | wc -l)" -eq "$1" ]
}

# has_ended TIMES: the run, with its reruns.
has_ended() {
	[ "$(events run.finished 2>/dev/null | wc -l)" -eq "$1" ]
}

# message_of ID TEXT: its last verdict says that.
message_of() {
	events test.verdict | grep -F "\"id\":\"$1\"" | tail -n 1 | grep -q -i -e "\"message\":\".*$2"
}

# again ID: selects it by a search, and runs it again. In the moment in which a run ends there is no rerun.
again() {
	if [ "$ends" -gt 0 ]; then
		need has_ended "$ends"
		ends=$((ends + 1))
	fi
	text "/${1##*::}"
	keys Enter
	await shows "Detail $1 " || screen | sed 's/^/# /'
	keys r
}

# edit FILE <TEXT: as editors do. Python tells texts of one second apart by their sizes only: let them differ.
edit() {
	cat >"$1.new" && mv "$1.new" "$1"
}

# opens ARGUMENT…: the dashboard on the directory of the suite.
opens() {
	rm -f "$scratch/events" "$scratch/code"
	cat >"$scratch/begin" <<END
cd '$scratch/suite'
XTOP_TEST_MARK='$mark' timeout --foreground -s KILL $((LIMIT * 5)) '$XTOP' --tui --stay --adapter pytest \
	--python '$python' --events '$scratch/events' $@ 2>'$scratch/err'
echo \$? >'$scratch/code.new'
mv '$scratch/code.new' '$scratch/code'
END
	window new-session -d -x 120 -y 40 "sh '$scratch/begin'"
}

# leaves CODE: the dashboard is closed, and that was xtop's exit code.
leaves() {
	keys q
	await exists "$scratch/code"
	same "$(cat "$scratch/code")" "$1"
}

# The suite as it is at first: all that should be edited fails.
suite() {
	rm -rf "$scratch/suite" "$scratch/held" "$scratch/gate" && mkdir "$scratch/suite" && cd "$scratch/suite" || exit 99
	export PYTEST_DEBUG_TEMPROOT="$scratch" FIFOS="$scratch"
	edit library.py <<'END'
VALUE = 1
END
	edit conftest.py <<'END'
import pytest


@pytest.fixture
def value():
    return 1
END
	edit test_edit.py <<'END'
import library


def test_module():
    assert library.VALUE == 2


def test_conftest(value):
    assert value == 2


def test_own():
    assert "old" == "new"


def test_named():
    assert False


def test_good():
    pass
END
	edit test_other.py <<'END'
def test_other():
    assert False
END
	ends=0
}

mend_library() {
	edit library.py <<'END'
VALUE = 2  # mended
END
}

mend_conftest() {
	sed 's/return 1/return 2  # mended/' conftest.py | edit conftest.py
}

mend_test() {
	sed 's/"old" ==/"new" ==/; s/"new" == "new"/"very new" == "very new"/' test_edit.py | edit test_edit.py
}

# What changes beyond that: a test gets another name, a file can't be parsed any more.
break_files() {
	sed 's/test_named/test_renamed/' test_edit.py | edit test_edit.py
	echo 'def test_other(:' | edit test_other.py
}

mend_files() {
	sed 's/test_renamed/test_named/; s/assert False/assert "mended"/' test_edit.py | edit test_edit.py
	printf 'def test_other():\n    assert "mended"\n' | edit test_other.py
}

are_broken() {
	seen "$how: a test that was renamed is an error" has_outcomes test_edit.py::test_named failed error
	check "$how: that says so" message_of test_edit.py::test_named 'the test is gone'
	seen "$how: a file that does not parse is an error" has_outcomes test_other.py::test_other failed error
	check "$how: that says why" message_of test_other.py::test_other 'SyntaxError: invalid syntax'
}

are_mended() {
	seen "$how: both pass when they are mended" has_outcomes test_edit.py::test_named failed error passed
	seen "$how: by the key for all that failed" has_outcomes test_other.py::test_other failed error passed
	check "$how: which lets alone what passed" has_outcomes test_edit.py::test_good passed
}

# Each edit is followed by a rerun of one test.
after_the_end() {
	how="$which, after the end"
	suite
	opens -n 2
	seen "$how: all tests run" has_verdicts 6
	ends=1
	seen "$how: and the run has failed" shows 'FAILED'

	mend_test
	again test_edit.py::test_own
	seen "$how: an edited test passes" has_outcomes test_edit.py::test_own failed passed
	check "$how: it is said that the file is collected again" said 'collecting 1 file again, as the code is now'
	mend_library
	again test_edit.py::test_module
	seen "$how: a test of an edited module passes" has_outcomes test_edit.py::test_module failed passed
	mend_conftest
	again test_edit.py::test_conftest
	seen "$how: a test with an edited fixture passes" has_outcomes test_edit.py::test_conftest failed passed
	break_files
	again test_edit.py::test_named
	seen "$how: what is wrong is shown" shows 'test_named .*is gone'
	again test_other.py::test_other
	are_broken
	mend_files
	need has_ended "$ends"
	keys R
	are_mended
	seen "$how: the run passes now" shows 'PASSED'
	check "$how: the exit code is that of the run after its reruns" leaves 0
	check "$how: nothing is left" await none_marked
}

# One worker is held by a test until the end. The other one is held at a gate while code is edited: what comes behind
# it was collected before.
while_it_runs() {
	how="$which, while it runs, $1"
	suite
	mkfifo "$scratch/held" "$scratch/gate"
	edit test_gate.py <<'END'
import os

import library


def test_gate():
    with open(os.path.join(os.environ["FIFOS"], "gate")) as gate:
        assert gate.read() == "open\n"


def test_later():
    assert library.VALUE == 1


def test_much_later():
    assert library.VALUE == 1


def test_latest(value):
    assert value == 1
END
	edit test_a_held.py <<'END'
import os

import library


def test_held():
    with open(os.path.join(os.environ["FIFOS"], "held")) as held:
        assert held.read() == "go\n"
    assert library.VALUE == 1
END
	opens -n 2 --python-start "$1"
	seen "$how: one worker is held, the other at a gate" both_are_held
	mend_library
	again test_edit.py::test_module
	seen "$how: the screen says that code has changed" shows 'library.py changed since it was imported'
	seen "$how: and it is collected" said 'collecting 1 file again, as the code is now'
	echo open >"$scratch/gate"
	seen "$how: a test of an edited module passes" has_outcomes test_edit.py::test_module failed passed
	for later in later much_later latest; do
		seen "$how: the rest of the run keeps the old code: $later" has_outcomes test_gate.py::test_$later passed
	done
	again test_edit.py::test_own
	seen "$how: what was not edited fails as before" has_outcomes test_edit.py::test_own failed failed
	for other in edit.py::test_conftest edit.py::test_named other.py::test_other; do
		need has_outcomes test_$other failed
	done
	mend_test
	mend_conftest
	break_files
	keys R
	seen "$how: an edited test passes" has_outcomes test_edit.py::test_own failed failed passed
	seen "$how: a test with an edited fixture passes" has_outcomes test_edit.py::test_conftest failed passed
	are_broken
	mend_files
	keys R
	are_mended
	check "$how: the held test ran all the time" has_outcomes test_a_held.py::test_held
	echo go >"$scratch/held"
	seen "$how: it ends with the old code" has_outcomes test_a_held.py::test_held passed
	seen "$how: the run passes" shows 'PASSED'
	check "$how: and so says the exit code" leaves 0
	check "$how: nothing is left" await none_marked
}

both_are_held() {
	events test.started 2>/dev/null | grep -q test_held && events test.started | grep -q test_gate &&
		has_outcomes test_edit.py::test_module failed
}

# Sessions are held at their end, and keys are pressed then.
while_it_ends() {
	how="$which, while it ends"
	suite
	mkfifo "$scratch/held"
	: >"$scratch/hold"
	cat >>conftest.py <<'END'


def pytest_sessionfinish(session):
    hold = os.path.join(os.environ["FIFOS"], "hold")
    if hasattr(session.config, "workerinput") and os.path.exists(hold):
        with open(os.path.join(os.environ["FIFOS"], "held")) as held:
            held.read()
END
	{
		echo 'import os'
		cat conftest.py
	} | edit conftest.py
	opens -n 1
	seen "$how: all tests run" has_verdicts 6
	mend_test
	again test_edit.py::test_own
	seen "$how: a rerun is put off until that is over" said 'test_edit.py::test_own runs again as soon as the run has ended'
	check "$how: which it is not yet" has_ended 0
	keys r
	seen "$how: once is enough" shows 'waits for the end of the run already'
	rm "$scratch/hold"
	echo go >"$scratch/held"
	seen "$how: then it runs, with the code as it is now" has_outcomes test_edit.py::test_own failed passed
	seen "$how: and the run ends" has_ended 1
	check "$how: the exit code is that of all the rest" leaves 1
	check "$how: nothing is left" await none_marked
}

cases() {
	while_it_runs fork
}

each_python cases
if python=$(python_any); then
	which=$(pytest_version "$python")
	after_the_end
	while_it_ends
	while_it_runs spawn
fi
end_tests
