#!/bin/sh
# The header's meters, the workers, the timeline, and what is flaky or in quarantine, as golden screens. TAP on stdout.
# Usage: panes.sh [--update]
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/tui/lib/screens.sh"

# ends SECONDS WORKER TEST OUTCOME DURATION
ends() {
	echo "$1 test.finished worker=$2 test=$3 attempt=1 outcome=$4 duration=$5"
	echo "$1 test.verdict test=$3 worker=$2 outcome=$4 attempts=1 duration=$5"
}

# A run of which the history knows all tests but the last: each takes two seconds and must not take ten.
known() {
	cat <<'END'
0 run.started run_id=8f2c1d77 root=/home/user/known workers=4
END
	for i in 1 2 3 4 5 6 7 8 9; do
		echo "0 test.found test=$i suite=unit id=tests/test_$i.py::test_it expected=2"
	done
	cat <<'END'
0 test.found test=10 suite=unit id=tests/test_new.py::test_it
0 run.collected tests=10 dist=duration workers=4 expected=18 known=9
0 worker.started worker=0 incarnation=1 pid=11
0 worker.started worker=1 incarnation=1 pid=12
0 worker.started worker=2 incarnation=1 pid=13
0 worker.started worker=3 incarnation=1 pid=14
END
	for i in 1 2 3 4; do
		echo "0 test.started worker=$((i - 1)) test=$i attempt=1 pid=10$i expected=2 deadline=10"
	done
}

# --- header ---

{
	known
	echo dump by history alone
	ends 2 0 1 passed 2
	ends 2 1 2 failed 2
	ends 2 2 3 passed 2
	for i in 5 6 7; do
		echo "2 test.started worker=$((i - 5)) test=$i attempt=1 expected=2 deadline=10"
	done
	echo dump as expected
	ends 6 0 5 passed 4
	ends 6 1 6 passed 4
	echo dump slower than expected
	echo key p
	echo dump paused there is no end in sight
	echo key p
	echo size 200x24
	echo dump wide
	echo size 60x16
	echo dump narrow
	echo size 40x10
	echo dump narrowest
} | screen header-eta --size 120x16
{
	cat <<'END'
0 run.started run_id=8f2c1d77 root=/home/user/new workers=1
0 test.found test=1 id=a
0 test.found test=2 id=b
0 test.found test=3 id=c
0 test.found test=4 id=d
0 test.found test=5 id=e
0 run.collected tests=5
0 worker.started worker=0 incarnation=1 pid=11
0 test.started worker=0 test=1 attempt=1
END
	ends 1 0 1 passed 1
	echo 1 test.started worker=0 test=2 attempt=1
	ends 2 0 2 passed 1
	echo 2 test.started worker=0 test=3 attempt=1
	echo dump too little is known
	ends 3 0 3 passed 1
	echo 3 test.started worker=0 test=4 attempt=1
	echo dump by the rate
	echo '3.5 worker.sample worker=0 cpu=1 rss=8000000000'
	echo dump memory runs out
	ends 4 0 4 passed 1
	ends 4 0 5 passed 0
	echo '4 run.finished exit_code=0 duration=4'
	echo dump the end
} | screen header-rate --size 80x16

# --- workers ---

{
	known
	echo now 1
	echo dump in time
	echo now 3
	echo dump over what was expected
	echo now 5
	echo dump twice that
	echo styles
	echo now 8.5
	echo dump near the deadline
	echo styles
	ends 8.6 2 3 passed 8.6
	echo '8.7 worker.died worker=3 incarnation=1 pid=14 signal=9 message="was killed by SIGKILL" test=4'
	echo '8.7 worker.started worker=3 incarnation=2 pid=15'
	echo dump one is new
} | screen workers-late --size 120x16
{ known; echo now 5; echo dump; echo now 8.5; echo dump; echo styles; } | screen workers-late-80x16 --size 80x16

many() {
	echo '0 run.started run_id=8f2c1d77 root=/home/user/many workers=64'
	i=0
	while [ $i -lt 64 ]; do
		echo "0 test.found test=$((i + 1)) suite=unit id=tests/test_$i.py::test_it"
		i=$((i + 1))
	done
	echo '0 run.collected tests=64 workers=64'
	i=0
	while [ $i -lt 64 ]; do
		echo "0 worker.started worker=$i incarnation=1 pid=$((100 + i))"
		echo "$((i / 10)).$((i % 10)) test.started worker=$i test=$((i + 1)) attempt=1"
		i=$((i + 1))
	done
	i=0
	while [ $i -lt 64 ]; do
		echo "7 worker.sample worker=$i cpu=$((i * 37 % 64)).1 rss=$((i * 29 % 64))000000"
		i=$((i + 1))
	done
}
{
	many
	cat <<'END'
now 10
key 1
dump the first
key G
dump the last
key g j j j
dump the fourth
key >
dump by load
key > > j j 2
8 worker.sample worker=31 cpu=1 rss=90000000
key 1
dump by memory, the cursor goes along
styles
key I
dump the least first
key <
dump by processor time
key F6
dump the menu
key G Enter
dump by age
key Enter
dump the test of that worker
key Esc 1 F6 g Enter g
dump by number again
click 3 36
dump a click on a heading
END
} | screen workers-many --size 80x24

# --- timeline ---

