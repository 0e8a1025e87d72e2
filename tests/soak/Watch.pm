# What the processes of a run hold while it lasts, and what is left of them.
#
#     my $watch = Watch->new($pid);
#     $watch->sample                    now and then
#     $watch->lasting                   what each process held that was there most of the time, early and late
#     $watch->others                    whether another xtop ran meanwhile
#     $watch->grown                     what grew though the run went on as before, a line each
#     $watch->controller_kilobytes      what the controller has taken since it began
#     Watch::left(environment => …, argument => …, directory => …)      what is left of a run: "pid command"
package Watch;
use strict;
use warnings;
use Time::HiRes qw(time);

# What a process may hold more than before, and be called steady.
my $fds_slack = 2;
my $kilobytes_slack = 1024;
# Fewer say nothing: between two tests a worker holds less than within one.
my $samples_needed = 20;

sub new {
	my ($class, $pid) = @_;
	return bless { pid => $pid, begin => time, seen => {}, times => [] }, $class;
}

sub slurp {
	my ($path) = @_;
	open my $in, "<", $path or return "";
	local $/;
	return <$in> // "";
}

# Parent and name of every process.
sub processes {
	my %processes;
	for my $path (glob "/proc/[0-9]*/stat") {
		next unless slurp($path) =~ /^(\d+) \((.*)\) (\S) (\d+) /s;
		$processes{$1} = { name => $2, parent => $4 } unless $3 eq "Z";
	}
	return \%processes;
}

# Names from xtop down to a process; empty: it is none of this run's.
sub line_to {
	my ($self, $processes, $pid) = @_;
	my @line;
	for (my $at = $pid; $processes->{$at}; $at = $processes->{$at}{parent}) {
		unshift @line, $processes->{$at}{name};
		return @line if $at == $self->{pid};
	}
	return;
}

# What a process is for, by its place; undef: a test's own.
sub role {
	my (@line) = @_;
	return "controller" if @line == 1;
	return unless $line[1] eq "xtop-guardian";
	return "guardian" if @line == 2;
	return "worker $1" if @line == 3 && $line[2] =~ /^xtop-gw(\d+)$/;
	return if $line[2] =~ /^xtop-gw/;
	return (undef, undef, undef, "server", "keeper", "harness")[scalar @line];
}

sub sample {
	my ($self) = @_;
	my $processes = processes();
	my $now = time - $self->{begin};
	push @{$self->{times}}, $now;
	for my $pid (keys %$processes) {
		my @line = $self->line_to($processes, $pid);
		$self->{others} = 1 if !@line && $processes->{$pid}{name} =~ /^xtop/;
		my $role = @line ? role(@line) : undef;
		next unless defined $role;
		my @fds = glob "/proc/$pid/fd/*";
		my ($anonymous) = slurp("/proc/$pid/status") =~ /^RssAnon:\s+(\d+)/m;
		next unless @fds && defined $anonymous;
		push @{$self->{seen}{"$role\0$pid"}}, [$now, scalar @fds, $anonymous];
	}
}

sub median {
	my @sorted = sort { $a <=> $b } @_;
	return $sorted[$#sorted / 2];
}

# Medians of a column early, when all had begun, and late, before the end.
sub early_and_late {
	my ($self, $samples, $column) = @_;
	my $end = $self->{times}[-1];
	my @early = map { $_->[$column] } grep { $_->[0] >= 0.15 * $end && $_->[0] <= 0.35 * $end } @$samples;
	my @late = map { $_->[$column] } grep { $_->[0] >= 0.75 * $end && $_->[0] <= 0.95 * $end } @$samples;
	return unless @early >= $samples_needed && @late >= $samples_needed;
	return (median(@early), median(@late));
}

# Those that were there nearly all the time: harnesses come and go.
sub lasting {
	my ($self) = @_;
	my @lasting;
	for my $key (sort keys %{$self->{seen}}) {
		my ($role, $pid) = split /\0/, $key;
		my $samples = $self->{seen}{$key};
		my ($fds, $fds_late) = $self->early_and_late($samples, 1) or next;
		my ($memory, $memory_late) = $self->early_and_late($samples, 2);
		push @lasting, { role => $role, pid => $pid, fds => $fds, fds_late => $fds_late, memory => $memory,
			memory_late => $memory_late };
	}
	return @lasting;
}

sub grown {
	my ($self) = @_;
	my @grown;
	for my $each ($self->lasting) {
		next if $each->{role} eq "harness";
		push @grown, "$each->{role} ($each->{pid}): $each->{fds} descriptors, later $each->{fds_late}"
			if $each->{fds_late} > $each->{fds} + $fds_slack;
		# The controller keeps the run's results; they are measured by themselves.
		next if $each->{role} eq "controller";
		push @grown, "$each->{role} ($each->{pid}): $each->{memory} kB, later $each->{memory_late} kB"
			if $each->{memory_late} > $each->{memory} + $kilobytes_slack;
	}
	return @grown;
}

sub others {
	my ($self) = @_;
	return $self->{others};
}

sub controller_kilobytes {
	my ($self) = @_;
	my $samples = $self->{seen}{"controller\0$self->{pid}"} or return;
	return $samples->[-1][2] - $samples->[0][2];
}

# What a run has started and is still there, by whatever it has not thrown off: the environment, the last argument, or
# the current directory.
sub left {
	my (%mark) = @_;
	my @left;
	# An empty one would be every process'.
	length($mark{$_} // "") or die "left: no $_\n" for qw(environment argument directory);
	for my $directory (glob "/proc/[0-9]*") {
		my ($pid) = $directory =~ m{(\d+)$};
		my $command = slurp("$directory/cmdline");
		next if $pid == $$;
		next unless index("\0" . slurp("$directory/environ"), "\0XTOP_TEST_MARK=$mark{environment}\0") >= 0 ||
			$command =~ /\x00\Q$mark{argument}\E\x00\z/ ||
			(readlink("$directory/cwd") // "") =~ m{^\Q$mark{directory}\E(/|$)};
		push @left, "$pid " . $command =~ tr/\0/ /r;
	}
	return @left;
}

1;
