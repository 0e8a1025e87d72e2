#!/bin/sh
# A recorded run is reported again as it was, wherever the recording was cut. TAP on stdout.
. "$srcdir/tests/lib/cases.sh"

mkdir tests
program tests/test_passes 'echo fine'
program tests/test_fails 'printf "first\nsecond\n"; exit 3'
program tests/test_flaky '[ -e flaky ] && exit 0; : >flaky; echo not yet; exit 1'
program tests/test_skips 'echo "no database"; exit 77'
program tests/test_crashes 'kill -SEGV $$'
program tests/test_hangs '[ -e hung ] && exit 1; : >hung; exec sleep 600'
program tests/test_leaves 'sleep 600 >/dev/null 2>&1 & exit 0'
program tests/test_long 'head -c 100000 /dev/zero | tr "\0" "\n"; echo end; exit 1'
program tests/test_kills_its_worker 'kill -KILL $PPID; sleep 600'
program tests/test_bytes 'printf "\000\033[2J\377\303\n"; exit 1'
echo text >tests/test_text
printf '%s\n' '#!/bin/sh' 'echo 1..3; echo ok 1 - a; echo not ok 2 - b; echo "#  got: 1"; echo "ok 3 # SKIP c"' >tests/points.t
printf 'suites:\n  - name: one\n    programs: tests/test_*\n  - name: two\n    programs: tests/*.t\n' >xtop.yaml
set -- -n 2 --timeout 6 --reruns 1 --durations 3

begin 'the report of a replay is that of the run, byte for byte'
xtop -v "$@" --record journal --events events.live --junit-xml junit.live
code 2
cp "$out" "$scratch/live"
closes 'xtop: 3 passed, 8 failed, 1 skipped'
for section in failures flaky skipped 'slowest tests' 'warnings and errors' 'failed tests'; do
	out_has "-- $section ("
done
out_has 'xtop: warning: tests/test_leaves: left 1 process behind, ended now: '
out_has 'xtop: warning: worker gw'
out_has "  output, 97.7 KiB, in $here/.xtop/runs/"
xtop -v --durations 3 replay --no-tui journal
code 2
err ''
cmp -s "$scratch/live" "$out" || complain "$(diff "$scratch/live" "$out")"
end

begin 'so are its events and its JUnit XML'
xtop replay --no-tui --events events.again --junit-xml junit.again journal
code 2
cmp -s events.live events.again || complain "$(diff events.live events.again)"
cmp -s junit.live junit.again || complain "$(diff junit.live junit.again)"
end

begin 'a replay may be shown in other ways than the run'
xtop -q replay journal
code 2
closes 'xtop: 3 passed, 8 failed, 1 skipped'
out_has_not 'wall time'
xtop --format json replay journal
cmp -s events.live "$out" || complain "$(diff events.live "$out")"
err_has 'xtop: 3 passed, 8 failed, 1 skipped'
end

begin 'a replay runs nothing and changes nothing'
cksum journal >"$scratch/before"
rm -rf tests flaky hung .xtop
xtop replay --no-tui journal
code 2
equal 'the journal' "$(cat "$scratch/before")" "$(cksum journal)"
missing .xtop
missing flaky
end

# Where records end (doc/formats.md): 12 bytes, then records of 8 bytes and as many as their first 4 tell.
perl -e '
	local $/;
	open my $in, "<", "journal" or die;
	my $bytes = <$in>;
	for (my $at = 12; $at <= length $bytes; $at += 8 + unpack("V", substr($bytes, $at, 4) . "\0" x 4)) {
		print "$at\n";
	}' >"$scratch/ends"
records=$(wc -l <"$scratch/ends" | tr -d ' ')

# An end somewhere: of record number $1.
end_of() {
	sed -n "$1p" "$scratch/ends"
}

size=$(wc -c <journal | tr -d ' ')
equal_end=$(tail -n 1 "$scratch/ends")
begin 'the journal ends with a record'
equal 'the end of its last record' "$size" "$equal_end"
[ "$records" -gt 40 ] || complain "there are more than 40 records, but found $records"
end

begin 'a journal that was cut behind a record replays all of it'
for record in 2 3 $((records / 3)) $((records / 2)) $((records - 3)) $((records - 1)); do
	head -c "$(end_of $record)" journal >cut
	xtop replay --no-tui --events events.cut cut
	code 2
	err "xtop: $here/cut: the record ends before the run does"
	equal "the events of $((record - 1)) records" $((record - 1)) "$(wc -l <events.cut | tr -d ' ')"
	head -n $((record - 1)) events.live | cmp -s - events.cut || complain "the first events are those of the run"
	tail -n 1 "$out" | grep -q -x 'xtop: [0-9]* passed, [0-9]* failed, [0-9]* skipped' || complain 'it has a closing line'
	cp "$out" "$scratch/whole.$record"
