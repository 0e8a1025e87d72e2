# What the programs of a soak do (Plan.pm says which does what). They wait, and then pass or don't. No module is loaded
# before it is needed: there are many of them.
use strict;
use warnings;

# Seconds; as an argument it marks what this run has started.
my $long = $ENV{SOAK_LONG};
$| = 1;

# Appends to the list of what ran, and tells whether this test did for the first time.
sub note {
	my ($number) = @_;
	open my $ran, ">>", "$ENV{SOAK_STATE}/ran" or die "$ENV{SOAK_STATE}/ran: $!\n";
	syswrite $ran, "$number\n";
	my $first = !-e "$ENV{SOAK_STATE}/$number";
	open my $mark, ">", "$ENV{SOAK_STATE}/$number" if $first;
	return $first;
}

my %fates = (
	crash_segv => sub { kill "SEGV", $$ },
	crash_abort => sub { kill "ABRT", $$ },
	crash_kill => sub { kill "KILL", $$ },
	hang_sleep => sub { sleep $long },
	hang_spin => sub { 1 while 1 },
	hang_lock => sub {
		require Fcntl;
		open my $one, ">", "$ENV{SOAK_STATE}/lock.$$" or die;
		open my $other, ">", "$ENV{SOAK_STATE}/lock.$$" or die;
		flock $one, Fcntl::LOCK_EX();
		flock $other, Fcntl::LOCK_EX();
	},
	hang_child => sub { system "sleep", $long },
	hang_stubborn => sub {
		$SIG{TERM} = "IGNORE";
		sleep $long while 1;
	},
	# Each prints the pid that the run has to name.
	leak_child => sub { leak(sub { silence() }) },
	leak_pipe => sub { leak(sub { }) },
	leak_daemon => sub {
		leak(sub {
			require POSIX;
			POSIX::setsid();
			exit 0 if fork;
			silence();
			$SIG{$_} = "IGNORE" for qw(TERM HUP INT);
			chdir "/";
			%ENV = (PATH => $ENV{PATH});
		});
	},
);

sub silence {
	open STDIN, "<", "/dev/null";
	open STDOUT, ">", "/dev/null";
	open STDERR, ">", "/dev/null";
}

sub leak {
	my ($become) = @_;
	pipe my $in, my $out;
	unless (fork) {
		$become->();
		syswrite $out, "$$\n";
		exec "sleep", $long;
	}
	close $out;
	# The pipe ends when the child has become the program that is to be named.
	print "leaked ", <$in>;
}

# meet NUMBER FATE SECONDS TAP: the body of a test, which speaks TAP or tells by its exit code.
sub meet {
	my ($number, $fate, $seconds, $tap) = @_;
	my $first = note($number);
	if ($fate eq "skip") {
		print "1..0 # SKIP some are\n" if $tap;
		exit($tap ? 0 : 77);
	}
	print "1..2\nok 1 - begins\n" if $tap;
	select undef, undef, undef, $seconds;
	my $fails = $fate eq "fail" || ($fate eq "flake" && $first);
	$fates{$1}->() if $fate =~ /^((?:crash|hang|leak)_[a-z]+)(_once)?$/ && ($first || !$2);
	print $fails ? "not ok 2 - ends\n" : "ok 2 - ends\n" if $tap;
	exit($fails ? 1 : 0);
}

1;
