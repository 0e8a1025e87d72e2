#!/bin/sh
# Markers become attributes of tests. TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"
. "$srcdir/tests/lib/python.sh"

fresh() {
	rm -rf "$scratch/suite" && mkdir "$scratch/suite" && cd "$scratch/suite" || exit 99
	PYTEST_DEBUG_TEMPROOT=$scratch
	export PYTEST_DEBUG_TEMPROOT
}

cases() {
	begin "$which: flaky has reruns of its own, with a condition, and for exceptions"
	fresh
	printf '[pytest]\naddopts = --strict-markers\n' >pytest.ini
	cat >test_it.py <<'END'
import os
import pytest


class Odd(Exception):
    pass


class Odder(Odd):
    pass


def attempt():
    return int(os.environ["XTOP_ATTEMPT"])


@pytest.mark.flaky(reruns=2)
def test_third_time():
    assert attempt() == 3


@pytest.mark.flaky(1)
def test_by_position():
    assert attempt() == 2


@pytest.mark.flaky
def test_bare():
    assert attempt() == 2


@pytest.mark.flaky(reruns=0)
def test_never_again():
    assert attempt() == 2


@pytest.mark.flaky(reruns=3, condition=False)
def test_condition_is_false():
    assert attempt() == 2


@pytest.mark.flaky(reruns=3, condition="sys.platform.startswith('linux')")
def test_condition_as_text():
    assert attempt() == 2


@pytest.mark.flaky(reruns=1, only_rerun="Odd")
def test_only_by_name():
    if attempt() == 1:
        raise Odd


@pytest.mark.flaky(reruns=1, only_rerun=["ValueError"])
def test_not_that_one():
    raise Odd


@pytest.mark.flaky(reruns=3, rerun_except="AssertionError")
def test_except():
    assert False


@pytest.mark.flaky(reruns=3)
@pytest.mark.xfail
def test_expected_failures_are_not_tried_again():
    assert False


@pytest.mark.flaky(reruns=2)
class TestAll:
    def test_inherits(self):
        assert attempt() == 2

    @pytest.mark.flaky(reruns=0)
    def test_closest_wins(self):
        assert attempt() == 2
END
	pytest_run -n 2
	code 1
	expect_verdicts <<'END'
test_it.py::TestAll::test_closest_wins failed
test_it.py::TestAll::test_inherits passed flaky
test_it.py::test_bare passed flaky
test_it.py::test_by_position passed flaky
test_it.py::test_condition_as_text passed flaky
test_it.py::test_condition_is_false failed
test_it.py::test_except failed
test_it.py::test_expected_failures_are_not_tried_again xfailed
test_it.py::test_never_again failed
test_it.py::test_not_that_one failed
test_it.py::test_only_by_name passed flaky
test_it.py::test_third_time passed flaky
END
	for id in test_condition_is_false test_except test_not_that_one test_never_again; do
		equal "attempts of $id" 1 "$(verdict_field attempts "test_it.py::$id")"
	done
	equal 'attempts of test_third_time' 3 "$(verdict_field attempts test_it.py::test_third_time)"
	end

	begin "$which: the mark beats the command line"
	pytest_run -n 2 --reruns 5 test_it.py::test_never_again
	code 1
	equal attempts 1 "$(verdict_field attempts test_it.py::test_never_again)"
	end

	begin "$which: timeout is a deadline of its own, for fixtures too; 0 is none"
	fresh
	cat >test_it.py <<'END'
import time
import pytest


@pytest.mark.timeout(0.3)
def test_a_hangs():
    time.sleep(600)


@pytest.mark.timeout(timeout=0.3, method="thread")
def test_b_hangs_too():
    while True:
        try:
            time.sleep(600)
        except Exception:
            pass


@pytest.fixture
def slow():
    time.sleep(600)


@pytest.mark.timeout(0.3)
def test_c_hangs_in_a_fixture(slow):
    pass


@pytest.mark.timeout(0)
def test_d_has_none():
    time.sleep(0.6)


def test_e_goes_on():
    pass
END
	pytest_run -n 1 --timeout 0.4 --timeout-grace 0.5
	code 1
	expect_verdicts <<'END'
test_it.py::test_a_hangs timeout
test_it.py::test_b_hangs_too timeout
test_it.py::test_c_hangs_in_a_fixture timeout
test_it.py::test_d_has_none passed
test_it.py::test_e_goes_on passed
END
	end

	begin "$which: a quarantined test runs and does not gate"
	fresh
	cat >test_it.py <<'END'
import pytest


@pytest.mark.quarantine(reason="since May")
def test_a():
    assert False


@pytest.mark.quarantine
def test_b():
    pass
END
	pytest_run -n 2
	code 0
	closes 'xtop: 1 passed, 0 failed, 1 skipped'
	equal quarantined true "$(verdict_field quarantined test_it.py::test_a)"
	end

	begin "$which: names of marks are in the events, and -m selects by them"
	fresh
	printf '[pytest]\nmarkers =\n    slow: takes long\n    db: needs one\n' >pytest.ini
	cat >test_it.py <<'END'
import pytest

pytestmark = pytest.mark.db


@pytest.mark.slow
def test_a():
    pass


def test_b():
    pass
END
	pytest_run -n 2 -m 'db and not slow'
	code 0
	closes 'xtop: 1 passed, 0 failed, 0 skipped'
	pytest_run -n 2
	perl -MJSON::PP -ne 'my $e = decode_json $_; print "$e->{id} $e->{marks}\n" if $e->{type} eq "test.found" && $e->{marks}' \
		"$scratch/events" | sort >"$out"
	out_has 'test_a'
	grep -q 'test_a .*slow' "$out" && grep -q 'test_a .*db' "$out" && grep -q 'test_b .*db' "$out" ||
		complain 'marks are named'
	end
}

each_python cases
cd / && rm -rf "$scratch/suite"
finish
