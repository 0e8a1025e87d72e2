#!/bin/sh
# A process that is no child of this takes its pipe (tests/lib/matrix.sh: borrow).
echo words before the leak
echo $$ >"$SCRATCH/lender.new"
mv "$SCRATCH/lender.new" "$SCRATCH/lender"
until [ -e "$SCRATCH/borrowed" ]; do
	sleep 0.01
done
