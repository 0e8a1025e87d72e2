#!/bin/sh
sleep 1205 >/dev/null 2>&1 &
sleep 1206 >/dev/null 2>&1 &
