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

# A worker that never lives long enough for a test.
program stubborn.sh <<'END'
#!/bin/sh
kill -KILL $PPID
sleep 1000
END
for i in 1 2 3 4 5 6 7 8 9; do
	ln "$scratch/stubborn.sh" "$scratch/stubborn$i.sh"
done
run -n 1 --max-worker-restart 3 stubborn1.sh stubborn2.sh stubborn3.sh stubborn4.sh stubborn5.sh stubborn6.sh
check 'workers that die again and again end the run as a fault' same "$status" 3
check 'every test has its verdict all the same' one_verdict_each
check 'four have crashed, two were not run' same \
	"$(events test.verdict | field outcome | sort | uniq -c | tr -s ' \n' ' ')" ' 4 crashed 2 notrun '
check 'the log says why' said 'workers died 4 times without finishing a test'
check 'nothing is left of it' await none_marked
end_tests
