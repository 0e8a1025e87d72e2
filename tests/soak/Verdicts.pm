# What a run's events (NDJSON) say of its tests, beside what was planned.
#
#     my $verdicts = Verdicts->new("events");
#     $verdicts->wrong($plan, \%ran)      what is not as planned, a line each
#     $verdicts->wrong_leaks($plan)       leaks that were not told, or not with their pid
#     $verdicts->texts                    how many bytes of output, messages and evidence it has
#     $verdicts->costs($plan)             where the time went, a line each
package Verdicts;
use strict;
use warnings;
use JSON::PP;
use List::Util qw(max sum0);

sub new {
	my ($class, $file) = @_;
	my $self = bless { tests => {}, slots => {}, died => [], types => {}, texts => 0 }, $class;
	my $json = JSON::PP->new->utf8;
	open my $in, "<", $file or die "$file: $!\n";
	while (defined(my $line = <$in>)) {
		my ($type) = $line =~ /"type":"([a-z.]+)"/;
		$self->{types}{$type}++;
		next if $type eq "worker.sample" || $type eq "diagnosis";
		# Most tests pass, and this reader is slow: of a test's beginning three fields are enough.
		if ($type =~ /^test\.(?:found|started)$/) {
			my ($id) = $line =~ /"id":"([^"\\]*)"/ or die "$file: an id with a sign in it: $line";
			my ($t) = $line =~ /"t":([0-9.e-]+)/;
			my ($slot) = $line =~ /"worker":(\d+)/;
			push @{$self->{tests}{$id}{order}}, [$type, $t];
			push @{$self->{slots}{$slot}}, ["started", $t, $id] if $type eq "test.started";
			next;
		}
		my $event = $json->decode($line);
		$self->take($type, $event);
	}
	return $self;
}

