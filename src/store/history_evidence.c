#include "store/history_evidence.h"

#include "base/alloc.h"
#include "event/codec.h"
#include "store/history_internal.h"

#include <stdlib.h>
#include <string.h>

#define FLAKY_BIT 0x80

static history_mark make_mark(enum outcome outcome, bool flaky)
{
	return (history_mark)((unsigned)outcome | (flaky ? FLAKY_BIT : 0u));
}

enum outcome history_mark_outcome(history_mark mark)
{
	return (enum outcome)(mark & ~(unsigned)FLAKY_BIT);
}

bool history_mark_is_flaky(history_mark mark)
{
	return (mark & FLAKY_BIT) != 0;
}

bool history_mark_counts(history_mark mark)
{
	enum outcome outcome = history_mark_outcome(mark);

	return outcome != OUTCOME_NONE && outcome != OUTCOME_SKIPPED;
}

bool history_mark_failed(history_mark mark)
{
	return history_mark_counts(mark) &&
	       (history_mark_is_flaky(mark) || outcome_is_failure(history_mark_outcome(mark)));
}

/* ---- what the marks add up to ---- */

/* A run's commit is known by the index of the first run at it, so that comparing two is cheap. */
struct commits {
	size_t *of_run;      /* SIZE_MAX: not known */
	unsigned char *seen; /* of the test that is counted, by commit: PASSED, FAILED */
};
enum { SEEN_PASSED = 1, SEEN_FAILED = 2, SEEN_BOTH = 3 };

static void number_commits(const struct history_table *table, struct commits *out)
{
	size_t count = table->run_count;

	out->of_run = alloc_zeroed(count + 1, sizeof(*out->of_run));
	out->seen = alloc_zeroed(count + 1, sizeof(*out->seen));
	for (size_t i = 0; i < count; i++) {
		const char *commit = table->runs[i].commit;
		size_t first = 0;

		while (commit && first < i &&
		       (!table->runs[first].commit || strcmp(table->runs[first].commit, commit) != 0))
			first++;
		out->of_run[i] = commit ? first : SIZE_MAX;
	}
}

static void count_commit(struct history_evidence *test, struct commits *commits, size_t run, bool failed)
{
	size_t commit = commits->of_run[run];
	unsigned char before, now;

	if (commit == SIZE_MAX)
		return;
	before = commits->seen[commit];
	now = (unsigned char)(before | (failed ? SEEN_FAILED : SEEN_PASSED));
	test->mixed_commits += now == SEEN_BOTH && before != SEEN_BOTH;
	commits->seen[commit] = now;
}

static void add_up(struct history_evidence *test, size_t run_count, struct commits *commits)
{
	bool newer_failed = false;

	test->last = test->last_failure = SIZE_MAX;
	memset(commits->seen, 0, run_count);
	for (size_t i = 0; i < run_count; i++) {
		bool failed = history_mark_failed(test->marks[i]);

		if (test->marks[i] && test->last == SIZE_MAX)
			test->last = i;
		if (!history_mark_counts(test->marks[i]))
			continue;
		if (failed && test->last_failure == SIZE_MAX)
			test->last_failure = i;
		test->changes += test->runs > 0 && failed != newer_failed;
		newer_failed = failed;
		test->runs++;
		test->failures += failed;
		test->flaky += history_mark_is_flaky(test->marks[i]);
		count_commit(test, commits, i, failed);
	}
}

static void count_recent(struct history_evidence *test, size_t run_count, unsigned window)
{
	test->recent = test->recent_failures = 0;
	for (size_t i = 0; i < run_count && test->recent < window; i++) {
		test->recent += history_mark_counts(test->marks[i]);
		test->recent_failures += history_mark_failed(test->marks[i]);
	}
}

void history_table_count_recent(struct history_table *table, unsigned window)
{
	for (size_t i = 0; i < table->test_count; i++)
		count_recent(&table->tests[i], table->run_count, window);
}

static void add_all_up(struct history_table *table)
{
	struct commits commits;

	number_commits(table, &commits);
	for (size_t i = 0; i < table->test_count; i++)
		add_up(&table->tests[i], table->run_count, &commits);
	history_table_count_recent(table, HISTORY_RECENT);
	free(commits.of_run);
	free(commits.seen);
}

/* ---- reading ---- */

