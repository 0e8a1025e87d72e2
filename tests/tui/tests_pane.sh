#!/bin/sh
# The tests pane: tree, folded failures, filter, tags, columns. TAP on stdout.
# Usage: tests_pane.sh [--update]
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/tui/lib/screens.sh"

suites() {
	cat "$tui/tree.events"
	echo now 3.2
}

# --- the tree ---

{
	suites
	cat <<'END'
key j t
dump a tree, the cursor on its test
key -
dump its class is closed, and has the cursor
key - -
dump the file, then the directory
key Enter +
dump open, and with all below
key F5
dump a list again, the cursor on the first test of where it was
key t g j j j j j j j k G
dump the end
key -
dump a program stands in its directory
key > I
dump by time, the least first
key / 
type retry
key Enter
dump found in a file
END
} | screen tree --size 100x40

# What is closed is opened for what is looked for; a verdict changes sums, and the cursor stays.
{
	suites
	cat <<'END'
key t - - - -
dump closed
key ]
dump the first failure in it
key ]
dump the next
key ]
dump and one more
key [
dump back
key [ [
dump and round
key j
3.3 test.finished worker=1 test=8 attempt=1 outcome=failed duration=2 message="AssertionError: assert 2 == 3\n\ntests/db/test_lock.py:4: AssertionError"
3.3 test.verdict worker=1 test=8 outcome=failed attempts=1 duration=2
dump the sums follow
key F
3.4 test.started worker=1 test=6 attempt=1
dump the newest is followed
END
} | screen tree-moves --size 80x40

# Many tests: files begin closed.
{
	i=1
	echo 0 run.started run_id=1 workers=1
	while [ $i -le 400 ]; do
		echo "0 test.found test=$i suite=big id=tests/test_$((i % 7)).py::test_$i"
		i=$((i + 1))
	done
	cat <<'END'
0 run.collected tests=400
key j j j
key t
dump
key g x
dump too many for an entry each
calls
END
} | screen tree-many --size 80x24

# So many get their places in slices, and the cursor waits for its test.
{
	echo 0 run.started run_id=1 workers=1
	awk 'BEGIN { for (i = 1; i <= 9000; i++) print "0 test.found test=" i " suite=big id=tests/test_" i % 7 ".py::test_" i }'
	cat <<'END'
0 run.collected tests=9000
key G t
dump
END
} | screen tree-slices --size 80x24

# --- failures with one cause ---

{
	suites
	cat <<'END'
key Right Right
dump two of four have one cause
key +
dump open
key G
3.3 test.finished worker=1 test=8 attempt=1 outcome=failed duration=2 message="AssertionError: assert 2 == 3\n\ntests/db/test_lock.py:4: AssertionError"
3.3 test.verdict worker=1 test=8 outcome=failed attempts=1 duration=2
dump another test has the cause of the last
key j Enter
dump opened
key ] ] ]
dump a cause counts as one
key / 
type size[20
key Enter
dump search opens
key r
calls
key - r
dump all that have the cause run again
calls
END
} | screen fold --size 80x40

# A heading of the tree is no cause, whatever its number.
{
	suites
	cat <<'END'
3.3 test.finished worker=1 test=8 attempt=1 outcome=failed duration=2 message="AssertionError: assert 2 == 3\n\ntests/db/test_lock.py:4: AssertionError"
3.3 test.verdict worker=1 test=8 outcome=failed attempts=1 duration=2
key Right Right t g j
dump on a file
key Left t Right
dump on the cause of the first test in it
END
} | screen fold-tree --size 80x24

# --- the filter ---

{
	suites
	cat <<'END'
key j j \
type flaky() or te
dump typed so far
type st(lock
dump a mistake leaves what was there
key Enter
dump it can't be taken so
type )
dump it can be seen again
key Enter
dump
3.3 test.verdict worker=1 test=8 outcome=passed flaky=true attempts=1 duration=2
key Right Right Right
dump in each tab, and as tests change
key Left Left Left t
dump in the tree
key R
calls
key Esc
dump Esc takes it off
key F4
type status(running)
dump what runs
key C-u
dump an empty line
type worker(1)
key Esc
dump
key F4
type none()
key Enter
dump nothing is left
key 1 Enter
dump a test that is asked for is shown
END
} | screen filter --size 80x24

{
	suites
	cat <<'END'
key \
type duration(> 0.3
dump
type s) and (
dump narrow
key Esc
END
} | screen filter-40x10 --size 40x10 --ascii

# --- tags ---

{
	suites
	cat <<'END'
key Space Space j Space
dump three
key >
key Right
dump they stay
key r
dump those that are done run again
calls
key Left t
dump in the tree
key x
dump one reason for all
type together
key Enter
dump
calls
key x y
dump released
calls
key U
dump none
key U
dump none at all
key g Space
dump all below
key Space
dump the rest of them
END
} | screen tags --size 100x30

{
	suites
	cat <<'END'
key t g r
dump what is below runs again
calls
key F9
dump
key Enter
calls
key G F9
dump it does not run
refuse the run is stopping
key g r
dump refused
calls
refuse
key g x
dump asks
key Esc Space
key Tab Tab r
calls
dump elsewhere tags don't count
END
} | screen below --size 80x24

# --- columns ---

{
	suites
	cat <<'END'
key F6 j j Enter
dump by processor time, which is seen then
key >
dump then by the next
key F6 G k k Enter
dump by message: the most frequent cause first
key F6 G k Enter
dump by code
key I
dump inverted
key F6 j j j j j j j Enter
dump by file
END
} | screen columns --size 120x24

for size in 120x24 80x24 40x10; do
	{
		suites
		echo dump
		echo key t
		echo dump as a tree
	} | screen "columns-chosen-$size" --size "$size" --settings 'columns:
  tests: [file, mem, time, cpu, code, worker]'
done
{ suites; echo dump; } | screen columns-none --size 80x24 --settings 'columns:
  tests: []'
# From when on a test is slow.
{ suites; echo 'key Left Left'; echo dump; } | screen slow --size 80x24 --slow 0.4
{ suites; echo 'key Left Left'; echo dump; } | screen slow-none --size 80x24 --slow 90

# --- frozen ---

{
	suites
	cat <<'END'
key j j Z
dump frozen
3.3 test.finished worker=1 test=8 attempt=1 outcome=failed duration=2 message="AssertionError: assert 2 == 3\n\ntests/db/test_lock.py:4: AssertionError"
3.3 test.verdict worker=1 test=8 outcome=failed attempts=1 duration=2
3.4 test.started worker=1 test=6 attempt=1
3.5 test.found test=12 suite=unit id=tests/unit/test_late.py::test_late
3.6 worker.sample worker=0 cpu=0.8 rss=25165824
now 5.5
dump nothing but the sign has changed
key k k r
calls
dump one can move and act
key Right Right G Enter q t
dump and look at it otherwise
key t Left Left Tab
dump where the focus goes
key S-Tab 1
dump the workers as they are
key 2 \
type status(failed)
key Enter
dump a filter judges what is
key Esc
size 120x40
dump another size
size 40x10
dump small
size 80x24
key Z
dump it goes on
END
} | screen freeze --size 80x24

# Output of the test that is looked at waits, too.
{
	suites
	cat <<'END'
key j j j j
3.2 test.output worker=1 test=8 attempt=1 stream=stdout data="before\n"
key Z
3.3 test.output worker=1 test=8 attempt=1 stream=stdout data="after\n"
dump frozen
key Z
dump it goes on
END
} | screen freeze-output --size 60x20

screens_end
