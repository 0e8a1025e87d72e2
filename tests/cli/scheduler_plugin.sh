#!/bin/sh
# Schedulers of the user's own: the example, built outside the tree against what is installed, schedules real runs; and
# plugins that break rules are named, while every test keeps a verdict. TAP on stdout.
. "$srcdir/tests/lib/cases.sh"
. "$srcdir/tests/lib/python.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
compiler=${CC:-cc}
for tool in "$compiler" make pkg-config; do
	has "$tool" || {
		echo "1..0 # SKIP $tool is missing"
		exit 0
	}
done

# What a user has who installed xtop: a header and a file for pkg-config.
stage=$scratch/stage
make -s -C "$builddir" install-xtopincludeHEADERS install-pkgconfigDATA DESTDIR="$stage" >"$scratch/install" 2>&1 || {
	sed 's/^/# /' "$scratch/install"
	echo '1..0 # SKIP the header could not be installed'
	exit 99
}
PKG_CONFIG_PATH=$(dirname "$(find "$stage" -name xtop-scheduler.pc)")
PKG_CONFIG_SYSROOT_DIR=$stage
PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_ALLOW_SYSTEM_CFLAGS

mkdir tests
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	program "tests/test_$i" 'exit 0'
done

# ids OUTCOME: of the tests with such a verdict.
ids() {
	OUTCOME=$1 perl -MJSON::PP -e '
		while (defined($_ = <STDIN>)) {
			my $event = JSON::PP->new->utf8->decode($_);
			print "$event->{id}\n" if $event->{type} eq "test.verdict" && $event->{outcome} eq $ENV{OUTCOME};
		}' <events | sort
}