done
end

begin 'a journal that was cut within a record replays up to the last whole one, and tells what it lost'
for record in 2 3 $((records / 3)) $((records / 2)) $((records - 3)) $((records - 1)); do
	begin_of_cut=$(end_of $record)
	next=$(end_of $((record + 1)))
	for lost in 1 7 8 9 $((next - begin_of_cut - 1)); do
		head -c $((begin_of_cut + lost)) journal >cut
		xtop replay --no-tui cut
		code 2
		said="the last $lost bytes are no whole record and were left out"
		[ "$lost" -ne 1 ] || said='the last byte is no whole record and was left out'
		err "xtop: $here/cut: $said${newline}xtop: $here/cut: the record ends before the run does"
		cmp -s "$scratch/whole.$record" "$out" || complain "it is as without the rest, cut $lost bytes behind record $record"
	done
done
end

begin 'a damaged record ends the replay'
record=$((records / 2))
offset=$(($(end_of $record) + 10))
perl -e '
	local $/;
	open my $in, "<", "journal" or die;
	my $bytes = <$in>;
	substr($bytes, $ARGV[0], 1) ^= "\x10";
	print $bytes' $offset >damaged
xtop replay --no-tui damaged
code 2
cmp -s "$scratch/whole.$record" "$out" || complain 'it is as cut before the damage'
err_has "the last $((size - $(end_of $record))) bytes are no whole record"
end

begin 'what is no journal is refused'
: >empty
head -c 11 journal >short
printf '\212xtop\r\n\000\377\000\000\000' >newer
echo text >text
xtop replay --no-tui
code 4
err 'xtop: replay: expected one recorded file, found 0'
for refused in 'nowhere: No such file or directory' 'empty: is empty' \
	'short: is a recording that was cut off before its first event' \
	'newer: was recorded by a newer xtop (format 255, this one reads up to 1)' \
	'text: is no recording of xtop (make one with --record)'; do
	xtop replay --no-tui "${refused%%:*}"
	code 4
	out ''
	err "xtop: $here/$refused"
done
end

begin 'a header alone is a run that did not begin'
head -c 12 journal >cut
xtop replay --no-tui cut
code 2
err "xtop: $here/cut: the record ends before the run does"
closes 'xtop: 0 passed, 0 failed, 0 skipped'
end

# A file system of its own that is soon full; for that one has to be root, or to become it.
begin 'on a full disk the run goes on, and what was recorded is whole'
mkdir tests disk
for name in a b c d e f g h; do
	program "tests/test_$name" 'head -c 30000 /dev/zero | tr "\0" "\n"; exit 1'
done
rm -f xtop.yaml
full_disk='mount -t tmpfs -o size=64k none disk && trap "umount disk" EXIT'
full_disk="$full_disk"' && "$XTOP" "$@"; status=$?; cp -r disk/. kept; exit $status'
if unshare -m true 2>/dev/null; then
	unshare='unshare -m'
else
	unshare='unshare -rm'
fi
mkdir kept
if ! $unshare sh -c 'mount -t tmpfs -o size=64k none disk' 2>/dev/null; then
	skip 'no file system can be mounted here'
else
	shell "set -- --record disk/journal tests; exec $unshare sh -c '$full_disk' sh \"\$@\""
	code 3
	closes 'xtop: 0 passed, 8 failed, 0 skipped'
	message="xtop: error: $here/disk/journal: the recording ends here: No space left on device; the run goes on without a record"
	# When it happens, and among the warnings at the end.
	count 2 "$message" "$out"
	xtop replay --no-tui kept/journal
	code 2
	err "xtop: $here/kept/journal: the record ends before the run does"
	out_has 'xtop: 8 tests on '
	end

	begin 'on a full disk events end with a whole line, and no half JUnit XML is left'
	rm -rf kept && mkdir kept
	shell "set -- --events disk/events --junit-xml disk/junit.xml tests; exec $unshare sh -c '$full_disk' sh \"\$@\""
	code 3
	closes 'xtop: 0 passed, 8 failed, 0 skipped'
	err_has "xtop: $here/disk/"
	err_has 'No space left on device'
	json_lines kept/events
	equal 'the end of the run among the events' '' "$(values exit_code run.finished <kept/events)"
	equal 'the files' events "$(ls -A kept)"
	end
fi

finish
