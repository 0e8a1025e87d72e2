#!/bin/sh
# --shard I/N: all parts together are the whole, no test is in two, and what keeps it so. TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"
. "$srcdir/tests/lib/python.sh"
. "$srcdir/tests/fixtures/dist_lib.sh"

sorted() {
	LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//'
}

# parts N RUN ARGUMENT…: runs each of N parts, whose ids are put into parts.1, parts.2 and so on.
parts() {
	parts_count=$1
	shift
	rm -f "$scratch"/parts.* "$scratch"/fingerprint.*
	for part in $(seq "$parts_count"); do
		"$@" --shard "$part/$parts_count"
		code 0
		equal 'the shard in the events' "$part/$parts_count" "$(field shard run.collected)"
		values id test.verdict <"$scratch/events" | LC_ALL=C sort >"$scratch/parts.$part"
		values history run.collected <"$scratch/events" >"$scratch/fingerprint.$part"
	done
}

# whole IDS: the parts are these, each once.
whole() {
	equal 'all parts together' "$1" "$(cat "$scratch"/parts.* | sorted)"
}

# --- by hash ---

fresh
for i in $(seq -w 1 30); do
	program "test_$i"
done
all=$(ls test_* | sorted)

begin 'by hash: the union is the whole, without overlap'
for count in 1 2 3 7; do
	parts $count native -n 2 --no-history .
	whole "$all"
done
end

begin 'by hash: a test stays where it is when others come, go, or are chosen'
parts 3 native -n 2 --no-history .
cp "$scratch/parts.2" before
program test_00
program test_31
rm test_30
parts 3 native -n 2 --no-history .
equal 'what was there before' "$(grep -v -e test_00 -e test_30 -e test_31 before | sorted)" \
	"$(grep -v -e test_00 -e test_30 -e test_31 "$scratch/parts.2" | sorted)"
native -n 2 --no-history --shard 2/3 -E '/[13579]$/' .
equal 'those that are chosen' "$(grep '[13579]$' "$scratch/parts.2" | sorted)" \
	"$(values id test.verdict <"$scratch/events" | sorted)"
rm test_00 test_31
program test_30
end

begin 'a shard that is empty passes; a suite that is does not'
fresh
program test_1
for part in 1 2 3 4 5; do
	native --no-history --shard $part/5 .
	code 0
	tail -n 1 "$out"
done >closing
equal 'what they ran' '1 xtop: 1 passed, 0 failed, 0 skipped' "$(grep -c ': 1 passed' closing) $(grep ': 1 passed' closing)"
equal 'those that are empty' 4 "$(grep -c ': 0 passed, 0 failed, 0 skipped' closing)"
native --no-history --shard 1/2 -k nothing .
code 5
end

begin 'a shard that is none is a mistake'
for wrong in 0/2 3/2 1/0 1 a/b 1/2/3 -1/2 ''; do
	native --shard "$wrong" .
	code 4
	err_has '--shard'
done
end

# --- by durations ---

fresh
program test_giant 'sleep 1.2'
for i in 1 2 3 4; do
	program "test_big_$i" 'sleep 0.3'
done
for i in $(seq -w 1 12); do
	program "test_small_$i" 'sleep 0.02'
done
all=$(ls test_* | sorted)

begin 'by a snapshot: the union is the whole, without overlap, and balanced'
native -n 8 .
xtop history export "$scratch/snapshot"
code 0
parts 2 native -n 4 --history "$scratch/snapshot" .
whole "$all"
giant=$(grep -l test_giant "$scratch"/parts.*)
equal 'what is beside the longest' '' "$(grep test_big "$giant")"
equal 'how many fingerprints' 1 "$(cat "$scratch"/fingerprint.* | sort -u | grep -c '^[0-9a-f]\{16\}$')"
parts 3 native -n 4 --history "$scratch/snapshot" .
whole "$all"
parts 40 native -n 4 --history "$scratch/snapshot" .
whole "$all"
end

begin 'by a snapshot: runs do not change it, and what it never saw is somewhere'
cp "$scratch/snapshot" "$scratch/snapshot.before"
program test_new
parts 3 native -n 4 --history "$scratch/snapshot" .
whole "$( (echo "$all" | tr ' ' '\n'; echo test_new) | sorted)"
cmp -s "$scratch/snapshot" "$scratch/snapshot.before" || complain 'the snapshot is as it was'
rm test_new
end

begin 'by a snapshot: whatever order tests come in, and on whatever machine'
parts 2 native -n 4 --history "$scratch/snapshot" .
cp "$scratch/parts.1" "$scratch/first"
parts 2 native -n 1 --history "$scratch/snapshot" $(ls test_* | sort -r)
equal 'the first part' "$(sorted <"$scratch/first")" "$(sorted <"$scratch/parts.1")"
end

begin 'a history that is no snapshot, or is none, is no base for shards by durations'
native -n 4 --shard 1/2 .
code 0
out_has 'by a hash'
native -n 4 --shard 1/2 --history "$scratch/nothing" .
code 4
err_has '--history'
echo damaged >"$scratch/damaged"
native -n 4 --shard 1/2 --history "$scratch/damaged" .
code 4
err_has '--history'
end

# --- pytest ---

cases() {
	begin "$which: by hash and by a snapshot, with equal ids"
	copy dist_suite
	suite -n 3
	all=$(values id test.verdict <"$scratch/events" | sorted)
	parts 4 suite -n 2 --no-history
	whole "$all"
	xtop history export "$scratch/python-snapshot"
	parts 4 suite -n 2 --history "$scratch/python-snapshot"
	whole "$all"
	parts 2 suite -n 2 --no-history --dist loadscope -k 'Small or Middle'
	whole "$(echo "$all" | tr ' ' '\n' | grep -e Small -e Middle | sorted)"
	end
}

each_python cases
cd / && finish
