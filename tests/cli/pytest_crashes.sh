#!/bin/sh
# SIGKILL at random moments to what runs tests of pytest: harnesses, keepers, workers, the fork server. TAP on stdout.
# XTOP_TEST_ROUNDS says how often, XTOP_TEST_SEED makes the same choices again.
# shellcheck disable=SC1091
. "$srcdir/tests/lib/runs.sh"
. "$srcdir/tests/lib/python.sh"
rounds=${XTOP_TEST_ROUNDS:-1}
seed=${XTOP_TEST_SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
TESTS=300
mkdir "$scratch/suite" "$scratch/notes" "$scratch/tmp"
export NOTES="$scratch/notes" PYTEST_DEBUG_TEMPROOT="$scratch/tmp"

cat >"$scratch/suite/conftest.py" <<'END'
import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def standing():
    path = os.path.join(os.environ["NOTES"], str(os.getpid()))
    with open(path, "a") as notes:
        notes.write("up\n")
    yield
    with open(path, "a") as notes:
        notes.write("down\n")
END
for module in a b c; do
	cat >"$scratch/suite/test_$module.py" <<'END'
import time

import pytest


@pytest.mark.parametrize("n", range(100))
def test_it(n):
    print("the words of %d" % n)
    time.sleep(n % 5 / 500)
    if n % 11 == 0:
        pytest.skip("every eleventh")
    assert n % 7
END
done

# Kills while xtop lives: processes of that kind, or of any. What the guardian adopts stays what it is.
killer() {
	perl -e '
		my ($xtop, $kind, $seed) = @ARGV;
		srand $seed;
		my ($kills, $servers) = (0, 0);
		sub processes {
			my %of;
			for my $file (glob "/proc/[0-9]*/stat") {
				open my $in, "<", $file or next;
				my ($pid, $comm, $state, $parent) = (<$in> // "") =~ /^(\d+) \((.*)\) (\S) (\d+) /s or next;
				$of{$pid} = [$comm, $parent] if $state !~ /[ZX]/;
			}
			return %of;
		}
		sub kind_of {
			my ($pid, $of) = @_;
			my @line;
			for (my $at = $pid; $of->{$at}; $at = $of->{$at}[1]) {
				last if $at == $xtop;
				unshift @line, $of->{$at}[0];
				return "" unless $of->{$of->{$at}[1]};
			}
			return "" if @line < 2 || $line[0] !~ /^xtop-guardian/;
			return "worker" if $line[1] =~ /^xtop-gw/;
			return @line == 2 ? "server" : @line == 3 ? "keeper" : "harness";
		}
		while (kill 0, $xtop) {
			my %of = processes();
			last unless $of{$xtop};
			# The server once: what dies again and again is given up.
			my @found = grep {
				my $its = kind_of($_, \%of);
				$its && ($its eq $kind || ($kind eq "any" && !($its eq "server" && $servers)));
			} sort { $a <=> $b } keys %of;
			if (@found) {
				my $chosen = $found[rand @found];
				$servers++ if kind_of($chosen, \%of) eq "server";
				$kills += kill "KILL", $chosen;
			}
			last if $kind eq "server" && $kills;
			select undef, undef, undef, 0.02 + rand 0.2;
			last if $kills > 12;
		}
		print $kills;' "$xtop" "$1" "$2"
}

# runs_on WHICH KIND HOW
runs_on() {
	rm -rf "$scratch"/notes/*
	start --adapter pytest --python "$python" -n 3 --python-start "$3" --max-worker-restart 1000 suite
	await some_verdict
	kills=$(killer "$2" "$seed")
	finish
	name="$1: kill $2, $3"
	echo "# XTOP_TEST_SEED=$seed: $kills kills, $(events worker.died | wc -l) dead workers," \
		"$(events test.verdict | grep -c '"outcome":"crashed"') crashes"
	# Without the server what plugins gather there is lost, and that is more than a failed test.
	case $2 in
	server | any) check "$name: it ends" test "$status" -eq 1 -o "$status" -eq 3 ;;
	*) check "$name: it ends" test "$status" -eq 1 ;;
	esac
	check "$name: every test has exactly one verdict" one_verdict_each
	check "$name: all were found" same "$(events test.verdict | wc -l)" $TESTS
	check "$name: something was killed" test "$kills" -ge 1
	check "$name: no more crashes than kills" \
		test "$(events test.verdict | grep -c '"outcome":"crashed"')" -le "$kills"
	events test.verdict | grep -v '"outcome":"crashed"' |
		sed 's/.*"outcome":"\([a-z]*\)".*"id":"[^"]*\[\([0-9]*\)\]".*/\2 \1/' |
		awk '{
			wanted = $1 % 11 == 0 ? "skipped" : $1 % 7 == 0 ? "failed" : "passed"
			if ($2 != wanted)
				print "# test " $1 " " $2
		}' >"$scratch/wrong"
	check "$name: tests that were not hit end as ever" same "$(cat "$scratch/wrong")" ''
	events test.verdict | grep '"outcome":"crashed"' | grep -v 'SIGKILL\|together with its keeper' >"$scratch/unnamed"
	check "$name: a crash names its signal" same "$(cat "$scratch/unnamed")" ''
	grep -L down "$scratch"/notes/* >"$scratch/fallen"
	check "$name: session fixtures of the others came down" test "$(wc -l <"$scratch/fallen")" -le "$kills"
	check "$name: nothing is left" await none_marked
}

some_verdict() {
	[ -s "$scratch/events" ] && events test.verdict >/dev/null
}

cases() {
	round=0
	while [ $round -lt "$rounds" ]; do
		for kind in $kinds; do
			runs_on "$which" "${kind%:*}" "${kind#*:}"
			seed=$((seed + 1))
		done
		round=$((round + 1))
	done

	crashes_of_its_own "$which"
}

# crash WHAT SIGNAL WORDS ID: that is its verdict, and those were its last words.
crash() {
	crash_verdict=$(events test.verdict | grep -F "\"id\":\"$4\"")
	check "$name: $1 is a crash" same "$(outcome "$4")" crashed
	check "$name: $1 names the signal" same "$(echo "$crash_verdict" | field signal)" "$2"
	events test.output | grep -F "\"id\":\"$4\"" >"$scratch/words"
	check "$name: $1 has its last words" grep -q -F -e "$3" "$scratch/words"
	check "$name: the message about $1 too" same "$(echo "$crash_verdict" | grep -c -F -e ": $3")" 1
}

# Tests that end their process themselves, in each part of a test; two workers.
crashes_of_its_own() {
	name="$1: crashes of its own"
	rm -rf "$scratch"/notes/* "$scratch/crashes"
	mkdir "$scratch/crashes"
	cp "$scratch/suite/conftest.py" "$scratch/crashes"
	cat >"$scratch/crashes/test_crash.py" <<'END'
import ctypes
import os
import signal

import pytest


@pytest.fixture
def killed_in_setup():
    print("words of a set-up")
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def killed_in_teardown():
    yield
    print("words of a teardown")
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def of_module():
    yield os.getpid()


def test_segfault(of_module):
    print("words before a segfault")
    ctypes.string_at(0)


def test_after_segfault(of_module):
    assert of_module == os.getpid()


def test_abort(of_module):
    print("words before an abort")
    os.abort()


def test_after_abort(of_module):
    assert of_module == os.getpid()


def test_kill():
    os.write(1, b"words without a newline")
    os.kill(os.getpid(), signal.SIGKILL)


def test_after_kill():
    pass


def test_setup(killed_in_setup):
    pass


def test_after_setup():
    pass


def test_teardown(killed_in_teardown):
    pass


def test_after_teardown():
    pass
END
	run --adapter pytest --python "$python" -n 2 crashes
	at=crashes/test_crash.py::test_
	check "$name: the run has failures" same "$status" 1
	check "$name: every test has exactly one verdict" one_verdict_each
	crash 'a segfault' 11 'words before a segfault' ${at}segfault
	crash 'an abort' 6 'words before an abort' ${at}abort
	crash 'SIGKILL in a call' 9 'words without a newline' ${at}kill
	crash 'SIGKILL in a set-up' 9 'words of a set-up' ${at}setup
	crash 'SIGKILL in a teardown' 9 'words of a teardown' ${at}teardown
	for after in segfault abort kill setup teardown; do
		check "$name: the test after it runs: $after" same "$(outcome ${at}after_$after)" passed
	done
	# Each process notes its own: a worker whose tests did not crash keeps what it has.
	check "$name: each process made its session fixture once" same "$(cat "$scratch"/notes/* | grep -c up)" \
		"$(ls "$scratch/notes" | wc -l)"
	check "$name: those that did not crash ended it" same "$(grep -l -x down "$scratch"/notes/* | wc -l)" \
		$(($(ls "$scratch/notes" | wc -l) - 5))
	check "$name: nothing is left" await none_marked

	name="$1: a crash while the session's fixtures end"
	rm -rf "$scratch"/notes/*
	sed 's/^    yield$/    yield\n    print("words of the session")\n    os.abort()/' "$scratch/suite/conftest.py" \
		>"$scratch/crashes/conftest.py"
	printf 'def test_first():\n    pass\n\n\ndef test_last():\n    pass\n' >"$scratch/crashes/test_crash.py"
	run --adapter pytest --python "$python" -n 1 crashes
	check "$name: it is the last test's" same "$(outcome ${at}first) $(outcome ${at}last)" 'passed crashed'
	crash 'it' 6 'words of the session' ${at}last
	check "$name: the run has failures" same "$status" 1
	check "$name: nothing is left" await none_marked
}

# Each alone with the first pytest; another one has to show only that nothing hangs on its version.
kinds='harness:fork keeper:fork worker:fork server:fork any:fork any:spawn'
first() {
	cases
	kinds='any:fork'
}

each_python first
end_tests
