#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "history_place.h"

static void new_history_knows_nothing(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);

	load(history);
	assert_int_equal(history_test_count(history), 0);
	assert_null(history_find(history, "unit", "a", 1));
	assert_false(history_has_durations(history));
	assert_false(history_is_snapshot(history));
	assert_int_equal(history_worker_memory(history), 0);
	history_close(history);
}

static void nothing_is_found_before_it_is_loaded(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);

	assert_null(history_find(history, "unit", "a", 1));
	assert_int_equal(history_test_count(history), 0);
	history_close(history);
	history_close(NULL);
}

static void result_is_found_by_the_next_run(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	struct history_result result = {
		.suite = "unit",
		.id = "a",
		.file = "tests/a.t",
		.ordinal = 1,
		.outcome = OUTCOME_PASSED,
		.flaky = true,
		.attempts = 2,
		.duration = 70 * MS,
		.worker = 1,
		.position = 3,
		.rss = 4096,
	};

	begin(history, "run1", 1000);
	history_add(history, &result);
	assert_int_equal(history_end(history, 100 * MS, 1, 12345678, 0, NULL), 0);
	history_close(history);

	history = open_at(place->path, true);
	load(history);
	const struct history_fact *fact = fact_of(history, "a");
	assert_int_equal(fact->expected, 70 * MS);
	assert_int_equal(fact->outcome, OUTCOME_PASSED);
	assert_true(fact->flaky);
	assert_true(fact->in_last_run);
	assert_int_equal(fact->position, 3);
	assert_int_equal(fact->runs, 1);
	assert_true(history_has_durations(history));
	assert_int_equal(history_worker_memory(history), 12345678);
	history_close(history);
}

static void table_of_results_has_what_was_told(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	struct history_run run = {
		.id = "run1", .commit = "abc", .command = "xtop", .dist = "each", .wall = 7, .workers = 9
	};
	struct history_result result = {
		.suite = "unit",
		.id = "a",
		.file = "a.t",
		.ordinal = 2,
		.outcome = OUTCOME_CRASHED,
		.quarantined = true,
		.attempts = 3,
		.duration = 4,
		.worker = 5,
		.position = 6,
		.rss = 7,
		.message = "first line\nsecond line",
	};

	history_begin(history, &run);
	history_add(history, &result);
	assert_int_equal(history_end(history, 11, 2, 13, 0, NULL), 0);
	history_close(history);
	assert_int_equal(
		query(place->path,
		      "SELECT count(*) FROM run WHERE run_id = 'run1' AND commit_id = 'abc'"
		      " AND command = 'xtop'"
		      " AND dist = 'each' AND started = 7 AND workers = 9 AND duration = 11 AND exit_code = 2"
		      " AND worker_memory = 13"),
		1);
	assert_int_equal(
		query(place->path,
		      "SELECT count(*) FROM result JOIN test USING (test) JOIN run USING (run)"
		      " WHERE suite = 'unit' AND id = 'a' AND ordinal = 2 AND file = 'a.t' AND first_seen = 7"
		      " AND outcome = 5 AND flaky = 0 AND quarantined = 1 AND attempts = 3"
		      " AND result.duration = 4"
		      " AND worker = 5 AND position = 6 AND rss = 7 AND message = 'first line'"),
		1);
}

static void long_message_is_cut_between_characters(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	char message[2001] = "";

	for (unsigned i = 0; i < 666; i++)
		memcpy(message + 3 * i, "\xe2\x82\xac", 3); /* 333 of them are 999 bytes */
	struct history_result result = { .suite = "s", .id = "a", .ordinal = 1, .outcome = OUTCOME_FAILED };
	result.message = message;
	begin(history, "run1", 1000);
	history_add(history, &result);
	end(history);
	history_close(history);
	assert_int_equal(query(place->path, "SELECT length(CAST(message AS BLOB)) FROM result"), 999);
}

