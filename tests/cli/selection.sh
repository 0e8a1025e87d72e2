#!/bin/sh
# Which tests are run: -k, -m, -E, --deselect, --lf, --ff, --last, --order given and @FILE, for programs and for tests of
# pytest's. TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"
. "$srcdir/tests/lib/python.sh"
. "$srcdir/tests/fixtures/dist_lib.sh"

# ran IDS: these tests, and no others.
ran() {
	equal 'what ran' "$1" "$(values id test.verdict <"$scratch/events" | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')"
}

# chooses IDS ARGUMENT…: a run with these arguments runs these programs.
chooses() {
	chooses_ids=$1
	shift
	native -n 2 --no-history "$@" net db
	ran "$chooses_ids"
}

# --- programs ---

fresh
mkdir net db
for name in net/test_http net/test_HTTPS net/test_slow_dns db/test_http_pool db/test_index; do
	program $name
done
all='db/test_http_pool db/test_index net/test_HTTPS net/test_http net/test_slow_dns'

begin 'programs: -k, as in pytest'
chooses 'db/test_http_pool net/test_HTTPS net/test_http' -k http
chooses 'net/test_HTTPS net/test_http' -k 'http and not pool'
chooses 'db/test_index net/test_slow_dns' -k 'index or dns'
chooses 'db/test_http_pool db/test_index' -k '(pool or index) and not (dns)'
chooses "$all" -k 'not nothing'
end

begin 'programs: -m sees that they have no marks'
chooses "$all" -m 'not slow'
native --no-history -m slow net db
code 5
closes 'xtop: 0 passed, 0 failed, 0 skipped'
end

begin 'programs: --deselect takes away what begins so'
chooses 'db/test_index net/test_HTTPS net/test_http' --deselect net/test_slow --deselect db/test_http_pool
chooses 'net/test_HTTPS net/test_http net/test_slow_dns' --deselect db/
end

begin 'programs: -E'
chooses 'db/test_http_pool db/test_index' -E 'test(db/)'
chooses 'net/test_http' -E 'name(=test_http)'
chooses 'net/test_HTTPS net/test_http' -E 'name(~https) or name(=test_http)'
chooses 'net/test_HTTPS net/test_http net/test_slow_dns' -E 'file(#net/*)'
chooses 'db/test_http_pool' -E '/pool$/'
chooses 'db/test_index net/test_slow_dns' -E 'all() - test(~http)'
chooses 'db/test_index' -E '!(/[hH][tT]/ | dns)'
chooses "$all" -E 'suite(default) & adapter(exec)'
native --no-history -E 'none()' net db
code 5
end

begin 'programs: all of them together'
chooses 'net/test_HTTPS' -k http -E 'test(net)' -m 'not slow' --deselect net/test_http
end

# wrong TEXT COLUMN OPTION EXPRESSION: a mistake, shown with a caret below that column.
wrong() {
	native "$3" "$4" net db
	code 4
	out ''
	err_has "$1"
	grep -F -A 1 -e "  $4" "$err" | tail -n 1 | awk '{ print index($0, "^") - 2 }' >"$scratch/column"
	equal "the column of the caret below $4" "$2" "$(cat "$scratch/column")"
}

begin 'programs: a mistake in an expression is shown, and is a usage error'
wrong '-k: ' 7 -k 'a and and b'
wrong '-k: ' 7 -k 'a or ('
wrong '-m: ' 3 -m 'a b'
wrong '--filter: ' 13 -E 'name(a) and )'
wrong '--filter: ' 1 -E 'nam(a)'
wrong '--filter: ' 10 -E 'duration(5s)'
wrong '--filter: ' 8 -E 'test(/(/)'
end

begin 'programs: what failed last time, alone or first; what the last run ran'
fresh
for name in a b c d e; do
	program "test_$name" "[ ! -e fails.$name ]"
