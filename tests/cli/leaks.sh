#!/bin/sh
# Tests that leave processes behind: the run ends, says which, and ends them. TAP on stdout.
. "$srcdir/tests/lib/runs.sh"

program daemon.pl <<'END'
#!/usr/bin/perl
use POSIX ();
pipe my $in, my $out;
unless (fork) {
	POSIX::setsid();
	exit 0 if fork;
	open STDIN, "<", "/dev/null";
	open STDOUT, ">", "/dev/null";
	open STDERR, ">", "/dev/null";
	$SIG{$_} = "IGNORE" for qw(TERM HUP INT);
	syswrite $out, "$$\n";
	close $out;
	exec "sleep", "1234";
}
close $out;
print "daemon ", scalar <$in>;
END
program pipe.sh <<'END'
#!/bin/sh
sleep 1235 &
echo "holder $!"
END
program flood.sh <<'END'
#!/bin/sh
# More of them than one can read away.
yes flood &
yes flood &
yes flood &
yes flood &
echo done
END
program several.sh <<'END'
#!/bin/sh
for i in 1 2 3 4 5 6 7 8 9 10; do
	setsid sleep 1236 >/dev/null 2>&1 &
done
END
program fails.sh <<'END'
#!/bin/sh
setsid sleep 1237 >/dev/null 2>&1 &
exit 3
END
# The pid is only in the output; the log must name the same.
run -n 2 -vv daemon.pl pipe.sh flood.sh several.sh fails.sh
check 'the run ends with the one failure' same "$status" 1
check 'every test has its verdict' one_verdict_each
for id in daemon.pl pipe.sh flood.sh several.sh; do
	check "$id passed" same "$(outcome $id)" passed
done
check 'fails.sh failed by its exit code' same "$(events test.verdict | grep fails.sh | field exit_code)" 3

# log_of ID: what the log says about a test.
log_of() {
	events log | grep -F "\"id\":\"$1\"" | field message
}
pid=$(grep -o 'daemon [0-9]*' "$scratch/events" | head -n 1 | cut -d' ' -f2)
check 'a daemon is named with pid and command' same "$(log_of daemon.pl)" \
	"left 1 process behind, ended now: $pid \`sleep 1234\`"
pid=$(grep -o 'holder [0-9]*' "$scratch/events" | head -n 1 | cut -d' ' -f2)
check 'so is a child that holds the pipe' same "$(log_of pipe.sh)" \
	"left 1 process behind, ended now: $pid \`sleep 1235\`"
check 'and one that floods it' test -n "$(log_of flood.sh | grep 'yes flood')"
check 'many are counted' test -n "$(log_of several.sh | grep '^left 10 processes behind')"
check 'what a failing test left is named too' test -n "$(log_of fails.sh | grep 'sleep 1237')"
check 'they are told to a reader as well' grep -q 'sleep 1234' "$scratch/out" "$scratch/err"
check 'nothing survives' await none_marked
end_tests