/* While it is read, tests are in the order of their numbers, as results are. */
struct reading {
	struct history *history;
	struct error *error;
	const char *id; /* NULL: of all tests, */
	bool failed;    /* or those that failed in some run */
	VEC(int64_t) runs; /* their numbers */
	VEC(int64_t) tests;
	VEC(struct history_when) when;
	VEC(struct history_evidence) evidence;
};

static char *copy(const char *text)
{
	return text ? alloc_string(text) : NULL;
}

static sqlite3_stmt *prepare(struct history *history, const char *text, struct error *error)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(history->db, text, -1, &statement, NULL);

	if (code == SQLITE_OK)
		return statement;
	history_complain(history, code, error);
	return NULL;
}

static int read_runs(struct reading *reading)
{
	sqlite3_stmt *rows = prepare(reading->history,
				     "SELECT run, run_id, commit_id, started FROM run"
				     " ORDER BY started DESC, run_id DESC",
				     reading->error);
	int status = rows ? 0 : -1;

	while (rows && (status = history_step(reading->history, rows, reading->error)) == 1) {
		const char *run_id = history_column_text(rows, 1);
		struct history_when when = {
			.run_id = alloc_string(run_id ? run_id : ""),
			.commit = copy(history_column_text(rows, 2)),
			.wall = history_column_uint(rows, 3),
		};

		vec_push(&reading->runs, sqlite3_column_int64(rows, 0));
		vec_push(&reading->when, when);
	}
	sqlite3_finalize(rows);
	return status;
}

#define TESTS "SELECT test, suite, id, ordinal, file, first_seen FROM test"
#define IS_FAILURE "flaky OR outcome BETWEEN " STRING_OF(FIRST_FAILURE) " AND " STRING_OF(LAST_FAILURE)
#define STRING_OF(number) STRING_OF_NUMBER(number)
#define STRING_OF_NUMBER(number) #number
/* FAILED, ERROR, TIMEOUT and CRASHED; their numbers never change. */
#define FIRST_FAILURE 2
#define LAST_FAILURE 5
_Static_assert(OUTCOME_FAILED == FIRST_FAILURE && OUTCOME_CRASHED == LAST_FAILURE, "the numbers of outcomes");

static int read_tests(struct reading *reading)
{
	sqlite3_stmt *rows = prepare(
		reading->history,
		reading->id       ? TESTS " WHERE id = ? ORDER BY test"
		: reading->failed ? TESTS " WHERE test IN (SELECT test FROM result WHERE " IS_FAILURE ") ORDER BY test"
				  : TESTS " ORDER BY test",
		reading->error);
	int status = rows ? 0 : -1;

	if (rows && reading->id)
		history_bind_text(rows, 1, reading->id);
	while (rows && (status = history_step(reading->history, rows, reading->error)) == 1) {
		const char *suite = history_column_text(rows, 1), *name = history_column_text(rows, 2);

		if (!suite || !name)
			continue;
		struct history_evidence test = {
			.suite = alloc_string(suite),
			.id = alloc_string(name),
			.ordinal = history_column_uint32(rows, 3),
			.file = copy(history_column_text(rows, 4)),
			.first_seen = history_column_uint(rows, 5),
			.marks = alloc_zeroed(reading->when.length + 1, sizeof(*test.marks)),
		};
		vec_push(&reading->tests, sqlite3_column_int64(rows, 0));
		vec_push(&reading->evidence, test);
	}
	sqlite3_finalize(rows);
	return status;
}

/* Both the results of a run and the tests are sorted by the test's number. */
static int read_results_of(struct reading *reading, sqlite3_stmt *rows, size_t run)
{
	size_t count = reading->tests.length, at = 0;
	int status;

	sqlite3_reset(rows);
	sqlite3_bind_int64(rows, 1, reading->runs.items[run]);
	sqlite3_bind_int64(rows, 2, reading->tests.items[0]);
	sqlite3_bind_int64(rows, 3, reading->tests.items[count - 1]);
	while ((status = history_step(reading->history, rows, reading->error)) == 1) {
		int64_t test = sqlite3_column_int64(rows, 0);

		while (at < count && reading->tests.items[at] < test)
			at++;
		if (at < count && reading->tests.items[at] == test)
			reading->evidence.items[at].marks[run] =
				make_mark(history_column_outcome(rows, 1), sqlite3_column_int(rows, 2) != 0);
	}
	return status;
}

