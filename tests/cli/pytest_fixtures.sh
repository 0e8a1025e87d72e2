#!/bin/sh
# Fixtures of each scope are made and undone when they should be, in each worker. TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"
. "$srcdir/tests/lib/python.sh"

# in_order SESSIONS: what check.py says of the notes.
in_order() {
	equal 'what the fixtures noted' "$1${newline}all in order" "$("$python" check.py "$NOTES")"
}

cases() {
	begin "$which: with -n 0 fixtures come and go exactly as under pytest"
	project fixtures
	NOTES=$PWD/notes
	export NOTES
	mkdir notes
	pytest_run -n 0
	code 0
	closes 'xtop: 60 passed, 0 failed, 0 skipped'
	grep -h -v '^finish' notes/* >ours
	rm -r notes && mkdir notes
	env -u XTOP_DATADIR "$python" -m pytest -q -p no:cacheprovider >"$out" 2>&1 </dev/null
	cat notes/* >theirs
	[ -s theirs ] || complain 'plain pytest runs'
	equal 'the difference' '' "$(diff theirs ours)"
	end

	for how in 'fork load' 'fork loadfile' 'spawn load'; do
		# shellcheck disable=SC2086
		set -- $how
		begin "$which: two workers have fixtures of their own, and each comes down ($how)"
		rm -r notes && mkdir notes
		pytest_run -n 2 --python-start "$1" -- --dist "$2"
		code 0
		closes 'xtop: 60 passed, 0 failed, 0 skipped'
		in_order 'sessions 2, finished 2'
		end
	done

	begin "$which: a rerun keeps fixtures above function scope"
	rm -r notes && mkdir notes
	cat >pack/test_flaky.py <<'END'
import os


def test_second_time(of_module):
    mark = os.path.join(os.environ["NOTES"], "..", "mark")
    if not os.path.exists(mark):
        open(mark, "w").close()
        assert False


def test_after():
    pass
END
	pytest_run -n 1 --reruns 1 pack/test_flaky.py
	code 0
	expect_verdicts <<'END'
pack/test_flaky.py::test_after passed
pack/test_flaky.py::test_second_time passed flaky
END
	in_order 'sessions 1, finished 1'
	equal 'modules that went up' 1 "$(cat notes/* | grep -c '^up module')"
	equal 'functions that went up' 3 "$(cat notes/* | grep -c '^up function')"
	end

	begin "$which: with -x what stands comes down"
	rm -r notes && mkdir notes
	printf 'def test_fails():\n    assert False\n' >other/test_a_failure.py
	pytest_run -n 2 -x
	code 1
	equal 'what is wrong' 'all in order' "$("$python" check.py notes | tail -n +2)"
	end

	begin "$which: a deadline in a test leaves the worker's session fixtures standing"
	rm -r notes && mkdir notes
	printf 'import time\ndef test_a_hangs():\n    time.sleep(600)\ndef test_b():\n    pass\n' >pack/test_hang.py
	pytest_run -n 1 --timeout 0.5 pack/test_hang.py
	code 1
	expect_verdicts <<'END'
pack/test_hang.py::test_a_hangs timeout
pack/test_hang.py::test_b passed
END
	in_order 'sessions 1, finished 1'
	end
}

each_python cases
finish
