# A memory control group of our own, where one can be made: in the group of this script, by version 1 or 2. To be sourced
# behind runs.sh.

# make_group BYTES: its directory is $group, the file of its limit $limit_file, and that of what the kernel killed
# $events_file; false: none can be made here.
make_group() {
	group=$(perl -e '
		open my $in, "<", "/proc/self/cgroup" or exit 1;
		my %path = map { /^\d+:([^:]*):(.*)$/ ? ($1 => $2) : () } <$in>;
		for my $try (["/sys/fs/cgroup/memory$path{memory}", "memory.limit_in_bytes", "memory.oom_control"],
			     ["/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.oom_control"],
			     ["/sys/fs/cgroup$path{q()}", "memory.max", "memory.events"]) {
			my ($base, $limit, $events) = @$try;
			$base =~ s{/+$}{};
			next unless -d $base && -w "$base/cgroup.procs";
			my $group = "$base/xtop-test-$ARGV[0]";
			mkdir $group or next;
			if (-e "$group/$events" && open my $out, ">", "$group/$limit") {
				if (syswrite $out, $ARGV[1]) {
					close $out;
					print "$group $limit $events";
					exit 0;
				}
			}
			rmdir $group;
		}
		exit 1' "$$" "$1") || return 1
	events_file=${group##* } group=${group% *}
	limit_file=${group##* } group=${group% *}
}

# start_in_group ARGUMENT…: as start, in the group; nothing else is in it.
start_in_group() {
	rm -f "$scratch/events"
	XTOP_TEST_MARK=$mark perl -e '
		open my $out, ">", "$ARGV[0]/cgroup.procs" or exit 99;
		syswrite $out, "$$\n" or exit 99;
		close $out;
		shift;
		setpgrp(0, 0);
		alarm shift;
		exec @ARGV or die' "$group" "$LIMIT" "$XTOP" --no-tui --rootdir "$scratch" --events "$scratch/events" "$@" \
		</dev/null >"$scratch/out" 2>"$scratch/err" &
	xtop=$!
}
