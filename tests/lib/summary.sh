#!/bin/sh
# Prints what a test run came to, from the totals that automake puts at the head of its log:
# `NAME: N passed, N failed, N skipped`.
# Usage: summary.sh NAME LOG
awk -v name="$1" '
/^# (TOTAL|PASS|SKIP|XFAIL|FAIL|XPASS|ERROR):/ { count[$2] = $3; totals++ }
totals == 7 { exit }
END {
	if (totals != 7) {
		print name ": no test ran"
		exit 1
	}
	printf "%s: %d passed, %d failed, %d skipped\n", name, count["PASS:"] + count["XFAIL:"],
		count["FAIL:"] + count["XPASS:"] + count["ERROR:"], count["SKIP:"]
}' "$2" 2>/dev/null || {
	echo "$1: no test ran"
	exit 1
}
