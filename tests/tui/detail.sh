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

screens_end
