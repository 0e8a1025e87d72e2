#!/bin/sh
# Programs that are written with cmocka and run whole: they hang, crash and leave processes behind, in every way of
# tests/matrix. TAP on stdout.
# shellcheck disable=SC1091,SC2154
. "$srcdir/tests/lib/runs.sh"
. "$srcdir/tests/lib/matrix.sh"

compile "$srcdir/tests/matrix/cmocka/suite.c" "$scratch/program" -lcmocka -pthread || {
	echo '1..0 # SKIP no compiler, or no cmocka (Debian: libcmocka-dev)'
	exit 0
}
matrix_begin cmocka

# programs DIRECTORY NAME…: each does what it is called.
programs() {
	mkdir "cmocka/$1"
	programs_in=cmocka/$1
	shift
	for each; do
		cp program "$programs_in/$each"
	done
}

programs hangs blocks_signals child event handlers ignores_sigterm lock loop read setup sleep socket stopped teardown z_fine
programs crashes abort exit_3 fork_returns killed overflow segfault worker z_fine
programs memory grows z_fine
programs leaks leak_child leak_daemon leak_fails leak_nothing leak_pipe leak_two z_fine
compile cmocka/suite.c cmocka/crashes/sanitizer -lcmocka -pthread -fsanitize=address && have="$have sanitizer"

run -n 1 --adapter exec --timeout 0.5 --timeout-grace 0.5 cmocka/hangs
judge hangs
run -n 1 --adapter exec cmocka/crashes
judge crashes
run -n 1 --adapter exec --mem-limit 120M cmocka/memory
judge memory
limited_run 100 -n 1 --adapter exec cmocka/memory
judge kernel
for mode in report fail ignore; do
	run -n 1 --adapter exec --leak $mode cmocka/leaks
	judge $mode
done
end_tests
