#!/bin/sh
# Tests that fail are run again as pytest-rerunfailures would, by what their marks and the options say of the error. TAP on
# stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"
. "$srcdir/tests/lib/python.sh"

# expect_attempts <TEXT: "name outcome attempts" of each verdict, the file left out.
expect_attempts() {
	LC_ALL=C sort >"$scratch/attempts.expected"
	perl -MJSON::PP -ne '
		my $event = JSON::PP->new->utf8->decode($_);
		next unless $event->{type} eq "test.verdict";
		print $event->{id} =~ s/^[^:]*:://r, " $event->{outcome} $event->{attempts}\n"' "$scratch/events" |
		LC_ALL=C sort >"$scratch/attempts"
	diff "$scratch/attempts.expected" "$scratch/attempts" >"$scratch/attempts.diff" ||
		complain "outcomes and attempts: $newline$(cat "$scratch/attempts.diff")"
}

# logs_of ID: what the messages of its attempts say of its log, a line each.
logs_of() {
	ID=$1 perl -MJSON::PP -ne '
		my $event = JSON::PP->new->utf8->decode($_);
		next unless $event->{type} eq "test.finished" && $event->{id} eq $ENV{ID};
		print join(",", $event->{message} =~ /said by attempt (\d)/g), "\n"' "$scratch/events"
}

cases() {
	for how in fork spawn; do
		begin "$which: marks say after which failure a test is run again ($how)"
		project reruns
		pytest_run -n 1 --dist no --python-start $how test_it.py
		code 1
		expect_attempts <<'VERDICTS'
TestMark::test_class_is_set_up_again passed 2
TestMark::test_closest_condition failed 1
TestMark::test_closest_wins failed 1
TestMark::test_instance_is_new passed 3
test_condition_does_not_parse failed 1
test_condition_function passed 2
test_condition_function_of_nothing passed 2
test_condition_function_of_two failed 1
test_condition_function_says_no failed 1
test_condition_holds_for_the_teardown passed 2
test_condition_raises failed 1
test_condition_text passed 2
test_condition_text_says_no failed 1
test_except_cause failed 1
test_except_context passed 2
test_execution_count passed 2
test_expected xfailed 1
test_expected_otherwise failed 3
test_failed_by_hand passed 2
test_fixtures passed 3
test_interrupted error 1
test_logs_are_apart failed 2
test_negative failed 1
test_none failed 1
test_only_and_except failed 2
test_only_cause passed 2
test_only_class passed 2
test_only_context passed 2
test_only_hidden_context failed 1
test_only_no_expression failed 1
test_only_several passed 2
test_only_text_with_the_class passed 2
test_only_text_without_it failed 1
test_setup passed 2
test_setup_says_no error 1
test_skipped_then skipped 2
test_strict_pass failed 3
test_strict_pass_has_no_error failed 1
test_system_exit passed 2
test_teardown passed 2
test_teardown_is_not_the_call failed 1
test_wide_fixture_stands passed 1
test_wide_fixture_that_failed passed 2
test_without_a_mark failed 1
test_without_a_mark_oserror failed 1
VERDICTS
		equal 'what is told of the logs of two attempts' "1${newline}2" "$(logs_of test_it.py::test_logs_are_apart)"
		verdict_field message test_it.py::test_condition_raises >"$out"
		out_has 'ZeroDivisionError: division by zero'
		verdict_field message test_it.py::test_only_no_expression >"$out"
		out_has "the flaky mark can't be judged"
		end
	done

	begin "$which: options say it for tests without a mark"
	for each in '--reruns 1:2 2' '--reruns 1 --only-rerun disk:1 2' '--reruns 1 --only-rerun disk --only-rerun ^Assert:2 2' \
		'--reruns 1 --rerun-except disk:2 1' '--reruns 1 --only-rerun . --rerun-except Assert:1 2' \
		'--reruns 1 --rerun-exclude-path test_it.py:1 1' '-o reruns=1 -o only_rerun=disk:1 2' \
		'-o reruns=1 -o rerun_except=disk:2 1' '-o reruns=1 -o rerun_except=disk --rerun-except nothing:2 2'; do
		PYTEST_ADDOPTS=${each%:*}
		export PYTEST_ADDOPTS
		pytest_run -n 1 test_it.py::test_without_a_mark test_it.py::test_without_a_mark_oserror
		equal "attempts with $PYTEST_ADDOPTS" "${each##*:}" "$(values attempts test.verdict <"$scratch/events" | tr '\n' ' ' | sed 's/ $//')"
	done
	unset PYTEST_ADDOPTS
	end

	begin "$which: a mark's own reruns come on top with --reruns-mode append"
	PYTEST_ADDOPTS='--reruns 1 --reruns-mode append' pytest_run -n 1 test_it.py::test_logs_are_apart
	code 1
	equal attempts 3 "$(values attempts test.verdict <"$scratch/events")"
	end

	begin "$which: a pattern that is no regular expression"
	PYTEST_ADDOPTS='--only-rerun [' pytest_run test_it.py
	code 4
	err_has "invalid regular expression for --only-rerun: '['"
	end
}

each_python cases
finish
