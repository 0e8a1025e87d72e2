#!/bin/sh
# --watch: what a saved file affects runs again, with the code as it is now; suites are built first. TAP on stdout.
# shellcheck disable=SC1091
. "$srcdir/tests/lib/runs.sh"
. "$srcdir/tests/lib/python.sh"
LIMIT=${XTOP_TEST_LIMIT:-60}

# rests COUNT: so often everything was run that was to be run.
rests() {
	[ "$(events log 2>/dev/null | grep -c 'waiting for a file')" -ge "$1" ]
}
# Starts of tests since the last call of `begin`, sorted, in a line.
begin() {
	seen=$(events test.started | wc -l)
}
ran() {
	events test.started | tail -n "+$((seen + 1))" | field id | sort | tr '\n' ' ' | sed 's/ $//'
}
ran_in_order() {
	events test.started | tail -n "+$((seen + 1))" | field id | tr '\n' ' ' | sed 's/ $//'
}
last_outcome() {
	outcome "$1" | sed 's/.* //'
}
stop() {
	kill -INT "$xtop"
	finish
}

# --- programs, scripts and a build ---

mkdir project && cd project || exit 99
program project/one.sh <<'END'
#!/bin/sh
exit 0
END
program project/two.sh <<'END'
#!/bin/sh
exit 0
END
# The name says that a build reads it.
echo 0 >made.inc
cat >build.sh <<'END'
grep -q '^[0-9]*$' made.inc || { echo "made.inc: a number is wanted"; exit 2; }
printf '#!/bin/sh\nexit %s\n' "$(cat made.inc)" >made.new && chmod +x made.new
if cmp -s made.new made; then rm made.new; else mv made.new made; fi
END
cat >xtop.yaml <<'END'
suites:
  - name: scripts
    programs: [one.sh, two.sh]
  - name: made
    programs: made
    build: sh build.sh
END
start_here() {
	rm -f "$scratch/events"
	XTOP_TEST_MARK=$mark perl -e '$SIG{$_} = "DEFAULT" for qw(INT QUIT TERM HUP); setpgrp(0, 0); alarm shift; exec @ARGV or die' \
		"$LIMIT" "$XTOP" --no-tui --watch --events "$scratch/events" "$@" </dev/null >"$scratch/out" 2>"$scratch/err" &
	xtop=$!
}
start_here -n 2
need rests 1
check 'a suite is built before its programs are looked for' same "$(last_outcome made)" passed

begin
printf '#!/bin/sh\nexit 1\n' >two.sh
need rests 2
check 'a saved program runs again' same "$(ran)" two.sh
check 'as it is now' same "$(last_outcome two.sh)" failed

begin
echo notes >notes.txt
printf '#!/bin/sh\nexit 0\n' >two.sh
need rests 3
check 'other files concern nobody' same "$(ran)" two.sh

begin
echo 7 >made.inc
need rests 4
check 'a saved source is built, and what it changed runs' same "$(ran)" made
check 'the new program' same "$(last_outcome made)" failed

begin
echo seven >made.inc
need said 'a number is wanted'
check 'a build that fails is told with its last lines' said 'exited with code 2'
echo 0 >made.inc
need rests 5
check 'and nothing runs until it is well' same "$(ran)" made
check 'then as it is now' same "$(last_outcome made)" passed

begin
touch made.inc
need said 'the build changed no program'
rm two.sh
printf '#!/bin/sh\nexit 0\n' >.two.new && chmod +x .two.new && mv .two.new two.sh
need rests 6
check 'a file that was replaced as editors do it' same "$(ran)" two.sh

begin
rm two.sh
need rests 7
check 'a program that is gone fails nothing' same "$(last_outcome two.sh) $(ran)" 'skipped '
printf '#!/bin/sh\nexit 0\n' >.two.new && chmod +x .two.new && mv .two.new two.sh
need rests 8
check 'once it is back it runs' same "$(last_outcome two.sh) $(ran)" 'passed two.sh'
stop
check 'an interrupt ends it, with what the tests ended with last' same $status 0
check 'and the counts' same "$(tail -n 1 "$scratch/out")" 'xtop: 3 passed, 0 failed, 0 skipped'
check 'nothing is left' await none_marked

echo seven >made.inc
start_here -n 2
finish
check 'a first build that fails ends the run as a collection does' same $status 2
check 'and says why' grep -q 'a number is wanted' "$scratch/err"
check 'nothing is left of that' await none_marked

# --- builds that take their time ---

cat >build.sh <<'END'
value=$(cat made.inc)
: >reading
while [ -e hold ]; do sleep 0.05; done
printf '#!/bin/sh\nexit %s\n' "$value" >made.new && chmod +x made.new
if cmp -s made.new made; then rm made.new; else mv made.new made; fi
END
cat >xtop.yaml <<'END'
suites:
  - name: scripts
    programs: one.sh
    build: "true"
  - name: made
    programs: made
    build: sh build.sh
END
# It has read the source, and waits.
reads() {
	[ -e reading ]
}
# changed COUNT: it was heard of so often that the source was saved.
changed() {
	[ "$(events log 2>/dev/null | grep -c 'made.inc changed')" -ge "$1" ]
}
ends_with_code() {
	events test.finished 2>/dev/null | grep '"exit_code"' | tail -n 1 | grep -q "\"exit_code\":$1[,}]"
}
echo 1 >made.inc
: >hold
start_here -n 2
need reads
echo 3 >made.inc
rm hold
need ends_with_code 3
need rests 2
check 'a source that is saved during the first build is built behind it' true

