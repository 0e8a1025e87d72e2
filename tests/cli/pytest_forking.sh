#!/bin/sh
# What a harness must do after it was forked, and before the suite was imported. TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"
. "$srcdir/tests/lib/python.sh"

lines_of() {
	sort -u "notes/$1" 2>/dev/null | wc -l | tr -d ' '
}

cases() {
	project forking
	NOTES=$PWD/notes
	export NOTES
	begin "$which: two forked workers are as good as processes of their own"
	mkdir notes
	pytest_run -n 2 --python-start fork test_process.py
	code 0
	closes 'xtop: 13 passed, 0 failed, 0 skipped'
	equal 'how children that came back ended' 2 "$(wc -l <notes/returned | tr -d ' ')"
	end

	begin "$which: what was registered before the fork ends with the server, what came later with its worker"
	for name in atexit finalize; do
		equal "$name functions of the import" 1 "$(wc -l <notes/$name-of-import | tr -d ' ')"
		equal "processes with $name functions" 2 "$(lines_of $name-of-process)"
		equal "$name functions of workers" 2 "$(wc -l <notes/$name-of-process | tr -d ' ')"
		grep -q -F -x -f notes/$name-of-import notes/$name-of-process &&
			complain "the $name function of the import ran in a worker"
	done
	equal 'threads that ended by themselves' 2 "$(lines_of thread)"
	equal 'workers that finished their session' 2 "$(grep -c False notes/sessionfinish)"
	equal 'servers that did' 1 "$(grep -c True notes/sessionfinish)"
	# What one process configured is not undone by another.
	equal 'workers that were unconfigured' 0 "$(grep -c False notes/unconfigure)"
	equal 'servers that were' 1 "$(grep -c True notes/unconfigure)"
	end

	begin "$which: stacks of a crash belong to its test"
	rm -r notes && mkdir notes
	pytest_run -n 1 --python-start fork test_crash.py
	code 1
	expect_verdicts <<'END'
test_crash.py::test_crash crashed
END
	equal signal 11 "$(verdict_field signal test_crash.py::test_crash)"
	output_of test_crash.py::test_crash >"$out"
	out_has 'the last words'
	out_has 'Fatal Python error: Segmentation fault'
	out_has 'in crash_here'
	end

	begin "$which: numpy's generators differ"
	if python_has numpy; then
		rm -r notes && mkdir notes
		pytest_run -n 2 --python-start fork test_numpy.py
		code 0
		end
	else
		skip 'numpy is not installed'
	fi

	begin "$which: with -n 0 nothing looks like xdist"
	rm -r notes && mkdir notes
	cat >test_serial.py <<'END'
import os


def test_alone(request):
    assert not hasattr(request.config, "workerinput")
    assert "PYTEST_XDIST_WORKER" not in os.environ


def test_worker_id(worker_id):
    assert worker_id == "master"
END
	pytest_run -n 0 test_serial.py
	code 0
	closes 'xtop: 2 passed, 0 failed, 0 skipped'
	end
}

each_python cases
finish
