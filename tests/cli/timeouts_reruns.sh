#!/bin/sh
# Deadlines, reruns, crashes and --maxfail. TAP on stdout.
. "$srcdir/tests/lib/runs.sh"
mkdir "$scratch/seen"
export SEEN="$scratch/seen"

program hangs.sh <<'END'
#!/bin/sh
echo attempt "$XTOP_ATTEMPT"
exec sleep 1000
END
program stubborn.sh <<'END'
#!/bin/sh
trap ': >"$SEEN/told"' TERM
while :; do
	sleep 0.05
done
END
# A leader that leaves its group can't be reached through it.
program leaves_group.pl <<'END'
#!/usr/bin/perl
my $child = fork;
unless ($child) {
	$SIG{TERM} = "IGNORE";
	setpgrp 0, 0;
	sleep 1000 while 1;
}
until (getpgrp($child) == $child) { select undef, undef, undef, 0.01 }
setpgrp 0, $child or die;
sleep 1000 while 1;
END
program stops.sh <<'END'
#!/bin/sh
kill -STOP $$
END
program fine.sh <<'END'
#!/bin/sh
END
run -n 3 --timeout 0.5 --timeout-grace 0.2 hangs.sh stubborn.sh leaves_group.pl stops.sh fine.sh
check 'tests that hang time out' same "$status" 1
for id in hangs.sh stubborn.sh leaves_group.pl stops.sh; do
	check "$id timed out" same "$(outcome $id)" timeout
done
# Without what it was doing, of which the kernel may tell more or less.
message_of() {
	events test.verdict | grep -F "\"id\":\"$1\"" | field message | sed 's/; it[^;]*//'
}
check 'the limit is named' same "$(message_of hangs.sh)" 'timed out after 0.5 s'
check 'one that ignores SIGTERM was told' exists "$SEEN/told"
check 'and is killed after the grace' same "$(message_of stubborn.sh)" \
	'timed out after 0.5 s; ignored SIGTERM for 0.2 s and was killed'
check 'one that left its group is told all the same' same "$(message_of leaves_group.pl)" 'timed out after 0.5 s'
check 'so is one that was stopped' same "$(message_of stops.sh)" 'timed out after 0.5 s'
check 'others run' same "$(outcome fine.sh)" passed
check 'nothing is left' await none_marked

run -n 1 --timeout 0.3 --reruns 1 hangs.sh
check 'a rerun has a deadline of its own' same "$(events test.finished | field outcome | tr '\n' ' ')" 'timeout timeout '
check 'two timeouts are one verdict' same "$(outcome hangs.sh) $status" 'timeout 1'
check 'after two attempts' same "$(events test.verdict | field attempts)" 2

program flaky.sh <<'END'
#!/bin/sh
[ "$XTOP_ATTEMPT" -gt 2 ]
END
run -n 1 --reruns 2 flaky.sh
check 'a pass after failures passes' same "$(outcome flaky.sh) $status" 'passed 0'
check 'and is flaky' same "$(events test.verdict | field flaky) $(events test.verdict | field attempts)" 'true 3'
run -n 1 --reruns 2 --flaky-result fail flaky.sh
check '--flaky-result fail turns that round' same "$(outcome flaky.sh) $status" 'failed 1'
run -n 1 --reruns 1 flaky.sh
check 'too few reruns do not help' same "$(outcome flaky.sh) $(events test.finished | wc -l)" 'failed 2'

run -n 2 --reruns 1 --reruns-delay 0.4 flaky.sh
first=$(events test.finished | field t | head -n 1)
second=$(events test.started | field t | tail -n 1)
check 'a rerun waits for its delay' awk "BEGIN { exit !($second - $first >= 0.4) }"

# --maxfail: eight tests on two workers, all failing; nobody starts after the second failure is known.
program fails.sh <<'END'
#!/bin/sh
: >"$SEEN/started.${0##*/}"
exit 1
END
for i in 1 2 3 4 5 6 7 8; do
	ln "$scratch/fails.sh" "$scratch/fails$i.sh"
