#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/str.h"
#include "history_place.h"
#include "store/history_evidence.h"

static const struct history_steadiness steadiness = HISTORY_STEADINESS_DEFAULT;

/* What a test did in a run, in one letter. */
static void add_verdict(struct history *history, const char *suite, const char *id, uint32_t ordinal,
			char letter)
{
	struct history_result result = {
		.suite = suite,
		.id = id,
		.file = "tests/a.t",
		.ordinal = ordinal,
		.attempts = 1,
		.duration = 5 * MS,
		.position = 1,
		.worker = 3,
	};

	switch (letter) {
	case 'P':
		result.outcome = OUTCOME_PASSED;
		break;
	case 'R': /* a rerun passed */
		result.outcome = OUTCOME_PASSED;
		result.flaky = true;
		result.attempts = 2;
		break;
	case 'F':
		result.outcome = OUTCOME_FAILED;
		result.message = "it broke";
		break;
	case 'T':
		result.outcome = OUTCOME_TIMEOUT;
		break;
	case 'S':
		result.outcome = OUTCOME_SKIPPED;
		break;
	case 'X':
		result.outcome = OUTCOME_XFAILED;
		break;
	default: /* it did not run */
		return;
	}
	history_add(history, &result);
}

/* Run number n, from 1, which began n ms after 1970. */
static void begin_run(struct history *history, size_t n, const char *commit)
{
	char name[32];
	struct history_run run = {
		.id = name, .commit = commit, .command = "xtop", .wall = n * MS, .workers = 1
	};

	snprintf(name, sizeof(name), "run%04zu", n);
	history_begin(history, &run);
}

/* A run for each letter, the oldest first. A letter of `commits` names its commit; ' ' and the end: none. */
static void record_letters(struct history *history, const char *id, const char *letters, const char *commits)
{
	char commit[2] = "";
	bool more = true;

	for (size_t i = 0; letters[i]; i++) {
		more = more && commits[i] != '\0';
		commit[0] = more ? commits[i] : ' ';
		begin_run(history, i + 1, commit[0] == ' ' ? NULL : commit);
		add_verdict(history, "unit", id, 1, letters[i]);
		add_verdict(history, "unit", "~filler", 1, 'P');
		end(history);
	}
}

static void read_table(struct history *history, const char *id, struct history_table *table)
{
	struct error error = ERROR_INIT;

	if (history_evidence_read(history, id, table, &error) != 0)
		fail_msg("%s", error.message);
}

static void empty_history_has_an_empty_table(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	struct history_table table;

	read_table(history, NULL, &table);
	assert_int_equal(table.run_count, 0);
	assert_int_equal(table.test_count, 0);
	history_table_fini(&table);
	read_table(history, "a", &table);
	assert_int_equal(table.test_count, 0);
	history_table_fini(&table);
	history_table_fini(&table);
	history_close(history);
}

static void table_of_failures_is_that_of_all_without_the_steady(void **state)
{
	static const char *const tests[][2] = { { "always", "PPPP" }, { "skipped", "SSPX" }, { "once", "PPFP" },
						{ "rerun", "PRPP" },  { "hangs", "TTTT" },   { "late", "--PT" },
						{ "mixed", "FP-S" } };
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	struct history_table all, failed;
	struct error error = ERROR_INIT;
	size_t j = 0;

	for (size_t run = 0; run < 4; run++) {
		begin_run(history, run + 1, run < 2 ? "a" : "b");
		for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
			add_verdict(history, "unit", tests[i][0], 1, tests[i][1][run]);
		end(history);
	}
	read_table(history, NULL, &all);
	assert_int_equal(history_evidence_read_failed(history, &failed, &error), 0);
	assert_int_equal(failed.run_count, all.run_count);
	for (size_t i = 0; i < all.test_count; i++) {
		const struct history_evidence *a = &all.tests[i], *b = &failed.tests[j];

		if (!a->failures)
			continue;
		assert_true(j < failed.test_count);
		assert_string_equal(a->id, b->id);
		assert_memory_equal(a->marks, b->marks, all.run_count);
		assert_int_equal(a->failures, b->failures);
		assert_int_equal(a->runs, b->runs);
		assert_int_equal(a->flaky, b->flaky);
		assert_int_equal(a->mixed_commits, b->mixed_commits);
		assert_int_equal(a->recent_failures, b->recent_failures);
		j++;
	}
	assert_int_equal(j, failed.test_count);
	assert_int_equal(j, 5);
	history_table_fini(&all);
	history_table_fini(&failed);
	history_close(history);
}

