#!/bin/sh
# TAP programs that hang, crash and leave processes behind, in every way of tests/matrix. TAP on stdout.
# shellcheck disable=SC1091,SC2154
. "$srcdir/tests/lib/runs.sh"
. "$srcdir/tests/lib/matrix.sh"

matrix_begin tap
run -n 1 --adapter tap --timeout 0.5 --timeout-grace 0.5 tap/hangs
judge hangs
run -n 1 --adapter tap tap/crashes
judge crashes
run -n 1 --adapter tap --mem-limit 120M tap/memory
judge memory
limited_run 100 -n 1 --adapter tap tap/memory
judge kernel
for mode in report fail ignore; do
	run -n 1 --adapter tap --leak $mode tap/leaks
	judge $mode
done
end_tests
