#!/bin/sh
echo words before the end
kill -KILL $PPID
sleep 1000
