# The outcomes of a TAP suite, a line each and sorted, so that two runs can be compared with diff.
#
#     perl tap_outcomes.pl prove          runs t/ below the current directory under TAP::Harness
#     perl tap_outcomes.pl xtop < NDJSON  reads what `xtop --format json` printed
#
# A program: `t/a.t passed`, a point at its top level: `t/a.t 12 xfailed`. A program that failed is `failed`
# whether it did so by a signal or by itself: TAP::Harness makes no difference.
use strict;
use warnings;

my @lines;

sub prove_outcomes {
	require File::Find;
	require TAP::Harness;
	my @programs;
	File::Find::find({ wanted => sub { push @programs, $_ if /\.t\z/ && -f }, no_chdir => 1 }, 't');
	@programs = sort @programs;

	open my $nowhere, '>', '/dev/null' or die "/dev/null: $!\n";
	my $harness = TAP::Harness->new({ verbosity => -3, stdout => $nowhere });
	$harness->callback(
		made_parser => sub {
			my ($parser, $job) = @_;
			my $program = $job->[0];
			$parser->callback(
				test => sub {
					my ($point) = @_;
					my $outcome =
					      $point->is_unplanned  ? 'failed'
					    : $point->has_todo      ? ($point->is_actual_ok ? 'xpassed' : 'xfailed')
					    : !$point->is_actual_ok ? 'failed'
					    : $point->has_skip      ? 'skipped'
					    :                         'passed';
					push @lines, "$program " . $point->number . " $outcome";
				});
		});
	my $aggregator = $harness->runtests(@programs);
	for my $program (@programs) {
		my ($parser) = $aggregator->parsers($program);
		my $outcome = $parser->has_problems ? 'failed' : defined $parser->skip_all ? 'skipped' : 'passed';
		push @lines, "$program $outcome";
	}
}

sub xtop_outcomes {
	require JSON::PP;
	my $json = JSON::PP->new->utf8;
	while (my $line = <STDIN>) {
		next unless $line =~ /"type":"test\.(?:point|verdict)"/;
		my $event = $json->decode($line);
		if ($event->{type} eq 'test.point') {
			push @lines, "$event->{id} $event->{number} $event->{outcome}" if $event->{depth} == 0;
		} else {
			my $outcome = $event->{outcome} eq 'crashed' ? 'failed' : $event->{outcome};
			push @lines, "$event->{id} $outcome";
		}
	}
}

my $side = shift // '';
if ($side eq 'prove') {
	prove_outcomes();
} elsif ($side eq 'xtop') {
	xtop_outcomes();
} else {
	die "usage: perl tap_outcomes.pl prove|xtop\n";
}
print "$_\n" for sort @lines;
