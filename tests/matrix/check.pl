#!/usr/bin/perl
# Compares a run's events with an adapter's table of what they are to be.
# Usage: check.pl DIRECTORY RUN EVENTS STATUS PREFIX HAVE…
#
# DIRECTORY has the adapter's `table`, RUN is which of its runs this was, STATUS xtop's exit code, and HAVE what there is
# on this machine. A line for each case of that run: "ok NAME", "not NAME" or "skip NAME" with TABs and the reasons behind.
#
# A table has blocks, the first line of each at the margin:
#
#     CASE RUN ID OUTCOME CODE            a test: its verdict's outcome, its diagnosis' code or -
#     CASE RUN * STATUS CODE              a whole run: its exit code, and the last code that is about no test
#     CASE - REASON                       does not happen here
#
# and below it, indented, properties, one a line, each value a regular expression to be found; - where there must be none:
#
#     message, reason, signal, exit_code  of the verdict
#     evidence.KEY                        of the attempt's evidence
#     diagnosis                           what the diagnosis says
#     output                              all that the test printed
#     log                                 what the log says about it
#     verdicts                            of a run: the outcomes of all its tests, sorted
#     process lives, process dies         whether the worker's next test has the same process
#     order                               types of its events, repeated ones told once
#     needs                               word of HAVE without which it can't be tried
use strict;
use warnings;
use JSON::PP;

my ($directory, $run, $events_file, $status, $prefix, @have) = @ARGV;
my $json = JSON::PP->new->canonical->allow_nonref;