/* Where few of many tests are wanted, each is looked for. */
static int read_result(struct reading *reading, sqlite3_stmt *row, size_t run, size_t test)
{
	int status;

	sqlite3_reset(row);
	sqlite3_bind_int64(row, 1, reading->runs.items[run]);
	sqlite3_bind_int64(row, 2, reading->tests.items[test]);
	status = history_step(reading->history, row, reading->error);
	if (status == 1)
		reading->evidence.items[test].marks[run] =
			make_mark(history_column_outcome(row, 0), sqlite3_column_int(row, 1) != 0);
	return status < 0 ? -1 : 0;
}

static int read_single_results(struct reading *reading)
{
	sqlite3_stmt *row = prepare(reading->history, "SELECT outcome, flaky FROM result WHERE run = ? AND test = ?",
				    reading->error);
	int status = row ? 0 : -1;

	for (size_t run = 0; status == 0 && run < reading->runs.length; run++)
		for (size_t test = 0; status == 0 && test < reading->tests.length; test++)
			status = read_result(reading, row, run, test);
	sqlite3_finalize(row);
	return status;
}

static int read_results(struct reading *reading)
{
	sqlite3_stmt *rows = prepare(reading->history,
				     "SELECT test, outcome, flaky FROM result"
				     " WHERE run = ? AND test BETWEEN ? AND ? ORDER BY test",
				     reading->error);
	int status = rows ? 0 : -1;

	for (size_t i = 0; status == 0 && reading->tests.length > 0 && i < reading->runs.length; i++)
		status = read_results_of(reading, rows, i);
	sqlite3_finalize(rows);
	return status;
}

static int read_all(struct reading *reading)
{
	/* One transaction: a run may be writing between two statements. */
	if (history_execute(reading->history, STATEMENT_BEGIN, reading->error) != 0)
		return -1;
	int status = read_runs(reading);
	if (status == 0)
		status = read_tests(reading);
	if (status == 0)
		status = reading->failed ? read_single_results(reading) : read_results(reading);
	if (history_execute(reading->history, status == 0 ? STATEMENT_COMMIT : STATEMENT_ROLLBACK,
			    status == 0 ? reading->error : NULL) != 0)
		status = -1;
	return status;
}

static void evidence_fini(struct history_evidence *test)
{
	free(test->suite);
	free(test->id);
	free(test->file);
	free(test->marks);
}

static int compare_tests(const void *left, const void *right)
{
	const struct history_evidence *a = left, *b = right;
	int order = strcmp(a->suite, b->suite);

	if (order == 0)
		order = strcmp(a->id, b->id);
	return order ? order : (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

/* A test that has no result is one that a damaged file, or another process in the middle of something,
 * shows. */
static void leave_out_unseen(struct history_table *table)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->test_count; i++) {
		if (table->tests[i].last == SIZE_MAX)
			evidence_fini(&table->tests[i]);
		else
			table->tests[kept++] = table->tests[i];
	}
	table->test_count = kept;
}

static int read_table(struct reading *reading, struct history_table *out)
{
	int status = read_all(reading);

	*out = (struct history_table){
		.runs = reading->when.items,
		.run_count = reading->when.length,
		.tests = reading->evidence.items,
		.test_count = reading->evidence.length,
	};
	vec_fini(&reading->runs);
	vec_fini(&reading->tests);
	if (status != 0) {
		history_table_fini(out);
		return -1;
	}
	add_all_up(out);
	leave_out_unseen(out);
	if (out->test_count > 0)
		qsort(out->tests, out->test_count, sizeof(*out->tests), compare_tests);
	return 0;
}

int history_evidence_read(struct history *history, const char *id, struct history_table *out,
			  struct error *error)
{
	struct reading reading = { .history = history, .error = error, .id = id };

	return read_table(&reading, out);
}

int history_evidence_read_failed(struct history *history, struct history_table *out, struct error *error)
{
	struct reading reading = { .history = history, .error = error, .failed = true };

	return read_table(&reading, out);
}

void history_table_fini(struct history_table *table)
{
	for (size_t i = 0; i < table->run_count; i++) {
		free(table->runs[i].run_id);
		free(table->runs[i].commit);
	}
	for (size_t i = 0; i < table->test_count; i++)
		evidence_fini(&table->tests[i]);
	free(table->runs);
	free(table->tests);
	*table = (struct history_table){ .run_count = 0 };
}

/* ---- judging ---- */

