#!/bin/sh
# Random keys, clicks and sizes of the window, down to one cell: nothing crashes. TAP on stdout.
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/tui/lib/screens.sh"

seed=1
while [ $seed -le "${XTOP_TEST_SEEDS:-4}" ]; do
	if { demo; log; summary; } | "$driver" --fuzz $seed 1500 >"$scratch/found" 2>"$scratch/errors"; then
		result ok "seed $seed"
	else
		sed 's/^/# /' "$scratch/errors"
		result 'not ok' "seed $seed"
	fi
	seed=$((seed + 1))
done

screens_end