# Each test has one verdict, and says why if it was not run.
every_test_has_a_verdict() {
	equal 'tests with a verdict' "$(ls tests | sed 's|^|tests/|' | sort)" "$(values id test.verdict <events | sort)"
	equal 'tests that say why they were not run' "$(ids notrun | grep -c .)" \
		"$(grep '"outcome":"notrun"' events | grep -c '"reason":"[^"]')"
}

begin 'the example builds outside the tree, with what is installed'
cp -R "$srcdir/examples/scheduler" example
chmod -R u+w example
make -C example CC="$compiler" >"$out" 2>"$err"
status=$?
code 0
exists example/files_in_turn.so
equal 'what the compiler has to say' '' "$(cat "$err")"
cp example/files_in_turn.so example.so
end

begin 'it keeps all rules in simulations'
xtop scheduler check example.so
code 0
out_line "scheduler plugin 'files in turn' ($here/example.so)"
out_has "xtop: 'files in turn' kept all rules in "
err ''
xtop scheduler check ./example.so --json
code 0
json_lines "$out"
equal 'its verdict' 1 "$(values good <"$out")"
err ''
end

begin 'it schedules a real run'
xtop -n 3 --dist ./example.so --events events tests
code 0
closes 'xtop: 12 passed, 0 failed, 0 skipped'
every_test_has_a_verdict
equal 'tests that were started' "$(ls tests | sed 's|^|tests/|' | sort)" "$(values id test.started <events | sort)"
end

begin 'by its rule: each file has a turn'
if python=$(python_any); then
	mkdir turns
	for name in a b c; do
		for i in 1 2 3; do
			printf 'def test_%s%s():\n\tpass\n' "$name" "$i"
		done >"turns/test_$name.py"
	done
	PYTEST_DEBUG_TEMPROOT=$scratch
	export PYTEST_DEBUG_TEMPROOT
	xtop -n 1 --dist ./example.so --python "$python" --events events turns
	code 0
	equal 'the order' 'a1 b1 c1 a2 b2 c2 a3 b3 c3' \
		"$(values id test.started <events | sed 's/.*::test_//' | tr '\n' ' ' | sed 's/ $//')"
	rm -rf turns .pytest_cache
	end
else
	skip "$python"
fi

begin 'a worker that dies costs one test, with and without reruns'
program tests/test_13 'kill -9 $PPID' 'sleep 600'
for reruns in 0 2; do
	xtop -n 2 --dist ./example.so --reruns $reruns --events events tests
	code 1
	closes 'xtop: 12 passed, 1 failed, 0 skipped'
	equal 'what crashed' tests/test_13 "$(ids crashed)"
	equal 'how often it was started' $((reruns + 1)) "$(values id test.started <events | grep -c test_13)"
	every_test_has_a_verdict
done
rm tests/test_13
end

# One that takes tests as they come; a macro makes it do what it must not.
cat >bad.c <<'END'
#include <xtop/scheduler.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 200000
#ifndef AFTER
#define AFTER 3
#endif

static const struct xtop_scheduler_host *host;
static uint64_t queue[MOST];
static size_t first, end, given;
static uint32_t count;

#ifdef TRACE
static char names[100][64];
static void trace(const char *what, uint64_t test)
{
	FILE *file = fopen("trace", "a");
	fprintf(file, "%s %s\n", what, names[test]);
	fclose(file);
}
#else
#define trace(what, test) ((void)0)
#endif

static void *init(const struct xtop_scheduler_host *given_host)
{
	host = given_host;
#ifdef REFUSES
	host->fail(host, "not\ntoday");
#endif
#if defined(REFUSES) || defined(SAYS_NOTHING)
	return NULL;
#endif
	return &host;
}

static void fini(void *context)
{
	(void)context;
}

static void test_again(void *context, uint64_t test)
{
	(void)context;
#ifdef FORGETS
	return;
#endif
	trace("again", test);
	queue[end++] = test;
}

static void test_added(void *context, const struct xtop_scheduler_test *test)
{
	(void)context;
#ifdef HOLDS
	if (strcmp(test->id, "tests/test_5") == 0 || strcmp(test->id, "tests/test_7") == 0)
		return;
#endif
#ifdef TRACE
	snprintf(names[test->number], sizeof(names[0]), "%s", test->id);
#endif
	trace("added", test->number);
	queue[end++] = test->number;
}

static void test_done(void *context, const struct xtop_scheduler_done *done)
{
	(void)context;
	trace("done", done->test);
}

static void collected(void *context, uint32_t workers)
{
	(void)context;
	count = workers;
}

static uint64_t next_for(void *context, uint32_t worker)
{
	(void)context;
	given++;
#ifdef TWICE
	if (given > AFTER)
		return queue[0];
#endif
#ifdef NO_SUCH
	if (given > AFTER)
		return 4711;
#endif
#ifdef FAILS
	if (given > AFTER)
		host->fail(host, "lost its table");
#endif
#ifdef CRASHES
	if (given > AFTER)
		abort();
#endif
#ifdef EXITS
	if (given > AFTER)
		exit(0);
#endif
#ifdef PRINTS
	printf("noise\n");
#endif
#ifdef GONE
	/* Each worker has its tests, and keeps them when it goes. */
	static size_t own[MOST];
	while (own[worker] < end)
		if (queue[own[worker]++] % count == worker)
			return queue[own[worker] - 1];
	return 0;
#endif
	return first < end ? queue[first++] : 0;
}

#ifndef SYMBOL
#define SYMBOL xtop_scheduler
#endif
#ifndef VERSION
#define VERSION XTOP_SCHEDULER_ABI
#endif
#ifndef SIZE
#define SIZE sizeof(struct xtop_scheduler)
#endif
const struct xtop_scheduler SYMBOL = {
	.abi = VERSION,
	.size = SIZE,
#ifndef NO_NAME
	.name = "bad",
#endif
	.init = init,
	.fini = fini,
	.test_added = test_added,
	.test_again = test_again,
	.collected = collected,
	.test_done = test_done,
#ifndef NO_FUNCTION
	.next_for = next_for,
#endif
};
END

# bad MACRO…: bad.so does that.
bad() {
	defines=
	for macro; do
		defines="$defines -D$macro"
	done
	# shellcheck disable=SC2086
	"$compiler" $(pkg-config --cflags xtop-scheduler) $defines -w -fPIC -shared -o bad.so bad.c >"$out" 2>&1 ||
		complain "bad.c can be compiled with $*"
}

begin 'it is told of every test but serial ones, once of a unit that a rule makes, and of reruns'
bad TRACE
mkdir rules
cd rules || exit 99
for name in alone unit_1_a unit_1_b unit_2_a unit_2_b; do
	program $name 'exit 0'
done
program fails '[ "$XTOP_ATTEMPT" = 2 ]'
cat >xtop.yaml <<'END'
rules:
  - filter: test(unit)
    scope: /unit_\d/
  - filter: test(alone)
    serial: true
END
xtop -n 2 --reruns 1 --dist ../bad.so --events events alone unit_1_a unit_1_b unit_2_a unit_2_b fails
code 0
closes 'xtop: 6 passed, 0 failed, 0 skipped'
equal 'what was found' "added unit_1_a${newline}added unit_2_a${newline}added fails" "$(grep '^added' trace)"
equal 'what has ended' \
	"done fails${newline}done fails${newline}done unit_1_a${newline}done unit_1_a${newline}done unit_2_a${newline}done unit_2_a" \
	"$(grep '^done' trace | sort)"
# More than once where it was held ahead and asked back meanwhile.
equal 'what came again' 'again fails' "$(grep '^again' trace | grep -v unit | sort -u)"
for unit in unit_1 unit_2; do
	equal "the workers of $unit" 1 "$(grep '"type":"test.started"' events | grep "\"id\":\"$unit" | values worker | sort -u |
		grep -c .)"
