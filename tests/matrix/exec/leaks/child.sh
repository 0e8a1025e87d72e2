#!/bin/sh
sleep 1201 >/dev/null 2>&1 &
