#!/bin/sh
# Suites that are broken, and tests that break what runs them: one clear message, or the right verdict. TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"
. "$srcdir/tests/lib/python.sh"

fresh() {
	rm -rf "$scratch/suite" && mkdir "$scratch/suite" && cd "$scratch/suite" || exit 99
	PYTEST_DEBUG_TEMPROOT=$scratch
	export PYTEST_DEBUG_TEMPROOT
	printf 'def test_good():\n    pass\n' >test_good.py
}

# says TEXT: on either stream, once, and without a traceback of xtop's own half.
says() {
	cat "$out" "$err" >"$scratch/both"
	grep -q -F -e "$1" "$scratch/both" || complain "it says '$1'"
	! grep -q 'xtop_pytest/' "$scratch/both" || complain 'no traceback of its own is shown'
}

refuses() {
	begin "$which: $1"
	shift
	refused_code=$1
	refused_text=$2
	shift 2
	pytest_run -n 2 "$@"
	code "$refused_code"
	says "$refused_text"
	# Before there is a run, that is all. In a run it is repeated in the summary.
	[ -s "$out" ] || equal 'the number of messages' 1 "$(grep -c '^xtop: ' "$err")"
	end
}

# Tests that break what they run in, and others behind them, in one process as far as it lives.
vandals() {
	begin "$which: a test that breaks what it runs in, and the ones after it ($1)"
	fresh
	mkdir below
	cat >test_vandals.py <<'END'
import os
import signal
import sys
import threading
import time

import pytest


def test_a_closes_descriptors():
    for number in range(10):
        try:
            os.close(number)
        except OSError:
            pass


def test_b_can_print():
    print("here")


def test_c_changes_directory():
    os.chdir("below")
    os.rmdir(os.getcwd())


def test_d_sees_it():
    pass


def test_e_replaces_stdout():
    sys.stdout = sys.stderr = None


def test_f_can_print():
    print("here")


def test_g_closes_stdout():
    sys.stdout.close()


def test_h_can_print():
    print("here")


def test_i_ignores_signals():
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))


@pytest.mark.timeout(0.4)
def test_j_still_has_a_deadline():
    time.sleep(600)


def test_k_leaves():
    os._exit(0)


def test_k_leaves_with_a_code():
    os._exit(3)


processes = []


def test_k_leaves_a_child_that_comes_back():
    processes.append(os.getpid())
    if os.fork() == 0:
        return
    os.wait()


def test_k_is_not_run_by_the_child():
    assert processes == [os.getpid()]


@pytest.mark.timeout(0.4)
def test_k_ignores_what_ends_it():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    while True:
        try:
            time.sleep(600)
        except BaseException:
            pass


def test_l_clears_the_environment():
    os.environ.clear()


def test_m_changes_what_python_imports():
    sys.path.clear()
    sys.meta_path.clear()


def test_n_raises_keyboard_interrupt_in_a_thread():
    def run():
        raise SystemExit(4)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def test_o_recurses():
    def deeper():
        deeper()

    with pytest.raises(RecursionError):
        deeper()


def test_p_leaves_a_daemon():
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()


def test_q_stays_behind():
    pass
END
	pytest_run -n 1 --timeout 20 --timeout-grace 0.5 --python-start "$1"
	code 1
	expect_verdicts <<'END'