static void expected_is_the_median_of_the_last_five(void **state)
{
	static const struct {
		uint64_t duration, expected;
	} steps[] = {
		{ 10, 10 }, { 20, 15 }, { 900, 20 }, { 12, 16 }, { 14, 14 }, { 16, 16 }, /* 20 900 12 14 16 */
		{ 18, 16 },                                                              /* 900 12 14 16 18 */
		{ 2, 14 },                                                               /* 12 14 16 18 2 */
	};
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);

	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		char run[16];
		snprintf(run, sizeof(run), "run%u", i);
		record(history, run, 1000 + i, "a", i % 2 ? OUTCOME_FAILED : OUTCOME_PASSED,
		       steps[i].duration * MS);
		load(history);
		assert_int_equal(fact_of(history, "a")->expected, steps[i].expected * MS);
	}
	assert_known_is_true(place, history);
	history_close(history);
}

static void test_that_was_cut_off_teaches_no_duration(void **state)
{
	static const enum outcome others[] = { OUTCOME_TIMEOUT, OUTCOME_CRASHED, OUTCOME_SKIPPED,
					       OUTCOME_ERROR };
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);

	record(history, "run0", 1000, "a", OUTCOME_TIMEOUT, 9000 * MS);
	load(history);
	assert_int_equal(fact_of(history, "a")->expected, 0);
	assert_false(history_has_durations(history));
	record(history, "run1", 1001, "a", OUTCOME_PASSED, 50 * MS);
	for (unsigned i = 0; i < 4; i++) {
		char run[16];
		snprintf(run, sizeof(run), "other%u", i);
		record(history, run, 1002 + i, "a", others[i], 1 * MS);
		load(history);
		assert_int_equal(fact_of(history, "a")->outcome, others[i]);
		assert_int_equal(fact_of(history, "a")->expected, 50 * MS);
	}
	assert_int_equal(fact_of(history, "a")->runs, 6);
	assert_known_is_true(place, history);
	history_close(history);
}

static void second_result_of_a_run_replaces_the_first(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);

	record(history, "run0", 1000, "a", OUTCOME_PASSED, 10 * MS);
	begin(history, "run1", 1001);
	add(history, "a", OUTCOME_FAILED, 1000 * MS);
	flush(history);
	add(history, "a", OUTCOME_PASSED, 30 * MS);
	add(history, "b", OUTCOME_PASSED, 1 * MS);
	add(history, "b", OUTCOME_TIMEOUT, 2 * MS);
	end(history);
	load(history);
	assert_int_equal(fact_of(history, "a")->outcome, OUTCOME_PASSED);
	assert_int_equal(fact_of(history, "a")->runs, 2);
	assert_int_equal(fact_of(history, "a")->expected, 20 * MS);
	assert_int_equal(fact_of(history, "b")->outcome, OUTCOME_TIMEOUT);
	assert_int_equal(fact_of(history, "b")->expected, 0);
	assert_int_equal(query(place->path, "SELECT count(*) FROM result"), 3);
	assert_known_is_true(place, history);
	history_close(history);
}

static void what_did_not_run_is_not_recorded(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);

	record(history, "run0", 1000, "a", OUTCOME_FAILED, 10 * MS);
	begin(history, "run1", 1001);
	add(history, "a", OUTCOME_NOTRUN, 0);
	add(history, "b", OUTCOME_NONE, 0);
	end(history);
	load(history);
	assert_int_equal(history_test_count(history), 1);
	assert_int_equal(fact_of(history, "a")->outcome, OUTCOME_FAILED);
	/* A run without results would hide what the last one ran. */
	assert_true(fact_of(history, "a")->in_last_run);
	assert_int_equal(query(place->path, "SELECT count(*) FROM run"), 1);
	history_close(history);
}

