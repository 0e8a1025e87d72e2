#!/bin/sh
# Runs a unit test so that it speaks the TAP that automake understands: cmocka 1.1 calls a
# test that is skipped "not ok". The exit code is the program's.
# Usage: unit.sh [VALGRIND…] PROGRAM
{
	status=$({
		{
			CMOCKA_MESSAGE_OUTPUT=TAP "$@" 3>&- 4>&-
			echo $? >&3
		} | sed 's/^not ok \([0-9]*\) # SKIP/ok \1 # SKIP/' >&4
	} 3>&1)
} 4>&1
exit "$status"
