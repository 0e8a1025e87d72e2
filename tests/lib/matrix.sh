# What the scripts share that run an adapter's part of tests/matrix: fixtures that go wrong in every way of
# tests/matrix/cases, and a table of what becomes of each. To be sourced behind tests/lib/runs.sh. An adapter that comes
# later brings a directory with a `table` and its fixtures, and a script in tests/cli that runs them:
#
#     matrix_begin exec               a fresh copy of tests/matrix/exec is in $scratch/exec; tells what its table leaves out
#     run …                           as ever; whatever it needs
#     judge hangs                     a TAP line for each case of that run
#
# $have is what can be tried on this machine.
perl -MJSON::PP -e 1 2>/dev/null || {
	echo '1..0 # SKIP the perl module JSON::PP is missing'
	exit 0
}
SCRATCH=$scratch
export SCRATCH
have=
# In which system call a process is, and which processes are the children of another, not every kernel tells.
[ -z "$(cat /proc/self/syscall 2>/dev/null)" ] || have="$have calls"
[ ! -e "/proc/$$/task/$$/children" ] || have="$have children"

# Tells what check.pl found.
tell() {
	tab=$(printf '\t')
	while IFS= read -r judged; do
		number=$((number + 1))
		judged_name=${judged#*"$tab"}
		judged_rest=${judged_name#*"$tab"}
		judged_name=${judged_name%%"$tab"*}
		case $judged in
		ok*) echo "ok $number - $judged_name" ;;
		skip*) echo "ok $number - $judged_name # SKIP $judged_rest" ;;
		*)
			failed=1
			echo "$judged_rest" | tr '\t' '\n' | sed 's/^/# /'
			echo "not ok $number - $judged_name"
			;;
		esac
	done <"$scratch/judged"
}

check_matrix() {
	# shellcheck disable=SC2086
	perl "$srcdir/tests/matrix/check.pl" "$srcdir/tests/matrix/$matrix" "$@" $have >"$scratch/judged" || {
		echo "Bail out! tests/matrix/$matrix/table can't be read"
		exit 99
	}
	tell
}

matrix_begin() {
	matrix=$1
	matrix_name=$1
	cp -R "$srcdir/tests/matrix/$matrix" "$scratch/$matrix"
	chmod -R u+w "$scratch/$matrix"
	check_matrix - - - "$matrix_name"
}

judge() {
	check_matrix "$1" "$scratch/events" "$status" "$matrix_name"
	check "$matrix_name: $1: nothing is left" await none_marked
}

# compile FILE PROGRAM FLAG…: fails where there is no compiler, or what the flags ask for is not there.
compile() {
	compile_from=$1
	compile_to=$2
	shift 2
	mkdir -p "${compile_to%/*}"
	${CC:-cc} -g -O0 -w -o "$compile_to" "$compile_from" "$@" >"$scratch/compiled" 2>&1
}

# borrow: some process, which is nobody's child here, will hold the pipe of the test that puts its pid into
# $SCRATCH/lender, and outlives the run; give_back ends it.
borrow() {
	rm -f "$scratch/lender" "$scratch/borrowed"
	perl -e '
		alarm 300;
		until (-e "$ENV{SCRATCH}/lender") { select undef, undef, undef, 0.01 }
		open my $file, "<", "$ENV{SCRATCH}/lender" or die;
		chomp(my $pid = <$file>);
		open my $pipe, ">", "/proc/$pid/fd/1" or die;
		open my $done, ">", "$ENV{SCRATCH}/borrowed" or die;
		sleep 300' &
	borrower=$!
}

give_back() {
	check "$matrix_name: who holds a pipe is nobody to be ended" kill -0 "$borrower"
	kill -KILL "$borrower"
	wait "$borrower" 2>/dev/null
}

# kill_idle_worker: each process of worker 1, which a limit keeps from getting a test, is killed, until xtop gives up;
# then $SCRATCH/go comes, for which the test of the other one waits.
kill_idle_worker() {
	cat >"$scratch/xtop.yaml" <<-'END'
		limits: {one: 1}
		rules: [{filter: all(), limit: one}]
	END
	rm -f "$scratch/events" "$scratch/go"
	perl -e '
		my ($events, $go) = @ARGV;
		my %seen;
		for (1 .. 3000) {
			if (open my $in, "<", $events) {
				for (<$in>) {
					exec "touch", $go if /giving up|run\.finished/;
					kill "KILL", $1 if /"worker\.started".*"worker":1\b.*"pid":(\d+)/ && !$seen{$1}++;
				}
			}
			select undef, undef, undef, 0.01;
		}
		exec "touch", $go;
	' "$scratch/events" "$scratch/go" &
}

# limited_run MEBIBYTES ARGUMENT…: as run, in a control group of its own with so much memory; $have has cgroup then.
limited_run() {
	rm -f "$scratch/events"
	group=$(perl -e '
		my ($name, $limit) = @ARGV;
		open my $in, "<", "/proc/self/cgroup" or exit 1;
		my %path = map { /^\d+:([^:]*):(.*)$/ ? ($1 => $2) : () } <$in>;
		$path{memory} //= "";
		for my $try (["/sys/fs/cgroup/memory$path{memory}", "memory.limit_in_bytes", "memory.oom_control"],
			     ["/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.oom_control"],
			     ["/sys/fs/cgroup" . ($path{""} // ""), "memory.max", "memory.events"]) {
			my ($base, $file, $events) = @$try;
			next unless -d $base && -w "$base/cgroup.procs";
			my $group = "$base/xtop-test-$name";
			mkdir $group or next;
			if (-e "$group/$events" && open my $out, ">", "$group/$file") {
				if (syswrite $out, $limit << 20) {
					close $out;
					print $group;
					exit 0;
				}
			}
			rmdir $group;
		}
		exit 1' "$$" "$1") || return 1
	have="$have cgroup"
	shift
	# Only what is run from here on is in it.
	XTOP_TEST_MARK=$mark sh -c 'echo $$ >"$0/cgroup.procs" || exit 99; exec "$@"' "$group" "$XTOP" --no-tui \
		--rootdir "$scratch" --events "$scratch/events" "$@" </dev/null >"$scratch/out" 2>"$scratch/err"
	status=$?
	await none_marked
	rmdir "$group"
}