static void table_has_what_each_test_did_in_each_run(void **state)
{
	static const char *const order[][2] = {
		{ "more", "a" }, { "unit", "a" }, { "unit", "a" }, { "unit", "b" }
	};
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	struct history_table table;

	begin_run(history, 1, "abc");
	add_verdict(history, "unit", "b", 1, 'F');
	add_verdict(history, "unit", "a", 2, 'R');
	add_verdict(history, "unit", "a", 1, 'S');
	end(history);
	begin_run(history, 2, NULL);
	add_verdict(history, "more", "a", 1, 'T');
	add_verdict(history, "unit", "b", 1, 'P');
	end(history);
	read_table(history, NULL, &table);
	assert_int_equal(table.run_count, 2);
	assert_string_equal(table.runs[0].run_id, "run0002");
	assert_null(table.runs[0].commit);
	assert_int_equal(table.runs[0].wall, 2 * MS);
	assert_string_equal(table.runs[1].run_id, "run0001");
	assert_string_equal(table.runs[1].commit, "abc");
	assert_int_equal(table.test_count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(table.tests[i].suite, order[i][0]);
		assert_string_equal(table.tests[i].id, order[i][1]);
		assert_string_equal(table.tests[i].file, "tests/a.t");
	}
	assert_int_equal(table.tests[1].ordinal, 1);
	assert_int_equal(table.tests[2].ordinal, 2);
	assert_int_equal(table.tests[0].first_seen, 2 * MS);
	assert_int_equal(table.tests[3].first_seen, 1 * MS);
	const history_mark *marks = table.tests[3].marks;
	assert_int_equal(history_mark_outcome(marks[0]), OUTCOME_PASSED);
	assert_true(history_mark_counts(marks[0]) && !history_mark_failed(marks[0]));
	assert_int_equal(history_mark_outcome(marks[1]), OUTCOME_FAILED);
	assert_true(history_mark_failed(marks[1]) && !history_mark_is_flaky(marks[1]));
	marks = table.tests[2].marks;
	assert_int_equal(marks[0], 0);
	assert_false(history_mark_counts(marks[0]) || history_mark_failed(marks[0]));
	assert_int_equal(history_mark_outcome(marks[1]), OUTCOME_PASSED);
	assert_true(history_mark_is_flaky(marks[1]) && history_mark_failed(marks[1]));
	assert_false(history_mark_counts(table.tests[1].marks[1]));
	assert_int_equal(table.tests[1].last, 1);
	assert_int_equal(table.tests[1].runs, 0);
	assert_int_equal(table.tests[1].last_failure, SIZE_MAX);
	history_table_fini(&table);
	history_close(history);
}

static void only_tests_with_the_id_are_read(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	struct history_table table;

	begin_run(history, 1, NULL);
	add_verdict(history, "unit", "a", 1, 'P');
	add_verdict(history, "unit", "b", 1, 'F');
	add_verdict(history, "more", "a", 1, 'F');
	end(history);
	read_table(history, "a", &table);
	assert_int_equal(table.test_count, 2);
	assert_string_equal(table.tests[0].suite, "more");
	assert_int_equal(table.tests[0].failures, 1);
	assert_string_equal(table.tests[1].suite, "unit");
	assert_int_equal(table.tests[1].failures, 0);
	history_table_fini(&table);
	read_table(history, "A", &table);
	assert_int_equal(table.test_count, 0);
	history_table_fini(&table);
	history_close(history);
}

