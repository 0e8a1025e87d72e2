#!/bin/sh
# What tests leave behind, processes and pipes that are held open, in each mode of --leak. TAP on stdout.
# shellcheck disable=SC1091,SC2154
. "$srcdir/tests/lib/runs.sh"
. "$srcdir/tests/lib/python.sh"

message_of() {
	events test.verdict | grep -F "\"id\":\"$1\"" | field message
}

# log_of ID: what the log says about a test.
log_of() {
	events log | grep -F "\"id\":\"$1\"" | field message
}

# Without pids.
without_pids() {
	sed 's/[0-9][0-9]* \(`*sleep\|`*[^ ]*perl\)/PID \1/g'
}

# --- programs ---

program clean.sh <<'END'
#!/bin/sh
# Ends by itself soon enough.
sleep 0.01 &
END
program child.sh <<'END'
#!/bin/sh
sleep 1201 >/dev/null 2>&1 &
END
program daemon.pl <<'END'
#!/usr/bin/perl
use POSIX ();
unless (fork) {
	POSIX::setsid();
	exit 0 if fork;
	POSIX::close($_) for 0 .. 2;
	$SIG{$_} = "IGNORE" for qw(TERM HUP INT);
	exec "sleep", "1202";
}
wait;
# The daemon is there when the one between has left.
END
program fails.sh <<'END'
#!/bin/sh
sleep 1203 >/dev/null 2>&1 &
exit 1
END
program two.sh <<'END'
#!/bin/sh
sleep 1204 >/dev/null 2>&1 &
sleep 1205 >/dev/null 2>&1 &
END

leaks_of_programs() {
	run -n 2 --leak "$1" clean.sh child.sh daemon.pl fails.sh two.sh
	check "$1: every test has its verdict" one_verdict_each
	check "$1: what ends soon is no leak" same "$(outcome clean.sh) $(log_of clean.sh)" 'passed '
	check "$1: a failure stays one" same "$(outcome fails.sh) $(events test.verdict | grep fails.sh | field exit_code)" 'failed 1'
	check "$1: nothing is left" await none_marked
}

leaks_of_programs report
check 'report: a test that leaks passes' same "$(outcome child.sh) $(outcome daemon.pl) $(outcome two.sh)" 'passed passed passed'
check 'report: a child is told' same "$(log_of child.sh | without_pids)" 'left 1 process behind, ended now: PID `sleep 1201`'
check 'report: a daemon is told' same "$(log_of daemon.pl | without_pids)" 'left 1 process behind, ended now: PID `sleep 1202`'
check 'report: that of a failed test too' same "$(log_of fails.sh | without_pids)" 'left 1 process behind, ended now: PID `sleep 1203`'
events test.finished | grep '"id":"child.sh"' >"$scratch/finished"
check 'report: it is evidence' grep -q '"left_over":"[0-9]* `sleep 1201`"' "$scratch/finished"

leaks_of_programs fail
check 'fail: a test that leaks has failed' same "$(outcome child.sh) $(outcome daemon.pl) $(outcome two.sh)" 'failed failed failed'
check 'fail: it says why' same "$(message_of child.sh | without_pids)" 'left a process behind: PID sleep 1201'
check 'fail: a daemon is one' same "$(message_of daemon.pl | without_pids)" 'left a process behind: PID sleep 1202'
check 'fail: two are counted' same "$(message_of two.sh | without_pids | cut -c -24)" 'left 2 processes behind:'
check 'fail: the run has failed' same "$status" 1

leaks_of_programs ignore
check 'ignore: a test that leaks passes' same "$(outcome child.sh) $(outcome daemon.pl) $(outcome two.sh)" 'passed passed passed'
check 'ignore: nothing is said' same "$(grep -c 'left_over\|behind' "$scratch/events")" 0

# --- a pipe that is held by a process that is no child of the test ---

program lends.sh <<'END'
#!/bin/sh
echo $$ >"$SCRATCH/lender.new"
mv "$SCRATCH/lender.new" "$SCRATCH/lender"
until [ -e "$SCRATCH/borrowed" ]; do
	sleep 0.01
