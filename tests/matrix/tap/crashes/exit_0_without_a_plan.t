#!/bin/sh
echo ok 1 - words before the end
exit 0