test_good.py::test_good passed
test_vandals.py::test_a_closes_descriptors passed
test_vandals.py::test_b_can_print passed
test_vandals.py::test_c_changes_directory passed
test_vandals.py::test_d_sees_it passed
test_vandals.py::test_e_replaces_stdout passed
test_vandals.py::test_f_can_print passed
test_vandals.py::test_g_closes_stdout passed
test_vandals.py::test_h_can_print passed
test_vandals.py::test_i_ignores_signals passed
test_vandals.py::test_j_still_has_a_deadline timeout
test_vandals.py::test_k_ignores_what_ends_it timeout
test_vandals.py::test_k_is_not_run_by_the_child passed
test_vandals.py::test_k_leaves crashed
test_vandals.py::test_k_leaves_a_child_that_comes_back passed
test_vandals.py::test_k_leaves_with_a_code crashed
test_vandals.py::test_l_clears_the_environment passed
test_vandals.py::test_m_changes_what_python_imports passed
test_vandals.py::test_n_raises_keyboard_interrupt_in_a_thread passed
test_vandals.py::test_o_recurses passed
test_vandals.py::test_p_leaves_a_daemon passed
test_vandals.py::test_q_stays_behind passed
END
	for id in b_can f_can h_can; do
		equal "output of $id" here "$(output_of "test_vandals.py::test_${id}_print")"
	done
	verdict_field message test_vandals.py::test_j_still_has_a_deadline >"$scratch/message"
	! grep -q 'was killed' "$scratch/message" || complain 'a test with a deadline is interrupted, not killed'
	equal 'exit code of the one' 0 "$(verdict_field exit_code test_vandals.py::test_k_leaves)"
	equal 'exit code of the other' 3 "$(verdict_field exit_code test_vandals.py::test_k_leaves_with_a_code)"
	! grep '"type":"test.verdict"' "$scratch/events" | grep -q 'xtop_pytest/' ||
		complain 'no message has a traceback of its own'
	end
}

cases() {
	fresh
	refuses 'a -m expression that does not parse' 4 'a and (' -m 'a and ('
	refuses 'a -k expression that does not parse' 4 'or or' -k 'or or'
	refuses 'a file that is not there' 4 'missing.py' missing.py
	refuses 'a node id that is not there' 4 'test_missing' test_good.py::test_missing
	refuses 'an ini file that is not there' 4 'broken.ini' -- -c broken.ini
	printf '[pytest\nx' >pytest.ini
	refuses 'an ini file of the project that does not parse' 4 'pytest.ini'
	fresh
	refuses 'no tests' 5 'no tests' -k nothing_has_this_name
	refuses 'an option that nobody knows' 4 '--no-such-option' -- --no-such-option

	printf 'raise RuntimeError("the conftest broke")\n' >conftest.py
	refuses 'a conftest that raises' 4 'the conftest broke'
	printf 'import sys\nsys.exit("left in the conftest")\n' >conftest.py
	refuses 'a conftest that exits' 2 'conftest'
	printf 'import os\nos._exit(9)\n' >conftest.py
	refuses 'a conftest that leaves at once' 2 'conftest.py:2: os._exit(9)'
	printf 'import pytest\npytest.exit("no more")\n' >conftest.py
	refuses 'a conftest that calls pytest.exit' 2 'no more'
	printf 'def pytest_configure(config):\n    raise ValueError("in configure")\n' >conftest.py
	refuses 'a pytest_configure that raises' 3 'in configure'
	printf 'def f(:\n' >conftest.py
	refuses 'a conftest that does not parse' 4 'conftest.py'
	printf 'import pytest\n@pytest.hookimpl\ndef pytest_collection_modifyitems(items):\n    raise ValueError("while modifying")\n' \
		>conftest.py
	refuses 'a hook of the collection that raises' 3 'while modifying'
	rm conftest.py
	printf '[pytest]\naddopts = --strict-markers\n' >pytest.ini
	printf 'import pytest\n@pytest.mark.unknown_one\ndef test_a():\n    pass\n' >test_marked.py
	refuses 'a mark that is not registered' 2 'unknown_one'

	begin "$which: a file that can not be imported: exit 2, and nothing runs"
	fresh
	printf 'import no_such_module\n' >test_broken.py
	pytest_run -n 2
	code 2
	says 'no_such_module'
	expect_verdicts <<'END'
test_broken.py error
test_good.py::test_good notrun
END
	end

	begin "$which: the others run with --continue-on-collection-errors"
	pytest_run -n 2 -- --continue-on-collection-errors
	code 1
	expect_verdicts <<'END'
test_broken.py error
test_good.py::test_good passed
END
	end

	begin "$which: an option of a conftest's is its own behind --, and refused before it"
	fresh
	printf 'def pytest_addoption(parser):\n    parser.addoption("--runslow", action="store_true")\n' >conftest.py
	pytest_run -n 2 --runslow test_good.py
	code 4
	says "$XTOP --no-tui --adapter pytest --python $python --events $scratch/events -n 2 test_good.py -- --runslow"
	pytest_run -n 2 test_good.py -- --runslow
	code 0
	closes 'xtop: 1 passed, 0 failed, 0 skipped'
	end

	begin "$which: ids that are hard to carry are told apart"
	fresh
	cat >pytest.ini <<'END'
[pytest]
disable_test_id_escaping_and_forfeit_all_rights_to_community_support = true
END
	cat >test_ids.py <<'END'
import pytest

ids = ["same", "same", "two\nlines", "nul\0", "\033[31mred", "größe-日本", "tab\t", "\u202eturned", " ", "a::b[c]"]


@pytest.mark.parametrize("x", ids, ids=ids)
def test_it(x):
    print(x)
    assert x not in ("two\nlines", "nul\0")
END
	pytest_run -n 2 --junit-xml junit.xml
	code 1
	closes 'xtop: 9 passed, 2 failed, 0 skipped'
	printf 'test_ids.py::test_it[%b] %s\n' same0 passed same1 passed 'two\\nlines' failed 'nul\\x00' failed \
		'\033[31mred' passed 'größe-日本' passed 'tab\t' passed '\0342\0200\0256turned' passed ' ' passed \
		'a::b[c]' passed >"$scratch/expected"
	echo 'test_good.py::test_good passed' >>"$scratch/expected"
	expect_verdicts <"$scratch/expected"
	json_lines "$scratch/events"
	no_controls "$out"
	valid_xml junit.xml
	end

	begin "$which: tests of one id have a verdict each"
	fresh
	printf 'def test_one():\n    pass\ndef test_two():\n    assert False\n' >test_twice.py
	pytest_run -n 2 test_twice.py test_twice.py -- --keep-duplicates
	code 1
	closes 'xtop: 2 passed, 2 failed, 0 skipped'
	expect_verdicts <<'END'
test_twice.py::test_one passed
test_twice.py::test_one#2 passed
test_twice.py::test_two failed
test_twice.py::test_two#2 failed
END
	end

	vandals fork
	vandals spawn
}

