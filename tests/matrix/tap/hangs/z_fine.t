#!/bin/sh
# The last one: what is before it has a test that comes next.
echo 1..1
echo ok 1