: >hold
rm -f reading
echo 4 >made.inc
need changed 2
need reads
echo 5 >made.inc
need changed 3
rm hold
need ends_with_code 5
check 'one that is saved during a later build, too' true
stop
check 'nothing is left of builds' await none_marked

: >hold
rm -f reading
start_here -n 2
need reads
kill -KILL "$(ps -o pid= --ppid "$xtop" | tr -d ' ')"
finish
check 'a guardian that is killed while a suite is built ends the run' same $status 2
check 'and it says why' grep -q 'went down with the guardian' "$scratch/err"
rm hold
check 'nothing is left of that build' await none_marked

# Nothing can run again without it.
start_here -n 2
need rests 1
kill -KILL "$(ps -o pid= --ppid "$xtop" | tr -d ' ')"
finish
check 'a guardian that is killed while nothing runs ends it' same $status 3

# --- what a test writes itself is not watched for ever ---

rm -rf ../project/* && program project/self.sh <<'END'
#!/bin/sh
echo "#" >>self.sh
echo "#" >>other.sh
END
program project/other.sh <<'END'
#!/bin/sh
exit 0
END
printf 'suites:\n  - name: all\n    programs: "*.sh"\n' >xtop.yaml
start_here -n 1
need said 'changes each time that tests run'
stop
check 'a test that writes what is watched does not run for ever' same $status 0

# --- pytest ---

pytest_cases() {
	rm -rf "$scratch/project" && mkdir -p "$scratch/project/tests/sub" && cd "$scratch/project" || exit 99
	printf 'def value():\n    return 1\n' >tests/values.py
	printf 'from values import value\n\ndef test_one():\n    assert value() == 1\n\ndef test_two():\n    assert value() == 2\n' \
		>tests/test_a.py
	printf 'def test_b():\n    pass\n' >tests/sub/test_b.py
	touch tests/sub/conftest.py
	start_here --adapter pytest --python "$python" -n 1
	need rests 1

	begin
	printf '\ndef test_three():\n    pass\n' >>tests/test_a.py
	need rests 2
	check "$which: the tests of a saved file run again, new ones too" same "$(ran)" \
		'tests/test_a.py::test_one tests/test_a.py::test_three tests/test_a.py::test_two'

	begin
	printf '# nothing\n' >tests/sub/conftest.py
	need rests 3
	check "$which: a conftest.py is of its directory" same "$(ran)" tests/sub/test_b.py::test_b

	begin
	printf 'def value():\n    return 2\n' >tests/values.py
	need rests 4
	check "$which: any other file concerns all" same "$(ran | wc -w)" 4
	check "$which: what failed runs first" same "$(ran_in_order | cut -d' ' -f1)" tests/test_a.py::test_two
	check "$which: with the new code" same "$(last_outcome tests/test_a.py::test_two)" passed
	check "$which: what it breaks fails" same "$(last_outcome tests/test_a.py::test_one)" failed

	begin
	printf 'def test_new(:\n' >tests/test_new.py
	need rests 5
	check "$which: a new file that can't be collected" same "$(last_outcome tests/test_new.py)" error
	printf 'def test_new():\n    pass\n' >tests/test_new.py
	need rests 6
	check "$which: runs once it can" same "$(last_outcome tests/test_new.py::test_new)" passed
	check "$which: and is no error any more" same "$(last_outcome tests/test_new.py)" skipped

	begin
	printf 'def test_renamed():\n    pass\n' >tests/test_new.py
	need rests 7
	check "$which: a test that is gone fails nothing" same "$(last_outcome tests/test_new.py::test_new)" skipped
	check "$which: its new name runs" same "$(last_outcome tests/test_new.py::test_renamed)" passed
	stop
	check "$which: the exit code is that of the last verdicts" same $status 1
	start_here --adapter pytest --python "$python" -n 1 tests/sub
	need rests 1
	begin
	printf 'def test_elsewhere():\n    pass\n' >tests/test_elsewhere.py
	printf 'def test_here():\n    pass\n' >tests/sub/test_here.py
	need rests 2
	check "$which: a new file runs where it was asked for" same "$(ran)" tests/sub/test_here.py::test_here
	stop
	check "$which: nothing is left" await none_marked

	rm -rf "$scratch/project" && mkdir -p "$scratch/project/a" "$scratch/project/b" && cd "$scratch/project" || exit 99
	touch a/pytest.ini b/pytest.ini
	printf 'def test_a():\n    pass\n' >a/test_a.py
	printf 'def test_b():\n    pass\n' >b/test_b.py
	printf 'suites:\n  - { name: A, adapter: pytest, cwd: a }\n  - { name: B, adapter: pytest, cwd: b }\n' >xtop.yaml
	start_here --python "$python" -n 1
	need rests 1
	begin
	printf 'import os\n\ndef test_new():\n    assert os.path.basename(os.getcwd()) == "b"\n' >b/test_new.py
	need rests 2
	check "$which: a new file is of the suite in whose directory it is" \
		same "$(ran) $(last_outcome test_new.py::test_new)" 'test_new.py::test_new passed'
	stop
	check "$which: nothing is left of two suites" await none_marked
}
each_python pytest_cases

end_tests
