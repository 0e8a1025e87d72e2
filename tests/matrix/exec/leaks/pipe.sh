#!/bin/sh
echo words before the leak
sleep 1203 &
