# What each test of a soak does, dealt out at random but the same for the same seed, and a suite that does it.
#
#     my $plan = Plan->new(adapter => "pytest", tests => 20000, seed => 1, shares => {crash => 1, …}, sleep => 0.1,
#         deadline => 1);
#     $plan->write($directory);       a suite for xtop; its tests find $SOAK_STATE and $SOAK_FATES in their environment
#     $plan->tests                    each test: id, fate, what is expected of it
#     $plan->seconds                  what they wait for altogether, all attempts and deadlines
package Plan;
use strict;
use warnings;
use List::Util qw(shuffle sum0);

# Fates of tests; a share's tests are dealt out to them in turn. Where "once" is allowed, every third test does so in
# its first attempt only.
my %fates = (
	pytest => {
		crash => [qw(segv abort kill exit0 exit3)],
		hang => [qw(sleep lock child spin swallow setup teardown stubborn native)],
		leak => [qw(child daemon pipe)],
	},
	exec => {
		crash => [qw(segv abort kill)],
		hang => [qw(sleep lock child spin stubborn)],
		leak => [qw(child daemon pipe)],
	},
);
my @share_names = qw(crash hang leak flake fail skip);
my %ends = (
	segv => { signal => 11 },
	abort => { signal => 6 },
	kill => { signal => 9 },
	exit0 => { exit_code => 0 },
	exit3 => { exit_code => 3 },
);
my %outcomes = (crash => "crashed", hang => "timeout", fail => "failed", flake => "failed", skip => "skipped",
	leak => "passed", pass => "passed");
my $tests_in_file = 100;

sub new {
	my ($class, %self) = @_;
	my $self = bless {%self}, $class;
	die "the adapter is pytest or exec, but found '$self->{adapter}'\n" unless $fates{$self->{adapter}};
	srand $self->{seed};
	$self->{tests} = $self->deal($self->{tests});
	return $self;
}

sub deal {
	my ($self, $count) = @_;
	my @dealt;
	for my $share (@share_names) {
		my $number = int($count * ($self->{shares}{$share} // 0) / 100 + 0.5);
		my @kinds = @{$fates{$self->{adapter}}{$share} // []};
		for my $i (0 .. $number - 1) {
			my $once = $share =~ /^(crash|hang)$/ && $i % 3 == 1;
			push @dealt, { share => $share, kind => @kinds ? $kinds[$i % @kinds] : "", once => $once };
		}
	}
	die "the shares are more than 100 %\n" if @dealt > $count;
	push @dealt, { share => "pass", kind => "", once => 0 } while @dealt < $count;
	@dealt = shuffle @dealt;
	for my $i (0 .. $#dealt) {
		my $test = $dealt[$i];
		$test->{number} = sprintf "%05d", $i;
		$test->{fate} = join "_", grep { length } $test->{share}, $test->{kind}, $test->{once} ? "once" : ();
		$test->{seconds} = $test->{share} eq "skip" ? 0 : sprintf "%.3f", $self->{sleep} * (0.2 + rand 1.6);
		$self->expect($test, $i);
	}
	return \@dealt;
}

# What the run has to say of a test.
sub expect {
	my ($self, $test, $i) = @_;
	my $outcome = $outcomes{$test->{share}};
	my $again = $test->{once} || $test->{share} eq "flake";
	my @outcomes = $outcome =~ /^(passed|skipped)$/ ? ($outcome) : ($outcome, $again ? "passed" : $outcome);
	$test->{outcomes} = \@outcomes;
	$test->{flaky} = $again ? 1 : 0;
	$test->{ends} = $test->{share} eq "crash" ? $ends{$test->{kind}} : {};
	# A deadline covers what a test does before it hangs, too.
	$test->{waits} = [map { $_ eq "timeout" ? $self->{deadline} : $test->{seconds} } @outcomes];
	my $name = "$test->{number}_$test->{fate}";
	if ($self->{adapter} eq "pytest") {
		$test->{file} = sprintf "test_%03d.py", $i / $tests_in_file;
		$test->{id} = "$test->{file}::test_$name";
	} else {
		$test->{tap} = $i % 2;
		$test->{file} = $test->{tap} ? "tap/$name.t" : "programs/$name";
		$test->{id} = $test->{file};
	}
}

sub tests {
	my ($self) = @_;
	return @{$self->{tests}};
}

sub seconds {
	my ($self) = @_;
	return sum0 map { @{$_->{waits}} } $self->tests;
}

# --- writing ---

sub spill {
	my ($path, $text) = @_;
	open my $out, ">", $path or die "$path: $!\n";
	print $out $text;
	close $out or die "$path: $!\n";
}

sub write {
	my ($self, $directory) = @_;
	my $how = "write_$self->{adapter}";
	$self->$how($directory);
}

sub write_pytest {
	my ($self, $directory) = @_;
	my %files;
	spill("$directory/pytest.ini", "[pytest]\n");
	spill("$directory/conftest.py", <<'CONFTEST');
import os
import sys

sys.path.insert(0, os.environ["SOAK_FATES"])

from fates import hangs_in_setup, hangs_in_teardown  # noqa: F401
CONFTEST
	for my $test ($self->tests) {
		my $fixture = $test->{kind} =~ /^(setup|teardown)$/ ? "hangs_in_$1" : "";
		my $mark = $test->{share} eq "hang" ? "\@pytest.mark.timeout($self->{deadline})\n" : "";
		push @{$files{$test->{file}}}, "${mark}def test_$test->{number}_$test->{fate}($fixture):\n" .
			"    fates.meet(\"$test->{number}\", \"$test->{fate}\", $test->{seconds})\n";
	}
	spill("$directory/$_", join "\n\n", "import fates\nimport pytest\n", @{$files{$_}}) for keys %files;
}

sub write_exec {
	my ($self, $directory) = @_;
	mkdir "$directory/$_" or die "$directory/$_: $!\n" for qw(programs tap);
	spill("$directory/xtop.yaml", <<"CONFIG");
suites:
  - name: programs
    adapter: exec
    programs: [programs/*]
  - name: tap
    adapter: tap
    programs: [tap/*.t]
rules:
  - filter: test(_hang_)
    timeout: $self->{deadline}
CONFIG
	for my $test ($self->tests) {
		my $tap = $test->{tap} ? 1 : 0;
		spill("$directory/$test->{file}", "#!/usr/bin/perl\nrequire \"\$ENV{SOAK_FATES}/fates.pl\";\n" .
			"meet(\"$test->{number}\", \"$test->{fate}\", $test->{seconds}, $tap);\n");
		chmod 0755, "$directory/$test->{file}";
	}
}

1;
