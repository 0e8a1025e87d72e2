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
		my $kills = 0;
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
			my @found = grep { my $its = kind_of($_, \%of); $its && ($kind eq "any" || $its eq $kind) } keys %of;
			@found = sort { $a <=> $b } @found;
			$kills += kill "KILL", $found[rand @found] if @found;
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
	check "$name: it ends" test "$status" -eq 1
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

	cat >"$scratch/suite/test_last.py" <<'END'
import os
import signal


def test_words():
    print("these are the last words")
    os.kill(os.getpid(), signal.SIGKILL)


def test_after():
    pass
END
	run --adapter pytest --python "$python" -n 1 suite/test_last.py
	check "$which: the last words of a crash are kept" grep -q 'these are the last words' "$scratch/events"
	check "$which: the next test runs" same "$(outcome suite/test_last.py::test_after)" passed
	rm "$scratch/suite/test_last.py"
}

# Each alone with the first pytest; another one has to show only that nothing hangs on its version.
kinds='harness:fork keeper:fork worker:fork server:fork any:fork any:spawn'
first() {
	cases
	kinds='any:fork'
}

each_python first
end_tests
