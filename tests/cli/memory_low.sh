#!/bin/sh
# When memory is low workers rest before the kernel kills one, the run says so, and goes on by itself. TAP on stdout.
# shellcheck disable=SC1091,SC2154
. "$srcdir/tests/lib/runs.sh"
. "$srcdir/tests/lib/groups.sh"

# left KILOBYTES: so much of a machine of 8 GB.
left() {
	printf 'MemTotal:        8000000 kB\nMemFree:           10000 kB\nMemAvailable:    %s kB\n' "$1" \
		>"$scratch/meminfo.new"
	mv "$scratch/meminfo.new" "$scratch/meminfo"
}

warned() {
	[ -e "$scratch/events" ] && events diagnosis | grep -q '"code":"XT4003"'
}

workers_used() {
	events test.started | field worker | sort -u | wc -l
}

export SCRATCH="$scratch" XTOP_MEMINFO="$scratch/meminfo"

# What runs before the file `go` is there waits for it; what begins later sees whether it is alone.
for i in 1 2 3 4 5 6 7 8; do
	program "alone$i.sh" <<-'END'
		#!/bin/sh
		if [ ! -e "$SCRATCH/go" ]; then
			>"$SCRATCH/waits.$$"
			until [ -e "$SCRATCH/go" ]; do
				sleep 0.01
			done
			exit 0
		fi
		mkdir "$SCRATCH/lock" || exit 1
		sleep 0.05
		rmdir "$SCRATCH/lock"
	END
done

# --- from the beginning ---

left 100000
: >go
run -n 4 alone*.sh
check 'a run on a machine without memory passes' same "$status" 0
check 'every test has its verdict' one_verdict_each
check 'one worker did it all' same "$(workers_used)" 1
check 'it was said' warned
check 'once' same "$(events diagnosis | grep -c XT4003)" 1
events diagnosis | grep XT4003 | field message >"$scratch/message"
check 'with how much is left' grep -q '^98M of 7813M of memory are left (' "$scratch/message"
check 'by which file' grep -q -F "($scratch/meminfo)" "$scratch/message"
check 'that it is not this run' grep -q "; most is used by others than this run's workers; " "$scratch/message"
check 'what follows' grep -q '; 3 of 4 workers start no test until there is more\.' "$scratch/message"
check 'and what can be done' grep -q ' -n, .* --mem-limit$' "$scratch/message"
check 'as a warning' same "$(events diagnosis | grep XT4003 | field level)" warning
check 'plain text shows it' grep -q 'XT4003' "$scratch/out"
check 'nothing is left' await none_marked

run -n 1 alone1.sh
check 'one worker alone goes on' same "$status" 0
events diagnosis | grep XT4003 | field message >"$scratch/message"
check 'and is told what can be done' grep -q "workers\. --mem-limit ends tests that take too much$" "$scratch/message"

run -n 3 --dist each alone1.sh alone2.sh
check 'what only a resting worker may run is run' same "$status $(workers_used)" '0 3'
check 'every test three times' same "$(events test.verdict | field outcome | sort | uniq -c | tr -s ' ')" ' 6 passed'

# --- meanwhile ---

rm go
left 4000000
start -n 3 --dist load alone*.sh
check 'all workers run tests while there is memory' await files_are 3 "$scratch/waits.*"
left 100000
check 'then there is none' await warned
: >go
finish
check 'tests that ran go on, and all others run alone' same "$status" 0
check 'every test has its verdict (meanwhile)' one_verdict_each

# Each waits for the other.
for i in 1 2; do
	program "pair$i.sh" <<-'END'
		#!/bin/sh
		>"$SCRATCH/pair.${0##*/}"
		until [ -e "$SCRATCH/pair.pair1.sh" ] && [ -e "$SCRATCH/pair.pair2.sh" ]; do
			sleep 0.01
		done
	END
done
started() {
	[ -e "$scratch/events" ] && events test.started >/dev/null
}
start -n 2 pair1.sh pair2.sh
check 'one worker has begun' await started
check 'the other was told to rest' await warned
left 4000000
finish
check 'with enough of it the other one goes on' same "$status $(workers_used)" '0 2'
check 'and it is said' said 'of memory are left ('
check 'that all do' said ' again: all workers go on'

# What others took is what the next one may want.
program takes.pl <<'END'
#!/usr/bin/perl
my $part = "x" x (60 << 20);
END
left 4000000
rm -f go "$scratch"/waits.*
start -n 2 takes.pl alone1.sh alone2.sh
took() {
	[ -e "$scratch/events" ] && events test.finished | grep -q -F takes.pl && files_are 2 "$scratch/waits.*"
}
check 'a test has taken some' await took
printf 'MemTotal:        100000 kB\nMemAvailable:    40000 kB\n' >"$scratch/meminfo.new"
mv "$scratch/meminfo.new" "$scratch/meminfo"
check 'less than that is low, though it is much of the whole' await warned
: >go
finish
check 'and the run passes' same "$status" 0

# --- a control group ---

unset XTOP_MEMINFO
program fills.pl <<'END'
#!/usr/bin/perl
# Up to where next to nothing is left in the group, until that is said.
my ($usage, $limit) = @ENV{qw(USAGE LIMIT_BYTES)};
my @all;
sub used { open my $in, "<", $usage or die; <$in> + 0 }
push @all, "x" x (1 << 20) while used() < $limit - (5 << 20);
sub said { open my $in, "<", "$ENV{SCRATCH}/events" or die; grep /XT4003/, <$in> }
select undef, undef, undef, 0.02 until said();
END
if make_group $((160 << 20)); then
	case $limit_file in
	memory.max) USAGE=$group/memory.current ;;
	*) USAGE=$group/memory.usage_in_bytes ;;
	esac
	export USAGE LIMIT_BYTES=$((160 << 20))
	start_in_group -n 2 fills.pl alone1.sh
	finish
	check 'a group that is nearly full is low too' same "$status $(outcome fills.pl)" '0 passed'
	events diagnosis | grep XT4003 | field message >"$scratch/message"
	check 'its limit is named' grep -q -F "of 160M of memory are left ($group/$limit_file)" "$scratch/message"
	check 'and the worker that uses most, with its test' grep -q '; gw[01] uses most, [0-9]*M for fills.pl; ' \
		"$scratch/message"
	check 'nothing is left of it' await none_marked
	rmdir "$group"
else
	echo "ok $((number += 1)) - a control group # SKIP none can be made here"
fi
end_tests
