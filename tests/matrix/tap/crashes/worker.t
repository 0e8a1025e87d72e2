#!/bin/sh
kill -KILL $PPID
sleep 1000
