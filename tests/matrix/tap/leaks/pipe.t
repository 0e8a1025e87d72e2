#!/bin/sh
echo 1..1
echo ok 1 - words before the leak
sleep 1203 &