done
native -n 2 --last .
code 4
err_has '--last: '
native -n 2 --lf .
code 0
closes 'xtop: 5 passed, 0 failed, 0 skipped'
out_has 'nothing failed'
touch fails.b fails.d
native -n 2 .
code 1
native -n 2 --lf .
ran 'test_b test_d'
rm fails.b
native -n 1 --ff .
ran 'test_a test_b test_c test_d test_e'
equal 'what comes first' 'test_b test_d' "$(told starts | cut -d' ' -f1-2 | tr ' ' '\n' | sort | tr '\n' ' ' | sed 's/ $//')"
native -n 2 --lf .
ran test_d
native -n 2 --last .
ran test_d
native -n 2 --no-history test_a test_b
native -n 2 --last .
ran test_d
rm fails.d
native -n 2 --lf .
ran test_d
native -n 2 --lf .
closes 'xtop: 5 passed, 0 failed, 0 skipped'
end

begin 'programs: -E asks the history'
touch fails.c
native -n 2 .
native -n 2 -E 'outcome(failed)' .
ran test_c
native -n 2 -E 'not outcome(failed)' .
ran 'test_a test_b test_d test_e'
native -n 2 -E 'duration(> 1h)' .
code 5
native -n 2 -E 'duration(< 1h)' .
ran 'test_a test_b test_c test_d test_e'
program test_new
native -n 2 -E 'duration(>= 0ms)' .
ran 'test_a test_b test_c test_d test_e'
native -n 2 --no-history -E 'outcome(failed) or duration(>= 0ms)' .
code 5
end

begin 'programs: exactly these, in this order'
fresh
for i in 1 2 3 4 5 6 7 8 9; do
	program "test_$i"
done
printf '# a comment\n\ntest_7\n test_3 \ntest_9\ntest_1\n' >list
native -n 1 --order given --no-history @list
code 0
equal 'the order' 'test_7 test_3 test_9 test_1' "$(told starts)"
native -n 1 --order given --no-history test_5 @list test_2
equal 'the order of both' 'test_5 test_7 test_3 test_9 test_1 test_2' "$(told starts)"
native -n 3 --order given --no-history @list
ran 'test_1 test_3 test_7 test_9'
rule once
native -n 1 --order given test_9 test_8 test_7
native -n 1 --order given test_7 test_8 test_9
equal 'the order, though durations are known' 'test_7 test_8 test_9' "$(told starts)"
printf 'test_7\ntest_3\ntest_7\ntest_3\ntest_1\n' >list
native -n 1 --order given --no-history @list
equal 'the order of what is named again' 'test_7 test_3 test_1' "$(told starts)"
rule once
native --order other .
code 4
err_has '--order: expected auto or given'
native -n 2 --order given --dist each --no-history @list
code 4
err_has "can't be used with --dist each"
cat >xtop.yaml <<'END'
rules:
  - filter: test(test_2)
    priority: 5
  - filter: test(/[13]/)
    scope: /test_/
END
for options in '-n 1 --order given' '-n 0' '--dist no'; do
	# shellcheck disable=SC2086
	native $options --no-history test_1 test_2 test_3 test_4
	equal "the order that no rule changes, $options" 'test_1 test_2 test_3 test_4' "$(told starts)"
done
rm xtop.yaml
native --order given @missing
code 4
err_has missing
end

# --- pytest ---