static void last_run_is_the_one_that_began_last(void **state)
{
	const struct place *place = *state;
	struct history *first = open_at(place->path, false);
	struct history *second = open_at(place->path, false);

	begin(first, "first", 1000);
	begin(second, "second", 1001);
	add(first, "a", OUTCOME_PASSED, 10 * MS);
	add(second, "b", OUTCOME_PASSED, 10 * MS);
	add(second, "c", OUTCOME_FAILED, 30 * MS);
	end(second);
	add(first, "c", OUTCOME_PASSED, 10 * MS);
	end(first);
	load(first);
	assert_false(fact_of(first, "a")->in_last_run);
	assert_int_equal(fact_of(first, "a")->position, 0);
	assert_true(fact_of(first, "b")->in_last_run);
	assert_int_equal(fact_of(first, "c")->outcome, OUTCOME_FAILED);
	assert_int_equal(fact_of(first, "c")->expected, 20 * MS);
	assert_int_equal(fact_of(first, "c")->runs, 2);
	assert_known_is_true(place, first);
	history_close(second);
	history_close(first);
}

static void runs_that_began_at_once_are_in_the_order_of_their_ids(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);

	record(history, "run b", 1000, "a", OUTCOME_FAILED, 10 * MS);
	record(history, "run a", 1000, "a", OUTCOME_PASSED, 10 * MS);
	record(history, "run a", 1000, "b", OUTCOME_PASSED, 10 * MS);
	load(history);
	assert_int_equal(fact_of(history, "a")->outcome, OUTCOME_FAILED);
	assert_true(fact_of(history, "a")->in_last_run);
	assert_false(fact_of(history, "b")->in_last_run);
	assert_known_is_true(place, history);
	history_close(history);
}

static void suites_ordinals_and_any_bytes_tell_tests_apart(void **state)
{
	static const char strange[] = "x \xff\xfe\x01\t'\"%_?\n\xc3(";
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	struct history_result result = { .suite = "a", .id = "t", .ordinal = 1, .outcome = OUTCOME_PASSED };

	begin(history, "run0", 1000);
	result.duration = 1;
	history_add(history, &result);
	result.suite = "b";
	result.duration = 2;
	history_add(history, &result);
	result.ordinal = 2;
	result.duration = 3;
	history_add(history, &result);
	result.id = strange;
	result.suite = strange;
	result.duration = 4;
	history_add(history, &result);
	result.id = "";
	result.duration = 5;
	history_add(history, &result);
	end(history);
	history_close(history);

	history = open_at(place->path, false);
	load(history);
	assert_int_equal(history_test_count(history), 5);
	assert_int_equal(history_find(history, "a", "t", 1)->expected, 1);
	assert_int_equal(history_find(history, "b", "t", 1)->expected, 2);
	assert_int_equal(history_find(history, "b", "t", 2)->expected, 3);
	assert_int_equal(history_find(history, strange, strange, 2)->expected, 4);
	assert_int_equal(history_find(history, strange, "", 2)->expected, 5);
	assert_null(history_find(history, "a", "t", 2));
	assert_null(history_find(history, "at", "", 1));
	assert_known_is_true(place, history);
	history_close(history);
}

static void many_tests_are_all_found(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	char id[32];

	begin(history, "run0", 1000);
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(id, sizeof(id), "test %u", i);
		add(history, id, OUTCOME_PASSED, i + 1);
		if (i % 700 == 0)
			flush(history);
	}
	end(history);
	load(history);
	assert_int_equal(history_test_count(history), 3000);
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(id, sizeof(id), "test %u", i);
		assert_int_equal(fact_of(history, id)->expected, i + 1);
	}
	assert_null(history_find(history, "unit", "test 3000", 1));
	history_close(history);
}

static void runs_beyond_the_limit_are_forgotten(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);

	record(history, "run0", 1000, "gone", OUTCOME_PASSED, 10 * MS);
	record(history, "run1", 1001, "a", OUTCOME_PASSED, 10 * MS);
	begin(history, "run2", 1002);
	add(history, "a", OUTCOME_PASSED, 20 * MS);
	end_keeping(history, 3);
	assert_int_equal(query(place->path, "SELECT count(*) FROM run"), 3);
	begin(history, "run3", 1003);
	add(history, "a", OUTCOME_PASSED, 40 * MS);
	end_keeping(history, 2);
	load(history);
	assert_int_equal(history_test_count(history), 1);
	assert_int_equal(fact_of(history, "a")->runs, 2);
	assert_int_equal(fact_of(history, "a")->expected, 30 * MS);
	assert_int_equal(query(place->path, "SELECT count(*) FROM run"), 2);
	assert_int_equal(query(place->path, "SELECT count(*) FROM result"), 2);
	assert_int_equal(query(place->path, "SELECT count(*) FROM test"), 1);
	assert_known_is_true(place, history);
	history_close(history);
}