/* Letters of runs and their commits, the oldest first. */
static void marks_add_up(void **state)
{
	static const struct {
		const char *letters, *commits;
		uint32_t runs, failures, flaky, changes, mixed, recent, recent_failures;
		size_t last, last_failure;
	} cases[] = {
		{ "P", "", 1, 0, 0, 0, 0, 1, 0, 0, SIZE_MAX },
		{ "F", "", 1, 1, 0, 0, 0, 1, 1, 0, 0 },
		{ "PFP", "abc", 3, 1, 0, 2, 0, 3, 1, 0, 1 },
		{ "PFP", "aab", 3, 1, 0, 2, 1, 3, 1, 0, 1 },
		{ "PFPF", "aabb", 4, 2, 0, 3, 2, 4, 2, 0, 0 },
		{ "FPFP", "abba", 4, 2, 0, 3, 2, 4, 2, 0, 1 },
		{ "PF", "", 2, 1, 0, 1, 0, 2, 1, 0, 0 },
		{ "PF", "a ", 2, 1, 0, 1, 0, 2, 1, 0, 0 },
		{ "PF", " a", 2, 1, 0, 1, 0, 2, 1, 0, 0 },
		{ "PFPF", "aaaa", 4, 2, 0, 3, 1, 4, 2, 0, 0 },
		{ "PRP", "abc", 3, 1, 1, 2, 0, 3, 1, 0, 1 },
		{ "PRFT", "aaaa", 4, 3, 1, 1, 1, 4, 3, 0, 0 },
		{ "FS.S", "aaaa", 1, 1, 0, 0, 0, 1, 1, 0, 3 },
		{ "FSP.", "abac", 2, 1, 0, 1, 1, 2, 1, 1, 3 },
		{ "XPX", "aaa", 3, 0, 0, 0, 0, 3, 0, 0, SIZE_MAX },
		{ "FFFPPPPPPPPPP", "", 13, 3, 0, 1, 0, 10, 0, 0, 10 },
		{ "FPSSSSSSSSSSSS", "", 2, 1, 0, 1, 0, 2, 1, 0, 13 },
		{ "FFPPPPPPPPPF", "", 12, 3, 0, 2, 0, 10, 1, 0, 0 },
	};
	const struct place *place = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct history_table table;

		unlink(place->path);
		struct history *history = open_at(place->path, false);
		record_letters(history, "a", cases[i].letters, cases[i].commits);
		read_table(history, NULL, &table);
		const struct history_evidence *test = &table.tests[0];
		const uint32_t found[] = { test->runs,           test->failures,      test->flaky,
					   test->changes,        test->mixed_commits, test->recent,
					   test->recent_failures };
		const uint32_t expected[] = { cases[i].runs,           cases[i].failures, cases[i].flaky,
					      cases[i].changes,        cases[i].mixed,    cases[i].recent,
					      cases[i].recent_failures };
		for (size_t k = 0; k < sizeof(found) / sizeof(found[0]); k++) {
			if (found[k] != expected[k])
				fail_msg("case %zu (%s): number %zu is %u", i, cases[i].letters, k, found[k]);
		}
		assert_int_equal(test->last, cases[i].last);
		assert_int_equal(test->last_failure, cases[i].last_failure);
		history_table_fini(&table);
		history_close(history);
	}
}

