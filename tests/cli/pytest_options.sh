#!/bin/sh
# What is wrong with a command line for pytest is told before anything is started: options that are pytest's own, paths
# that are not there, choices that only pytest understands. TAP on stdout.
. "$srcdir/tests/lib/cases.sh"

unset VIRTUAL_ENV CONDA_PREFIX
mkdir -p tests/unit programs empty
printf 'def test_x():\n    open("ran", "w").close()\n' >tests/unit/test_a.py
program programs/test_b 'echo ran >ran'

# refused MESSAGE: exit code 4, that on stderr, nothing on stdout, and no test ran.
refused() {
	code 4
	err "xtop: $1"
	out ''
	missing ran
}

begin 'an option of pytest is shown in its place, with its value'
xtop tests --tb short
refused "'--tb' is an option of pytest's or a plugin's, which stand behind '--': $XTOP tests -- --tb short"
xtop --cov=x -n 2 tests -xrA -- -q
refused "'--cov' is an option of pytest's or a plugin's, which stand behind '--': $XTOP -n 2 tests -x -- --cov=x -rA -q"
end

begin "an option of a conftest's is shown in its place, what is to be run is not its value"
xtop --runslow tests
refused "unknown option '--runslow'; if it is pytest's or a plugin's: $XTOP tests -- --runslow"
xtop --runslow tests/unit/test_a.py::test_x
refused "unknown option '--runslow'; if it is pytest's or a plugin's: $XTOP tests/unit/test_a.py::test_x -- --runslow"
xtop --level 3 tests
refused "unknown option '--level'; if it is pytest's or a plugin's: $XTOP tests -- --level 3"
end

begin 'words that a shell would take apart are quoted'
xtop -k 'a and b' --tb short --lines="it's"
refused "unknown option '--lines'; if it is pytest's or a plugin's: $XTOP -k 'a and b' -- --tb short '--lines=it'\\''s'"
end

begin 'a slip is told beside it'
xtop --numproceses 2 tests
refused "unknown option '--numproceses'; did you mean '--numprocesses'? If it is pytest's or a plugin's: $XTOP tests -- --numproceses 2"
xtop -maxfail=2 tests
refused "unknown option '-maxfail=2'; did you mean '--maxfail'?"
end

begin 'without pytest an unknown option is just that'
xtop --rootdir empty --tb short
refused "unknown option '--tb'; 'xtop --help' lists those that there are"
xtop --adapter exec --tb short
refused "unknown option '--tb'; 'xtop --help' lists those that there are"
end

begin 'a file that is not there is refused, with the nearest one'
xtop tests/unti/test_a.py::test_x
refused "'tests/unti/test_a.py::test_x': there is no file 'tests/unti/test_a.py', and no test has this as its id; did you mean 'tests/unit/test_a.py::test_x'?"
xtop tests/unit/tset_a.py
refused "'tests/unit/tset_a.py' is no file or directory, and no test has it as its id; did you mean 'tests/unit/test_a.py'?"
printf '# all\ntests/unit/test_a.py::test_x\ntests/unit/test_b.py\n' >list
xtop @list
refused "list:3: 'tests/unit/test_b.py' is no file or directory, and no test has it as its id; did you mean 'tests/unit/test_a.py'?"
end

begin 'a choice that only pytest understands is refused without its tests'
xtop --sw programs
refused '--stepwise is for pytest'"'"'s tests only, and there are none of them here'
end

begin 'values that make no sense are refused'
xtop -o addopts tests
refused "-o: expected NAME=VALUE, found 'addopts'"
xtop --python-start thread tests
refused "--python-start: expected fork, spawn or auto, found 'thread'"
xtop --capture all tests
refused "--capture: expected live, no, fd, sys or tee-sys, found 'all'"
end

begin 'a configured path that is not there is refused'
printf 'suites:\n  python:\n    adapter: pytest\n    programs: [tests, none/test_*.py]\n' >xtop.yaml
xtop
refused "xtop.yaml:4:15: 'none/test_*.py' matches no file or directory below $here"
rm xtop.yaml
end

finish
