#!/bin/sh
echo 1..2
echo ok 1 - words before the end
kill -SEGV $$
