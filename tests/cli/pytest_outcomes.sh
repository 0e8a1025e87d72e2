#!/bin/sh
# Tests of pytest have under xtop the outcomes that they have under pytest, with what pytest says of them. TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"
. "$srcdir/tests/lib/python.sh"

fates='tests/test_fates.py::'

cases() {
	for how in '-n 2' '-n 0' '-n 2 --python-start spawn' '-n 3 --capture fd'; do
		begin "$which: outcomes with $how are plain pytest's"
		project outcomes
		# shellcheck disable=SC2086
		pytest_run $how
		code 1
		expect_same_as_pytest
		end
	done

	begin "$which: a failure has its place, and what its assertion compared"
	project outcomes
	pytest_run -n 2 --junit-xml junit.xml
	equal 'the line of the test' 9 "$(verdict_field line "${fates}test_fails")"
	equal file tests/test_fates.py "$(verdict_field file "${fates}test_fails")"
	verdict_field message "${fates}test_fails" >"$out"
	equal 'first line of the message' 'AssertionError: they differ' "$(head -n 1 "$out")"
	out_has 'At index 2 diff: 3 != 4'
	equal 'reason of a skip' 'not today' "$(verdict_field reason "${fates}test_skipped")"
	equal 'reason of an expected failure' 'a known one' "$(verdict_field reason "${fates}test_fails_as_expected")"
	verdict_field message "${fates}test_error_in_setup" >"$out"
	out_has 'RuntimeError: the fixture broke'
	verdict_field message "${fates}test_failure_before_an_error_in_teardown" >"$out"
	equal 'first line of a failure with an error behind it' 'AssertionError: assert False' "$(head -n 1 "$out")"
	out_has 'RuntimeError: the teardown broke'
	end

	begin "$which: JUnit names tests as pytest's own writer does"
	env -u XTOP_DATADIR "$python" -m pytest -q -p no:cacheprovider --junitxml own.xml >"$out" 2>&1 </dev/null
	for report in junit own; do
		tr '<' '\n' <$report.xml | sed -n 's/^testcase \(classname="[^"]*" name="[^"]*"\).*/\1/p' |
			sed 's/ #[0-9]*"$/"/' | LC_ALL=C sort -u >$report.names
	done
	equal 'the difference of the names' '' "$(diff own.names junit.names)"
	grep -q '<property name="key" value="a value"/>' junit.xml || complain 'a property is in the report'
	grep -q '<property name="number" value="3"/>' junit.xml || complain 'a number is in the report'
	valid_xml junit.xml
	end
}

each_python cases
finish
