#!/bin/sh
# The soak (tests/soak/run) with few tests, all fates among them. How long it takes is not judged. TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:=$(dirname "$0")/../..}/tests/lib/python.sh"
perl -MJSON::PP -e 1 2>/dev/null || {
	echo '1..0 # SKIP perl or its module JSON::PP is missing'
	exit 0
}

adapters=exec
if python=$(python_any); then
	adapters='pytest exec'
	XTOP_TEST_PYTHON=$python
	export XTOP_TEST_PYTHON
else
	echo "# only programs: $python"
fi
SOAK_TESTS=200 SOAK_SEED=${SOAK_SEED:-1} SOAK_ADAPTER=$adapters SOAK_WORKERS=8 SOAK_SLEEP=0.02 SOAK_DEADLINE=0.5 \
	SOAK_SHARES=crash=5,hang=9,leak=3,flake=5,fail=1,skip=1 SOAK_RATIO=0 exec "$srcdir/tests/soak/run"
