#!/bin/sh
# Code that changed while the dashboard was open: edit, r, green. In a real terminal (tmux). TAP on stdout.
# shellcheck disable=SC1091
set -u
export LC_ALL=C.UTF-8
unset TMUX NO_COLOR
. "$srcdir/tests/lib/python.sh"
DEADLINE=30

if ! command -v tmux >/dev/null 2>&1; then
	echo '1..0 # SKIP tmux is missing'
	exit 0
fi
python=$(python_any) || {
	echo "1..0 # SKIP $python"
	exit 0
}
scratch=$(mktemp -d) || exit 99
socket=xtop-pytest-$$
export PYTEST_DEBUG_TEMPROOT="$scratch"
window() {
	tmux -u -L "$socket" -f /dev/null "$@"
}
trap 'window kill-server 2>/dev/null; rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM

number=0
# check NAME COMMAND…: waits until the command succeeds. Where it never does, what comes behind it can't either.
check() {
	name=$1
	shift
	number=$((number + 1))
	end=$(($(date +%s) + DEADLINE))
	until "$@"; do
		if [ "$(date +%s)" -ge $end ]; then
			window capture-pane -p 2>&1 | sed 's/^/# /'
			echo "not ok $number - $name"
			echo "1..$number"
			exit 1
		fi
		sleep 0.05
	done
	echo "ok $number - $name"
}

shows() {
	window capture-pane -p | grep -q -e "$1"
}
shows_both() {
	shows "$1" && shows "$2"
}
keys() {
	window send-keys "$@"
}
# look_for TEXT: by the search, which selects the test.
look_for() {
	keys Escape
	keys g
	window send-keys -l "/$1"
	keys Enter
}

# rerun_shows TEXT: r is refused for as long as the last rerun is being wound up.
rerun_shows() {
	shows "$1" && return
	keys r
	sleep 0.5
	shows "$1"
}

mkdir "$scratch/suite" && cd "$scratch/suite" || exit 99
cat >conftest.py <<'END'
import pytest


@pytest.fixture
def right():
    return "wrong"
END
echo 'VALUE = 1' >module.py
cat >test_module.py <<'END'
import module


def test_imported():
    assert module.VALUE == 2
END
cat >test_fixture.py <<'END'
def test_from_conftest(right):
    assert right == "right"
END
cat >test_own.py <<'END'
def test_edited():
    assert 1 == 2


def test_gone_later():
    assert False
END

window new-session -d -x 100 -y 30 "cd '$scratch/suite'; PS1='ready> ' exec sh" || exit 99
check 'a shell runs in the terminal' shows 'ready>'
keys "'$XTOP' --tui -n 2 --events ../events --adapter pytest --python '$python'" Enter
check 'all fail at first' shows_both 'FAILED' '4 of 4 failed'

printf 'def test_edited():\n    assert 1 == 1\n' >test_own.py
look_for test_edited
check 'the test is selected' shows 'Detail .*test_edited'
check 'edited in its own file: r, green' rerun_shows 'passed .*test_edited'

# Longer than before: Python takes a compiled file for fresh that has the second and the size of its source.
echo 'VALUE = 2 # now' >module.py
look_for test_imported
check 'the next is selected' shows 'Detail .*test_imported'
check 'edited in a module that it imports: r, green' rerun_shows 'passed .*test_imported'

sed -i 's/"wrong"/"right"  /' conftest.py
look_for test_from_conftest
check 'the third is selected' shows 'Detail .*test_from_conftest'
check 'edited in a conftest: r, green' rerun_shows 'passed .*test_from_conftest'

look_for test_gone_later
check 'the one that is gone is selected' shows 'Detail .*test_gone_later'
check 'a test that is gone is an error' rerun_shows 'error .*test_gone_later'
keys q
check 'q leaves' shows 'ready> *$'
check 'a summary stays' shows '^xtop: 3 passed, 1 failed, 0 skipped'
echo "1..$number"
