#!/bin/sh
# Plain programs that hang, crash and leave processes behind, in every way of tests/matrix. TAP on stdout.
# shellcheck disable=SC1091,SC2154
. "$srcdir/tests/lib/runs.sh"
. "$srcdir/tests/lib/matrix.sh"

matrix_begin exec
if compile exec/hangs/lock.c exec/hangs/lock; then
	for fault in segfault abort overflow; do
		compile exec/crashes/faults.c exec/crashes/$fault
	done
	have="$have compiler"
	compile exec/crashes/faults.c exec/crashes/sanitizer -fsanitize=address && have="$have sanitizer"
fi

run -n 1 --adapter exec --timeout 0.5 --timeout-grace 0.5 exec/hangs
judge hangs
run -n 1 --adapter exec exec/crashes
judge crashes
run -n 1 --adapter exec --mem-limit 120M exec/memory
judge memory
limited_run 100 -n 1 --adapter exec exec/memory
judge kernel
for mode in report fail ignore; do
	borrow
	run -n 1 --adapter exec --leak $mode exec/leaks
	judge $mode
	give_back
done
kill_idle_worker
run -n 2 --max-worker-restart 3 --adapter exec exec/workers
wait
judge workers
end_tests
