#!/bin/sh
# Tests of pytest that hang, crash and leave processes behind, in every way of tests/matrix. TAP on stdout.
# shellcheck disable=SC1091,SC2154
. "$srcdir/tests/lib/runs.sh"
. "$srcdir/tests/lib/python.sh"
. "$srcdir/tests/lib/matrix.sh"
machine_has=$have

# Whether gdb can name what another thread of that Python waits in.
python_has_symbols() {
	command -v gdb >/dev/null 2>&1 && command -v nm >/dev/null 2>&1 &&
		"$python" -c '
import os, sys, sysconfig
print(os.path.realpath(sys.executable))
print(os.path.join(sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("INSTSONAME") or ""))' |
		xargs nm 2>/dev/null | grep -q ' take_gil$'
}

pytest_run() {
	run --adapter pytest --python "$python" "$@"
}

# What may hang on pytest's version, and Python's.
matrix_of_each() {
	have=$machine_has
	matrix_name=$which
	pytest_run -n 1 --timeout 1 --timeout-grace 1000 pytest/hangs
	judge hangs
	pytest_run -n 1 --timeout 1 --timeout-grace 1 pytest/stubborn
	judge stubborn
	pytest_run -n 1 pytest/crashes
	judge crashes
	for file in pytest/collection/*.py; do
		pytest_run -n 1 "$file"
		judge "$(basename "$file" .py)"
	done
}

matrix_of_pytest() {
	matrix_of_each
	! python_has_symbols || have="$have symbols"
	# So long that a debugger comes to its end.
	pytest_run -n 1 --timeout 1 --timeout-grace 10 pytest/native
	judge native
	pytest_run -n 1 --mem-limit 250M pytest/memory
	judge memory
	limited_run 250 --adapter pytest --python "$python" -n 1 pytest/memory
	judge kernel
	for mode in report fail ignore; do
		pytest_run -n 1 --leak $mode pytest/leaks
		judge $mode
	done
	kill_idle_worker
	pytest_run -n 2 --max-worker-restart 3 pytest/workers
	wait
	judge workers
	rm -f xtop.yaml
}

matrix_begin pytest
the_rest=matrix_of_pytest
matrix() {
	$the_rest
	the_rest=matrix_of_each
}

each_python matrix
end_tests
