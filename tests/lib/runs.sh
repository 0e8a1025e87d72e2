# What scripts share that start xtop, do something to its processes and look what became of it. To be sourced; $XTOP is
# the program. Gives: a directory $scratch, check, await, marked, start, finish, field, verdicts.
#
# Nothing is timed: scripts wait for what is to happen. Limits only end what would never end.
set -u
export LC_ALL=C
unset XTOP_OPT_RERUNS XTOP_OPT_TIMEOUT PYTEST_XDIST_AUTO_NUM_WORKERS
LIMIT=${XTOP_TEST_LIMIT:-120}

scratch=$(mktemp -d) || exit 99
cd "$scratch" || exit 99
# In the environment of all that start begins; what has no environment left has it among its arguments.
mark=$$-$(od -An -N6 -tx1 /dev/urandom | tr -d ' ')
number=0
failed=0

command -v perl >/dev/null 2>&1 || {
	rm -rf "$scratch"
	echo '1..0 # SKIP perl is missing'
	exit 0
}

# Processes that carry the mark: pid and command line, one a line. Zombies carry nothing any more.
marked() {
	LOOK_FOR=$mark perl -e '
		for my $dir (glob "/proc/[0-9]*") {
			my ($pid) = $dir =~ m{(\d+)$};
			next if $pid == $$;
			my ($environment, $command) = ("", "");
			local $/;
			if (open my $in, "<", "$dir/environ") { $environment = <$in> // "" }
			if (open my $in, "<", "$dir/cmdline") { $command = <$in> // "" }
			next unless index("\0$environment", "\0XTOP_TEST_MARK=$ENV{LOOK_FOR}\0") >= 0 ||
				index($command, "mark=$ENV{LOOK_FOR}") >= 0;
			$command =~ tr/\0/ /;
			print "$pid $command\n";
		}'
}

# children PID NAME: pids of its children whose names begin so, in a line.
children() {
	PARENT=$1 NAME=$2 perl -e '
		for my $file (glob "/proc/[0-9]*/stat") {
			open my $in, "<", $file or next;
			(<$in> // "") =~ m{^(\d+) \((.*)\) \S (\d+) }s or next;
			print "$1 " if $3 == $ENV{PARENT} && index($2, $ENV{NAME}) == 0;
		}' | sed 's/ $//'
}

none_marked() {
	[ -z "$(marked)" ]
}

clean_up() {
	for pid in $(marked | cut -d' ' -f1); do
		kill -KILL "$pid" 2>/dev/null
	done
	cd / && rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 99' HUP INT TERM

# check NAME COMMAND…: a TAP line, ok where the command succeeds.
check() {
	check_name=$1
	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number - $check_name"
		return
	fi
	failed=1
	echo "# not so: $*"
	for file in out err; do
		[ -f "$scratch/$file" ] && tail -n 15 "$scratch/$file" | sed "s/^/# $file: /"
	done
	echo "not ok $number - $check_name"
}

# await COMMAND…: until it succeeds.
await() {
	await_end=$(($(date +%s) + LIMIT))
	until "$@"; do
		if [ "$(date +%s)" -ge $await_end ]; then
			echo "# waited in vain: $*"
			return 1
		fi
		sleep 0.02
	done
}

# need COMMAND…: as await; where it never succeeds there is nothing more to test.
need() {
	await "$@" && return
	marked | sed 's/^/# process: /'
	echo "Bail out! waited in vain: $*"
	exit 99
}

# start ARGUMENT…: xtop in the background with default signals, as leader of a process group; its pid is $xtop.
start() {
	rm -f "$scratch/events"
	XTOP_TEST_MARK=$mark perl -e '
		$SIG{$_} = "DEFAULT" for qw(INT QUIT TERM HUP);
		setpgrp(0, 0);
		alarm shift;
		exec @ARGV or die' "$LIMIT" "$XTOP" --no-tui --rootdir "$scratch" --events "$scratch/events" "$@" \
		</dev/null >"$scratch/out" 2>"$scratch/err" &
	xtop=$!
}

# Its exit code is in $status.
finish() {
	wait "$xtop" 2>/dev/null
	status=$?
}

run() {
	start "$@"
	finish
}

# program NAME: an executable script in $scratch, from stdin.
program() {
	mkdir -p "$(dirname "$scratch/$1")"
	cat >"$scratch/$1" && chmod +x "$scratch/$1"
}

# field NAME: its value from each line of stdin, one event a line, with or without quotes.
field() {
	sed -n -e "s/.*\"$1\":\"\(\([^\"\\\\]\|\\\\.\)*\)\".*/\1/p" -e "s/.*\"$1\":\([^\",}]*\).*/\1/p"
}

# events TYPE: those lines.
events() {
	grep "\"type\":\"$1\"" "$scratch/events"
}

# outcome ID: of its verdicts, in a line.
outcome() {
	events test.verdict | grep -F "\"id\":\"$1\"" | field outcome | tr '\n' ' ' | sed 's/ $//'
}

# said TEXT: in an event of the log.
said() {
	events log | grep -q -F -e "$1"
}

# one_verdict_each: every test that was found has exactly one.
one_verdict_each() {
	events test.found | field id | sort >"$scratch/ids.found"
	events test.verdict | field id | sort >"$scratch/ids.judged"
	if [ ! -s "$scratch/ids.found" ]; then
		echo '# no test was found'
		return 1
	fi
	diff "$scratch/ids.found" "$scratch/ids.judged" >"$scratch/ids.diff" || ! sed 's/^/# /' "$scratch/ids.diff"
}

same() {
	[ "$1" = "$2" ] || ! echo "# expected '$2', found '$1'"
}

# is_gone PID: dead, reaped or not.
is_gone() {
	! state=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || case $state in Z* | X*) true ;; *) false ;; esac
}

is_stopped() {
	case $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) in T*) true ;; *) false ;; esac
}

exists() {
	[ -e "$1" ]
}

# files_are COUNT PATTERN: so many files are there.
files_are() {
	[ "$(ls -d $2 2>/dev/null | wc -l)" -eq "$1" ]
}

end_tests() {
	echo "1..$number"
	exit $failed
}
