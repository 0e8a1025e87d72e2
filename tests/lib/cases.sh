# What scripts share that look at exit codes and at what is printed. To be sourced; $XTOP is the program. The current
# directory becomes a new, empty one; all that stays behind is removed. One TAP line a case:
#
#     begin 'what is to be so'
#     xtop ARGUMENT…
#     code 4
#     err 'xtop: …'
#     end
#
# Nothing is timed; the limit only ends what would never end.
set -u
LC_ALL=C
export LC_ALL
for name in $(env | sed -n 's/^\(XTOP_[A-Z_]*\)=.*/\1/p'); do
	case $name in XTOP_TEST_LIMIT | XTOP_TEST_PYTHON | XTOP_DATADIR) ;; *) unset "$name" ;; esac
done
unset CI NO_COLOR FORCE_COLOR CLICOLOR_FORCE PYTEST_XDIST_AUTO_NUM_WORKERS name
LIMIT=${XTOP_TEST_LIMIT:-300}

scratch=$(mktemp -d) || exit 99
mkdir "$scratch/project" "$scratch/tmp" && cd "$scratch/project" || exit 99
here=$(pwd)
TMPDIR=$scratch/tmp
export TMPDIR
out=$scratch/out
err=$scratch/err
mark=$$-$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')
number=0
newline='
'

# What still runs of what a case started.
left_running() {
	grep -l -a -s "XTOP_TEST_MARK=$mark" /proc/[0-9]*/environ | sed 's|^/proc/\([0-9]*\)/.*|\1|'
}

clean_up() {
	cd /
	for pid in $(left_running); do
		kill -KILL "$pid" 2>/dev/null
	done
	chmod -R u+rwx "$scratch" 2>/dev/null
	rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 99' HUP INT TERM

begin() {
	case_name=$1
	: >"$scratch/complaints"
	: >"$out"
	: >"$err"
	status=none
}

complain() {
	printf '%s\n' "$*" | sed 's/^/# /' >>"$scratch/complaints"
}

end() {
	number=$((number + 1))
	if [ ! -s "$scratch/complaints" ]; then
		echo "ok $number - $case_name"
		return
	fi
	cat "$scratch/complaints"
	echo "# exit code: $status"
	for end_file in "$out" "$err"; do
		head -c 4000 "$end_file" | LC_ALL=C tr -c '[:print:]\n' '?' | sed "s|^|# ${end_file##*/}: |" | head -n 30
	done
	echo "not ok $number - $case_name"
}

# skip WHY: the case cannot be tried here.
skip() {
	number=$((number + 1))
	echo "ok $number - $case_name # SKIP $1"
}

has() {
	command -v "$1" >/dev/null 2>&1
}

# xtop ARGUMENT…: $status, and what it prints in $out and $err.
xtop() {
	XTOP_TEST_MARK=$mark timeout -k 5 "$LIMIT" "$XTOP" "$@" </dev/null >"$out" 2>"$err"
	status=$?
}

# shell TEXT: the same for a line of shell that needs redirections of its own; it finds the program in $XTOP.
shell() {
	XTOP_TEST_MARK=$mark XTOP=$XTOP timeout -k 5 "$LIMIT" sh -c "$1" </dev/null >"$out" 2>"$err"
	status=$?
}

code() {
	[ "$status" = "$1" ] || complain "exit code is $1, but found $status"
}

# equal WHAT EXPECTED FOUND
equal() {
	[ "$2" = "$3" ] || complain "$1 is '$2', but found '$3'"
}

# All that was printed, without its last newline.
out() {
	equal stdout "$1" "$(cat "$out")"
}

err() {
	equal stderr "$1" "$(cat "$err")"
}

# out_has TEXT, err_has TEXT: as a part of a line. out_line TEXT: as a line. Each once or more.
out_has() {
	grep -q -F -e "$1" "$out" || complain "stdout has '$1'"
}

err_has() {
	grep -q -F -e "$1" "$err" || complain "stderr has '$1'"
}

out_line() {
	grep -q -x -F -e "$1" "$out" || complain "stdout has the line '$1'"
}

out_has_not() {
	! grep -q -F -e "$1" "$out" || complain "stdout has no '$1'"
}

# count N TEXT FILE: lines with TEXT.
count() {
	equal "the number of lines with '$2'" "$1" "$(grep -c -F -e "$2" "$3")"
}

# The closing line.
closes() {
	equal 'the last line of stdout' "$1" "$(tail -n 1 "$out")"
}

# Nothing in FILE that a terminal would obey: C0 and C1 control characters, and those that turn the text round.
no_controls() {
	perl -e 'local $/; exit(<STDIN> =~ /[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]/)' <"$1" ||
		complain "${1##*/} has no control characters"
}

exists() {
	[ -e "$1" ] || complain "$1 is there"
}

missing() {
	[ ! -e "$1" ] || complain "$1 is not there"
}

# program NAME [LINE…]: an executable script.
program() {
	program_name=$1
	shift
	printf '%s\n' '#!/bin/sh' "$@" >"$program_name"
	chmod +x "$program_name"
}

# json_lines FILE: each line is one JSON value in valid UTF-8.
json_lines() {
	perl -MJSON::PP -ne '
		eval { JSON::PP->new->utf8->allow_nonref(0)->decode($_); 1 } or push @wrong, "line $.: $@";
		END { print @wrong[0 .. ($#wrong < 2 ? $#wrong : 2)]; exit 1 if @wrong || !$. }' "$1" >"$scratch/wrong" ||
		complain "${1##*/} is JSON, line by line: $(cat "$scratch/wrong")"
}

# values NAME [TYPE] <FILE: that field of each event (of that type) that has it, a line each.
values() {
	perl -MJSON::PP -e '
		my ($name, $type) = @ARGV;
		binmode STDOUT, ":utf8";
		while (defined($_ = <STDIN>)) {
			my $event = JSON::PP->new->utf8->decode($_);
			next if defined $type && $event->{type} ne $type;
			print "$event->{$name}\n" if defined $event->{$name};
		}' "$@"
}

valid_xml() {
	xmllint --noout "$1" 2>"$scratch/wrong" || complain "$1 is well-formed: $(head -n 3 "$scratch/wrong")"
}

# The last case of each script, and the plan.
finish() {
	begin 'no process and no temporary file is left'
	left=$(left_running)
	equal 'what still runs' '' "$left"
	equal 'what is in the directory for temporary files' '' "$(ls -A "$TMPDIR")"
	equal 'what was written beside files' '' "$(find "$here" -name '.xtop-*')"
	end
	echo "1..$number"
}

for tool in perl timeout; do
	has $tool || {
		echo "1..0 # SKIP $tool is missing"
		exit 0
	}
done
perl -MJSON::PP -e 1 2>/dev/null || {
	echo '1..0 # SKIP the perl module JSON::PP is missing'
	exit 0
}