sub read_table {
	my ($file) = @_;
	my @rows;
	open my $in, "<", $file or die "$file: $!\n";
	while (<$in>) {
		chomp;
		next if /^\s*(#|$)/;
		if (/^\s+(\S+)\s+(.*)$/) {
			die "$file:$.: a property of nothing\n" unless @rows;
			push @{ $rows[-1]{properties} }, [$1, $2];
		} elsif (/^(\S+)\s+-\s+(.+)$/) {
			push @rows, { case => $1, run => "-", why => $2, properties => [] };
		} elsif (/^(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(XT\d{4}|-)$/) {
			push @rows, { case => $1, run => $2, id => $3, outcome => $4, code => $5, properties => [] };
		} else {
			die "$file:$.: no line of a table\n";
		}
	}
	return @rows;
}

# Every case of the list has its row, every row its case.
sub check_table {
	my (%listed, %has, @lines);
	open my $in, "<", "$directory/../cases" or die "cases: $!\n";
	/^([a-z]\S*)/ and $listed{$1} = 1 while <$in>;
	for my $row (@_) {
		$has{$row->{case}} = 1;
		push @lines, "$row->{case} is not in the list" unless $listed{$row->{case}};
	}
	push @lines, map { "$_ has no row" } grep { !$has{$_} } sort keys %listed;
	return @lines;
}

sub read_events {
	my @events;
	open my $in, "<", $events_file or return;
	while (<$in>) {
		push @events, JSON::PP->new->utf8->decode($_);
	}
	return @events;
}

# What a property is about, as text; undef: there is nothing.
sub text_of {
	my ($row, $of, $name) = @_;
	my @own = @{ $of->{events} };
	my ($verdict) = grep { $_->{type} eq "test.verdict" } @own;
	my ($finished) = grep { $_->{type} eq "test.finished" } reverse @own;
	my @texts;
	return $finished->{evidence}{$1} if $name =~ /^evidence\.(.*)/;
	return join "", map { $_->{data} } grep { $_->{type} eq "test.output" } @own if $name eq "output";
	return join " ", map { s/^(test|worker)\.//r } @{ $of->{order} } if $name eq "order";
	return join " ", sort map { $_->{outcome} } grep { $_->{type} eq "test.verdict" } @own if $name eq "verdicts";
	return $of->{process} if $name eq "process";
	@texts = map { $_->{message} } grep { $_->{type} eq $name } @own if $name eq "log" || $name eq "diagnosis";
	return @texts ? join "\n", @texts : undef if $name eq "log" || $name eq "diagnosis";
	return $verdict->{$name};
}

# What was printed before the end comes before it, and the code before the verdict.
sub usual_order {
	my ($row) = @_;
	my $printed = grep { $_->[0] eq "output" && $_->[1] ne "-" } @{ $row->{properties} };
	return "^found started " . ($printed ? "(?=.*output.* finished)" : "") . "((output|point|log) )*finished " . ($row->{code} eq "-" ? "" : "diagnosis ") . 'verdict$';
}

# The events of a test, and what the worker did next.
sub of_test {
	my ($id, @events) = @_;
	my %of = (events => [], order => [], process => "unknown");
	my ($worker, $pid, $ended);
	for my $event (@events) {
		if (($event->{id} // "") eq $id) {
			push @{ $of{events} }, $event;
			my $type = $event->{type};
			push @{ $of{order} }, $type unless @{ $of{order} } && $of{order}[-1] eq $type;
			($worker, $pid) = @$event{qw(worker pid)} if $type eq "test.started";
			$ended = 1 if $type eq "test.finished";
		} elsif ($event->{type} eq "test.started" && defined $worker && $event->{worker} == $worker) {
			$of{between} = $event->{id} if !$ended;
			$of{next} //= $event->{id};
			$of{process} = $event->{pid} == $pid ? "lives" : "dies"
				if $of{process} eq "unknown" && defined $pid && defined $event->{pid};
		}
	}
	return \%of;
}

sub check_row {
	my ($row, @events) = @_;
	my @complaints;
	my $whole = $row->{id} eq "*";
	my $of = $whole ? { events => \@events, order => [] } : of_test($row->{id}, @events);
	my @verdicts = grep { $_->{type} eq "test.verdict" } @{ $of->{events} };
	my @codes = map { $_->{code} } grep { $_->{type} eq "diagnosis" && ($whole ? !$_->{id} : 1) } @{ $of->{events} };
	if ($whole) {
		push @complaints, "exit code $status, not $row->{outcome}" if $status ne $row->{outcome};
	} else {
		return "it has " . @verdicts . " verdicts" if @verdicts != 1;
		push @complaints, "outcome $verdicts[0]{outcome}, not $row->{outcome}" if $verdicts[0]{outcome} ne $row->{outcome};
		push @complaints, "$of->{between} started on its worker while it ran" if $of->{between};
		push @complaints, "its worker ran no other test afterwards" unless $of->{next};
	}
	@codes = @codes[-1 .. -1] if $whole && @codes;
	my $codes = join " ", @codes;
	push @complaints, "code '$codes', not $row->{code}" if ($codes || "-") ne $row->{code};
	my @properties = @{ $row->{properties} };
	push @properties, ["order", usual_order($row)] unless $whole || grep { $_->[0] eq "order" } @properties;
	for my $property (@properties) {
		my ($name, $wanted) = @$property;
		next if $name eq "needs";
		my $text = text_of($row, $of, $name);
		my $shown = defined $text ? $json->encode($text) : "nothing";
		$text = $text ? 1 : 0 if JSON::PP::is_bool($text);
		if ($wanted eq "-") {
			push @complaints, "$name is $shown, and there must be none" if defined $text && $text ne "";
		} elsif (!defined $text || $text !~ /$wanted/m) {
			push @complaints, "$name is $shown, not /$wanted/";
		}
	}
	return @complaints;
}

# What holds for each run: one verdict for each test, and a last event that counts them.
sub check_run {
	my @events = @_;
	my (%found, %judged, %count, @complaints);
	for my $event (@events) {
		$found{$event->{id}}++ if $event->{type} eq "test.found";
		next unless $event->{type} eq "test.verdict";
		$judged{$event->{id}}++;
		my $outcome = $event->{outcome};
		$count{$outcome =~ /^(passed|skipped|notrun)$/ ? $outcome : "failed"}++;
	}
	for my $id (sort keys %found) {
		push @complaints, "$id has " . ($judged{$id} // 0) . " verdicts" if ($judged{$id} // 0) != 1;
	}
	my $last = $events[-1];
	return (@complaints, "the last event is not run.finished") if !$last || $last->{type} ne "run.finished";
	push @complaints, "run.finished has exit code $last->{exit_code}, not $status" if $last->{exit_code} ne $status;
	for my $name (qw(passed failed skipped notrun)) {
		my $counted = $count{$name} // 0;
		push @complaints, "run.finished counts $last->{$name} $name, not $counted" if $last->{$name} != $counted;
	}
	return @complaints;
}

sub judged {
	my ($name, @complaints) = @_;
	print join("\t", (@complaints ? "not" : "ok"), $name, map { s/[\t\n]/ /gr } @complaints), "\n";
}

binmode STDOUT, ":utf8";
my @rows = read_table("$directory/table");
if ($run eq "-") {
	judged("$prefix: each case is in its table", check_table(@rows));
	print "skip\t$prefix: $_->{case}\tnot here: $_->{why}\n" for grep { $_->{run} eq "-" } @rows;
	exit;
}
my @own = grep { $_->{run} eq $run } @rows;
die "$directory/table has no run $run\n" unless @own;
my @events = read_events();
judged("$prefix: $run: every test has one verdict, and all are counted", check_run(@events))
	if @events && $events[0]{type} eq "run.started";
for my $row (@own) {
	my $what = join " ", grep { $_ ne "-" && $_ ne "*" } $row->{case}, $row->{outcome}, $row->{code};
	my ($needs) = map { $_->[1] } grep { $_->[0] eq "needs" } @{ $row->{properties} };
	if (defined $needs && !grep { $_ eq $needs } @have) {
		print "skip\t$prefix: $run: $row->{case}\tthere is no $needs here\n";
	} else {
		judged("$prefix: $run: $what", check_row($row, @events));
	}
}
