#!/bin/sh
# Passes.
sorted=$(printf '%s\n' pear apple plum | sort | tr '\n' ' ')
echo "sorted: $sorted"
[ "$sorted" = 'apple pear plum ' ]