each_python cases

which=any
fresh
begin 'a Python that is not there'
xtop --no-tui --adapter pytest --python "$scratch/no-python"
code 4
says "$scratch/no-python"
end

begin 'a Python without pytest'
program bare-python "exec /usr/bin/env python3 -S \"\$@\""
xtop --no-tui --adapter pytest --python "$PWD/bare-python"
code 4
says 'has no pytest'
end

begin 'an environment without pytest'
if python=$(python_any) && "$python" -m venv --without-pip bare >/dev/null 2>&1; then
	xtop --no-tui --adapter pytest --python bare/bin/python
	code 4
	says 'bare/bin/python'
	says 'has no pytest'
	VIRTUAL_ENV=$PWD/bare
	export VIRTUAL_ENV
	xtop --no-tui --adapter pytest
	unset VIRTUAL_ENV
	code 4
	says 'bare/bin/python'
	end
else
	skip 'no environment can be made here'
fi

begin 'a pytest that is too old'
mkdir -p old/pytest && printf '__version__ = "6.2.5"\nversion_tuple = (6, 2, 5)\n' >old/pytest/__init__.py
program old-python "PYTHONPATH=$PWD/old exec python3 \"\$@\""
xtop --no-tui --adapter pytest --python "$PWD/old-python" test_good.py
code 4
says '6.2.5'
end

cd / && rm -rf "$scratch/suite"
finish