sub take {
	my ($self, $type, $event) = @_;
	my $id = $event->{id};
	$self->{texts} += length($event->{data} // "") + length($event->{message} // "") + length($event->{reason} // "");
	$self->{texts} += length $_ for values %{$event->{evidence} // {}};
	if ($type eq "test.finished" || $type eq "test.verdict") {
		push @{$self->{tests}{$id}{order}}, [$type, $event->{t}];
		push @{$self->{tests}{$id}{$type}}, $event;
		push @{$self->{slots}{$event->{worker}}}, ["finished", $event->{t}, $id, $event]
			if $type eq "test.finished";
	} elsif ($type eq "test.output") {
		$self->{tests}{$id}{printed} .= $event->{data};
	} elsif ($type eq "log" && defined $id) {
		push @{$self->{tests}{$id}{log}}, $event->{message};
	} elsif ($type eq "log") {
		push @{$self->{log}}, "$event->{level}: $event->{message}";
	} elsif ($type eq "worker.died") {
		push @{$self->{died}}, "worker $event->{worker}: $event->{message}";
	} elsif ($type eq "run.collected") {
		$self->{collected} = $event->{t};
	} elsif ($type eq "run.finished") {
		$self->{finished} = $event;
	}
}

sub judge {
	my ($expected, $found) = @_;
	my @wrong;
	my $equal = sub {
		my ($what, $want, $have) = @_;
		push @wrong, "$what is '$want', but found '$have'" if $want ne $have;
	};
	my @finished = @{$found->{"test.finished"} // []};
	my @verdicts = @{$found->{"test.verdict"} // []};
	$equal->("the number of verdicts", 1, scalar @verdicts);
	my $verdict = $verdicts[-1] or return @wrong;
	$equal->("the verdict", $expected->{outcomes}[-1], $verdict->{outcome});
	$equal->("flaky", $expected->{flaky}, $verdict->{flaky} ? 1 : 0);
	$equal->("attempts", scalar @{$expected->{outcomes}}, $verdict->{attempts});
	$equal->("the outcomes of attempts", "@{$expected->{outcomes}}", join " ", map { $_->{outcome} } @finished);
	$equal->("the order of events", join(" ", "test.found", ("test.started test.finished") x @finished, "test.verdict"),
		join " ", map { $_->[0] } @{$found->{order}});
	for my $attempt (@finished) {
		if ($attempt->{outcome} eq "crashed") {
			$equal->("$_ of a crash", $expected->{ends}{$_}, $attempt->{$_} // "none") for keys %{$expected->{ends}};
		} elsif ($attempt->{outcome} eq "timeout") {
			my ($words) = split /;/, $attempt->{message} // "";
			$equal->("the words of a timeout", "timed out after $expected->{waits}[0] s", $words);
			$equal->("where it hung", $expected->{kind} eq "spin" ? "spinning" : "blocked",
				$attempt->{evidence}{where} // "nowhere");
		}
	}
	$equal->("a code of its diagnosis", "one", defined $verdict->{code} ? "one" : "none")
		if $verdict->{outcome} =~ /^(crashed|timeout)$/;
	return @wrong;
}

sub wrong {
	my ($self, $plan, $ran) = @_;
	my (@wrong, %planned);
	for my $expected ($plan->tests) {
		$planned{$expected->{id}} = 1;
		my $found = $self->{tests}{$expected->{id}};
		if (!$found) {
			push @wrong, "$expected->{id} was not found";
			next;
		}
		my @of_test = judge($expected, $found);
		my $times = $ran->{$expected->{number}} // 0;
		push @of_test, "it ran $times times" if $times != @{$expected->{outcomes}};
		push @wrong, map { "$expected->{id}: $_" } @of_test;
	}
	push @wrong, map { "$_ was not planned" } grep { !$planned{$_} } sort keys %{$self->{tests}};
	push @wrong, @{$self->{died}};
	return @wrong;
}

# The closing counts, beside the plan's.
sub wrong_counts {
	my ($self, $plan) = @_;
	my $finished = $self->{finished} or return "there is no run.finished";
	my %want = (passed => 0, failed => 0, skipped => 0, notrun => 0);
	$want{ { passed => "passed", skipped => "skipped" }->{$_->{outcomes}[-1]} // "failed" }++ for $plan->tests;
	return map { "$_: $want{$_} were planned, but run.finished has " . ($finished->{$_} // 0) }
		grep { $want{$_} != ($finished->{$_} // 0) } sort keys %want;
}

sub wrong_leaks {
	my ($self, $plan) = @_;
	my @wrong;
	for my $expected ($plan->tests) {
		my $found = $self->{tests}{$expected->{id}} // {};
		my @said = grep { /behind/ } @{$found->{log} // []};
		# In the middle of its execve a process has its new name already, and no arguments yet.
		my ($leaked) = ($found->{printed} // "") =~ /^leaked (\d+)$/m;
		if ($expected->{share} ne "leak") {
			push @wrong, "$expected->{id} left nothing, but: $_" for @said;
		} elsif (!$leaked) {
			push @wrong, "$expected->{id} did not print what it leaked";
		} elsif (@said != 1 || $said[0] !~ /\b$leaked `(?:sleep \d|\[sleep\]`)/) {
			push @wrong, "$expected->{id} leaked $leaked, but the log has '@said'";
		}
	}
	return @wrong;
}

sub texts {
	my ($self) = @_;
	return $self->{texts};
}

# Where the workers' time went, by what tests did: how much longer an attempt took than it waited, and how long it was
# until the next one began on its slot.
sub costs {
	my ($self, $plan) = @_;
	my %planned = map { $_->{id} => $_ } $plan->tests;
	my %costs;
	for my $slot (keys %{$self->{slots}}) {
		my ($started, $after);
		my %attempts;
		for my $each (@{$self->{slots}{$slot}}) {
			my ($what, $t, $id) = @$each;
			if ($what eq "started") {
				$costs{$after->[1]}{gap} += $t - $after->[0] if $after;
				$started = $t;
				next;
			}
			my $test = $planned{$id} or next;
			my $wait = $test->{waits}[$each->[3]{attempt} - 1] // 0;
			my $name = $each->[3]{outcome} eq "passed" && $test->{share} ne "leak" ? "passed" :
				join " ", grep { length } $test->{share}, $test->{kind};
			$costs{$name}{count}++;
			$costs{$name}{waited} += $wait;
			$costs{$name}{longer} += $t - ($started // $t) - $wait;
			$after = [$t, $name];
		}
	}
	my @lines = sprintf "%-18s %8s %12s %12s %12s %12s", "attempts", "number", "waited, s", "longer, s", "each, ms",
		"until next";
	for my $name (sort { $costs{$b}{longer} + ($costs{$b}{gap} // 0) <=> $costs{$a}{longer} + ($costs{$a}{gap} // 0) }
		keys %costs) {
		my $cost = $costs{$name};
		push @lines, sprintf "%-18s %8d %12.1f %12.1f %12.1f %9.1f ms", $name, $cost->{count}, $cost->{waited},
			$cost->{longer}, 1000 * $cost->{longer} / $cost->{count}, 1000 * ($cost->{gap} // 0) / $cost->{count};
	}
	my $first = 0;
	$first = max($first, $_->[0][1]) for values %{$self->{slots}};
	my @ends = map { $_->[-1][1] } values %{$self->{slots}};
	push @lines, sprintf "collected after %.1f s, the last worker began after %.1f s; idle at the end: %.1f s of workers",
		$self->{collected} // 0, $first, sum0 map { max(@ends) - $_ } @ends;
	return @lines;
}

1;
