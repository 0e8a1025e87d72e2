#!/bin/sh
# Tests that hang, each in its own way: each is a timeout that says what it was doing, and others go on. TAP on stdout.
# shellcheck disable=SC1091,SC2154
. "$srcdir/tests/lib/runs.sh"

perl -MJSON::PP -e 1 2>/dev/null || {
	echo '1..0 # SKIP the perl module JSON::PP is missing'
	exit 0
}

# evidence ID KEY: of its first attempt; "-" where it has none.
evidence() {
	ID=$1 KEY=$2 perl -MJSON::PP -ne '
		my $event = JSON::PP->new->utf8->decode($_);
		next unless $event->{type} eq "test.finished" && $event->{id} eq $ENV{ID};
		print $event->{evidence}{$ENV{KEY}} // "-", "\n";
		last;' "$scratch/events"
}

message_of() {
	events test.verdict | grep -F "\"id\":\"$1\"" | field message | sed 's/\\n.*//'
}

# Where the kernel tells in which system call a process is.
calls=$(cat /proc/self/syscall 2>/dev/null)

# hung ID WHERE [CALL WORDS]: that is what its evidence says.
hung() {
	check "$name$1 timed out" same "$(outcome "$at$1")" timeout
	check "$name$1 was $2" same "$(evidence "$at$1" where)" "$2"
	if [ -z "$calls" ] || [ $# -le 2 ]; then
		return
	fi
	evidence "$at$1" syscall >"$scratch/call"
	check "$name$1 was in $3" grep -q -x -e "$3" "$scratch/call"
	message_of "$at$1" >"$scratch/message"
	check "$name$1 says so" grep -q -F -e "($4)" "$scratch/message"
}

# --- programs ---

program sleeps.sh <<'END'
#!/bin/sh
exec sleep 1000
END
program spins.pl <<'END'
#!/usr/bin/perl
1 while 1;
END
program locks.pl <<'END'
#!/usr/bin/perl
use Fcntl ":flock";
open my $one, ">", "$ENV{SCRATCH}/lock" or die;
open my $other, ">", "$ENV{SCRATCH}/lock" or die;
flock $one, LOCK_EX or die;
flock $other, LOCK_EX;
END
program reads.pl <<'END'
#!/usr/bin/perl
pipe my $in, my $out;
<$in>;
END
program accepts.pl <<'END'
#!/usr/bin/perl
use Socket;
socket my $s, AF_UNIX, SOCK_STREAM, 0 or die;
bind $s, pack_sockaddr_un("$ENV{SCRATCH}/socket") or die;
listen $s, 1;
accept my $peer, $s;
END
program polls.pl <<'END'
#!/usr/bin/perl
pipe my $in, my $out;
my $bits = "";
vec($bits, fileno $in, 1) = 1;
select $bits, undef, undef, undef;
END
program waits.sh <<'END'
#!/bin/sh
sleep 1000
echo never
END
program stops.sh <<'END'
#!/bin/sh
kill -STOP $$
END
program stubborn.pl <<'END'
#!/usr/bin/perl
$SIG{TERM} = "IGNORE";
sleep 1000 while 1;
END
program fine.sh <<'END'
#!/bin/sh
END
# A debugger that says what it was asked for, in the place of those that may be there.
program bin/gdb <<'END'
#!/bin/sh
echo '[Thread debugging using libthread_db enabled]'
for last; do :; done
echo 'Thread 1 (LWP 1):'
echo "#0  0x00007f00 in wait_in_$last ()"
END
ln -s gdb "${scratch:?}/bin/eu-stack"
export SCRATCH="$scratch"
name='' at=''
PATH=$scratch/bin:$PATH run -n 2 --timeout 0.5 --timeout-grace 0.5 sleeps.sh spins.pl locks.pl reads.pl accepts.pl \
	polls.pl waits.sh stops.sh stubborn.pl fine.sh
check 'programs that hang fail the run' same "$status" 1
check 'every test has its verdict' one_verdict_each
check 'others run' same "$(outcome fine.sh)" passed
hung sleeps.sh blocked '.*nanosleep' sleeping
hung spins.pl spinning
hung locks.pl blocked flock "a file's lock"
hung reads.pl blocked read 'waiting for input'
hung accepts.pl blocked 'accept4*' 'a socket'
hung polls.pl blocked 'p*select6*' 'waiting for input or a socket'
hung waits.sh blocked '.*nanosleep' sleeping
hung stops.sh stopped
hung stubborn.pl blocked
check 'the state of a process that computes' same "$(evidence spins.pl state)" R
check 'that of one that sleeps' same "$(evidence sleeps.sh state)" S
check 'what a script waits for is named' same "$(evidence waits.sh command)" 'sleep 1000'
message_of waits.sh >"$scratch/message"
# shellcheck disable=SC2016
check 'by the message too' grep -q '; its process [0-9]* `sleep 1000` was blocked' "$scratch/message"
check 'one that spins says so' same "$(message_of spins.pl)" 'timed out after 0.5 s; it was spinning'
check 'one that was stopped too' same "$(message_of stops.sh)" 'timed out after 0.5 s; it was stopped'
check 'that SIGTERM was ignored is told' same "$(evidence stubborn.pl ignored_term) $(evidence sleeps.sh ignored_term)" '1 -'
message_of stubborn.pl >"$scratch/message"
check 'by the message too' grep -q '; ignored SIGTERM for 0.5 s and was killed$' "$scratch/message"
evidence waits.sh stack >"$scratch/stack"
check 'the stack is that of the process that is named' grep -q -F "wait_in_$(evidence waits.sh pid) " "$scratch/stack"
check 'and nothing but the stack' same "$(grep -v '^Thread\|^#\|^$' "$scratch/stack")" ''
check 'debuggers are not sent to a process that is stopped' same "$(evidence stops.sh stack)" -
check 'nothing is left' await none_marked

program bin/gdb <<'END'
#!/bin/sh
sleep 1000
END
PATH=$scratch/bin:$PATH run -n 1 --timeout 0.3 sleeps.sh fine.sh
check 'a debugger that hangs is given up' same "$(outcome sleeps.sh) $(outcome fine.sh)" 'timeout passed'
check 'there is no stack then' same "$(evidence sleeps.sh where) $(evidence sleeps.sh stack)" 'blocked -'
check 'and it says why' same "$(evidence sleeps.sh no_stack)" late
check 'and nothing of it is left' await none_marked

between() {
	[ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

# Two workers hold one test ahead each, and know at once only what was found before they got it.
program bin/gdb <<'END'
#!/bin/sh
echo '#0  0x00007f00 in pause ()'
END
PATH=$scratch/bin:$PATH run -n 2 --timeout 0.05 --timeout-grace 1 --stress 30 sleeps.sh
events test.finished >"$scratch/finished"
check 'of a test that hangs again and again some stacks are taken' between "$(grep -c '"stack":' "$scratch/finished")" 20 24
check 'the others say that there are enough' same "$(grep -c '"no_stack":"enough"' "$scratch/finished")" \
	"$((30 - $(grep -c '"stack":' "$scratch/finished")))"
check 'and where they hung all the same' same "$(grep -c '"where":"blocked"' "$scratch/finished")" 30
events diagnosis >"$scratch/diagnosis"
check 'the diagnosis too' grep -q 'no stack: the run has enough of others' "$scratch/diagnosis"
rm -r "${scratch:?}/bin"

end_tests
