#!/bin/sh
# One point of four fails and says why in a YAML block.
cat <<'END'
TAP version 14
1..4
ok 1 - joins
ok 2 - splits
not ok 3 - trims
  ---
  message: the end is not trimmed
  severity: fail
  expected: 'word'
  found: 'word '
  at:
    file: strings.t
    line: 12
  ...
ok 4 - reverses
END
exit 1
