#!/bin/sh
# The detail of a test: its output as a terminal would show it. TAP on stdout.
# Usage: detail.sh [--update]
set -u
. "${srcdir:-$(dirname "$0")/../..}/tests/tui/lib/screens.sh"

# One test that failed, with what its output event says.
prints() {
	cat <<END
0 run.started run_id=8f2c1d77 root=/home/user/demo workers=1
0 test.found test=1 suite=demo id=tests/one.sh
0 run.collected tests=1
0 worker.started worker=0 incarnation=1 pid=1
0.1 test.started worker=0 test=1 attempt=1
0.2 test.output worker=0 test=1 attempt=1 stream=stdout data="$1"
END
}

colours='\e[31mred \e[1mbold\e[0m \e[92mbright\e[m \e[41;37m on red \e[m \e[7mreverse\e[m \e[38;5;208morange\e[m \e[38;2;90;90;90mgrey\e[m\n'
lines='\e[4munderlined 日本語\e[m and \e]8;;https://example.org\e\\a link\e]8;;\e\\\n 10%\r 50%\r100% done\n'
long='a line that is broken at the edge keeps its \e[32mcolour, which is green from here on until it ends far to the right\e[m, plain\n'
{
	prints "$colours$lines$long" | sed 's/\\r/\\x0d/g'
	echo 'key Enter'
	echo dump
	echo styles
	echo 'type /REVERSE'
	echo 'key Enter'
	echo styles what was searched for
} | screen detail-colours --size 80x16
{ prints "$colours$lines$long" | sed 's/\\r/\\x0d/g'; echo dump; } | screen detail-colours-ascii --size 80x16 --ascii

# --- what leaves the dashboard ---

# A test of pytest's that failed in a helper, and what it printed in two attempts.
fails() {
	cat <<'END'
0 run.started run_id=8f2c1d77 root=/home/user/demo workers=1
0 test.found test=1 suite=demo id=sub/tests/test_one.py::test_one file=sub/tests/test_one.py line=3
0 test.found test=2 suite=demo id=tests/two.sh file=tests/two.sh
0 run.collected tests=2
0 worker.started worker=0 incarnation=1 pid=1
0.1 test.started worker=0 test=1 attempt=1
0.2 test.output worker=0 test=1 attempt=1 stream=stdout data="connecting\nrefused\n"
0.3 test.finished worker=0 test=1 attempt=1 outcome=failed duration=0.2 message="OSError: refused\ntests/test_one.py:5: \n_ _ _\n> raise OSError\nhelpers/net.py:4: OSError\n/usr/lib/python3/socket.py:12: in connect"
0.3 test.started worker=0 test=1 attempt=2
0.4 test.output worker=0 test=1 attempt=2 stream=stdout data="connecting\nagain\n"
0.5 test.finished worker=0 test=1 attempt=2 outcome=failed duration=0.2 message="OSError: refused\ntests/test_one.py:5: \n_ _ _\n> raise OSError\nhelpers/net.py:4: OSError\n/usr/lib/python3/socket.py:12: in connect"
0.5 test.verdict test=1 outcome=failed attempts=2 duration=0.4 worker=0 message="OSError: refused" code=XT5002
file /home/user/demo/sub/tests/test_one.py "import net\n\ndef test_one():\n    # a comment\n    net.connect()\n"
file /home/user/demo/sub/helpers/net.py "import socket\n\ndef connect():\n    raise OSError('refused')\n"
END
}
{
	fails
	cat <<'END'
key o
calls
variable PAGER most -s
variable LESS X
key o
key m
calls
key y Y
dump copied
calls
variable EDITOR nano
key e
variable VISUAL /usr/bin/code --wait
key e
variable VISUAL subl
key e
calls
ended editor 0
ended editor 3
dump it ended with a code
ended pager 0 9
dump it was killed
key d
calls
refuse python is not there
key d
dump it says why not
key b
dump it does not run
refuse
END
} | screen errands --size 80x24
{
	fails
	cat <<'END'
key Down o
dump it printed nothing
key m
dump it has no code
key e
dump no editor
program vi
key e
dump no file
file /home/user/demo/tests/two.sh "#!/bin/sh\n"
key e
calls
0.6 test.started worker=0 test=2 attempt=1
0.7 test.output worker=0 test=2 attempt=1 stream=stdout data="two.sh: line 1: oh\n"
key b
calls
key o
0.8 test.finished worker=0 test=2 attempt=1 outcome=failed duration=0.2 exit_code=1 message="exit code 1" output_file=/home/user/demo/.xtop/runs/1/2-1.out
file /home/user/demo/.xtop/runs/1/2-1.out "all"
program less
key o e
calls
END
} | screen errands-of-a-program --size 80x24
{ fails; echo 'key y d b'; echo dump; echo calls; } | screen errands-of-a-record --size 80x24 --replay

# --- what went wrong, the attempts, the past ---

{
	fails
	cat <<'END'
0.5 diagnosis test=1 attempt=2 code=XT2002 message="likely: timed out after 2 s: sleeping, in test_one\nstate S in hrtimer_nanosleep"
0.5 log level=note worker=0 test=1 attempt=2 message="it was blocked in futex (a lock)" evidence="{\"where\": \"blocked\", \"syscall\": \"futex\", \"cpu\": 0.01, \"pid\": 17, \"stack\": \"#0 wait\\n#1 main\"}"
key Enter
dump the error
styles
key PgDn
dump the rest
key Right
dump attempts beside each other
styles
size 60x24
dump below each other
size 40x10
dump small
END
} | screen detail-error --size 100x40
{
	fails
	cat <<'END'
key 3 Right Right
dump the history
styles
key k j
calls
key Enter
dump all of it
refuse the history is damaged
key Esc 2 Down 3 Right Right Right
dump it says why not
END
} | screen detail-history --size 80x24
{ fails; echo 'key 3 Right Right'; echo dump; } | screen detail-history-of-a-record --size 80x24 --replay

screens_end