static void run_that_others_forgot_is_put_in_again(void **state)
{
	const struct place *place = *state;
	struct history *slow = open_at(place->path, false);
	struct history *quick = open_at(place->path, false);

	begin(slow, "slow", 1000);
	add(slow, "a", OUTCOME_PASSED, 10 * MS);
	flush(slow);
	begin(quick, "quick", 1001);
	add(quick, "b", OUTCOME_PASSED, 10 * MS);
	end_keeping(quick, 1);
	add(slow, "c", OUTCOME_PASSED, 10 * MS);
	end(slow);
	assert_int_equal(query(place->path, "SELECT count(*) FROM run"), 2);
	assert_int_equal(
		query(place->path, "SELECT count(*) FROM result JOIN run USING (run) JOIN test USING (test)"),
		2);
	assert_int_equal(query(place->path, "SELECT count(*) FROM result"), 2);
	assert_known_is_true(place, slow);
	history_close(quick);
	history_close(slow);
}

/* Runs that overlap, begin in any order, come twice, end or not, are forgotten: what is known stays what
 * the results tell. */
static void what_is_known_is_what_the_results_tell(void **state)
{
	const struct place *place = *state;
	struct history *histories[3];
	uint32_t seed = 12345;

	for (unsigned i = 0; i < 3; i++)
		histories[i] = open_at(place->path, false);
	for (unsigned step = 0; step < 150; step++) {
		seed = seed * 1664525 + 1013904223;
		struct history *history = histories[seed >> 16 & 1];
		char run[16], id[16];
		snprintf(run, sizeof(run), "run%u", seed >> 20 & 31);
		if (step % 5 == 0)
			begin(history, run, 1000 + (seed >> 20 & 31) * 7 % 11);
		for (unsigned i = 0; i < 8; i++) {
			seed = seed * 1664525 + 1013904223;
			snprintf(id, sizeof(id), "test%u", seed >> 24 & 15);
			add(history, id, (enum outcome)(1 + (seed >> 16 & 7)), seed >> 8);
		}
		if (step % 7 == 0)
			end_keeping(history, 3 + (seed >> 28));
		else
			flush(history);
		if (step % 30 == 29)
			assert_known_is_true(place, histories[2]);
	}
	assert_int_equal(query(place->path,
			       "SELECT count(*) FROM known WHERE runs <> (SELECT count(*) FROM result"
			       " WHERE result.test = known.test)"),
			 0);
	assert_int_equal(
		query(place->path,
		      "SELECT count(*) FROM known WHERE timed <> (SELECT count(*) FROM result"
		      " WHERE result.test = known.test AND outcome IN (1, 2, 7, 8) AND duration > 0)"),
		0);
	assert_int_equal(
		query(place->path, "SELECT (SELECT count(*) FROM test) - (SELECT count(*) FROM known)"), 0);
	for (unsigned i = 0; i < 3; i++)
		history_close(histories[i]);
}

static void file_of_a_test_follows_the_newest_run(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	struct history_result result = {
		.suite = "s", .id = "a", .file = "old.t", .ordinal = 1, .outcome = OUTCOME_PASSED
	};

	begin(history, "run0", 1000);
	history_add(history, &result);
	end(history);
	result.file = "new.t";
	begin(history, "run1", 1001);
	history_add(history, &result);
	end(history);
	result.file = "older.t";
	begin(history, "run2", 999);
	history_add(history, &result);
	end(history);
	result.file = NULL;
	begin(history, "run3", 1002);
	history_add(history, &result);
	end(history);
	assert_int_equal(
		query(place->path, "SELECT count(*) FROM test WHERE file = 'new.t' AND first_seen = 999"), 1);
	result.file = "newest.t";
	begin(history, "run4", 1003);
	history_add(history, &result);
	end(history);
	assert_int_equal(
		query(place->path, "SELECT count(*) FROM test WHERE file = 'newest.t' AND first_seen = 999"),
		1);
	history_close(history);
}

