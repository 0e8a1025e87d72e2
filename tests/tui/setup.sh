#!/bin/sh
# Golden screens of what a person can choose: themes, the set-up screen, other keys. TAP on stdout.
# Usage: setup.sh [--update]
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/tui/lib/screens.sh"

# Moving shows a theme; Esc goes back to the one before; Enter takes it, and keeps it. One that is broken is told of.
screen themes --size 100x30 <<END
$(demo)
key T
dump the menu
styles the menu
calls
key Down Down
dump moved
calls
key Esc
dump back
calls
key T Up Enter
dump a broken one is not taken
calls
key T Down
wheel-down 12 10
calls
key Enter
dump taken
calls
key T G
refuse no space left on device
key Enter
dump not saved
calls
END

screen setup-80x24 <<END
$(demo)
key F2
dump columns
styles columns
key Space Down Down Right
dump nothing moves from the heading, a column moves
key Down Space
dump a column hidden
key Tab
dump panes
key Space Down Down Right Right Right Left
dump
key Up Space
key Down Space
dump one has to stay
key Space Tab
dump looks
key Right
key Down Left Left
dump changed
calls
key Down Enter
dump ascii
key Esc
dump the question
key b Esc n
dump the dashboard
key F2 Esc y
dump saved
calls
key F2 Esc
dump nothing to save
END

# What is set up is seen above it.
screen setup-120x40 --size 120x40 <<END
$(demo)
key F2 Down Down Down Space
dump
click 21 24
double 23 10
dump no workers
key F1
dump help
key Esc Esc Enter
calls
END

screen setup-40x10 --size 40x10 <<END
$(demo)
key F2
dump
key Tab
dump
key Tab
dump
key Tab
dump
key Enter
dump
key z Esc
dump
END

screen setup-keys --size 100x30 <<END
$(demo)
key F2 S-Tab G Up Up
dump
styles
key Enter
dump waiting for a key
key r
dump it is taken
key Enter X
key Enter Esc
dump
key Enter F2
dump
key Del
dump
key Home = = Del Del Del
dump nothing goes up any more
key =
key F10 y
calls
dump
key ?
dump
END

# Keys of the settings: the old ones do nothing, help and the last row have the new ones.
screen setup-other-keys --size 100x30 --settings 'keys:
  rerun: [z]
  help: ["!", F12]
  pause: r
  kill: []
  quit: [F10]
  search: []
' <<END
$(demo)
dump
key r
calls
key z
calls
key F9
dump
key F12
dump
END

# Panes that are hidden, and shares of the height.
screen setup-panes --size 100x30 --settings 'panes:
  workers: { shown: false }
  tests: { height: 20 }
columns:
  tests: [time]
  workers: [age]
' <<END
$(demo)
dump
key Tab
dump the detail
key Tab
dump the tests again
key 1
dump hidden, but somebody is in it
size 100x14
dump
END

screen setup-no-tests --size 100x24 --settings 'panes: { tests: { shown: false }, workers: { height: 25 } }' <<END
$(demo)
dump
key 2
dump the tests after all
key Esc
dump
END

screen setup-panes-low --size 100x16 --settings 'panes:
  workers: { height: 80 }
  tests: { height: 80 }
  detail: { height: 80 }
ascii: true
' <<END
$(demo)
dump
END

screens_end
