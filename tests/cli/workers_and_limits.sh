#!/bin/sh
# How many workers there are, what a test finds around it, and how little xtop can live with. TAP on stdout.
. "$srcdir/tests/lib/cases.sh"

mkdir tests
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	program "tests/test_$i" 'found="$(ulimit -Sn) $(ulimit -Hn)"' '[ "$found" = "$WANTED" ] && exit 0' 'echo "$found"; exit 1'
done

begin 'with 64 descriptors there are fewer workers, which is told; tests see the limit as it was'
shell 'ulimit -n 64 && WANTED="64 64" exec "$XTOP" -n 40 tests'
code 0
out_line 'xtop: 20 tests on 13 workers'
count 2 'xtop: warning: 13 workers instead of 20: this process may open only 64 files (`ulimit -n`)' "$out"
closes 'xtop: 20 passed, 0 failed, 0 skipped'
end

begin 'so it is with all reports, and with outputs that need files'
mkdir long
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
	program "long/test_$i" 'head -c 100000 /dev/zero | tr "\0" "\n"; exit 1'
done
shell 'ulimit -n 64 && exec "$XTOP" -n 40 --record journal --events events --junit-xml junit.xml long'
code 1
closes 'xtop: 0 passed, 16 failed, 0 skipped'
equal 'the files' 16 "$(ls .xtop/runs/*/*.out | wc -l | tr -d ' ')"
count 0 'xtop: error: ' "$out"
rm -rf .xtop long
end

begin 'a soft limit is raised for xtop, not for tests'
if [ "$(ulimit -Hn)" != unlimited ] && [ "$(ulimit -Hn)" -lt 256 ]; then
	skip 'the hard limit is too low'
else
	shell 'ulimit -Sn 32 && WANTED="32 $(ulimit -Hn)" exec "$XTOP" -n 20 tests'
	code 0
	out_line 'xtop: 20 tests on 20 workers'
	out_has_not 'instead of'
	closes 'xtop: 20 passed, 0 failed, 0 skipped'
	end
fi

begin 'with the fewest descriptors there is one worker'
shell 'ulimit -n 24 && WANTED="24 24" exec "$XTOP" --record journal --events events --junit-xml junit.xml -n 4 tests'
code 0
count 2 'xtop: warning: 1 worker instead of 4: this process may open only 24 files (`ulimit -n`)' "$out"
closes 'xtop: 20 passed, 0 failed, 0 skipped'
end

begin 'with fewer it does not try'
for limit in 23 12 8; do
	shell "ulimit -n $limit && exec \"\$XTOP\" tests"
	code 4
	out ''
	err "xtop: this process may open only $limit files (\`ulimit -n\`); a run needs at least 24"
done
end

begin 'a limit on the size of files that leaves no room for the ring is told'
shell 'ulimit -f 1000 && exec "$XTOP" tests'
code 3
out ''
err_has 'see ulimit -f'
end

begin 'there are no more workers than tests'
WANTED="$(ulimit -Sn) $(ulimit -Hn)" xtop -n 8 --dist load tests/test_1 tests/test_2 tests/test_3
code 0
out_line 'xtop: 3 tests on 3 workers'
end

program tells 'echo "$XTOP $XTOP_WORKER $XTOP_WORKER_COUNT $XTOP_TEST_ID $XTOP_ATTEMPT" >told' \
	'echo "$PYTEST_XDIST_WORKER $PYTEST_XDIST_WORKER_COUNT" >>told' \
	'[ -n "$XTOP_RUN_ID" ] && [ "$PYTEST_XDIST_TESTRUNUID" = "$XTOP_RUN_ID" ] && echo run >>told' \
	'exit ${XTOP_TEST_CODE:-0}'

begin 'a test is told where it runs'
xtop -n 3 tells tests/test_1 tests/test_2
equal 'the variables' "1 0 3 tells 1${newline}gw0 3${newline}run" "$(cat told)"
XTOP_TEST_CODE=1 xtop -n 1 --reruns 1 tells
equal 'those of the second attempt' '1 0 1 tells 2' "$(head -n 1 told)"
end

begin 'without parallel workers tests run in order, and nothing looks parallel'
program order 'echo "$XTOP_TEST_ID" >>order.told' 'echo "${PYTEST_XDIST_WORKER-none}" >>order.worker'
for name in c a b; do
	cp order "order_$name"
done
xtop -n 0 order_c order_a order_b
code 0
equal 'the order' "order_c${newline}order_a${newline}order_b" "$(cat order.told)"
equal 'the worker' none "$(sort -u order.worker)"
end

begin 'a test has an empty standard input, three descriptors and no ignored signals'
program around 'read line && echo "read $line"' 'echo descriptors $(ls /proc/self/fd)' \
	'sed -n -e "s/^SigBlk:.*\(0\{15\}.\)$/blocked \1/p" -e "s/^SigIgn:.*\(0\{15\}.\)$/ignored \1/p" /proc/self/status' 'exit 1'
shell 'trap "" PIPE QUIT USR1; exec "$XTOP" around 3</dev/null 4</dev/null 9</dev/null'
out_line '  | blocked 0000000000000000'
out_line '  | ignored 0000000000000000'
# The last one is that of ls.
out_line '  | descriptors 0 1 2 3'
out_has_not 'read '
end

begin 'the deadline ends a test, and names it'
program hangs 'exec sleep 600'
xtop --timeout 1 hangs
code 1
out_has ' hangs  timed out after 1 s'
closes 'xtop: 0 passed, 1 failed, 0 skipped'
program stubborn 'trap "" TERM; while :; do sleep 600; done'
xtop --timeout 1 --timeout-grace 1 stubborn
code 1
out_has ' stubborn  timed out after 1 s; '
out_has '; ignored SIGTERM for 1 s and was killed'
end

begin 'after the first failure no test starts where that was asked for'
program fails 'exit 1'
for name in a b c d; do
	program "counts_$name" 'echo x >>counted; exit 1'
done
xtop -x -n 1 fails counts_a counts_b counts_c
code 1
missing counted
xtop --maxfail 2 -n 1 counts_a counts_b counts_c counts_d
code 1
equal 'how many ran' 2 "$(wc -l <counted | tr -d ' ')"
closes 'xtop: 0 passed, 2 failed, 0 skipped'
end

finish
