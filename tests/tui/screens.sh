#!/bin/sh
# What the dashboard looks like, in each state and at each size, as golden screens. TAP on stdout.
# Usage: screens.sh [--update]
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/tui/lib/screens.sh"

# --- a run in its middle, at each size ---

for size in 80x24 120x40 40x10 60x16 200x60; do
	{ demo; echo dump; } | screen "running-$size" --size "$size"
done
{ demo; echo dump; } | screen running-ascii-80x24 --size 80x24 --ascii
{ demo; echo styles; } | screen running-styles-80x24 --size 80x24
{ demo; echo dump; } | screen too-small-39x10 --size 39x10

{
	demo
	cat <<END
dump at first
size 40x10
dump smaller
size 20x3
dump too small
size 1x1
dump a single cell
size 80x24
dump as at first
END
} | screen resized --size 80x24

# --- before, at the end, without tests ---

screen beginning --size 80x24 <<END
dump before anything
0 run.started run_id=8f2c1d77 root=/home/user/demo workers=4
dump collecting
0.1 test.found test=1 suite=demo id=tests/one.sh
0.2 run.collected tests=1 dist=load
dump collected
END

ends() {
	cat <<END
4.6 test.finished worker=0 test=11 attempt=1 outcome=passed duration=0.4 exit_code=0
4.6 test.verdict test=11 outcome=passed attempts=1 duration=0.4 worker=0
4.7 test.finished worker=1 test=12 attempt=1 outcome=passed duration=0.5 exit_code=0
4.7 test.verdict test=12 outcome=passed attempts=1 duration=0.5 worker=1
4.8 test.verdict test=13 outcome=notrun reason=stopped
4.8 test.verdict test=14 outcome=notrun reason=stopped
5 run.finished exit_code=1 duration=5 tests=14
END
}
{
	cat "$tui/demo.events"
	ends
	cat <<END
wish
dump failures hold it open
now 50
dump its clock stands still
size 40x10
dump small
END
} | screen ended-with-failures --size 80x24

one_test() {
	cat <<END
0 run.started run_id=8f2c1d77 root=/home/user/demo workers=1
0 test.found test=1 suite=demo id=tests/one.sh
0 run.collected tests=1
0 worker.started worker=0 incarnation=1 pid=1
0.1 test.started worker=0 test=1 attempt=1
END
}
one_passes() {
	cat <<END
1.2 test.finished worker=0 test=1 attempt=1 outcome=passed duration=1.1 exit_code=0
1.2 test.verdict test=1 outcome=passed attempts=1 duration=1.1 worker=0
1.3 run.finished exit_code=0 duration=1.3 tests=1
END
}
{ one_test; echo wish; one_passes; echo wish; } | screen passed-untouched-leaves --size 80x24
{ one_test; echo key j; one_passes; echo wish; echo dump; echo key q; echo wish; } | screen passed-touched-stays --size 80x24
{ one_test; one_passes; echo wish; echo dump; echo key r; echo dump; } | screen replay-stays --size 80x24 --replay
{ echo '0 run.started run_id=1 workers=1'; echo '0 run.collected tests=0'; echo '0.1 run.finished exit_code=5 duration=0.1'
	echo wish; echo dump; } | screen no-tests --size 80x24

# A run may fail for another reason than a failed test; a verdict that comes behind its end is judged anew.
{
	one_test
	one_passes | sed 's/exit_code=0 duration=1.3/exit_code=1 duration=1.3/'
	echo wish
	echo dump it failed
	echo 2 test.verdict test=1 outcome=passed attempts=1 duration=1.1 worker=0
	echo dump it was run again
} | screen failed-without-failures --size 80x24

# --- keys that move ---

{
	demo
	cat <<END
key ]
dump the next failure
key ] ] ]
dump three further
key [
dump back by one
key G
dump the end of the list
key g
styles the top again
key j j k
dump one down
key PgDn PgUp Home End Down Up C-f C-b
dump pages
END
} | screen moving --size 80x24

{
	demo
	for tab in running failed flaky slow quarantined all; do
		echo key Right
		echo "dump $tab"
	done
	echo key Left
	echo dump quarantined again
} | screen tabs --size 80x24

