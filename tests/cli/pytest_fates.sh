#!/bin/sh
# What becomes of tests of pytest that hang, end their process or make another of it, and of files that do so while they
# are imported (tests/fixtures/fates_python). TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"
. "$srcdir/tests/lib/python.sh"
NOTES=$scratch/notes
export NOTES

# suite NAME: the current directory becomes a fresh copy of it.
suite() {
	copies=$((${copies:-0} + 1))
	rm -rf "$NOTES"
	mkdir "$NOTES"
	cp -R "$srcdir/tests/fixtures/fates_python/$1" "$scratch/suite-$copies" && cd "$scratch/suite-$copies" || exit 99
	chmod -R u+w .
	PYTEST_DEBUG_TEMPROOT=$scratch
	export PYTEST_DEBUG_TEMPROOT
}

# in_order COUNT: events of so many tests, each in its place.
in_order() {
	equal 'what the events show' "$1 tests" \
		"$("$python" "$srcdir/tests/fixtures/fates_python/order.py" "$scratch/events")"
}

# shows ID TEXT: some event of that test has it.
shows() {
	ID=$1 TEXT=$2 perl -MJSON::PP -e '
		my ($all, %printed) = "";
		while (defined($_ = <STDIN>)) {
			my $event = JSON::PP->new->utf8->decode($_);
			next unless ($event->{id} // "") eq $ENV{ID};
			$printed{$event->{stream}} .= $event->{data} if $event->{type} eq "test.output";
			$all .= join "\n", "", $event->{message} // "",
				JSON::PP->new->canonical->encode($event->{evidence} // {});
		}
		$all .= join "\n", "", values %printed;
		exit(index($all, $ENV{TEXT}) < 0 ? 1 : 0)' <"$scratch/events" || complain "some event of $1 has '$2'"
}

# starts_with ID TEXT: the first line of its message.
starts_with() {
	case $(verdict_field message "$1" | head -n 1) in
	"$2"*) ;;
	*) complain "the message of $1 begins with '$2', but it is '$(verdict_field message "$1" | head -n 1)'" ;;
	esac
}

