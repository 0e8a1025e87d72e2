#!/bin/sh
# Plugins find in xtop what they find under pytest and xdist. TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"
. "$srcdir/tests/lib/python.sh"

fresh() {
	rm -rf "$scratch/suite" && mkdir "$scratch/suite" && cd "$scratch/suite" || exit 99
	PYTEST_DEBUG_TEMPROOT=$scratch
	export PYTEST_DEBUG_TEMPROOT
}

plain_pytest() {
	env -u XTOP_DATADIR "$python" -m pytest "$@" >"$scratch/plain" 2>&1 </dev/null
}

covered_suite() {
	fresh
	mkdir covered
	cat >covered/__init__.py <<'END'
IMPORTED = 1
END
	cat >covered/sums.py <<'END'
def sign(number):
    if number > 0:
        return 1
    if number < 0:
        return -1
    return 0


def never():
    return 1
END
	cat >conftest.py <<'END'
import covered
END
	cat >test_sums.py <<'END'
import os
import pytest
from covered.sums import sign


@pytest.mark.parametrize("number", [3, -4])
def test_sign(number):
    assert sign(number) == number / abs(number)


def test_zero_in_a_child():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    assert sign(0) == 0
END
	printf '[pytest]\naddopts = --cov=covered --cov-branch --cov-report=term-missing --cov-report=xml\n' >pytest.ini
}

# totals FILE: the rows of coverage's table.
totals() {
	sed -n -e 's/^pytest: *//' -e '/^\(covered\/\|TOTAL\)/p' "$1" | tr -s ' '
}

