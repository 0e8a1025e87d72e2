#!/bin/sh
# A signal stops a run: the first ends running tests and lets them clean up, the second kills them. Each test has its
# verdict, the reports are written, the exit code is 2. TAP on stdout.
. "$srcdir/tests/lib/runs.sh"
perl -MJSON::PP -e 1 2>/dev/null || {
	echo '1..0 # SKIP the perl module JSON::PP is missing'
	exit 0
}
mkdir "$scratch/seen"
export SEEN="$scratch/seen"

# Takes its time to clean up: longer than any default action, until it is seen to do so.
program polite.sh <<'END'
#!/bin/sh
trap 'echo cleaning up; : >"$SEEN/cleaned.${0##*/}"; exit 7' TERM
: >"$SEEN/running.${0##*/}"
while :; do
	sleep 0.05
done
END
# A shell that waits for the test proper and is gone at the first signal.
program wrapper.pl <<'END'
#!/usr/bin/perl
unless (fork) {
	$SIG{TERM} = sub {
		select undef, undef, undef, 0.3;
		open my $out, ">", "$ENV{SEEN}/cleaned.wrapped";
		exit 0;
	};
	open my $out, ">", "$ENV{SEEN}/running.wrapper.pl";
	close $out;
	sleep 1000 while 1;
}
wait;
END
program stubborn.sh <<'END'
#!/bin/sh
trap ': >"$SEEN/told.${0##*/}"' TERM
: >"$SEEN/running.${0##*/}"
while :; do
	sleep 0.05
done
END
for i in 1 2 3 4 5 6; do
	ln "$scratch/polite.sh" "$scratch/polite$i.sh"
	ln "$scratch/stubborn.sh" "$scratch/stubborn$i.sh"
done