static void worker_memory_is_of_the_last_run_that_knew_it(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);

	begin(history, "run0", 1000);
	add(history, "a", OUTCOME_PASSED, 1);
	assert_int_equal(history_end(history, 1, 0, 111, 0, NULL), 0);
	begin(history, "run1", 1001);
	add(history, "a", OUTCOME_PASSED, 1);
	assert_int_equal(history_end(history, 1, 0, 222, 0, NULL), 0);
	begin(history, "run2", 1002);
	add(history, "a", OUTCOME_PASSED, 1);
	assert_int_equal(history_end(history, 1, 0, 0, 0, NULL), 0);
	load(history);
	assert_int_equal(history_worker_memory(history), 222);
	history_close(history);
}

static void fingerprint_is_of_what_order_and_shards_depend_on(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	char fingerprint[17];

	record(history, "run0", 1000, "a", OUTCOME_PASSED, 10 * MS);
	load(history);
	strcpy(fingerprint, history_fingerprint(history));
	assert_int_equal(strspn(fingerprint, "0123456789abcdef"), 16);
	/* The same again changes nothing that counts, a longer one does. */
	record(history, "run1", 1001, "a", OUTCOME_PASSED, 10 * MS);
	load(history);
	assert_string_equal(history_fingerprint(history), fingerprint);
	record(history, "run2", 1002, "a", OUTCOME_PASSED, 30 * MS);
	record(history, "run3", 1003, "a", OUTCOME_PASSED, 30 * MS);
	load(history);
	assert_string_not_equal(history_fingerprint(history), fingerprint);
	history_close(history);
}

static void fingerprint_does_not_depend_on_the_order_of_tests(void **state)
{
	const struct place *place = *state;
	char *other_path = place_file(place, "other.db");
	struct history *history = open_at(place->path, false);
	struct history *other = open_at(other_path, false);

	begin(history, "run0", 1000);
	begin(other, "run0", 1000);
	add(history, "a", OUTCOME_PASSED, 10);
	add(history, "b", OUTCOME_FAILED, 20);
	add(other, "b", OUTCOME_FAILED, 20);
	add(other, "a", OUTCOME_PASSED, 10);
	end(history);
	end(other);
	assert_string_equal(history_fingerprint(history), history_fingerprint(other));
	history_close(other);
	history_close(history);
	free(other_path);
}

static int record_fifty_runs(const struct place *place, char name)
{
	struct history *history = history_open(place->path, false, NULL);
	struct history_result result = {
		.suite = "s", .id = "a", .ordinal = 1, .outcome = OUTCOME_PASSED, .duration = 5
	};
	int failures = history ? 0 : 1;

	for (unsigned i = 0; history && i < 50; i++) {
		char run[16];
		snprintf(run, sizeof(run), "%c%u", name, i);
		begin(history, run, 1000 + i);
		history_add(history, &result);
		failures += history_flush(history, NULL) != 0;
		failures += history_end(history, 1, 0, 0, 0, NULL) != 0;
	}
	history_close(history);
	return failures;
}

static void processes_that_write_at_once_lose_nothing(void **state)
{
	const struct place *place = *state;
	pid_t children[4];

	/* They also make the file at once. */
	for (int i = 0; i < 4; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0)
			_exit(record_fifty_runs(place, (char)('a' + i)));
	}
	for (int i = 0; i < 4; i++) {
		int status;
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	struct history *history = open_at(place->path, false);
	load(history);
	assert_int_equal(history_find(history, "s", "a", 1)->runs, 200);
	history_close(history);
	assert_sound(place->path);
}

