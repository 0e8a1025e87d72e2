#!/bin/sh
echo 1..2
echo ok 1
echo "prog: faults.c:26: main: Assertion \`argc == 0' failed." >&2
kill -ABRT $$
