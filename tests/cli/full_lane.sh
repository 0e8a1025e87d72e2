#!/bin/sh
# A lane that is full because the controller stands still: a flood of output is held back and nothing of it is lost; the
# test's deadline stands still meanwhile. TAP on stdout. XTOP_TEST_MEGABYTES says how much is printed.
. "$srcdir/tests/lib/runs.sh"
megabytes=${XTOP_TEST_MEGABYTES:-200}
mkfifo "$scratch/go"
export GO="$scratch/go" PROGRESS="$scratch/progress"

# Waits to be told, prints numbered lines of 64 bytes, and says how far it has come.
program flood.pl <<'END'
#!/usr/bin/perl
use strict;
open my $progress, ">", $ENV{PROGRESS} or die;
open my $go, "<", $ENV{GO} or die;
<$go>;
for my $megabyte (1 .. $ENV{MEGABYTES}) {
	my $block = join "", map { sprintf "%031d%032d\n", $megabyte, $_ } 1 .. 16384;
	for (my $done = 0; $done < length $block;) {
		$done += syswrite STDOUT, $block, 65536, $done;
		syswrite $progress, ".";
	}
}
exit 3;
END

progress() {
	[ ! -e "$PROGRESS" ] || wc -c <"$PROGRESS"
}
# stands_still SECONDS: the test has begun to print, and for so long nothing more was taken.
stands_still() {
	before=$(progress)
	sleep "$1"
	[ "$before" -gt 0 ] && [ "$before" -eq "$(progress)" ]
}

# flood MEGABYTES SECONDS ARGUMENT…: a run whose controller is stopped so long while the test prints.
flood() {
	rm -rf "$scratch/.xtop" "$PROGRESS"
	export MEGABYTES="$1"
	seconds=$2
	shift 2
	start -n 1 "$@" flood.pl
	need exists "$PROGRESS"
	kill -STOP "$xtop"
	need is_stopped "$xtop"
	echo >"$GO"
	need stands_still "$seconds"
	blocked_at=$(progress)
	kill -CONT "$xtop"
	finish
}

flood "$megabytes" 0.5 --output-limit "$((megabytes + 1))M"
check 'a full lane holds the test up' test "$blocked_at" -lt $((16 * megabytes))
check 'the test came to its own end' same "$(events test.finished | field exit_code)" 3
file=$(find "$scratch/.xtop" -type f -size +1000k)
perl -e 'for my $m (1 .. $ARGV[0]) { printf "%031d%032d\n", $m, $_ for 1 .. 16384 }' "$megabytes" | cksum >"$scratch/expected"
check 'nothing is lost' same "$([ -n "$file" ] && cksum <"$file")" "$(cat "$scratch/expected")"
check 'nothing is left' await none_marked

# Longer than the deadline: the time in which the test could not come on is not counted.
flood 8 3 --timeout 2
check 'the deadline stands still' same "$(outcome flood.pl) $(events test.finished | field exit_code)" 'failed 3'

# With the lane full, a person can still end it: the controller lives again, the test does not come on.
rm -f "$PROGRESS"
program stuck.pl <<'END'
#!/usr/bin/perl
$SIG{TERM} = "IGNORE";
open my $progress, ">", $ENV{PROGRESS};
open my $go, "<", $ENV{GO};
<$go>;
syswrite STDOUT, "x" x 65536 and syswrite $progress, "." while 1;
END
start -n 1 --timeout-grace 0.2 --output-limit 100000M stuck.pl
need exists "$PROGRESS"
kill -STOP "$xtop"
need is_stopped "$xtop"
echo >"$GO"
need stands_still 0.5
kill -INT "$xtop"
kill -CONT "$xtop"
finish
check 'a flood can be interrupted' same "$(outcome stuck.pl) $status" 'notrun 2'
check 'and leaves nothing' await none_marked
end_tests
