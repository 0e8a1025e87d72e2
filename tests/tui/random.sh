#!/bin/sh
# Random keys, clicks, settings and events, and sizes of the window down to one cell: nothing crashes, and every picture is
# a whole one (driver_fuzz.h). TAP on stdout.
# XTOP_TEST_SEED: the first seed; XTOP_TEST_SEEDS: how many; XTOP_TEST_STEPS: what happens with each; XTOP_TEST_SECONDS: as
# many seeds as that takes, from the clock's on; XTOP_TEST_UNDER: a program that runs the driver (valgrind).
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/tui/lib/screens.sh"

seconds=${XTOP_TEST_SECONDS:-0}
seed=${XTOP_TEST_SEED:-}
[ -n "$seed" ] || { [ "$seconds" -gt 0 ] && seed=$(date +%s); } || seed=1
last=$((seed + ${XTOP_TEST_SEEDS:-16} - 1))
end=$(($(date +%s) + seconds))

goes_on() {
	if [ "$seconds" -gt 0 ]; then [ "$(date +%s)" -lt $end ]; else [ "$seed" -le $last ]; fi
}

while goes_on; do
	mode=
	case $((seed % 4)) in
	1) mode=--ascii ;;
	2) mode=--replay ;;
	esac
	# Half of the runs are met in their middle.
	# shellcheck disable=SC2086 # no mode is no argument, and what it runs under has arguments
	if { [ $((seed % 2)) -eq 0 ] || { demo; log; summary; }; } |
		${XTOP_TEST_UNDER:-} "$driver" $mode --fuzz "$seed" "${XTOP_TEST_STEPS:-3000}" >"$scratch/found" 2>"$scratch/errors"; then
		result ok "seed $seed"
	else
		sed 's/^/# /' "$scratch/errors"
		result 'not ok' "seed $seed"
	fi
	seed=$((seed + 1))
done

screens_end