static void flaky_tests_are_known_and_quarantine_is_advised_with_care(void **state)
{
	static const struct {
		const char *letters, *commits;
		bool flaky;
		enum history_advice advice;
	} cases[] = {
		{ "PPPPPP", "aaaaaa", false, HISTORY_STEADY },
		{ "FFFFFF", "aaaaaa", false, HISTORY_STEADY },
		{ "SSSS", "", false, HISTORY_STEADY },
		{ "R", "", true, HISTORY_TOO_FEW },
		{ "PPPPR", "abcde", true, HISTORY_QUARANTINE },
		{ "RRRRR", "abcde", true, HISTORY_QUARANTINE },
		{ "PFPPP", "aabcd", true, HISTORY_QUARANTINE },
		{ "PFP", "aab", true, HISTORY_TOO_FEW },
		{ "PF", "aa", true, HISTORY_BROKEN },
		{ "FFFFFP", "abcdee", true, HISTORY_MENDED },
		{ "PFPPPPPPPPPPPPPPPPPP", "aabcdefghijklmnopqrst", true, HISTORY_QUARANTINE },
		{ "PFPPPPPPPPPPPPPPPPPP", "abcdefghijklmnopqrstu", false, HISTORY_STEADY },
		{ "PF", "ab", false, HISTORY_STEADY },
		{ "PPF", "abc", true, HISTORY_BROKEN },
		{ "FPP", "abc", true, HISTORY_MENDED },
		{ "PPPPPPPFFF", "abcdefghij", true, HISTORY_BROKEN },
		{ "FFFPPPPPPP", "abcdefghij", true, HISTORY_MENDED },
		{ "FFPPPPPPPP", "abcdefghij", false, HISTORY_STEADY },
		{ "PFPF", "abcd", true, HISTORY_TOO_FEW },
		{ "PFPFP", "abcde", true, HISTORY_QUARANTINE },
		{ "PFSPSFP", "abcdefg", true, HISTORY_QUARANTINE },
		{ "FPPPPPPPPPP", "abcdefghijk", false, HISTORY_STEADY },
	};
	const struct place *place = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct history_table table;

		unlink(place->path);
		struct history *history = open_at(place->path, false);
		record_letters(history, "a", cases[i].letters, cases[i].commits);
		read_table(history, NULL, &table);
		bool flaky = history_is_flaky(&table.tests[0], &steadiness);
		enum history_advice advice = history_advise(&table.tests[0], &steadiness);
		if (flaky != cases[i].flaky)
			fail_msg("case %zu (%s): flaky is %d", i, cases[i].letters, flaky);
		if (advice != cases[i].advice)
			fail_msg("case %zu (%s): advice is %d", i, cases[i].letters, (int)advice);
		assert_false(history_is_flaky(&table.tests[1], &steadiness));
		history_table_fini(&table);
		history_close(history);
	}
}

static void thresholds_are_the_callers(void **state)
{
	const struct place *place = *state;
	const struct history_steadiness strict = { .percent = 51, .least = 3, .advised = 5 };
	const struct history_steadiness patient = { .percent = 30, .least = 5, .advised = 5 };
	const struct history_steadiness hasty = { .percent = 30, .least = 3, .advised = 4 };
	struct history *history = open_at(place->path, false);
	struct history_table table;

	record_letters(history, "a", "PFPF", "abcd");
	read_table(history, "a", &table);
	assert_false(history_is_flaky(&table.tests[0], &strict));
	assert_false(history_is_flaky(&table.tests[0], &patient));
	assert_int_equal(history_advise(&table.tests[0], &patient), HISTORY_STEADY);
	assert_int_equal(history_advise(&table.tests[0], &hasty), HISTORY_QUARANTINE);
	history_table_fini(&table);
	history_close(history);
}

static void evidence(uint64_t failures, uint64_t runs, uint64_t flaky, const char *commit,
		     const char *expected)
{
	struct str out = STR_INIT;

	history_add_evidence(&out, failures, runs, flaky, commit);
	assert_string_equal(out.data, expected);
	str_fini(&out);
}

static void evidence_is_said_in_a_line(void **state)
{
	(void)state;
	evidence(3, 10, 0, NULL, "3 of 10 runs failed (11 % to 60 %)");
	evidence(3, 10, 1, "0123456789abcdef0123",
		 "3 of 10 runs failed (11 % to 60 %), 1 of these passed when rerun; last at 0123456789ab");
	evidence(0, 1, 0, "", "0 of 1 run failed (0 % to 79 %)");
	evidence(0, 0, 0, "abc", "");
}