# begin RUNNING ARGUMENT…: starts a run and waits until so many tests run.
begin() {
	rm -f "$SEEN"/*
	running=$1
	shift
	start --junit-xml "$scratch/junit.xml" "$@"
	need files_are "$running" "$SEEN/running.*"
}

reasons() {
	events test.verdict | field reason | sort -u
}

# reports_are_whole TESTS
reports_are_whole() {
	[ "$(grep -c '<testcase ' "$scratch/junit.xml")" -eq "$1" ] && tail -n 1 "$scratch/junit.xml" | grep -q '</testsuites>' &&
		tail -n 1 "$scratch/events" | grep -q '"type":"run.finished".*"exit_code":2'
}

agree() {
	same "$(perl "$srcdir/tests/matrix/agree.pl" "$scratch/events" "$scratch/junit.xml" "$scratch/out" 2>&1)" ''
}

for signal in INT TERM HUP; do
	case $signal in
	INT) reason=interrupted ;;
	TERM) reason=terminated ;;
	HUP) reason='hung up' ;;
	esac
	begin 2 -n 2 polite1.sh polite2.sh polite3.sh polite4.sh polite5.sh polite6.sh
	kill -$signal "$xtop"
	finish
	check "SIG$signal: the exit code is 2" same "$status" 2
	check "SIG$signal: running tests could clean up" files_are 2 "$SEEN/cleaned.*"
	check "SIG$signal: no other was started" files_are 2 "$SEEN/running.*"
	check "SIG$signal: every test has its verdict" one_verdict_each
	check "SIG$signal: it is notrun" same "$(events test.verdict | field outcome | sort | uniq -c | tr -s ' ')" ' 6 notrun'
	check "SIG$signal: with the reason" same "$(reasons)" "$reason"
	check "SIG$signal: reports are whole" reports_are_whole 6
	check "SIG$signal: they count what the verdicts say" agree
	check "SIG$signal: the plain one says why" grep -q -x -e "xtop: 6 tests not run: $reason" "$scratch/out"
	check "SIG$signal: the last line is as ever" same "$(tail -n 1 "$scratch/out")" \
		'xtop: 0 passed, 0 failed, 0 skipped'
	check "SIG$signal: nothing is left" await none_marked
done

begin 1 -n 1 wrapper.pl
kill -INT "$xtop"
finish
check 'a process behind a shell can clean up too' exists "$SEEN/cleaned.wrapped"
check 'and nothing is left' await none_marked

begin 2 -n 2 --timeout-grace 0.2 stubborn1.sh stubborn2.sh stubborn3.sh
kill -INT "$xtop"
finish
check 'whoever ignores the signal is killed after the grace' same "$status $(reasons)" '2 interrupted'
check 'it was told before' files_are 2 "$SEEN/told.*"
check 'every test of that run has its verdict' one_verdict_each
check 'nothing is left of them' await none_marked

# A grace that nobody would wait for.
begin 2 -n 2 --timeout-grace 100000 stubborn1.sh stubborn2.sh stubborn3.sh
kill -INT "$xtop"
need files_are 2 "$SEEN/told.*"
kill -INT "$xtop"
finish
check 'a second signal kills' same "$status" 2
check 'every test of a killed run has its verdict' one_verdict_each
check 'which is notrun with the reason' same "$(events test.verdict | field outcome | sort -u) $(reasons)" \
	'notrun interrupted'
check 'reports of a killed run are whole' reports_are_whole 3
check 'and count what its verdicts say' agree
check 'nothing is left of a killed run' await none_marked

# Workers that somebody stopped have to hear it too, and so does a guardian.
begin 2 -n 2 polite1.sh polite2.sh polite3.sh
guardian=$(children "$xtop" xtop-guardian)
workers=$(children "$guardian" xtop-gw)
kill -STOP $guardian $workers
for pid in $guardian $workers; do
	need is_stopped "$pid"
done
kill -INT "$xtop"
finish
check 'workers that were stopped obey' same "$status" 2
check 'and let their tests clean up' files_are 2 "$SEEN/cleaned.*"
check 'they leave nothing' await none_marked

# After --maxfail what runs may end by itself; whoever interrupts it then is the reason.
program fails.sh <<'END'
#!/bin/sh
until [ -e "$SEEN/running.polite1.sh" ]; do
	sleep 0.02
done
exit 1
END
begin 1 -n 2 -x fails.sh polite1.sh polite2.sh
need events test.verdict >/dev/null
kill -INT "$xtop"
finish
check 'an interrupt after --maxfail ends what runs' same "$(outcome polite1.sh)" notrun
check 'with its own reason' same "$(events test.verdict | grep polite1 | field reason)" interrupted
check 'what failed before counts' same "$(outcome fails.sh) $(outcome polite2.sh)" 'failed notrun'
check 'the exit code is that of an interrupt' same "$status" 2

# The first attempt failed, the second is stopped: the failure must not be lost.
program again.sh <<'END'
#!/bin/sh
[ "$XTOP_ATTEMPT" -gt 1 ] || exit 9
: >"$SEEN/running.again.sh"
while :; do
	sleep 0.05
done
END
begin 1 -n 1 --reruns 1 again.sh
kill -INT "$xtop"
finish
check 'a failure counts though its rerun was interrupted' same "$(outcome again.sh) $status" 'failed 2'

# Delayed reruns don't hold an interrupt up.
program broken.sh <<'END'
#!/bin/sh
: >"$SEEN/running.broken.sh"
exit 9
END
begin 1 -n 1 --reruns 1 --reruns-delay 100000 broken.sh
need events test.finished >/dev/null
kill -INT "$xtop"
finish
check 'a rerun that waits for its time is left out' same "$(outcome broken.sh) $status" 'failed 2'

# Ctrl-Z: a test is in a session of its own, so xtop stops it, and its deadline with it.
# It starts nothing itself: a parent in the middle of vfork(2) can't be stopped while its child is.
program waits.pl <<'END'
#!/usr/bin/perl
for my $name ("pid", "running.waits.pl") {
	open my $out, ">", "$ENV{SEEN}/$name" or die;
	print $out $$;
}
select undef, undef, undef, 0.02 until -e "$ENV{SEEN}/go";
END
goes_on() {
	! is_stopped "$1"
}
begin 1 -n 1 --timeout 3 waits.pl
kill -TSTP "$xtop"
check 'a suspended run stands still' await is_stopped "$xtop"
check 'and so do its tests' await is_stopped "$(cat "$SEEN/pid")"
sleep 3.5
kill -CONT "$xtop"
check 'both go on together' await goes_on "$(cat "$SEEN/pid")"
: >"$SEEN/go"
finish
check 'the time between does not count' same "$(outcome waits.pl) $status" 'passed 0'

# What the caller had ignored stays ignored: nohup.
rm -f "$SEEN"/*
rm -f "$scratch/events"
XTOP_TEST_MARK=$mark sh -c 'trap "" HUP; exec "$@"' sh "$XTOP" --no-tui --rootdir "$scratch" \
	--events "$scratch/events" -n 1 waits.pl </dev/null >"$scratch/out" 2>"$scratch/err" &
xtop=$!
need files_are 1 "$SEEN/running.*"
kill -HUP "$xtop"
: >"$SEEN/go"
finish
check 'a hang-up that the caller ignores ends nothing' same "$(outcome waits.pl) $status" 'passed 0'
end_tests