# notes WORD: how many processes have noted it.
notes() {
	grep -l -x "$1" "$NOTES"/* 2>/dev/null | wc -l | tr -d ' '
}

HANGS='--timeout 1 --timeout-grace 5'

cases() {
	begin "$which: a call that hangs is interrupted, wherever it is, and its process runs the next test"
	suite hangs
	# shellcheck disable=SC2086
	pytest_run -n 3 $HANGS test_call.py
	code 1
	expect_verdicts <<'VERDICTS'
test_call.py::test_after passed
test_call.py::test_child timeout
test_call.py::test_del timeout
test_call.py::test_lock timeout
test_call.py::test_pure_loop timeout
test_call.py::test_queue timeout
test_call.py::test_regex_that_backtracks timeout
test_call.py::test_sleep timeout
test_call.py::test_socket timeout
test_call.py::test_thread_that_never_ends timeout
VERDICTS
	in_order 10
	for id in pure_loop sleep lock thread_that_never_ends queue socket child regex_that_backtracks del; do
		shows test_call.py::test_$id "in test_$id"
		starts_with test_call.py::test_$id 'timed out after 1 s'
	done
	equal 'processes that ran tests' 3 "$(notes up)"
	equal 'processes that ended in good order' 3 "$(notes down)"
	end

	begin "$which: fixtures have the deadline of their test; one of more than a test costs the process"
	suite hangs
	# shellcheck disable=SC2086
	pytest_run -n 1 $HANGS test_fixtures.py
	code 1
	expect_verdicts <<'VERDICTS'
test_fixtures.py::TestWide::test_wide_setup timeout
test_fixtures.py::TestWideTeardown::test_wide_teardown timeout
test_fixtures.py::test_after passed
test_fixtures.py::test_last passed
test_fixtures.py::test_setup timeout
test_fixtures.py::test_teardown timeout
VERDICTS
	in_order 6
	shows test_fixtures.py::test_setup 'in slow_setup'
	shows test_fixtures.py::test_teardown 'in slow_teardown'
	shows test_fixtures.py::TestWide::test_wide_setup 'in slow_setup_of_class'
	shows test_fixtures.py::TestWideTeardown::test_wide_teardown 'in slow_teardown_of_class'
	equal 'processes that ran tests' 3 "$(notes up)"
	equal 'processes that ended in good order' 3 "$(notes down)"
	end

	begin "$which: each attempt has a deadline, and two timeouts are one verdict"
	# shellcheck disable=SC2086
	pytest_run -n 1 $HANGS --reruns 1 test_fixtures.py::test_setup test_fixtures.py::test_after
	code 1
	equal outcome timeout "$(verdict_field outcome test_fixtures.py::test_setup)"
	equal attempts 2 "$(verdict_field attempts test_fixtures.py::test_setup)"
	equal 'outcomes of its attempts' 'timeout timeout passed ' "$(values outcome test.finished <"$scratch/events" | tr '\n' ' ')"
	in_order 2
	end

	begin "$which: what resists is a timeout all the same, and the next test gets a new process"
	suite hangs
	pytest_run -n 3 --timeout 1 --timeout-grace 0.6 test_worse.py
	code 1
	expect_verdicts <<'VERDICTS'
test_worse.py::test_after passed
test_worse.py::test_bare_except timeout
test_worse.py::test_bare_except_that_spins timeout
test_worse.py::test_blocks_every_signal timeout
test_worse.py::test_ignores_every_signal timeout
test_worse.py::test_ignores_sigterm timeout
test_worse.py::test_lock_in_c_with_the_interpreter_held timeout
test_worse.py::test_replaces_every_handler timeout
test_worse.py::test_stops_itself timeout
VERDICTS
	in_order 9
	for id in bare_except bare_except_that_spins blocks_every_signal ignores_every_signal ignores_sigterm \
		lock_in_c_with_the_interpreter_held replaces_every_handler stops_itself; do
		starts_with test_worse.py::test_$id 'timed out after 1 s'
	done
	# Written in C, as soon as the signal comes.
	for id in bare_except bare_except_that_spins ignores_sigterm lock_in_c_with_the_interpreter_held; do
		shows test_worse.py::test_$id "in test_$id"
	done
	for id in blocks_every_signal ignores_sigterm replaces_every_handler; do
		shows test_worse.py::test_$id 'did not react and was killed'
	done
	end

	for how in fork spawn; do
		begin "$which: a test that ends its process has crashed, and says how; the others run ($how)"
		suite ends
		pytest_run -n 1 --python-start $how
		code 1
		expect_verdicts <<'VERDICTS'
test_ends.py::test_becomes_a_program crashed
test_ends.py::test_endless_recursion failed
test_ends.py::test_exit_0 crashed
test_ends.py::test_exit_3 crashed
test_ends.py::test_exit_in_a_thread crashed
test_ends.py::test_exit_in_setup crashed
test_ends.py::test_exit_in_teardown crashed
test_ends.py::test_fork_that_fails passed
test_ends.py::test_fork_that_is_left_alone passed
test_ends.py::test_fork_that_returns passed
test_ends.py::test_fork_whose_parent_exits crashed
test_ends.py::test_last passed
test_ends.py::test_stack_overflow crashed
test_ends.py::test_sys_exit failed
VERDICTS
		in_order 14
		equal 'how often the last test ran' once "$(cat "$NOTES/last")"
		for id in exit_0 exit_in_a_thread becomes_a_program exit_in_setup exit_in_teardown \
			fork_whose_parent_exits; do
			equal "exit code of $id" 0 "$(verdict_field exit_code test_ends.py::test_$id)"
		done
		equal 'exit code of exit_3' 3 "$(verdict_field exit_code test_ends.py::test_exit_3)"
		equal 'signal of stack_overflow' 11 "$(verdict_field signal test_ends.py::test_stack_overflow)"
		for each in 'exit_0:exit 0' 'exit_3:exit 3' 'becomes_a_program:exec' 'stack_overflow:an overflow'; do
			starts=$(verdict_field message "test_ends.py::test_${each%%:*}" | head -n 1)
			case $starts in
			*"words before ${each#*:}"*) ;;
			*) complain "the message of ${each%%:*} has what was printed before: $starts" ;;
			esac
		done
		shows test_ends.py::test_stack_overflow 'in test_stack_overflow'
		shows test_ends.py::test_fork_that_fails 'words of the child'
		end
	done

	collecting
}

# ends WHAT CODE TEXT LINE…: a file of these lines ends the collection, with that exit code and text.
ends() {
	begin "$which: while it is imported a file $1"
	suite ends
	rm test_ends.py
	printf 'def test_fine():\n    pass\n' >test_a.py
	ends_code=$2
	ends_text=$3
	shift 3
	printf '%s\n' "$@" >test_b.py
	pytest_run -n 2
	code "$ends_code"
	out_has "$ends_text"
	end
}

collecting() {
	ends 'leaves without a word' 2 'test_b.py:2: os._exit(0) is called while the tests are being collected' \
		'import os' 'os._exit(0)'
	# Newer pytests end there, older ones call it an error of the file.
	ends 'exits' 2 'test_b.py:2: ' 'import sys' 'sys.exit(0)'
	ends 'exits with words' 2 'enough' 'import sys' 'sys.exit("enough")'
	ends 'crashes' 2 'killed by SIGSEGV' 'import ctypes' 'ctypes.string_at(0)'
	ends 'is killed' 2 'killed by SIGKILL' 'import os' 'os.kill(os.getpid(), 9)'
	ends 'stops everything' 2 'test_b.py:2: ' 'import os' 'raise KeyboardInterrupt'

	for how in fork spawn; do
		begin "$which: a child that was forked while a file was imported runs nothing ($how)"
		suite ends
		rm test_ends.py
		printf '%s\n' 'import os' 'child = os.fork()' 'if child:' '    os.waitpid(child, 0)' '' '' \
			'def test_one():' '    assert child' '    assert "built-in" in repr(os._exit)' >test_b.py
		pytest_run -n 1 --python-start $how
		code 0
		closes 'xtop: 1 passed, 0 failed, 0 skipped'
		in_order 1
		end
	done

	begin "$which: one that ends each worker's own process ends the run in order, and is named"
	suite ends
	rm test_ends.py
	printf '%s\n' 'import os, sys' 'print("words of the import")' 'if "PYTEST_XDIST_WORKER" in os.environ:' \
		'    sys.exit("not here")' '' '' 'def test_one():' '    pass' '' '' 'def test_two():' '    pass' >test_b.py
	pytest_run -n 2 --python-start spawn
	code 1
	expect_verdicts <<'VERDICTS'
test_b.py::test_one error
test_b.py::test_two error
VERDICTS
	shows test_b.py::test_one 'test_b.py:4: '
	shows test_b.py::test_one 'not here'
	in_order 2
	end
}

each_python cases
finish
