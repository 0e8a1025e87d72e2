#!/bin/sh
# What a program that was built with it says at its end.
echo 1..1
echo ok 1 - words before the end
echo 'SUMMARY: AddressSanitizer: heap-use-after-free lock.c:12 in take' >&2
exit 1
