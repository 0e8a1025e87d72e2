#!/bin/sh
# A test that ends its worker's process in the middle of a scope, a file and a group, in every mode: the run ends, every
# other test has its verdict, and this one exactly one. TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"
. "$srcdir/tests/lib/python.sh"
. "$srcdir/tests/fixtures/dist_lib.sh"

# --- programs ---

fresh
mkdir a b
for i in 1 2 3 4 5 6; do
	program "a/test_$i"
	program "b/test_$i"
done
program a/test_3 'kill -SEGV $$'
# It ends the worker as well.
program b/test_3 'kill -KILL $PPID; sleep 600'
cat >xtop.yaml <<'END'
rules:
  - filter: all()
    scope: /test_\d/
END
for mode in $MODES; do
	for count in 1 8; do
		for reruns in 0 2; do
			begin "programs, $mode, -n $count, --reruns $reruns"
			copies_of_each=1
			[ $mode != each ] || copies_of_each=$count
			native -n $count --dist $mode --reruns $reruns --max-worker-restart 1000 --no-history a b
			code 1
			rule once
			equal 'the verdicts' "$((2 * copies_of_each)) crashed, $((10 * copies_of_each)) passed" "$(outcomes)"
			for id in a/test_3 b/test_3; do
				equal "what became of $id" "$copies_of_each crashed" "$(outcomes $id)"
				equal "attempts at $id" $((reruns + 1)) "$(verdict_field attempts $id | sort -u)"
			done
			case $mode in
			load*) [ $mode = load ] || rule whole 'test_([12456])' ;;
			each) rule everywhere $count ;;
			esac
			end
		done
	done
done

begin 'programs: without restarts nothing waits for the workers that are gone'
for mode in $MODES; do
	native -n 2 --dist $mode --max-worker-restart 0 --no-history a b
	[ "$status" = 1 ] || [ "$status" = 3 ] || complain "$mode ends with 1 or 3, but found $status"
	rule once
	equal "$mode: verdicts on what ended the worker" '' "$(outcomes b/test_3 | grep -v crashed)"
done
end

# --- pytest ---

# crash MODE WORKERS RERUNS
crash() {
	crash_times=1
	[ "$1" != each ] || crash_times=$2
	suite -n "$2" --dist "$1" --reruns "$3" --max-worker-restart 1000 --no-history
	code 1
	rule once
	equal 'the verdicts' "$crash_times crashed, $((17 * crash_times)) passed" "$(outcomes)"
	equal 'what became of the one' "$crash_times crashed" "$(outcomes test_b.py::TestMiddle::test_crash)"
	equal 'attempts at it' $(($3 + 1)) "$(verdict_field attempts test_b.py::TestMiddle::test_crash | sort -u)"
	# The rest of its unit goes on where it was.
	case $1 in
	loadscope) rule whole scope ;;
	loadfile) rule whole file ;;
	loadgroup) rule whole group ;;
	each) rule everywhere "$2" ;;
	esac
}

cases() {
	copy dist_crash
	for mode in $MODES; do
		for how in $hows; do
			begin "$which, $mode, -n ${how%:*}, --reruns ${how#*:}"
			crash "$mode" "${how%:*}" "${how#*:}"
			end
		done
	done
	copy dist_crash
	for mode in $spawned; do
		begin "$which, $mode, by spawn, with a segmentation fault"
		CRASH=SIGSEGV PYTEST_ADDOPTS='-p no:faulthandler' suite -n 2 --dist "$mode" --python-start spawn --no-history
		code 1
		rule once
		equal 'the verdicts' '1 crashed, 17 passed' "$(outcomes | sed 's/2 crashed, 34/1 crashed, 17/')"
		end
	done

	begin "$which: a rerun that does not crash passes, and the unit goes on"
	copy dist_crash
	for mode in $MODES; do
		times=1
		[ "$mode" != each ] || times=3
		LAST=1 suite -n 3 --dist "$mode" --reruns 2 --no-history
		code 0
		rule once
		equal "$mode: the verdicts" "$((18 * times)) passed" "$(outcomes)"
		equal "$mode: whether it is flaky" true "$(flaky_of test_b.py::TestMiddle::test_crash)"
	done
	end
}

flaky_of() {
	grep '"type":"test.verdict"' "$scratch/events" | grep -F "\"id\":\"$1\"" | sed 's/.*"flaky":\([a-z]*\).*/\1/' | sort -u
}

# All of it with the first pytest; another one has to show only that nothing hangs on its version.
hows='1:0 1:2 8:0 8:2'
spawned='load loadscope each'
first() {
	cases
	hows=8:2
	spawned=
}

each_python first
cd / && finish
