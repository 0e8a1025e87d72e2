#!/bin/sh
# Passes, with subtests and a point that is skipped.
cat <<'END'
TAP version 14
1..4
ok 1 - one and one is two
# Subtest: multiplication
    1..3
    ok 1 - by zero
    ok 2 - by one
    ok 3 - by a negative number
ok 2 - multiplication
# Subtest: division
    ok 1 - without a rest
    ok 2 - with a rest
    1..2
ok 3 - division
ok 4 - square root of minus one # SKIP no complex numbers here
END