static void flush_beside_another_writer_keeps_what_it_has(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	sqlite3 *other;

	assert_int_equal(sqlite3_open(place->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	begin(history, "run0", 1000);
	add(history, "a", OUTCOME_PASSED, 10);
	flush(history);
	add(history, "b", OUTCOME_PASSED, 10);
	flush(history);
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(query(place->path, "SELECT count(*) FROM result"), 0);
	end(history);
	assert_int_equal(query(place->path, "SELECT count(*) FROM result"), 2);
	sqlite3_close(other);
	history_close(history);
}

static void end_beside_a_writer_that_never_ends_is_an_error(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	struct error error = ERROR_INIT;
	sqlite3 *other;

	assert_int_equal(sqlite3_open(place->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	begin(history, "run0", 1000);
	add(history, "a", OUTCOME_PASSED, 10);
	assert_int_equal(history_end(history, 1, 0, 0, 0, &error), -1);
	assert_non_null(strstr(error.message, "history.db: another process held it for too long"));
	sqlite3_close(other);
	history_close(history);
}

static void reader_is_not_in_the_way_of_a_writer(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	sqlite3 *reader;

	record(history, "run0", 1000, "a", OUTCOME_PASSED, 10);
	assert_int_equal(sqlite3_open(place->path, &reader), SQLITE_OK);
	assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM run", NULL, NULL, NULL),
			 SQLITE_OK);
	record(history, "run1", 1001, "a", OUTCOME_PASSED, 10);
	assert_int_equal(sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(query(place->path, "SELECT count(*) FROM run"), 2);
	sqlite3_close(reader);
	history_close(history);
}

static void killed_writer_leaves_a_good_file(void **state)
{
	const struct place *place = *state;

	for (unsigned round = 0; round < 10; round++) {
		int told[2];
		char byte;
		assert_int_equal(pipe(told), 0);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			struct history *history = history_open(place->path, false, NULL);
			char run[32];
			snprintf(run, sizeof(run), "run%u", round);
			begin(history, run, 1000 + round);
			for (unsigned i = 0;; i++) {
				for (unsigned j = 0; j < 50; j++) {
					char id[32];
					snprintf(id, sizeof(id), "test %u", (i * 50 + j) % 1000);
					add(history, id, OUTCOME_PASSED, j + 1);
				}
				if (history_flush(history, NULL) != 0 || write(told[1], ".", 1) != 1)
					_exit(1);
			}
		}
		close(told[1]);
		for (unsigned i = 0; i < 3 + round; i++)
			assert_int_equal(read(told[0], &byte, 1), 1);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		close(told[0]);
		struct history *history = open_at(place->path, false);
		load(history);
		assert_true(history_test_count(history) >= 150);
		history_close(history);
	}
	assert_sound(place->path);
	assert_int_equal(query(place->path, "SELECT count(*) FROM run WHERE duration IS NULL"), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(new_history_knows_nothing, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_found_before_it_is_loaded, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(result_is_found_by_the_next_run, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(table_of_results_has_what_was_told, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(long_message_is_cut_between_characters, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(expected_is_the_median_of_the_last_five, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(test_that_was_cut_off_teaches_no_duration, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(second_result_of_a_run_replaces_the_first, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(what_did_not_run_is_not_recorded, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(last_run_is_the_one_that_began_last, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(runs_that_began_at_once_are_in_the_order_of_their_ids,
						place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(suites_ordinals_and_any_bytes_tell_tests_apart, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(many_tests_are_all_found, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(runs_beyond_the_limit_are_forgotten, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(run_that_others_forgot_is_put_in_again, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(what_is_known_is_what_the_results_tell, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(file_of_a_test_follows_the_newest_run, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(worker_memory_is_of_the_last_run_that_knew_it, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(fingerprint_is_of_what_order_and_shards_depend_on,
						place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(fingerprint_does_not_depend_on_the_order_of_tests,
						place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(processes_that_write_at_once_lose_nothing, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(flush_beside_another_writer_keeps_what_it_has, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(end_beside_a_writer_that_never_ends_is_an_error, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(reader_is_not_in_the_way_of_a_writer, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(killed_writer_leaves_a_good_file, place_set_up,
						place_tear_down),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
