#!/bin/sh
# Takes a while and says what it does: something to watch.
for step in configure compile link install; do
	echo "$step ..."
	sleep 0.3
done
echo 'built'