cases() {
	for how in fork spawn; do
		begin "$which: coverage by addopts has the totals of a serial run ($how)"
		if python_has pytest_cov; then
			covered_suite
			plain_pytest
			totals "$scratch/plain" >plain.totals
			sed -n 's/.*<line number="\([0-9]*\)" hits="\([0-9]*\)".*/\1 \2/p' coverage.xml >plain.lines
			rm -f .coverage* coverage.xml
			pytest_run -n 2 --python-start "$how"
			code 0
			totals "$out" >xtop.totals
			[ -s plain.totals ] || complain "plain pytest prints totals: $(tail -n 3 "$scratch/plain")"
			equal 'the difference of the totals' '' "$(diff plain.totals xtop.totals)"
			sed -n 's/.*<line number="\([0-9]*\)" hits="\([0-9]*\)".*/\1 \2/p' coverage.xml >xtop.lines
			equal 'the difference of the lines' '' "$(diff plain.lines xtop.lines)"
			equal 'what is left of the parts' .coverage "$(ls -d .coverage*)"
			end
		else
			skip 'pytest-cov is not installed'
		fi
	done

	begin "$which: fail_under makes exit 1, and says why"
	if python_has pytest_cov; then
		covered_suite
		pytest_run -n 2 -- --cov-fail-under=99
		code 1
		out_has 'coverage'
		closes 'xtop: 3 passed, 0 failed, 0 skipped'
		pytest_run -n 2 -- --cov-fail-under=10
		code 0
		end
	else
		skip 'pytest-cov is not installed'
	fi

	begin "$which: the last-failed cache is pytest's"
	fresh
	printf 'def test_a():\n    assert False\ndef test_b():\n    pass\n' >test_it.py
	pytest_run -n 2
	code 1
	plain_pytest --lf -q --collect-only
	grep -q '^test_it.py::test_a' "$scratch/plain" || complain "--lf has test_a: $(cat "$scratch/plain")"
	grep -q '^test_it.py::test_b' "$scratch/plain" && complain '--lf has no test_b'
	end

	begin "$which: JUnit that addopts ask for is written once"
	fresh
	printf '[pytest]\naddopts = --junitxml=asked.xml\n' >pytest.ini
	printf 'def test_a():\n    assert False\ndef test_b():\n    pass\n' >test_it.py
	pytest_run -n 2
	code 1
	valid_xml asked.xml
	grep -q 'tests="2"' asked.xml || complain 'it has two tests'
	equal 'test cases' 2 "$(tr '<' '\n' <asked.xml | grep -c '^testcase ')"
	end

	begin "$which: a suite with a database for each worker_id runs unchanged"
	project worker_ids
	DATABASES=$PWD/databases
	export DATABASES
	mkdir databases
	pytest_run -n 2
	code 0
	closes 'xtop: 41 passed, 0 failed, 0 skipped'
	equal 'databases' 'app_gw0.db.closed app_gw1.db.closed ' "$(ls databases | grep db | tr '\n' ' ')"
	if python_has xdist; then
		equal 'what the nodes brought' 2 "$(grep -c "gw[01] None .*('mine', 'gw[01]')" databases/nodes)"
	fi
	end

	begin "$which: and so it does with -n 0, and by spawn"
	rm -r databases && mkdir databases
	pytest_run -n 0
	code 0
	equal 'databases' 'app.db.closed ' "$(ls databases | grep db | tr '\n' ' ')"
	rm -r databases && mkdir databases
	pytest_run -n 2 --python-start spawn
	code 0
	equal 'databases' 'app_gw0.db.closed app_gw1.db.closed ' "$(ls databases | grep db | tr '\n' ' ')"
	end

	begin "$which: a plugin hears every report in the server, and what it prints at the end is shown"
	fresh
	cat >conftest.py <<'END'
import pytest

HEARD = []


def pytest_runtest_logreport(report):
    HEARD.append((report.nodeid, report.when, report.outcome))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    if not hasattr(session.config, "workerinput"):
        session.config.stash_of_status = int(exitstatus)


def pytest_terminal_summary(terminalreporter, config):
    calls = sorted(each for each in HEARD if each[1] == "call")
    terminalreporter.write_line("heard %d reports, %d calls, %d failed, status %d" % (
        len(HEARD), len(calls), sum(each[2] == "failed" for each in calls), config.stash_of_status))
END
	printf 'import pytest\n@pytest.mark.parametrize("n", range(20))\ndef test_a(n):\n    assert n\n' >test_it.py
	pytest_run -n 2
	code 1
	out_has 'heard 60 reports, 20 calls, 1 failed, status 1'
	count 1 'heard ' "$out"
	end

	begin "$which: an exit status that a plugin sets rules"
	fresh
	cat >conftest.py <<'END'
def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput"):
        session.exitstatus = 7
END
	printf 'def test_a():\n    pass\n' >test_it.py
	pytest_run -n 2
	code 1
	closes 'xtop: 1 passed, 0 failed, 0 skipped'
	end

	begin "$which: rerunfailures and timeout are taken over, nothing is done twice"
	if python_has pytest_rerunfailures && python_has pytest_timeout; then
		fresh
		printf '[pytest]\naddopts = --reruns 2 --strict-markers -n 4\ntimeout = 30\n' >pytest.ini
		cat >test_it.py <<'END'
import os, signal, threading
import pytest


def test_fails():
    with open("tries", "a") as out:
        out.write("x")
    assert False


@pytest.mark.flaky(reruns=1)
def test_marked():
    with open("marked", "a") as out:
        out.write("x")
    assert False


@pytest.mark.timeout(20)
def test_no_timer():
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert [each.name for each in threading.enumerate()] == ["MainThread"]
END
		pytest_run
		code 1
		equal tries xxx "$(cat tries)"
		equal 'tries of the marked one' xx "$(cat marked)"
		equal attempts 3 "$(verdict_field attempts test_it.py::test_fails)"
		closes 'xtop: 1 passed, 2 failed, 0 skipped'
		end
	else
		skip 'pytest-rerunfailures and pytest-timeout are not installed'
	fi
}

each_python cases
cd / && rm -rf "$scratch/suite"
finish