# Four workers and forty tests, of half a second to three seconds; two fail, one at its first attempt only, and the
# last takes eight seconds. After 15 seconds all others have ended.
forty() {
	awk 'BEGIN {
		print "0 run.started run_id=8f2c1d77 root=/home/user/forty workers=4"
		for (i = 1; i <= 40; i++)
			printf "0 test.found test=%d suite=unit id=tests/test_%d.py::test_it\n", i, i
		print "0 run.collected tests=40 workers=4 dist=load"
		for (w = 0; w < 4; w++)
			printf "0 worker.started worker=%d incarnation=1 pid=%d\n", w, 100 + w
		for (i = 1; i <= 40; i++) {
			w = 0
			for (o = 1; o < 4; o++)
				if (ends[o] < ends[w])
					w = o
			duration = i == 40 ? 8 : 0.5 + i * 37 % 26 / 10
			outcome = i == 7 || i == 21 ? "failed" : i == 12 ? "skipped" : "passed"
			at = ends[w] + (i % 9 == 0 ? 0.8 : 0.01)
			attempts = i == 21 ? 2 : 1
			for (a = 1; a <= attempts; a++) {
				print at, "test.started worker=" w " test=" i " attempt=" a
				at += duration
				print at, "test.finished worker=" w " test=" i " attempt=" a " outcome=" (a == 2 ? "passed" : outcome) \
					" duration=" duration
			}
			print at, "test.verdict test=" i " worker=" w " outcome=" (attempts == 2 ? "passed" : outcome) \
				" flaky=" (attempts == 2 ? "true" : "false") " attempts=" attempts " duration=" attempts * duration
			ends[w] = at
			if (at > last)
				last = at
		}
		print last + 0.1, "run.finished exit_code=1 duration=" last + 0.1
	}' | sort -s -n -k 1,1
}
{
	forty
	cat <<'END'
key 4
dump the whole run
styles
key g
dump the first test
key Right Right
dump the third
key j
dump the one below
key ]
dump the next failure
key ]
dump and the next
key ]
dump no other
key [ [
dump back by one
key + + +
dump closer
styles
key <
dump half a screen earlier
key > >
dump and later
key G
dump the end
key Left k
dump the one before, above
key - -
dump wider
key - - - -
dump all again
key +
key Enter
dump its detail
key Esc
dump back
click 4 40
dump clicked
double 5 30
dump opened by two clicks
key Esc F z e
dump what does nothing
key q
dump closed
END
} | screen timeline --size 100x16
{ forty; echo key 4; echo dump; echo key + + g; echo styles; echo dump; } | screen timeline-ascii-80x24 --size 80x24 --ascii
{ forty; echo key 4; echo dump; echo key +; echo dump; } | screen timeline-40x10 --size 40x10
{
	forty | awk '$1 <= 6.2'
	echo now 6.3
	cat <<'END'
key 4
dump it goes on
key F + + + +
dump the newest is followed
now 6.9
dump and goes along
key Left
now 9
dump until it is left
key F
dump followed again
key r
calls
key x
type too slow
key Enter
calls
END
} | screen timeline-live --size 100x14
{ many; echo now 10; echo key 4; echo dump; echo key PgDn; echo dump a page down; echo wheel-down 5 5; echo dump;  } | screen timeline-many --size 80x16
{ echo key 4; echo dump before anything; echo key + - j Right Enter ]; echo dump; } | screen timeline-empty --size 80x12
{ forty; echo key 4; echo key r; echo dump; } | screen timeline-replay --size 80x12 --replay

# --- flaky tests and the quarantine ---

past() {
	cat <<'END'
past PPFPPRPPPFPP demo tests/flaky/network.sh
past PFPFPPFPFPPF demo tests/tap/parser.t
past FFFFFFPPPPPP demo tests/pass/strings.sh
past PPPPPPPPPPPP demo tests/pass/arithmetic.sh
past PPPTPPTPP demo tests/gone/old.sh
held {test: tests/quarantine/clock.sh, reason: "fails around midnight, see the wiki", owner: ann, since: 2023-10-01, expires: 2023-11-18}
held {test: 'test(/running|divide/)', reason: waits for servers, since: 2023-09-01}
held {test: tests/skip/needs-root.sh, suite: demo, expires: 2023-11-15, issue: "https://example.org/17"}
held {test: tests/none.sh, reason: it is gone, expires: 2023-01-01}
END
}
for size in 80x24 120x24 40x10; do
	{ past; demo; echo key 5; echo dump; echo key Tab; echo dump the quarantine; } | screen "flaky-$size" --size "$size"
done
{ past; demo; echo key 5; echo styles; echo dump; echo key Right; echo styles; } | screen flaky-ascii --size 80x20 --ascii
{
	past
	demo
	cat <<'END'
key 5
calls
dump the one of this run comes first
key j
dump the next
key x
type it hangs
key Enter
dump in quarantine
calls
key G
dump not in this run
key x
dump so it can not be quarantined
key Enter
dump nor opened
key g Enter
dump the detail
key Esc
dump back
key /
type strings
key Enter
dump found
key Right j
dump an expression
key x
dump release is asked for
key n
key x y
dump all that it held is released
calls
key G Enter
dump it names no test
refuse quarantine.yaml: Permission denied
key x y
dump refused
key 5
dump nothing can be read
refuse
key S-Tab
5 test.started worker=0 test=14 attempt=1
5 test.finished worker=0 test=14 attempt=1 outcome=failed duration=0.1
5.1 test.started worker=0 test=14 attempt=2
5.1 test.finished worker=0 test=14 attempt=2 outcome=passed duration=0.1
5.1 test.verdict test=14 outcome=passed flaky=true attempts=2 duration=0.2 worker=0
dump one more is flaky
calls
click 3 10
dump clicked
double 3 10
dump opened by two clicks
key q q
dump closed
END
} | screen flaky --size 100x20
{ demo; echo key 5; echo dump; echo key Tab; echo key Enter; echo dump; echo key q; echo key x; echo dump; } |
	screen flaky-replay --size 80x16 --replay
{ echo key 5; echo dump nothing at all; echo key Enter x Tab j G x Enter; echo dump; } | screen flaky-empty --size 80x12

screens_end