cases() {
	begin "$which: -k, -m, --deselect and -E"
	fresh
	printf '[pytest]\nmarkers =\n    slow: takes long\n' >pytest.ini
	cat >test_it.py <<'END'
import pytest


def test_http():
    pass


@pytest.mark.slow
def test_dns():
    pass


class TestPool:
    @pytest.mark.xdist_group("db")
    def test_open(self):
        pass

    @pytest.mark.parametrize("n", ["a-(b)", "c"])
    def test_close(self, n):
        pass
END
	suite -n 2 --no-history -k 'pool and not open'
	ran 'test_it.py::TestPool::test_close[a-(b)] test_it.py::TestPool::test_close[c]'
	suite -n 2 --no-history -m 'not slow' -k http
	ran test_it.py::test_http
	suite -n 2 --no-history --deselect test_it.py::TestPool
	ran 'test_it.py::test_dns test_it.py::test_http'
	suite -n 2 --no-history -E 'marker(slow) or name(=test_http)'
	ran 'test_it.py::test_dns test_it.py::test_http'
	suite -n 2 --no-history -E 'test(test_close[a-(b)]) or group(db)'
	ran 'test_it.py::TestPool::test_close[a-(b)] test_it.py::TestPool::test_open'
	suite -n 2 --no-history -E 'scope(=test_it.py) & file(test_it.py) & adapter(pytest)'
	ran 'test_it.py::test_dns test_it.py::test_http'
	suite -n 2 --no-history -k 'http or dns' -E 'not marker(slow)'
	ran test_it.py::test_http
	suite -n 2 --no-history -E 'name(nothing)'
	code 5
	end

	begin "$which: mistakes are shown"
	suite -k 'a and and b'
	code 4
	err_has "'-k': a and and b: at column 7: "
	equal 'the caret' '        ^' "$(tail -n 1 "$err")"
	suite -m '(a'
	code 4
	equal 'the caret' '    ^' "$(tail -n 1 "$err")"
	suite -E 'name(a'
	code 4
	err_has '--filter: '
	end

	begin "$which: what failed last time, alone or first; what the last run ran"
	fresh
	cat >test_it.py <<'END'
import os

import pytest


@pytest.mark.parametrize("n", range(5))
def test_it(n):
    assert str(n) not in os.environ.get("FAILS", "")
END
	FAILS=13 suite -n 2
	code 1
	FAILS=13 suite -n 2 --lf
	ran 'test_it.py::test_it[1] test_it.py::test_it[3]'
	FAILS=3 suite -n 1 --ff
	equal 'what comes first' 'test_it.py::test_it[1] test_it.py::test_it[3]' "$(told starts | tr ' ' '\n' | head -n 2 |
		sort | tr '\n' ' ' | sed 's/ $//')"
	suite -n 2 --lf
	ran 'test_it.py::test_it[3]'
	suite -n 2 --last
	ran 'test_it.py::test_it[3]'
	suite -n 2 --lf
	closes 'xtop: 5 passed, 0 failed, 0 skipped'
	end

	begin "$which: exactly these, in this order"
	printf 'test_it.py::test_it[%s]\n' 3 0 4 1 >list
	suite -n 1 --order given --no-history @list
	equal 'the order' 'test_it.py::test_it[3] test_it.py::test_it[0] test_it.py::test_it[4] test_it.py::test_it[1]' \
		"$(told starts)"
	printf 'test_it.py::test_it[%s]\n' 3 0 3 0 4 >list
	suite -n 2 --order given --no-history @list
	ran 'test_it.py::test_it[0] test_it.py::test_it[3] test_it.py::test_it[4]'
	rule once
	end

	begin "$which: programs and tests of pytest's in one run"
	program test_program
	cat >xtop.yaml <<'END'
suites:
  - name: native
    adapter: exec
    programs: [test_program]
  - name: python
    adapter: pytest
    programs: [test_it.py]
END
	xtop --no-tui --events "$scratch/events" --python "$python" --no-history -n 2 -E 'suite(native) or name([2])'
	ran 'test_it.py::test_it[2] test_program'
	xtop --no-tui --events "$scratch/events" --python "$python" --no-history -n 2 -k 'program or test_it'
	equal 'what ran' 6 "$(outcomes | cut -d' ' -f1)"
	xtop --no-tui --events "$scratch/events" --python "$python" --no-history -n 2 -k 'a and and'
	code 4
	end
}

each_python cases
cd / && finish
