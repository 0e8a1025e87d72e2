#!/bin/sh
# Workers are killed by SIGKILL at random moments: no test is lost, and each has exactly one verdict. TAP on stdout.
# XTOP_TEST_ROUNDS says how often, XTOP_TEST_SEED makes the same choices again.
. "$srcdir/tests/lib/runs.sh"
TESTS=300
rounds=${XTOP_TEST_ROUNDS:-3}
seed=${XTOP_TEST_SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}

# Every seventh fails, every eleventh is skipped, every thirteenth leaves something behind for a moment.
program short.pl <<'END'
#!/usr/bin/perl
my ($n) = $0 =~ /(\d+)\.pl$/;
$| = 1;
print "line $_ of test $n\n" for 1 .. $n % 40;
exit 0 if $n % 13 == 0 && fork;
select undef, undef, undef, ($n % 5) / 1000;
exit($n % 7 == 0 ? 1 : $n % 11 == 0 ? 77 : 0);
END
mkdir "$scratch/t"
i=0
while [ $i -lt $TESTS ]; do
	i=$((i + 1))
	ln "$scratch/short.pl" "$scratch/t/$i.pl"
done

# Kills workers while it lives: at random moments those that are there, found as children of the guardian.
killer() {
	perl -e '
		my ($xtop, $seed) = @ARGV;
		srand $seed;
		my $kills = 0;
		sub children {
			my ($parent, $name) = @_;
			my @found;
			for my $file (glob "/proc/[0-9]*/stat") {
				open my $in, "<", $file or next;
				my ($pid, $comm, $state, $of) = (<$in> // "") =~ /^(\d+) \((.*)\) (\S) (\d+) /s or next;
				push @found, $pid if $of == $parent && $state !~ /[ZX]/ && index($comm, $name) == 0;
			}
			return @found;
		}
		my $guardian;
		while (kill 0, $xtop) {
			open my $in, "<", "/proc/$xtop/stat" or last;
			last if (<$in> // ") Z") =~ /\) [ZX]/;
			$guardian //= (children($xtop, "xtop-guardian"))[0] or next;
			my @workers = children($guardian, "xtop-gw");
			$kills += kill "KILL", $workers[rand @workers] if @workers;
			select undef, undef, undef, rand 0.02;
		}
		print $kills;' "$xtop" "$1"
}

round=0
while [ $round -lt "$rounds" ]; do
	round=$((round + 1))
	echo "# round $round: XTOP_TEST_SEED=$((seed + round - 1))"
	start -n 4 --max-worker-restart 100000 --junit-xml "$scratch/junit.xml" --adapter exec t
	kills=$(killer $((seed + round - 1)))
	finish
	echo "# $kills kills, $(events worker.died | wc -l) deaths," \
		"$(events test.verdict | grep -c '"outcome":"crashed"') crashes"

	check "round $round: every test has exactly one verdict" one_verdict_each
	check "round $round: all were found" same "$(events test.verdict | wc -l)" $TESTS
	check "round $round: workers were killed" test "$(events worker.died | wc -l)" -ge 3
	check "round $round: it ends as a run with failures" same "$status" 1
	# A test that was not hit ended as it would have anyway.
	events test.verdict | grep -v '"outcome":"crashed"' |
		sed 's/.*"outcome":"\([a-z]*\)".*"id":"t\/\([0-9]*\)\.pl".*/\2 \1/' |
		awk '{
			wanted = $1 % 13 == 0 ? "passed" : $1 % 7 == 0 ? "failed" : $1 % 11 == 0 ? "skipped" : "passed"
			if ($2 != wanted)
				print "# test " $1 " " $2
		}' >"$scratch/wrong"
	check "round $round: tests that were not hit end as ever" same "$(cat "$scratch/wrong")" ''
	check "round $round: no more crashes than deaths" \
		test "$(events test.verdict | grep -c '"outcome":"crashed"')" -le "$(events worker.died | wc -l)"
	check "round $round: JUnit has them all" same "$(grep -c '<testcase ' "$scratch/junit.xml")" $TESTS
	check "round $round: nothing is left" await none_marked
done

# A test that takes its worker with it has a verdict, and costs no restart that counts.
program stubborn.sh <<'END'
#!/bin/sh
kill -KILL $PPID
sleep 1000
END
for i in 1 2 3 4 5 6; do
	ln "$scratch/stubborn.sh" "$scratch/stubborn$i.sh"
done
run -n 1 --max-worker-restart 3 stubborn1.sh stubborn2.sh stubborn3.sh stubborn4.sh stubborn5.sh stubborn6.sh
check 'tests that kill their worker are failures' same "$status" 1
check 'each has its verdict' one_verdict_each
check 'all have crashed' same "$(events test.verdict | field outcome | sort | uniq -c | tr -s ' \n' ' ')" ' 6 crashed '

# Workers that die while they have no test: the second one is kept idle by a limit, and killed each time that it comes.
program waits.sh <<END
#!/bin/sh
until [ -e "$scratch/go" ]; do sleep 0.02; done
END
ln "$scratch/waits.sh" "$scratch/waits2.sh"
cat >"$scratch/xtop.yaml" <<'END'
limits: {one: 1}
rules: [{filter: all(), limit: one}]
END
rm -f "$scratch/events"
perl -e '
	my ($events, $go) = @ARGV;
	my %seen;
	for (1 .. 3000) {
		if (open my $in, "<", $events) {
			for (<$in>) {
				exec "touch", $go if /giving up|run\.finished/;
				kill "KILL", $1 if /"worker\.started".*"worker":1\b.*"pid":(\d+)/ && !$seen{$1}++;
			}
		}
		select undef, undef, undef, 0.01;
	}
	exec "touch", $go;
' "$scratch/events" "$scratch/go" &
run -n 2 --max-worker-restart 3 waits.sh waits2.sh
wait
check 'workers that die again and again end the run as a fault' same "$status" 3
check 'every test has its verdict all the same' one_verdict_each
check 'the one that ran has passed, the other was not run' same \
	"$(events test.verdict | field outcome | sort | tr '\n' ' ')" 'notrun passed '
check 'a diagnosis says why' same "$(events diagnosis | grep '"code":"XT1013"' | field message)" \
	'workers died 4 times without a test (--max-worker-restart 3): giving up'
check 'nothing is left of it' await none_marked
end_tests