done
echo words
END
export SCRATCH="$scratch"
for mode in report fail ignore; do
	rm -f "$scratch/lender" "$scratch/borrowed"
	# Outlives the run; ended below.
	perl -e '
		alarm 300;
		until (-e "$ENV{SCRATCH}/lender") { select undef, undef, undef, 0.01 }
		open my $file, "<", "$ENV{SCRATCH}/lender" or die;
		chomp(my $pid = <$file>);
		open my $pipe, ">", "/proc/$pid/fd/1" or die;
		open my $done, ">", "$ENV{SCRATCH}/borrowed" or die;
		sleep 300' &
	borrower=$!
	run -n 1 --leak $mode lends.sh clean.sh
	check "$mode: the run does not wait for a pipe that is held" same "$(outcome clean.sh)" passed
	check "$mode: what was printed is there" test -n "$(events test.output | grep 'words')"
	case $mode in
	report)
		check 'report: the holder of a pipe is named' same "$(log_of lends.sh | cut -d'`' -f 1)" \
			"the pipe of its output is held open by a process that is no child of it: $borrower "
		check 'report: the test passes' same "$(outcome lends.sh)" passed
		;;
	fail) check 'fail: a pipe that is held is a failure' same "$(outcome lends.sh) $(message_of lends.sh | cut -d' ' -f -10)" \
		"failed left the pipe of its output held open by $borrower" ;;
	ignore) check 'ignore: nothing is said of a pipe' same "$(outcome lends.sh) $(grep -c 'held' "$scratch/events")" 'passed 0' ;;
	esac
	check "$mode: who holds it is nobody to be ended" kill -0 "$borrower"
	kill -KILL "$borrower"
	wait "$borrower" 2>/dev/null
done

# --- pytest ---

mkdir "$scratch/suite"
cat >"$scratch/suite/test_leak.py" <<'END'
import multiprocessing
import subprocess
import sys
import time

import pytest


def sleeper(seconds):
    null = subprocess.DEVNULL
    return subprocess.Popen(["sleep", seconds], stdin=null, stdout=null, stderr=null)


@pytest.fixture(scope="module")
def server():
    process = sleeper("1210")
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def own():
    process = sleeper("1211")
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def forgets():
    sleeper("1212")


def test_server(server):
    pass


def test_server_lives(server):
    assert server.poll() is None


def test_own(own):
    pass


def test_forgets(forgets):
    pass


def test_child():
    sleeper("1213")


def test_daemon():
    script = """
use POSIX ();
unless (fork) {
    POSIX::setsid();
    exit 0 if fork;
    POSIX::close($_) for 0 .. 2;
    exec "sleep", "1214";
}
wait;
"""
    subprocess.run(["perl", "-e", script], check=True)


def test_forks():
    multiprocessing.get_context("fork").Process(target=time.sleep, args=(0,), daemon=True).start()


def test_tracker():
    multiprocessing.get_context("spawn").Semaphore()


def test_not_waited_for():
    sleeper("0.01")
END

leaks_of_pytest() {
	at=suite/test_leak.py::test_
	for mode in report fail ignore; do
		name="$which: $mode"
		run --adapter pytest --python "$python" -n 1 --leak $mode suite
		check "$name: every test has its verdict" one_verdict_each
		for id in server server_lives own forks tracker not_waited_for; do
			check "$name: no leak: $id" same "$(outcome $at$id) $(log_of $at$id)" 'passed '
		done
		case $mode in fail) wanted=failed ;; *) wanted=passed ;; esac
		for id in forgets child daemon; do
			check "$name: a leak: $id" same "$(outcome $at$id)" $wanted
		done
		check "$name: nothing is left" await none_marked
		case $mode in
		report) check "$name: it is told" same "$(log_of ${at}daemon | without_pids)" \
			'left 1 process behind, to be ended with its test process: PID `sleep 1214`' ;;
		fail) check "$name: it says why" same "$(message_of ${at}child | without_pids)" \
			'left a process behind: PID sleep 1213' ;;
		ignore) check "$name: nothing is said" same "$(grep -c 'left_over\|behind' "$scratch/events")" 0 ;;
		esac
	done
}

each_python leaks_of_pytest
end_tests
