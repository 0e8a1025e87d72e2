#!/bin/sh
sleep 1204 >/dev/null 2>&1 &
exit 1