{
	demo
	cat <<END
key /
type SH
dump while it is typed
key Enter
styles matches are marked
key n n
dump two further
key N
dump one back
key /
type nothing like this
dump no match while it is typed
key Enter
dump no match
key F3 Esc
styles Esc forgets
key n
dump nothing to look for
END
} | screen search --size 80x24

{
	demo
	cat <<END
key >
dump by time
key > >
dump by attempts
key >
dump by name
key I
dump inverted
key <
dump to the left
key F6
dump the menu
key j j j j Enter
dump chosen in the menu
key F6 Esc
dump the menu left
END
} | screen sort --size 80x24

{
	demo
	cat <<END
key F
4.7 test.started worker=0 test=13 attempt=1
dump the newest test is selected
4.8 test.started worker=1 test=14 attempt=1
dump and the next
key k
4.9 test.finished worker=1 test=14 attempt=1 outcome=passed duration=0.1
4.9 test.verdict test=14 outcome=passed attempts=1 duration=0.1 worker=1
dump moving ends it
END
} | screen follow --size 80x24

{
	demo
	cat <<END
key Tab
dump the detail has the focus
key Right
dump attempts
key Right
dump points
key Left Left Left
dump output
key Tab
dump the workers have it
key S-Tab S-Tab 1 2 3
dump the detail again
key Esc
dump back to the tests
END
} | screen panes --size 80x24

# --- detail ---

{
	demo
	cat <<END
key Enter
dump the failure
key Left
dump its output, escapes shown
key Esc j j j Enter
dump a TAP program
key Right Right
dump the points
key q G k k k k k Enter
dump a test that passed
END
} | screen detail --size 80x24

{
	demo
	echo 'key ] ] ] ] ] ] ] 1 Enter'
	echo 'dump a running test, its end in view'
	echo 'key k k k'
	echo 'dump scrolled'
	i=16
	while [ $i -lt 60 ]; do
		printf '4.6 test.output worker=0 test=11 attempt=1 stream=stdout data="%s\\n"\n' "$i"
		i=$((i + 1))
	done
	cat <<END
dump what came did not move it
key F
dump followed
key g
dump its top
key / 
type 42
key Enter
styles found
END
} | screen detail-live --size 60x16

{
	one_test
	# 64 KiB in lines of 16 bytes: head and tail are kept, the middle is not.
	awk 'BEGIN { for (i = 0; i < 64; i++) {
		printf "0.2 test.output worker=0 test=1 attempt=1 stream=stdout data=\""
		for (j = 0; j < 64; j++) printf "line %9d\\n", i * 64 + j
		print "\"" } }'
	cat <<END
key Enter g
dump
key /
type more here
key Enter
dump the gap
END
} | screen detail-gap --size 80x24

# --- the run ---

{
	demo
	cat <<END
key r
dump rerun
calls
key R
dump all failed
calls
refuse it waits for its turn already
key F7
dump refused
calls
refuse
key p
dump paused
key p
dump goes on
calls
key }
dump one worker more
3 worker.started worker=4 incarnation=1 pid=1005
dump it is there
key {
dump one fewer
3.1 worker.left worker=4 incarnation=1 workers=4
dump it has gone
calls
wait 10
dump the message has gone
END
} | screen actions --size 80x24

{
	demo
	cat <<END
key x
dump asks for a reason
type fails when DNS is slow
key BSpace BSpace BSpace BSpace
type SLOW ÿ日
dump typed
key C-w
dump a word less
key Enter
dump done
calls
key x
dump release is asked for
key n
calls
key F8 y
dump released
calls
key x C-u Enter
calls
key x Esc
calls
refuse quarantine.yaml: Permission denied
key x y
calls
dump refused
END
} | screen quarantine --size 80x24

{
	demo
	cat <<END
key F9
dump it does not run
key 1 F9
dump the signals
key Down Down Down Enter
dump sent
calls
key F9 q
calls
key 2 Right F9 Enter
calls
END
} | screen kill --size 80x24

