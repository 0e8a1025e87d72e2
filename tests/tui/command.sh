#!/bin/sh
# The command line. TAP on stdout. Usage: command.sh [--update]
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/tui/lib/screens.sh"

{
	demo
	cat <<'END'
key :
type tab fai
dump typed
key Enter
dump the tab of failures
key :
type sort t
key Enter
dump there is no such column
key :
type sort time
key Enter
dump sorted
key :
type goto divide
key Enter
dump a test by a part of its name
key :
type goto nowhere
key Enter
dump there is none
key : Up Up Up Up
dump an earlier line
key Down
dump a later one
key Esc :
type rer
key Tab
dump several begin so
type -f
key Tab
dump completed
key Enter
calls
key :
type qu
key Tab
dump so far
key BSpace BSpace BSpace
dump behind the last character it closes
key :
type filter status(failed
key Enter
dump a mistake in a filter
key :
type filter status(failed)
key Enter
dump filtered
key :
type filter
key Enter
dump without an argument the key is meant
key Esc :
type search net
key Enter
dump found
key :
type kill NONSENSE
key Enter
dump no such signal
key :
type nonsense
key Enter
dump no such command
key :
type redraw now
key Enter
dump nothing behind it
key :
type save-display
key Enter
dump an argument is wanted
key :
type save-display /tmp/picture
key Enter
calls
dump saved
key :
type save-styles /tmp/styles
key Enter
calls
key :
type goto divide
key Enter :
type quarantine it divides
key Enter
calls
key :
type help
key Enter
dump help
key :
type quit
key Enter
dump back
END
} | screen command --size 80x24

screens_end