done
cd "$here" || exit 99
rm -rf rules
end

# run_fails TEXT: a run ends with exit code 3 and a message that has TEXT.
run_fails() {
	rm -f events
	xtop -n 3 --dist ./bad.so --events events tests
	code 3
	cat "$out" "$err" >"$scratch/said"
	grep -q -F -e "$1" "$scratch/said" || complain "a message has '$1'"
	grep -q -F -e "the scheduler bad failed: $here/bad.so: " "$scratch/said" || complain 'a message names the plugin'
	every_test_has_a_verdict
	equal 'failures' '' "$(ids failed)"
	[ "$(ids notrun | grep -c .)" -gt 0 ] || complain 'some tests were not run'
}

# check_fails TEXT: so does the check.
check_fails() {
	xtop scheduler check ./bad.so
	code 3
	err_has "$1"
	out_has "xtop: 'bad' failed in "
}

begin 'as it comes it breaks no rule, and what it prints is in nobody'"'"'s way'
bad PRINTS
xtop -n 3 --dist ./bad.so --events events tests
code 0
xtop scheduler check ./bad.so --json
code 0
json_lines "$out"
end

begin 'a test that is returned a second time'
bad TWICE
run_fails 'a second time: tests/test_'
check_fails 'a second time: '
end

begin 'a number that is no test'"'"'s'
bad NO_SUCH
run_fails 'next_for(worker '
run_fails 'returned 4711'
bad NO_SUCH AFTER=0
run_fails 'returned 4711'
equal 'tests that were run' '' "$(ids passed)"
end

begin 'tests that are never returned'
bad HOLDS
run_fails 'tests/test_5'
equal 'tests that were not run' "tests/test_5${newline}tests/test_7" "$(ids notrun)"
end

begin 'tests that are kept for a worker that has gone'
bad GONE
xtop -n 3 --dist ./bad.so --events events tests
code 0
check_fails 'simulation of 400 tests on 4 workers, fewer: '
err_has 'held back'
equal 'rows that failed' 1 "$(grep -c ' failed$' "$out")"
end

begin 'a test that was asked back for nobody is not asked back for ever'
bad GONE TRACE
mkdir affinity
program affinity/test_1 'exec sleep 1'
for i in 2 3 4; do
	program affinity/test_$i 'exit 0'
done
rm -f trace
xtop -n 2 --dist ./bad.so affinity
code 0
equal 'what came again' '' "$(grep again trace | grep -v test_3)"
[ "$(grep -c again trace)" -le 1 ] || complain 'it came once'
rm -r affinity
end

begin 'tests that come again and are forgotten'
bad FORGETS
check_fails 'held back'
end

begin 'a plugin that can'"'"'t go on'
bad FAILS
run_fails 'lost its table'
check_fails 'lost its table'
end

begin 'one that ends its process is found out by the check'
bad CRASHES
check_fails 'the plugin ended its process: signal 6'
bad EXITS
check_fails 'the plugin ended its process: exit code 0'
end

# not_loaded TEXT: nothing is run with it.
not_loaded() {
	rm -f events
	xtop -n 3 --dist ./bad.so --events events tests
	code 4
	err_has "$1"
	err_has "$here/bad.so: "
	[ ! -s events ] || complain 'no event is written'
	out_has_not ' passed'
	xtop scheduler check ./bad.so
	code 4
	err_has "$1"
	out ''
}

begin 'a plugin for another version'
bad VERSION=7
not_loaded 'is made for version 7 of xtop/scheduler.h, but this is xtop '
bad SIZE=16
not_loaded 'is 16 bytes'
end

begin 'one that lacks something'
bad SYMBOL=scheduler
not_loaded 'has no symbol xtop_scheduler'
bad NO_FUNCTION
not_loaded 'has no function next_for'
bad NO_NAME
not_loaded 'has no name'
end

begin 'one that refuses'
bad REFUSES
not_loaded "'bad' refuses: not today"
bad SAYS_NOTHING
not_loaded 'did not say why'
end

begin 'what is no shared object'
echo nothing >bad.so
not_loaded "can't be loaded: "
rm bad.so
not_loaded "can't be loaded: No such file or directory"
mkdir bad.so
not_loaded "can't be loaded: it is not a file"
rmdir bad.so
mkfifo bad.so
not_loaded "can't be loaded: it is not a file"
rm bad.so
end

begin 'the words of the subcommand'
for words in '' check 'check a b' 'try a'; do
	# shellcheck disable=SC2086
	xtop scheduler $words
	code 4
	err_has 'xtop scheduler check ./mine.so'
done
end

finish
