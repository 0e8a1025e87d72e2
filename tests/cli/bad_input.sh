#!/bin/sh
# What can't be run is refused with one clear message before any test starts. TAP on stdout.
. "$srcdir/tests/lib/cases.sh"

mkdir tests empty
program tests/test_one 'echo ran >>"$XTOP_TEST_RAN"'
program tests/test_two 'exit 0'
XTOP_TEST_RAN=$scratch/ran
export XTOP_TEST_RAN

# refused MESSAGE: exit code 4, that on stderr, nothing on stdout, and no test ran.
refused() {
	code 4
	err "$1"
	out ''
	missing "$XTOP_TEST_RAN"
}

begin 'an unknown option is refused, with the nearest one'
xtop --numproceses 2 tests
refused "xtop: unknown option '--numproceses'; did you mean '--numprocesses'?"
end

begin 'an option that is like no other is refused'
xtop --frobnicate tests
refused "xtop: unknown option '--frobnicate'; 'xtop --help' lists those that there are"
end

begin 'a value that makes no sense is refused'
xtop --timeout soon tests
refused "xtop: --timeout: expected a duration such as 90, 1.5, 250ms, 30s, 5m or 2h, at most 30 years, found 'soon'"
end

begin 'a value that is missing is asked for'
xtop tests --timeout
refused 'xtop: --timeout needs a value (SEC), found nothing behind it'
end

begin 'a path that is not there is refused'
xtop tests nowhere
refused "xtop: 'nowhere' is no file or directory, and no test has it as its id"
end

begin 'a list of tests that is not there is refused'
xtop @nowhere
refused 'xtop: nowhere: No such file or directory'
end

begin 'a root directory that is not there is refused'
xtop --rootdir nowhere
refused "xtop: --rootdir: expected a directory, found '$here/nowhere', which is not there"
end

begin 'a project file that is not there is refused'
xtop --config nowhere.yaml
refused "xtop: $here/nowhere.yaml: No such file or directory"
end

begin 'a named script that is not executable is refused, with what to do'
printf '#!/bin/sh\nexit 0\n' >script
xtop tests script
refused 'xtop: script is not executable: chmod +x script, or, if it prints TAP, --adapter tap'
end

begin 'a named file that is no program is refused'
echo text >notes
xtop notes tests
refused 'xtop: notes is not executable: chmod +x notes, if it is a program'
end

begin 'a named pipe is refused, and not waited for'
mkfifo pipe
xtop pipe
refused "xtop: 'pipe' is neither a file nor a directory"
rm pipe
end

begin 'a dashboard without a terminal is refused'
xtop --tui tests
refused "xtop: --tui: the dashboard can't be opened: standard input is no terminal"
end

begin 'a journal that can not be made is refused'
xtop --record nowhere/journal tests
refused "xtop: $here/nowhere/journal: cannot record the run here: No such file or directory"
end

begin 'a journal on a full disk is refused'
xtop --record /dev/full tests
refused 'xtop: /dev/full: cannot record the run here: No space left on device'
end

begin 'a directory in the place of a journal is refused'
xtop --record empty tests
refused "xtop: $here/empty: cannot record the run here: Is a directory"
end

begin 'events that can not be written are known before the run'
xtop --events nowhere/events tests
refused "xtop: $here/nowhere/events: can't be written: No such file or directory"
end

begin 'JUnit XML that can not be written is known before the run'
xtop --junit-xml notes/junit.xml tests
refused "xtop: $here/notes/junit.xml: can't be written: $here/notes: expected a directory, found a file"
xtop --junit-xml empty tests
refused "xtop: $here/empty: expected a file, found a directory"
xtop --junit-xml /proc/junit.xml tests
refused "xtop: /proc/junit.xml: can't be written: No such file or directory"
end

begin 'an unreadable quarantine file is refused'
printf 'a: [\n' >quarantine.yaml
xtop tests
code 4
err_has 'xtop: quarantine.yaml:2:1: '
missing "$XTOP_TEST_RAN"
rm quarantine.yaml
end

begin 'a working directory that is gone is refused'
mkdir gone
shell 'cd gone && rmdir ../gone && exec "$XTOP"'
refused "xtop: the working directory can't be used: No such file or directory"
end

begin 'files that are not executable do not keep the others of a pattern from running'
mkdir mixed
cp tests/test_two mixed/test_good
echo text >mixed/test_text
printf 'suites:\n  - name: mixed\n    programs: mixed/*\n' >xtop.yaml
xtop --events events
code 2
count 1 'xtop: error: mixed/test_text: mixed/test_text is not executable: chmod +x mixed/test_text, if it is a program' \
	"$out"
out_has 'error        -       mixed/test_text  '
closes 'xtop: 1 passed, 1 failed, 0 skipped'
equal 'the outcomes' "error${newline}passed" "$(values outcome test.verdict <events | sort)"
equal 'the ids of verdicts' "mixed/test_good${newline}mixed/test_text" "$(values id test.verdict <events | sort)"
equal 'the types for what is broken' "collect.error${newline}test.found${newline}test.verdict" \
	"$(grep test_text events | values type)"
rm xtop.yaml events
end

