#!/bin/sh
# Fails, each time.
expected='Hello, world'
found=$(printf 'Hello, %s' wold)
if [ "$found" != "$expected" ]; then
	echo "expected: $expected" >&2
	echo "found:    $found" >&2
	exit 1
fi