bool history_is_flaky(const struct history_evidence *test, const struct history_steadiness *steadiness)
{
	if (test->flaky > 0 || test->mixed_commits > 0)
		return true;
	return test->recent >= steadiness->least && test->recent_failures > 0 &&
	       test->recent_failures < test->recent &&
	       test->recent_failures * 100 >= steadiness->percent * test->recent;
}

enum history_advice history_advise(const struct history_evidence *test,
				   const struct history_steadiness *steadiness)
{
	if (!history_is_flaky(test, steadiness))
		return HISTORY_STEADY;
	/* One change, and never both within a run, is what a mistake and its correction look like. */
	if (test->flaky == 0 && test->changes <= 1)
		return history_mark_failed(test->marks[test->last]) ? HISTORY_BROKEN : HISTORY_MENDED;
	return test->runs < steadiness->advised ? HISTORY_TOO_FEW : HISTORY_QUARANTINE;
}

void history_add_evidence(struct str *out, uint64_t failures, uint64_t runs, uint64_t flaky,
			  const char *commit)
{
	struct wilson rate = wilson_interval(failures, runs, WILSON_Z_95);

	if (runs == 0)
		return;
	str_add_format(out, "%llu of %llu run%s failed (%.0f %% to %.0f %%)", (unsigned long long)failures,
		       (unsigned long long)runs, runs == 1 ? "" : "s", rate.low * 100, rate.high * 100);
	if (flaky > 0)
		str_add_format(out, ", %llu of these passed when rerun", (unsigned long long)flaky);
	if (commit && *commit)
		str_add_format(out, "; last at %.12s", commit);
}

/* ---- one test ---- */

static void take_verdict(struct history_verdicts *verdicts, sqlite3_stmt *row)
{
	const char *run_id = history_column_text(row, 0);
	struct history_verdict verdict = {
		.run_id = alloc_string(run_id ? run_id : ""),
		.commit = copy(history_column_text(row, 1)),
		.wall = history_column_uint(row, 2),
		.outcome = history_column_outcome(row, 3),
		.flaky = sqlite3_column_int(row, 4) != 0,
		.quarantined = sqlite3_column_int(row, 5) != 0,
		.attempts = history_column_uint32(row, 6),
		.duration = history_column_uint(row, 7),
		.worker = history_column_uint32(row, 8),
		.position = history_column_uint32(row, 9),
		.rss = history_column_uint(row, 10),
		.message = copy(history_column_text(row, 11)),
	};

	vec_push(verdicts, verdict);
}

int history_verdicts_read(struct history *history, const char *suite, const char *id, uint32_t ordinal,
			  size_t limit, struct history_verdicts *out, struct error *error)
{
	/* In this order each run is asked for one row. */
	sqlite3_stmt *rows =
		prepare(history,
			"SELECT r.run_id, r.commit_id, r.started, x.outcome, x.flaky, x.quarantined,"
			" x.attempts, x.duration, x.worker, x.position, x.rss, x.message"
			" FROM test t CROSS JOIN run r"
			" CROSS JOIN result x ON x.run = r.run AND x.test = t.test"
			" WHERE t.id = ? AND t.ordinal = ? AND t.suite = ?"
			" ORDER BY r.started DESC, r.run_id DESC LIMIT ?",
			error);
	int status;

	*out = (struct history_verdicts)VEC_INIT;
	if (!rows)
		return -1;
	history_bind_text(rows, 1, id);
	sqlite3_bind_int64(rows, 2, ordinal);
	history_bind_text(rows, 3, suite);
	sqlite3_bind_int64(rows, 4, limit > 0 && limit < INT64_MAX ? (int64_t)limit : -1);
	while ((status = history_step(history, rows, error)) == 1)
		take_verdict(out, rows);
	sqlite3_finalize(rows);
	if (status != 0)
		history_verdicts_fini(out);
	return status;
}

void history_verdicts_fini(struct history_verdicts *verdicts)
{
	vec_each(verdicts, it) {
		free(it->run_id);
		free(it->commit);
		free(it->message);
	}
	vec_fini(verdicts);
}

struct test_facts history_evidence_facts(const struct history *history, const struct history_evidence *test)
{
	const struct history_fact *fact = history_find(history, test->suite, test->id, test->ordinal);

	return (struct test_facts){
		.suite = test->suite,
		.id = test->id,
		.file = test->file,
		.ordinal = test->ordinal,
		.outcome = fact ? fact->outcome : OUTCOME_NONE,
		.flaky = fact && fact->flaky,
		.duration = fact && fact->expected ? fact->expected : UINT64_MAX,
	};
}