begin 'a directory without tests has none, and says what would be one'
xtop empty
code 5
err ''
out_line "xtop: nothing in $here/empty looks like a test (*.t, *.bats, executables called test_..., ..._test, check_...)"
out_line 'xtop: no tests'
closes 'xtop: 0 passed, 0 failed, 0 skipped'
end

begin 'no tests are fine where that was said'
xtop --no-tests pass empty
code 0
closes 'xtop: 0 passed, 0 failed, 0 skipped'
xtop --no-tests pass --format json --rootdir empty
code 0
equal 'its exit code as an event' 0 "$(values exit_code run.finished <"$out")"
end

begin 'a project without tests has none'
xtop --rootdir empty
code 5
closes 'xtop: 0 passed, 0 failed, 0 skipped'
out_has 'xtop: nothing here looks like a test: '
xtop list --rootdir empty
code 5
out_has 'xtop: 0 tests found'
end

# yaml TEXT MESSAGE: what the project file with this text is refused with.
yaml() {
	printf "$1" >xtop.yaml
	xtop
	code 4
	out ''
	equal 'the first line of stderr' "xtop: $2" "$(head -n 1 "$err")"
	missing "$XTOP_TEST_RAN"
	rm xtop.yaml
}

begin 'mistakes in the project file are named by line and column'
yaml 'suites:\n  - name: a\n    programms: tests/*\n' \
	"xtop.yaml:3:5: expected a key of a suite, found 'programms'; did you mean 'programs'?"
yaml 'defaults:\n  timeout: soon\n' \
	"xtop.yaml:2:12: timeout: expected a duration such as 90, 1.5, 250ms, 30s, 5m or 2h, at most 30 years, found 'soon'"
yaml 'defaults:\n  time-out: 3\n' "xtop.yaml:2:3: expected the name of an option, found 'time-out'; did you mean 'timeout'?"
yaml 'suites:\n  - name: a\n    adapter: exce\n    programs: tests/*\n' \
	"xtop.yaml:4:15: there is no adapter 'exce': expected one of tap, exec, pytest"
yaml 'suites:\n  - name: a\n   programs: [\n' \
	"xtop.yaml:3:4: while parsing a block collection: did not find expected '-' indicator"
yaml 'suites:\n  - name: a\n    programs: none/*\n' "xtop.yaml:3:15: 'none/*' matches no file below $here"
yaml 'suites:\n  - name: a\n    programs: []\n' \
	'xtop.yaml:3:15: programs: expected a path or a pattern such as tests/*.t, or a list of them, found an empty list'
yaml 'suites:\n  - name: a\n    programs: tests/*\n  - name: a\n    programs: tests/*\n' \
	'xtop.yaml:4:11: name: the suite with the programs of line 3 has this name already'
yaml 'suites:\n  - name: a\n    cwd: nowhere\n    programs: tests/*\n' \
	"xtop.yaml:3:10: cwd: expected a directory, found '$here/nowhere', which is not there"
yaml '\000\377' 'xtop.yaml:1:1: expected text, found the control character U+0000; in double quotes "\u0000" stands for it'
end

begin 'a test that is named twice runs once; one of two suites is two tests'
xtop tests/test_two ./tests/test_two "$here/tests/test_two"
code 0
closes 'xtop: 1 passed, 0 failed, 0 skipped'
printf 'suites:\n  - name: a\n    programs: tests/test_two\n  - name: b\n    programs: [tests/test_two, tests/*two]\n' >xtop.yaml
xtop -v
code 0
out_has ' a: tests/test_two'
out_has ' b: tests/test_two'
closes 'xtop: 2 passed, 0 failed, 0 skipped'
rm xtop.yaml
end

begin 'without an environment it runs all the same'
shell 'exec env -i PATH="$PATH" XTOP_TEST_MARK="$XTOP_TEST_MARK" "$XTOP" tests/test_two'
code 0
err ''
closes 'xtop: 1 passed, 0 failed, 0 skipped'
shell 'unset HOME; exec "$XTOP" tests/test_two'
code 0
closes 'xtop: 1 passed, 0 failed, 0 skipped'
end

# Who is root may write everywhere, so another user has to try.
begin 'a project that may not be written to can be tested'
program tests/test_long 'head -c 100000 /dev/zero | tr "\\0" x; exit 1'
rm -rf .xtop
other=
if [ "$(id -u)" -eq 0 ]; then
	other='setpriv --reuid=65534 --regid=65534 --clear-groups'
	chmod 755 "$scratch"
else
	chmod a-w .
fi
if [ -n "$other" ] && { ! has setpriv || ! $other test -x "$XTOP" || ! $other test -d .; }; then
	skip 'this is root, and there is no other user who may run the program'
else
	shell "exec $other \"\$XTOP\" tests/test_long"
	code 1
	out_has "xtop: warning: $here/.xtop: can't make the directory: Permission denied; of long outputs only the beginning"
	out_has 'xtop: warning: XT7006: this run is not kept in the history: '
	closes 'xtop: 0 passed, 1 failed, 0 skipped'
	shell "exec $other \"\$XTOP\" --junit-xml junit.xml tests/test_long"
	code 4
	err "xtop: $here/junit.xml: can't be written: Permission denied"
	end
fi
chmod u+w .

finish
