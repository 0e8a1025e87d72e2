#!/bin/sh
# What tests of pytest print. TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"
. "$srcdir/tests/lib/python.sh"

fresh() {
	rm -rf "$scratch/suite" && mkdir "$scratch/suite" && cd "$scratch/suite" || exit 99
	PYTEST_DEBUG_TEMPROOT=$scratch
	export PYTEST_DEBUG_TEMPROOT
}

# printed ID TEXT: exactly that, from all streams.
printed() {
	equal "output of $1" "$2" "$(output_of "test_it.py::$1")"
}

# printed_lines ID LINES: these, sorted, with | between them.
printed_lines() {
	equal "lines of $1" "$2" "$(output_of "test_it.py::$1" | LC_ALL=C sort | paste -s -d '|' -)"
}

# streams_of ID STREAM LINES: the same for one stream.
streams_of() {
	grep -F "\"id\":\"test_it.py::$1\"" "$scratch/events" | grep -F "\"stream\":\"$2\"" | values data test.output |
		sed '/^$/d' | LC_ALL=C sort | paste -s -d '|' - >"$scratch/printed"
	equal "$2 of $1" "$3" "$(cat "$scratch/printed")"
}

printing_suite() {
	fresh
	cat >test_it.py <<'END'
import logging
import os
import subprocess
import sys

import pytest


@pytest.fixture
def talking():
    print("in the set-up")
    yield
    print("in the teardown")


def test_a(talking):
    print("in the call")
    assert False


def test_b():
    sys.stdout.write("by Python\n")
    os.write(1, b"by the descriptor\n")
    subprocess.run(["sh", "-c", "echo from a child"])


def test_c():
    print("no newline", end="")


def test_d(capsys):
    print("captured by the test")
    assert capsys.readouterr().out == "captured by the test\n"


def test_e(capfd):
    os.write(1, b"captured by the test\n")
    assert capfd.readouterr().out == "captured by the test\n"


def test_f(caplog):
    logging.getLogger("it").warning("logged words")
    assert "logged words" in caplog.text
    sys.stderr.write("to stderr\n")
    assert False


def test_g():
    print("größe \x00")
    assert sys.stdout.encoding.lower() == "utf-8"
    assert sys.stderr.encoding.lower() == "utf-8"


def test_h():
    with pytest.raises(OSError):
        sys.stdin.read()
    with pytest.raises(OSError):
        input()


def test_i(capsys):
    print("kept by the fixture")
    with capsys.disabled():
        print("let through")


def test_j():
    sys.stdout.write("one\n")
    os.write(1, b"two\n")
    sys.stderr.write("three\n")
    os.write(2, b"four\n")
    subprocess.run(["sh", "-c", "echo five; echo six >&2"])


def test_k():
    breakpoint()


def test_l():
    print("\ud800")
END
}

cases() {
	begin "$which: output is its test's, in order, whatever wrote it"
	printing_suite
	pytest_run -n 2
	code 1
	printed test_a "in the set-up${newline}in the call${newline}in the teardown"
	printed test_b "by Python${newline}by the descriptor${newline}from a child"
	printed test_c 'no newline'
	printed test_d ''
	printed test_f 'to stderr'
	printed test_e ''
	verdict_field message test_it.py::test_f >"$out"
	out_has 'logged words'
	end

	for how in live no fd sys tee-sys; do
		begin "$which: with --capture $how output is its test's, whatever wrote it, and only once"
		printing_suite
		pytest_run -n 2 --capture "$how"
		code 1
		# pytest's own stand-ins don't let it pass.
		case $how in *sys) lone=failed ;; *) lone=passed ;; esac
		expect_verdicts <<END
test_it.py::test_a failed
test_it.py::test_b passed
test_it.py::test_c passed
test_it.py::test_d passed
test_it.py::test_e passed
test_it.py::test_f failed
test_it.py::test_g passed
test_it.py::test_h passed
test_it.py::test_i passed
test_it.py::test_j passed
test_it.py::test_k failed
test_it.py::test_l $lone
END
		# Two streams, and two ways into each, have no order between them.
		printed_lines test_a 'in the call|in the set-up|in the teardown'
		printed_lines test_b 'by Python|by the descriptor|from a child'
		printed_lines test_c 'no newline'
		printed_lines test_d ''
		printed_lines test_e ''
		printed_lines test_f 'to stderr'
		printed_lines test_i 'kept by the fixture|let through'
		streams_of test_j stdout 'five|one|two'
		streams_of test_j stderr 'four|six|three'
		output_of test_it.py::test_g >"$scratch/printed"
		grep -q 'größe' "$scratch/printed" || complain 'letters that are not ASCII are whole'
		equal 'code of a breakpoint' XT5001 "$(verdict_field code test_it.py::test_k)"
		verdict_field message test_it.py::test_f >"$scratch/printed"
		grep -q 'logged words' "$scratch/printed" || complain 'a failure has what was logged'
		end
	done

	begin "$which: -s prints it at once, each line with its worker"
	printing_suite
	pytest_run -n 2 -s
	code 1
	grep -q 'gw[01].*in the call' "$out" || complain 'a line has its worker'
	grep -q 'gw[01].*from a child' "$out" || complain 'a line of a child has its worker'
	grep -q 'gw[01].*no newline$' "$out" || complain 'a line without an end has its worker'
	equal 'how often it is printed' 1 "$(grep -c ' in the call$' "$out")"
	end

	begin "$which: the last words before a crash are kept"
	fresh
	cat >test_it.py <<'END'
import os, sys


def test_a():
    print("printed")
    sys.stderr.write("no newline")
    os.kill(os.getpid(), 9)


def test_b():
    print("the other's")
    os._exit(3)


def test_c():
    sys.stdout = open(os.devnull, "w")


def test_d():
    print("seen again")
END
	pytest_run -n 1
	code 1
	printed test_a "printed${newline}no newline"
	equal 'signal' 9 "$(verdict_field signal test_it.py::test_a)"
	equal 'exit code' 3 "$(verdict_field exit_code test_it.py::test_b)"
	printed test_b "the other's"
	printed test_d 'seen again'
	expect_verdicts <<'END'
test_it.py::test_a crashed
test_it.py::test_b crashed
test_it.py::test_c passed
test_it.py::test_d passed
END
	end

	begin "$which: what is printed while collecting is no test's"
	fresh
	printf 'print("while importing")\ndef test_a():\n    pass\n' >test_it.py
	printf 'def pytest_collection_finish():\n    print("a plugin speaks")\n' >conftest.py
	pytest_run -n 2
	code 0
	printed test_a ''
	cat "$err" >>"$out"
	out_has 'while importing'
	out_has 'a plugin speaks'
	closes_anywhere
	end

	begin "$which: a breakpoint fails its test, and the run goes on"
	fresh
	printf 'def test_a():\n    breakpoint()\ndef test_b():\n    pass\n' >test_it.py
	pytest_run -n 2
	code 1
	expect_verdicts <<'END'
test_it.py::test_a failed
test_it.py::test_b passed
END
	equal code XT5001 "$(verdict_field code test_it.py::test_a)"
	end
}

closes_anywhere() {
	grep -q -x 'xtop: 1 passed, 0 failed, 0 skipped' "$out" || complain 'the closing line is there'
}

each_python cases
cd / && rm -rf "$scratch/suite"
finish
