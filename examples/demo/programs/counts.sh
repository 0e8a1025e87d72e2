#!/bin/sh
# Passes.
total=0
for number in 1 2 3 4 5 6 7 8 9 10; do
	total=$((total + number))
done
echo "1 + ... + 10 = $total"
[ "$total" -eq 55 ]
