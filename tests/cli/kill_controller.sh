#!/bin/sh
# Whoever is killed by SIGKILL, the controller, its process group, the guardian or all workers: no process is left
# behind, daemons that tests started included. TAP on stdout.
. "$srcdir/tests/lib/runs.sh"

# Each test starts five processes that would outlive it and tells when all are there: a child, one in a session of its
# own, one in a process group of its own, a daemon as the books make it, and one without an environment.
program nest.pl <<'END'
#!/usr/bin/perl
use strict;
use POSIX ();
my ($directory, $mark) = ($ENV{READY}, $ENV{XTOP_TEST_MARK});
my @kinds = qw(child session group daemon bare);
$SIG{TERM} = "IGNORE";

sub ready {
	open my $out, ">", "$directory/$_[0].$$" or die;
	close $out;
}

sub stay {
	my ($kind) = @_;
	ready($kind);
	sleep 1000 while 1;
}

for my $kind (@kinds) {
	next if fork;
	POSIX::setsid() if $kind eq "session" || $kind eq "daemon" || $kind eq "bare";
	POSIX::setpgid(0, 0) if $kind eq "group";
	if ($kind eq "daemon" || $kind eq "bare") {
		exit 0 if fork;
		chdir "/";
		POSIX::close($_) for 0 .. 9;
		open STDIN, "<", "/dev/null";
		open STDOUT, ">", "/dev/null";
		open STDERR, ">", "/dev/null";
	}
	if ($kind eq "bare") {
		%ENV = ();
		exec $^X, "-e", 'open O, ">", "$ARGV[1]/bare.$$"; sleep 1000 while 1', "mark=$mark", $directory;
	}
	stay($kind);
}
stay("test");
END
mkdir "$scratch/ready"
export READY="$scratch/ready"
for i in 1 2 3; do
	ln "$scratch/nest.pl" "$scratch/nest$i.pl"
done

# Starts three tests on three workers and waits until each has its five processes.
start_nests() {
	rm -f "$READY"/*
	start -n 3 "$@" nest1.pl nest2.pl nest3.pl
	need files_are 18 "$READY/*"
	guardian=$(children "$xtop" xtop-guardian)
	workers=$(children "$guardian" xtop-gw)
	# xtop, the guardian, three workers, eighteen of the tests'
	[ "$(marked | wc -l)" -eq 23 ] || {
		marked | sed 's/^/# process: /'
		echo 'Bail out! expected 23 processes'
		exit 99
	}
}

start_nests
kill -KILL "$xtop"
finish
check 'nothing outlives the controller' await none_marked

start_nests
kill -KILL "-$xtop"
finish
check 'nothing outlives the process group of the controller' await none_marked

start_nests
kill -STOP "$guardian"
need is_stopped "$guardian"
kill -KILL "$xtop"
finish
check 'nothing outlives the controller when the guardian was stopped' await none_marked

# A guardian continues workers that somebody stopped, so it has to stand still itself.
start_nests
kill -STOP "$guardian"
need is_stopped "$guardian"
kill -STOP $workers
for worker in $workers; do
	need is_stopped "$worker"
done
kill -KILL "$xtop"
finish
check 'nothing outlives the controller when all of them were stopped' await none_marked

start_nests
kill -KILL "$guardian"
finish
check 'without a guardian the run ends as a fault' same "$status" 3
check 'and says so' said 'the guardian process was killed'
check 'and every test has its verdict' one_verdict_each
check 'nothing outlives the guardian' await none_marked

# A shell that started something and became xtop by exec leaves it a child that is none of its own.
program strange <<'END'
#!/bin/sh
env -u XTOP_TEST_MARK sleep 1000 &
echo $! >"$STRANGER"
exec "$XTOP_REAL" "$@"
END
export STRANGER="$scratch/stranger" XTOP_REAL="$XTOP"
trap '[ ! -s "$STRANGER" ] || kill "$(cat "$STRANGER")"; clean_up' EXIT
XTOP=$scratch/strange
start_nests
XTOP=$XTOP_REAL
stranger=$(cat "$STRANGER")
kill -KILL "$guardian"
finish
check 'nothing outlives the guardian when there is a child of somebody else' await none_marked
check 'which lives on' kill "$stranger"
rm "$STRANGER"

start_nests
kill -KILL $workers
finish
check 'tests of killed workers have crashed' same "$(events test.verdict | field outcome | tr '\n' ' ')" \
	'crashed crashed crashed '
check 'which is a failure of the run' same "$status" 1
check 'nothing outlives the workers' await none_marked

# What a dead worker's test left is ended while the run goes on, not only when it ends.
program gate.sh <<'END'
#!/bin/sh
: >"$GATE.reached"
until [ -e "$GATE" ]; do
	sleep 0.02
done
END
export GATE="$scratch/gate"
rm -f "$READY"/*
start -n 1 nest1.pl gate.sh
need files_are 6 "$READY/*"
kill -KILL $(children "$(children "$xtop" xtop-guardian)" xtop-gw)
need exists "$GATE.reached"
none_of_the_test() {
	for file in "$READY"/*; do
		is_gone "${file##*.}" || return 1
	done
}
check 'what a killed worker had started is gone before the run ends' await none_of_the_test
: >"$GATE"
finish
check 'and the others ran' same "$(outcome nest1.pl) $(outcome gate.sh) $status" 'crashed passed 1'
check 'nothing is left of that run' await none_marked

# Controller and guardian at once: what daemons there were go to init, and nobody can know them.
start_nests
kill -KILL "$xtop" "$guardian"
finish
for worker in $workers; do
	await is_gone "$worker"
done
only_daemons() {
	[ -z "$(ls "$READY" | sed -n 's/^test\.//p' | while read -r pid; do is_gone "$pid" || echo "$pid"; done)" ]
}
check 'without both, workers and tests are ended all the same' await only_daemons
end_tests