{
	demo
	cat <<END
key q
dump asks
key z
dump asks on
key b
wish
key F10 s
wish
calls
dump stopping
key q
dump asks again
key k
wish
calls
idle
wish
END
} | screen quit --size 80x24
{ demo; echo key q h; echo wish; } | screen quit-headless --size 80x24
{ demo; echo key q; echo size 40x10; echo dump; echo key Esc; echo key Q; echo wish; echo calls; } |
	screen quit-now --size 80x24

{
	demo
	cat <<END
5 worker.died worker=1 incarnation=1 pid=4002 signal=9 message="was killed by SIGKILL" test=12
dump it is told
5.1 worker.started worker=1 incarnation=2 pid=4003
5.1 log level=error message="the disk is full: the journal ends here"
dump a log line
key 1 j Enter
dump no test
END
} | screen worker-dies --size 80x24

# --- log ---

numbered() {
	i=$1
	while [ "$i" -lt "$2" ]; do
		echo "36.4 log level=note message=\"message $i\""
		i=$((i + 1))
	done
}

{ demo; echo key 6; echo dump nothing was said; log; echo dump each kind; echo styles; summary; echo dump a summary
	echo key q; echo dump closed; } | screen log-80x24 --size 80x24
{ demo; log; summary; echo key 6; echo dump its end; echo key g; echo dump its top; } | screen log-40x10 --size 40x10
{ demo; log; echo key 6; echo dump; } | screen log-ascii-80x24 --size 80x24 --ascii

{
	demo
	log
	summary
	echo key Enter 6
	numbered 1 21
	echo dump its end
	echo key k k
	numbered 21 23
	echo dump what came did not move it
	echo key F
	echo dump followed
	echo key PgUp PgUp j
	echo dump scrolled
	echo size 50x12
	echo dump what stood at the top stays there
	echo key PgDn j j j
	echo size 80x16
	echo dump in the middle of a message
	echo key g
	echo dump the top
	echo key /
	echo type MESSAGE 2
	echo styles found while it is typed
	echo key Enter n n
	echo styles the third
	echo key n n
	echo dump around the end
	echo wheel-up 4 4
	echo dump the wheel
	echo key r
	echo dump not about a test
	echo calls
	echo key ?
	echo dump help above it
	echo key q 6 G
	echo dump back to it
	echo click 15 27
	echo dump the detail is still open
	echo key 6 2
	echo dump another pane
} | screen log --size 80x16

# More than the model keeps: the oldest go, and what stands at the top stays there.
{
	one_test
	numbered 1 10001
	echo key 6 PgUp PgUp
	echo dump scrolled
	numbered 10001 10002
	echo dump a tenth was let go
	echo key g
	echo dump the oldest
	numbered 10002 11002
	echo dump what stood at the top is gone
	echo key G PgUp
	numbered 11002 12002
	echo dump it stays again
} | screen log-dropped --size 60x10

{
	demo
	echo key Esc
	summary | sed 's/level=note/level=warning/'
	echo dump it is told
	log
	echo dump the news
	cat <<'END'
37 log level=warning message="of two\nlines"
dump the first line
key 6
38 log level=error message="no news where it is in view"
dump
END
} | screen log-news --size 80x24

# --- help, mouse ---

for size in 80x24 120x40 40x10; do
	{ demo; echo 'key ?'; echo dump; echo 'key PgDn'; echo 'dump a page down'; echo 'key G k'; echo 'dump the end'
		echo key h; echo dump closed; } | screen "help-$size" --size "$size"
done
{ demo; echo key F1; echo dump; } | screen help-ascii-80x24 --size 80x24 --ascii

{
	demo
	cat <<END
click 9 30
dump a row
wheel-down 9 30
dump the wheel
click 6 26
dump a tab
click 7 14
dump a heading
click 7 14
dump the heading again
click 3 4
click 5 4
dump a worker
double 9 30
dump opened
wheel-down 9 30
click 23 24
dump the function bar
key Esc
click 0 0
END
} | screen mouse --size 80x24

{ demo; echo 'key C-l M'; echo dump; } | screen other-keys --size 80x24

screens_end
