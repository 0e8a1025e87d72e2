# The Pythons that tests of the pytest adapter run with. To be sourced; $builddir is where the tree is built.
#
#     each_python CASES…     calls CASES once for each pytest that is to be covered, with the Python in $python and its
#                            name in $which ("pytest 9.2.0"); one that is missing gives a TAP line that is skipped
#     python_newest, python_debian     print a Python with pytest's newest release, with that of Debian's packages;
#                            fail where there is none and print why
#
# XTOP_TEST_PYTHON=PROGRAM: this one alone.
unset PYTHONDONTWRITEBYTECODE PYTHONUNBUFFERED PYTHONPATH PYTHONHOME PYTHONWARNINGS PYTHONHASHSEED PYTHONSTARTUP
unset PYTEST_ADDOPTS PYTEST_PLUGINS PYTEST_DISABLE_PLUGIN_AUTOLOAD VIRTUAL_ENV CONDA_PREFIX
unset PYTEST_XDIST_WORKER PYTEST_XDIST_WORKER_COUNT PYTEST_XDIST_TESTRUNUID

# bootstrap makes it in the tree; builds below it (distcheck, sanitizers) look upwards.
python_newest() {
	if [ "${XTOP_TEST_PYTHON-}" ]; then
		echo "$XTOP_TEST_PYTHON"
		return
	fi
	python_at=${builddir:-.}
	while [ "$python_at" ]; do
		if [ -f "$python_at/build-python/newest/complete" ]; then
			echo "$python_at/build-python/newest/bin/python"
			return
		fi
		if [ -f "$python_at/build-python/log" ]; then
			echo "pytest's newest release could not be installed: $(tail -n 1 "$python_at/build-python/log")"
			return 1
		fi
		case $python_at in
		*/*) python_at=${python_at%/*} ;;
		*) break ;;
		esac
	done
	echo "pytest's newest release is not there (./bootstrap check installs it)"
	return 1
}

python_debian() {
	if [ "${XTOP_TEST_PYTHON-}" ]; then
		echo 'XTOP_TEST_PYTHON is set'
		return 1
	fi
	if /usr/bin/python3 -c 'import pytest, sys; sys.exit(pytest.version_tuple < (7,))' 2>/dev/null; then
		echo /usr/bin/python3
	else
		echo '/usr/bin/python3 has no pytest 7 or newer (Debian: python3-pytest)'
		return 1
	fi
}

pytest_version() {
	"$1" -c 'import pytest; print("pytest", pytest.__version__)' 2>/dev/null
}

# python_has MODULE: whether $python can import it.
python_has() {
	"$python" -c "import $1" 2>/dev/null
}

# Either one; the newest where both are there.
python_any() {
	if python=$(python_newest); then
		echo "$python"
	else
		python_debian
	fi
}

each_python() {
	for python_kind in newest debian; do
		if python=$("python_$python_kind"); then
			which=$(pytest_version "$python")
			"$@"
		else
			number=$((number + 1))
			echo "ok $number - with the $python_kind pytest # SKIP $python"
		fi
	done
}

# project NAME: the current directory becomes a fresh copy of tests/fixtures/pytest_NAME. What pytest leaves in its
# directory for temporary files stays in $scratch, too.
project() {
	copies=$((${copies:-0} + 1))
	cp -R "$srcdir/tests/fixtures/pytest_$1" "$scratch/project-$copies" && cd "$scratch/project-$copies" || exit 99
	chmod -R u+w .
	PYTEST_DEBUG_TEMPROOT=$scratch
	export PYTEST_DEBUG_TEMPROOT
	rm -f "$scratch/events"
}

# pytest_run ARGUMENT…: xtop (of tests/lib/cases.sh) with that Python; its events are in $scratch/events.
pytest_run() {
	rm -f "$scratch/events"
	xtop --no-tui --adapter pytest --python "$python" --events "$scratch/events" "$@"
}

# Each verdict, "id outcome", "flaky" behind it where it is; sorted.
verdicts() {
	perl -MJSON::PP -e '
		binmode STDOUT, ":utf8";
		while (defined($_ = <STDIN>)) {
			my $event = JSON::PP->new->utf8->decode($_);
			next unless $event->{type} eq "test.verdict";
			my $id = $event->{id} =~ s/\n/\\n/gr;
			$id .= "#$event->{ordinal}" if ($event->{ordinal} // 1) > 1;
			print "$id $event->{outcome}", $event->{flaky} ? " flaky" : "", "\n";
		}' <"$scratch/events" | LC_ALL=C sort
}

# verdict_field NAME ID: of its verdict.
verdict_field() {
	NAME=$1 ID=$2 perl -MJSON::PP -e '
		binmode STDOUT, ":utf8";
		while (defined($_ = <STDIN>)) {
			my $event = JSON::PP->new->utf8->decode($_);
			next unless $event->{type} eq "test.verdict" && $event->{id} eq $ENV{ID};
			my $value = $event->{$ENV{NAME}};
			print ref $value ? JSON::PP->new->canonical->encode($value) : $value // "", "\n";
		}' <"$scratch/events"
}

# output_of ID: what it printed, all of its attempts.
output_of() {
	ID=$1 perl -MJSON::PP -e '
		binmode STDOUT, ":utf8";
		while (defined($_ = <STDIN>)) {
			my $event = JSON::PP->new->utf8->decode($_);
			print $event->{data} if $event->{type} eq "test.output" && $event->{id} eq $ENV{ID};
		}' <"$scratch/events"
}

# expect_verdicts <TEXT: exactly these.
expect_verdicts() {
	LC_ALL=C sort >"$scratch/verdicts.expected"
	verdicts >"$scratch/verdicts"
	diff "$scratch/verdicts.expected" "$scratch/verdicts" >"$scratch/verdicts.diff" ||
		complain "the verdicts: $newline$(cat "$scratch/verdicts.diff")"
}

# expect_same_as_pytest ARGUMENT…: plain pytest's outcomes, test by test.
expect_same_as_pytest() {
	rm -f "$scratch/outcomes"
	env -u XTOP_DATADIR "$python" "$srcdir/tests/compat/pytest_outcomes.py" --record "$scratch/outcomes" "$@" \
		>"$scratch/plain" 2>&1 </dev/null
	perl -MJSON::PP -ne '
		BEGIN { binmode STDOUT, ":utf8" }
		chomp;
		my ($id, $ordinal, $outcome) = split /\t/;
		$id = JSON::PP->new->allow_nonref->decode($id) =~ s/\n/\\n/gr;
		print $id, $ordinal > 1 ? "#$ordinal" : "", " $outcome\n";' "$scratch/outcomes" | LC_ALL=C sort \
		>"$scratch/verdicts.expected"
	[ -s "$scratch/verdicts.expected" ] || complain "plain pytest runs: $(tail -n 3 "$scratch/plain")"
	verdicts | sed 's/ flaky$//' >"$scratch/verdicts"
	diff "$scratch/verdicts.expected" "$scratch/verdicts" >"$scratch/verdicts.diff" ||
		complain "the verdicts are those of plain pytest: $newline$(cat "$scratch/verdicts.diff")"
}