static void verdicts_of_a_test_come_newest_first(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	struct history_verdicts verdicts;

	record_letters(history, "a", "PSRF", "ab d");
	assert_int_equal(history_verdicts_read(history, "unit", "a", 1, 0, &verdicts, NULL), 0);
	assert_int_equal(verdicts.length, 4);
	const struct history_verdict *newest = &verdicts.items[0];
	assert_string_equal(newest->run_id, "run0004");
	assert_string_equal(newest->commit, "d");
	assert_string_equal(newest->message, "it broke");
	assert_int_equal(newest->wall, 4 * MS);
	assert_int_equal(newest->outcome, OUTCOME_FAILED);
	assert_false(newest->flaky);
	assert_int_equal(newest->attempts, 1);
	assert_int_equal(newest->duration, 5 * MS);
	assert_int_equal(newest->worker, 3);
	assert_int_equal(newest->position, 1);
	assert_null(verdicts.items[1].commit);
	assert_null(verdicts.items[1].message);
	assert_true(verdicts.items[1].flaky);
	assert_int_equal(verdicts.items[1].attempts, 2);
	assert_int_equal(verdicts.items[2].outcome, OUTCOME_SKIPPED);
	assert_string_equal(verdicts.items[3].run_id, "run0001");
	history_verdicts_fini(&verdicts);
	assert_int_equal(history_verdicts_read(history, "unit", "a", 1, 2, &verdicts, NULL), 0);
	assert_int_equal(verdicts.length, 2);
	assert_string_equal(verdicts.items[1].run_id, "run0003");
	history_verdicts_fini(&verdicts);
	assert_int_equal(history_verdicts_read(history, "unit", "a", 2, 0, &verdicts, NULL), 0);
	assert_int_equal(verdicts.length, 0);
	assert_int_equal(history_verdicts_read(history, "more", "a", 1, 0, &verdicts, NULL), 0);
	assert_int_equal(verdicts.length, 0);
	history_verdicts_fini(&verdicts);
	history_close(history);
}

static void runs_in_between_and_tests_far_apart_are_found(void **state)
{
	enum { RUNS = 120, TESTS = 300 };
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	struct history_table table;
	char id[16];

	for (size_t run = 1; run <= RUNS; run++) {
		begin_run(history, run, NULL);
		/* Which tests run, and fail, has a pattern that differs from test to test and from run to run. */
		for (unsigned test = 0; test < TESTS; test++) {
			snprintf(id, sizeof(id), "t%u", (test * 7) % TESTS);
			if ((run + (test * 7) % TESTS) % 3 != 0)
				add_verdict(history, "unit", id, 1,
					    (run * ((test * 7) % TESTS)) % 5 ? 'P' : 'F');
		}
		end_keeping(history, 100);
	}
	read_table(history, NULL, &table);
	assert_int_equal(table.run_count, 100);
	assert_int_equal(table.test_count, TESTS);
	for (size_t i = 0; i < TESTS; i++) {
		unsigned test = (unsigned)atoi(table.tests[i].id + 1);

		for (size_t k = 0; k < 100; k++) {
			size_t run = RUNS - k;
			enum outcome expected = (run + test) % 3 == 0 ? OUTCOME_NONE
						: (run * test) % 5    ? OUTCOME_PASSED
								      : OUTCOME_FAILED;
			if (history_mark_outcome(table.tests[i].marks[k]) != expected)
				fail_msg("test %u, run %zu", test, run);
		}
	}
	history_table_fini(&table);
	history_close(history);
}

