#!/bin/sh
# Checks the ring's protocol with spin: the model as it is must be right, and wrong with any part left out.
# Exit 77 (skipped) without spin.  XTOP_TEST_MODEL=full adds the largest search (minutes, 2 GB).
set -u

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 99
cc=${CC:-cc}

if ! command -v spin >/dev/null 2>&1; then
	echo "not run: spin is not installed"
	exit 77
fi
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work" || exit 99

failed=0

# check EXPECTED DESCRIPTION [-DNAME…]: EXPECTED is right or wrong.
check() {
	expected=$1
	description=$2
	shift 2
	if ! spin "$@" -a "$here/ring.pml" >spin.log 2>&1 ||
	   ! $cc -O2 -w -DSAFETY -DCOLLAPSE -DVECTORSZ=2048 -o pan pan.c >>spin.log 2>&1; then
		echo "cannot build the model: $description"
		cat spin.log
		exit 99
	fi
	./pan -m1000000 -w22 >pan.log 2>&1
	# A search that was cut short proves nothing.
	if grep -q -e 'max search depth too small' -e 'out of memory' pan.log; then
		found=incomplete
	elif grep -q 'errors: 0' pan.log; then
		found=right
	elif grep -q -e 'invalid end state' -e 'assertion violated' pan.log; then
		found=wrong
	else
		found=incomplete
	fi
	states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.log)
	if [ "$found" = "$expected" ]; then
		echo "ok: $description: $found, as it must be (${states:-?} states)"
	else
		echo "FAILED: $description: $found, expected $expected"
		cat pan.log
		failed=1
	fi
}

check right "one lane, two records, two kills" -DLANES=1 -DCAPACITY=2 -DRECORDS=2 -DKILLS=2
check right "one lane of one fragment, two records, one kill" -DLANES=1 -DCAPACITY=1 -DRECORDS=2 -DKILLS=1
check right "two lanes" -DLANES=2 -DCAPACITY=2 -DRECORDS=1 -DKILLS=0
if [ "${XTOP_TEST_MODEL:-}" = full ]; then
	check right "two lanes, one kill" -DLANES=2 -DCAPACITY=1 -DRECORDS=1 -DKILLS=1
else
	echo "not run: two lanes, one kill (XTOP_TEST_MODEL=full)"
fi

for kills in 0 1; do
	check wrong "no fences ($kills kills)" -DLANES=1 -DRECORDS=2 -DKILLS=$kills -DNOFENCE
	check wrong "no fence before the look at sleeping ($kills kills)" \
		-DLANES=1 -DRECORDS=2 -DKILLS=$kills -DNOFENCE_BELL_PRODUCER
	check wrong "no fence before the last look at the lanes ($kills kills)" \
		-DLANES=1 -DRECORDS=2 -DKILLS=$kills -DNOFENCE_BELL_CONSUMER
	check wrong "no fence before the last look for space ($kills kills)" \
		-DLANES=1 -DRECORDS=2 -DKILLS=$kills -DNOFENCE_SPACE_PRODUCER
	check wrong "no fence before the look at waiting ($kills kills)" \
		-DLANES=1 -DRECORDS=2 -DKILLS=$kills -DNOFENCE_SPACE_CONSUMER
done
check wrong "no last look at the lanes" -DLANES=1 -DRECORDS=2 -DKILLS=0 -DNOLOOK_BELL
check wrong "no last look for space" -DLANES=1 -DRECORDS=2 -DKILLS=0 -DNOLOOK_SPACE
check wrong "deaths do not wake the consumer" -DLANES=1 -DRECORDS=2 -DKILLS=1 -DNODEATHS

exit $failed
