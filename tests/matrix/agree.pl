#!/usr/bin/perl
# Whether what a run has written agrees with its verdicts.
# Usage: agree.pl EVENTS JUNIT PLAIN
#
# The events are the measure: a verdict for each test. run.finished, the attributes and the elements of JUnit's XML, and
# the closing line of the plain report have to count the same. Prints what does not.
use strict;
use warnings;
use JSON::PP;

my ($events_file, $junit_file, $plain_file) = @ARGV;
my (%count, %verdicts, %reason, $finished);
open my $events, "<", $events_file or die "$events_file: $!\n";
while (<$events>) {
	my $event = JSON::PP->new->utf8->decode($_);
	$finished = $event if $event->{type} eq "run.finished";
	$verdicts{"$event->{id}#" . ($event->{ordinal} // 1)} = $event if $event->{type} eq "test.verdict";
}
# A quarantined failure counts with the skipped.
for my $verdict (values %verdicts) {
	my $outcome = $verdict->{outcome};
	my $as = $outcome =~ /^x?passed$/ ? "passed" : $outcome eq "notrun" ? "notrun"
		: $outcome =~ /^(skipped|xfailed)$/ || $verdict->{quarantined} ? "skipped" : "failed";
	$count{$as}++;
	$count{$outcome eq "failed" ? "failure" : "error"}++ if $as eq "failed";
	$count{flaky}++ if $verdict->{flaky};
}
$count{$_} //= 0 for qw(passed failed skipped notrun failure error flaky);

sub same {
	my ($what, $found, $wanted) = @_;
	print "$what is ", $found // "nothing", ", not $wanted\n" unless defined $found && $found eq $wanted;
}

same("tests of run.finished", $finished->{tests}, scalar keys %verdicts);
same("$_ of run.finished", $finished->{$_}, $count{$_}) for qw(passed failed skipped notrun flaky);

local $/;
open my $in, "<", $junit_file or die "$junit_file: $!\n";
my $junit = <$in>;
my %wanted = (tests => scalar keys %verdicts, failures => $count{failure}, errors => $count{error},
	      skipped => $count{skipped} + $count{notrun});
my ($whole) = $junit =~ /<testsuites\b([^>]*)>/;
for my $name (sort keys %wanted) {
	my $sum = 0;
	$sum += $_ for map { /\b$name="(\d+)"/ } $junit =~ /<testsuite\b([^>]*)>/g;
	same("$name of all <testsuite>", $sum, $wanted{$name});
	same("$name of <testsuites>", ($whole // "") =~ /\b$name="(\d+)"/, $wanted{$name}) if ($whole // "") =~ /\b$name=/;
}
same("the number of <testcase>", scalar(() = $junit =~ /<testcase\b/g), $wanted{tests});
same("the number of <failure>", scalar(() = $junit =~ /<failure\b/g), $wanted{failures});
same("the number of <error>", scalar(() = $junit =~ /<error\b/g), $wanted{errors});
same("the number of <skipped>", scalar(() = $junit =~ /<skipped\b/g), $wanted{skipped});
# Each that did not run says why.
for my $verdict (grep { $_->{outcome} eq "notrun" } values %verdicts) {
	my $reason = $verdict->{reason} // "";
	print "$verdict->{id} did not run, and does not say why\n" if $reason eq "";
	$reason{$reason}++;
}
$reason{$_} > (() = $junit =~ /\Q$_\E/g) and print "JUnit does not say '$_' $reason{$_} times\n" for sort keys %reason;

open $in, "<", $plain_file or die "$plain_file: $!\n";
my ($last) = (split /\n/, <$in>)[-1];
same("the closing line", $last, "xtop: $count{passed} passed, $count{failed} failed, $count{skipped} skipped");