done
run -n 1 --maxfail 2 fails1.sh fails2.sh fails3.sh fails4.sh fails5.sh
check '--maxfail is a failure of the run, not an interrupt' same "$status" 1
check 'after the last that may fail none is started' files_are 2 "$SEEN/started.*"
check 'those that were not run say why' same "$(events test.verdict | grep notrun | field reason | sort | uniq -c | tr -s ' ')" \
	' 3 stopped after 2 failures (--maxfail)'
check 'every test has its verdict' one_verdict_each
rm -f "$SEEN"/*
program waits.sh <<'END'
#!/bin/sh
: >"$SEEN/waiting"
until grep -q '"type":"test.verdict"' "$EVENTS"; do
	sleep 0.02
done
END
program fails_late.sh <<'END'
#!/bin/sh
until [ -e "$SEEN/waiting" ]; do
	sleep 0.02
done
exit 1
END
EVENTS="$scratch/events" run -n 2 -x fails_late.sh waits.sh fails1.sh fails2.sh
check '-x lets running tests end' same "$(outcome waits.sh)" passed
check '-x starts no other' files_are 0 "$SEEN/started.*"
check '-x ends with 1' same "$status" 1

program a.sh <<'END'
#!/bin/sh
echo "$XTOP_WORKER_COUNT ${PYTEST_XDIST_WORKER-none}" >>"$SEEN/order"
echo "${0##*/}" >>"$SEEN/order"
END
for name in b c d e; do
	ln "$scratch/a.sh" "$scratch/$name.sh"
done
PYTEST_XDIST_WORKER=gw7 run -n 0 d.sh a.sh e.sh c.sh b.sh
check '-n 0 runs in the order given' same "$(grep sh "$SEEN/order" | tr '\n' ' ')" 'd.sh a.sh e.sh c.sh b.sh '
check '-n 0 looks like no parallel run' same "$(grep -v sh "$SEEN/order" | sort -u)" '1 none'

program crashes.sh <<'END'
#!/bin/sh
kill -SEGV $$
END
program parricide.sh <<'END'
#!/bin/sh
kill -KILL $PPID
sleep 1000
END
rm -f "$SEEN"/*
run -n 1 crashes.sh parricide.sh a.sh b.sh
check 'a crash is a failed test' same "$(outcome crashes.sh) $status" 'crashed 1'
check 'its signal is told' same "$(events test.verdict | grep '"id":"crashes.sh"' | field signal)" 11
check 'so is a test that kills its worker' same "$(outcome parricide.sh)" crashed
check 'by name' same "$(message_of parricide.sh)" 'its worker gw0 was killed by SIGKILL'
check 'it is not run again' same "$(events test.started | grep -c parricide)" 1
check 'others go on' same "$(outcome a.sh) $(outcome b.sh)" 'passed passed'
check 'nothing is left of them' await none_marked

# A worker that a test has stopped watches no deadline: it must not stay so.
program stops_worker.sh <<'END'
#!/bin/sh
kill -STOP $PPID
exec sleep 1000
END
run -n 1 --timeout 0.5 stops_worker.sh fine.sh
check 'a stopped worker goes on' same "$(outcome stops_worker.sh) $(outcome fine.sh)" 'timeout passed'

# A rerun that can't even be launched is the end of a run like any other.
program spoils_itself.sh <<'END'
#!/bin/sh
chmod -x "$0"
exit 1
END
run -n 1 --reruns 1 --reruns-delay 0.1 spoils_itself.sh
check 'a rerun that cannot be launched is an error' same "$(outcome spoils_itself.sh) $status" 'error 1'

program bails.t <<'END'
#!/bin/sh
echo 1..2
echo Bail out!
exit 1
END
program later.t <<'END'
#!/bin/sh
: >"$SEEN/later"
echo 1..1
echo ok 1
END
run -n 1 --reruns 2 bails.t later.t
check 'after a bail-out nothing of its suite is started' same "$(outcome bails.t) $(outcome later.t)" 'failed notrun'
check 'and nothing is rerun' same "$(events test.finished | wc -l | tr -d ' ')" 1

end_tests