static void a_snapshot_and_what_may_only_be_read_have_the_same_table(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	char *snapshot = place_file(place, "snapshot.db");
	struct history_table table;

	record_letters(history, "a", "PFRFP", "aabbc");
	assert_int_equal(history_export(history, snapshot, NULL), 0);
	history_close(history);
	for (int i = 0; i < 2; i++) {
		history = open_at(i ? snapshot : place->path, true);
		load(history);
		read_table(history, NULL, &table);
		assert_int_equal(table.tests[0].runs, 5);
		assert_int_equal(table.tests[0].failures, 3);
		assert_int_equal(table.tests[0].flaky, 1);
		assert_int_equal(table.tests[0].mixed_commits, 1);
		/* Reading leaves nothing open that would be in the way of writing or reading. */
		load(history);
		history_table_fini(&table);
		history_close(history);
	}
	free(snapshot);
}

static void what_another_run_writes_meanwhile_is_in_all_or_in_nothing(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	struct history *other = open_at(place->path, false);
	struct history_table table;

	record_letters(history, "a", "PF", "");
	begin_run(other, 3, NULL);
	add_verdict(other, "unit", "a", 1, 'F');
	flush(other);
	read_table(history, "a", &table);
	assert_int_equal(table.run_count, 3);
	assert_int_equal(table.tests[0].runs, 3);
	history_table_fini(&table);
	end(other);
	history_close(other);
	history_close(history);
}

static void a_damaged_file_is_told(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	struct history_table table;
	struct history_verdicts verdicts;
	struct error error = ERROR_INIT;

	record_letters(history, "a", "PF", "");
	query(place->path, "DROP TABLE result");
	assert_int_equal(history_evidence_read(history, NULL, &table, &error), -1);
	assert_non_null(strstr(error.message, "history.db: is damaged"));
	assert_int_equal(table.test_count, 0);
	assert_int_equal(table.run_count, 0);
	assert_int_equal(history_verdicts_read(history, "unit", "a", 1, 0, &verdicts, &error), -1);
	/* The transaction has ended. */
	assert_int_equal(history_evidence_read(history, NULL, &table, &error), -1);
	assert_non_null(strstr(error.message, "is damaged (no such table"));
	history_close(history);
}

static void results_of_nobody_and_tests_without_results_are_passed_over(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	struct history_table table;

	record_letters(history, "a", "PF", "");
	query(place->path, "INSERT INTO result SELECT run, 7, 2, 0, 0, 1, 0, 0, 1, 0, NULL FROM run");
	query(place->path, "INSERT INTO result SELECT run, -9, 1, 0, 0, 1, 0, 0, 1, 0, NULL FROM run");
	query(place->path,
	      "INSERT INTO test (test, id, ordinal, suite, first_seen) VALUES (50, 'b', 1, 'unit', 0)");
	query(place->path, "UPDATE result SET outcome = 77 WHERE test = 2");
	read_table(history, NULL, &table);
	assert_int_equal(table.test_count, 1);
	assert_string_equal(table.tests[0].id, "a");
	assert_int_equal(table.tests[0].runs, 2);
	history_table_fini(&table);
	history_close(history);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(empty_history_has_an_empty_table),
		IN_PLACE(table_has_what_each_test_did_in_each_run),
		IN_PLACE(table_of_failures_is_that_of_all_without_the_steady),
		IN_PLACE(only_tests_with_the_id_are_read),
		IN_PLACE(marks_add_up),
		IN_PLACE(flaky_tests_are_known_and_quarantine_is_advised_with_care),
		IN_PLACE(thresholds_are_the_callers),
		cmocka_unit_test(evidence_is_said_in_a_line),
		IN_PLACE(verdicts_of_a_test_come_newest_first),
		IN_PLACE(runs_in_between_and_tests_far_apart_are_found),
		IN_PLACE(a_snapshot_and_what_may_only_be_read_have_the_same_table),
		IN_PLACE(what_another_run_writes_meanwhile_is_in_all_or_in_nothing),
		IN_PLACE(a_damaged_file_is_told),
		IN_PLACE(results_of_nobody_and_tests_without_results_are_passed_over),
	};

	return cmocka_run_group_tests_name("history_evidence", tests, NULL, NULL);
}
