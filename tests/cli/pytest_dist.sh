#!/bin/sh
# What a suite that was written for pytest-xdist says of its distribution, and what it finds. TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"
. "$srcdir/tests/lib/python.sh"
. "$srcdir/tests/fixtures/dist_lib.sh"

# attributes: each test.found, "ID GROUP SERIAL".
attributes() {
	perl -MJSON::PP -ne '
		my $event = JSON::PP->new->utf8->decode($_);
		print "$event->{id} ", $event->{group} // "-", " ", $event->{serial} ? "serial" : "-", "\n"
			if $event->{type} eq "test.found";' "$scratch/events" | LC_ALL=C sort
}

cases() {
	begin "$which: groups and serial tests, however they are written, in each start mode"
	fresh
	cat >conftest.py <<'END'
import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        if item.name == "test_late":
            item.add_marker(pytest.mark.xdist_group("late"))
            item.add_marker("serial")
END
	cat >test_it.py <<'END'
import pytest


@pytest.mark.xdist_group("one")
def test_position():
    pass


@pytest.mark.xdist_group(name="two")
def test_name():
    pass


@pytest.mark.xdist_group
def test_bare():
    pass


@pytest.mark.xdist_group("b")
class TestBoth:
    @pytest.mark.xdist_group("a")
    @pytest.mark.serial
    def test_inner(self):
        pass

    def test_outer(self):
        pass


@pytest.mark.parametrize("n", [1, pytest.param(2, marks=[pytest.mark.xdist_group("two"), pytest.mark.serial])])
def test_parameter(n):
    pass


def test_late():
    pass


def test_none():
    pass
END
	cat >expected <<'END'
test_it.py::TestBoth::test_inner a_b serial
test_it.py::TestBoth::test_outer b -
test_it.py::test_bare default -
test_it.py::test_late late serial
test_it.py::test_name two -
test_it.py::test_none - -
test_it.py::test_parameter[1] - -
test_it.py::test_parameter[2] two serial
test_it.py::test_position one -
END
	for how in '-n 3 --python-start fork' '-n 3 --python-start spawn' '-n 0'; do
		for mode in load loadgroup; do
			# shellcheck disable=SC2086
			suite $how --dist $mode --no-history
			code 0
			attributes >found
			diff expected found >differ || complain "$how --dist $mode: $(cat differ)"
			rule once
		done
	done
	end

	begin "$which: what addopts says counts, until the command line does"
	copy dist_suite
	printf '[pytest]\naddopts = -n 2 --dist loadfile --no-loadscope-reorder --testrunuid of-the-ini\n' >pytest.ini
	cat >test_d.py <<'END'
import os


def test_names(testrun_uid, worker_id):
    assert os.environ["PYTEST_XDIST_TESTRUNUID"] == testrun_uid == os.environ["EXPECTED"]
    assert os.environ["PYTEST_XDIST_WORKER"] == worker_id
END
	EXPECTED=of-the-ini suite --no-history
	code 0
	equal 'the mode' loadfile "$(field dist run.collected)"
	out_has ' on 2 workers'
	rule whole file
	EXPECTED=of-the-ini suite --no-history -n 1
	equal 'the order, not by size' 'test_a.py test_b.py test_c.py test_d.py' "$(told units file)"
	EXPECTED=another suite --no-history -n 3 --dist loadscope --testrunuid another
	code 0
	equal 'the mode' loadscope "$(field dist run.collected)"
	rule whole scope
	EXPECTED=another suite --no-history -n 2 --testrunuid another --python-start spawn
	code 0
	printf '[pytest]\naddopts = -d --tx 2*popen --maxschedchunk 1\n' >pytest.ini
	rm test_d.py
	suite
	suite
	code 0
	equal 'the mode, of -d' load "$(field dist run.collected)"
	count 0 warning "$out"
	end

	begin "$which: the same where xdist is not loaded"
	printf '[pytest]\naddopts = -p no:xdist -n 2 --dist=loadgroup --maxschedchunk=3 --no-loadscope-reorder -W error\n' \
		>pytest.ini
	suite --no-history
	code 0
	equal 'the mode' loadgroup "$(field dist run.collected)"
	rule whole group
	printf '[pytest]\naddopts = -p no:xdist -n 2 -d\n' >pytest.ini
	suite --no-history
	code 0
	equal 'the mode' load "$(field dist run.collected)"
	end

	begin "$which: a scheduler of the suite's own is named, with what is nearest, with xdist and without"
	copy dist_suite
	cat >>conftest.py <<'END'


def pytest_xdist_make_scheduler(config, log):
    raise AssertionError("nobody asks")


def pytest_configure_node(node):
    node.workerinput["given"] = "by the controller"


@pytest.fixture
def given(request):
    return request.config.workerinput["given"]
END
	printf 'def test_given(given):\n    assert given == "by the controller"\n' >test_d.py
	for how in '' '-p no:xdist'; do
		# shellcheck disable=SC2086
		suite -n 2 --no-history $how
		code 0
		rule once
		# Once as it comes, and once at the end.
		count 2 "warning: XT6001: pytest_xdist_make_scheduler of conftest.py can't be honoured: " "$out"
		out_has 'loadscope|loadgroup'
		out_has 'xtop-scheduler(3)'
	done
	suite -n 0 --no-history -k 'not given'
	code 0
	out_has_not XT6001
	end

	begin "$which, each: what failed on one worker has failed, though it passed on another one later"
	fresh
	cat >test_it.py <<'END'
import os
import time

import pytest


def test_it(worker_id):
    note = os.path.join(os.environ["NOTES"], "failed")
    if worker_id == "gw0":
        open(note, "w").close()
        assert False, "on gw0 alone"
    end = time.monotonic() + 120
    while not os.path.exists(note):
        assert time.monotonic() < end
        time.sleep(0.01)
    time.sleep(0.2)


def test_that_passes():
    pass
END
	for more in '' '--lf' '-- --junitxml=junit.xml'; do
		# shellcheck disable=SC2086
		suite -n 3 --dist each --no-history $more
		code 1
		equal 'the verdicts' '1 failed, 2 passed' "$(outcomes test_it.py::test_it)"
		equal 'what failed last' 1 "$(grep -c '"test_it.py::test_it": true' .pytest_cache/v/cache/lastfailed)"
		rule once
	done
	equal "what pytest's own report has of it" 3 "$(grep -o ' name="test_it"' junit.xml | wc -l | tr -d ' ')"
	end

	begin "$which: fixtures are right in any order"
	fresh
	cat >conftest.py <<'END'
import pytest


@pytest.fixture(scope="session", params=["a", "b"])
def of_session(request):
    made = [request.param, True]
    yield made
    made[1] = False


@pytest.fixture(scope="module", params=[1, 2])
def of_module(request, of_session):
    made = [request.param, True]
    yield made
    assert of_session[1]
    made[1] = False


@pytest.fixture(scope="class")
def of_class(of_module):
    made = [of_module[0], True]
    yield made
    assert of_module[1]
    made[1] = False


@pytest.fixture(autouse=True)
def stand(request):
    yield
    for name in ("of_session", "of_module", "of_class"):
        if name in request.fixturenames:
            assert request.getfixturevalue(name)[1]
END
	for name in a b c; do
		cat >test_$name.py <<'END'
import unittest

import pytest


def setup_module(module):
    module.standing = True


def teardown_module(module):
    module.standing = False


def test_module(of_module):
    assert standing


class TestOne:
    def test_class(self, of_class, of_module):
        assert of_class[0] == of_module[0]

    def test_session(self, of_session):
        assert of_session[1]


class TestTwo:
    def test_class(self, of_class):
        assert of_class[1]


class Old(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.there = True

    @classmethod
    def tearDownClass(cls):
        cls.there = False

    def test_1(self):
        assert self.there and standing

    def test_2(self):
        assert self.there and standing


@pytest.fixture(scope="module")
def broken():
    raise ValueError("broken")


def test_broken_1(broken):
    pass


def test_broken_2(broken):
    pass
END
	done
	suite -n 0 --no-history
	expect_same_as_pytest
	values id test.found <"$scratch/events" >ids
	for seed in 1 2 3; do
		perl -MList::Util=shuffle -e 'srand shift; print shuffle <STDIN>' $seed <ids >shuffled
		suite -n 1 --order given --no-history @shuffled
		equal 'the order' "$(tr '\n' ' ' <shuffled | sed 's/ $//')" "$(told starts)"
		verdicts >"$scratch/verdicts"
		diff "$scratch/verdicts.expected" "$scratch/verdicts" >differ || complain "seed $seed: $(head -n 5 differ)"
		suite -n 3 --order given --no-history @shuffled
		verdicts >"$scratch/verdicts"
		diff "$scratch/verdicts.expected" "$scratch/verdicts" >differ || complain "seed $seed, -n 3: $(head -n 5 differ)"
	done
	for mode in loadscope loadfile worksteal duration duration; do
		suite -n 3 --dist $mode
		verdicts >"$scratch/verdicts"
		diff "$scratch/verdicts.expected" "$scratch/verdicts" >differ || complain "$mode: $(head -n 5 differ)"
	done
	end

	begin "$which: more ids from a file than fit on a command line"
	fresh
	cat >test_it.py <<'END'
import pytest

LONG = "x" * 2000


@pytest.mark.parametrize("text", [LONG], ids=[LONG])
@pytest.mark.parametrize("n", range(1500))
def test_it(n, text):
    pass
END
	perl -e 'my $long = "x" x 2000; print "test_it.py::test_it[$_-$long]\n" for reverse 0 .. 1299' >list
	for start in fork spawn; do
		suite -n 2 --no-history --python-start $start -q @list
		code 0
		closes 'xtop: 1300 passed, 0 failed, 0 skipped'
	done
	suite -n 1 --order given --no-history -q @list
	closes 'xtop: 1300 passed, 0 failed, 0 skipped'
	values id test.started <"$scratch/events" | diff list - >"$scratch/differ" || complain 'the order is the given one'
	end
}

each_python cases
cd / && finish
