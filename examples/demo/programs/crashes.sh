#!/bin/sh
# Dies by a signal, as a program with a bad pointer does.
echo 'following the pointer ...'
kill -SEGV $$
