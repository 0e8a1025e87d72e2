#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "sched/sched.h"

#include <stdbool.h>
#include <string.h>

#define ANY SCHED_ANY_WORKER
#define AHEAD true
#define NOW false

/* A scheduler with so many workers, 0 to workers - 1, and no test. */
static struct sched *sched_with(const char *mode, unsigned workers, const unsigned *limits,
				size_t limit_count)
{
	struct sched_options options = { .mode = mode, .limits = limits, .limit_count = limit_count };
	struct error error = ERROR_INIT;
	struct sched *sched = sched_new(&options, &error);
	if (!sched)
		fail_msg("%s", error.message);
	for (unsigned i = 0; i < workers; i++)
		sched_worker_added(sched, i);
	return sched;
}

#define TEST(test_number, ...) (&(struct sched_test){ .number = (test_number), .worker = ANY, __VA_ARGS__ })

static void add_plain(struct sched *sched, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i <= to; i++)
		sched_add(sched, &(struct sched_test){ .number = i, .worker = ANY });
}

static void add_scope(struct sched *sched, uint64_t from, uint64_t to, const char *scope)
{
	for (uint64_t i = from; i <= to; i++)
		sched_add(sched, TEST(i, .suite = "s", .scope = scope, .file = "file", .group = scope));
}

static void assert_next(struct sched *sched, unsigned worker, bool ahead, uint64_t test)
{
	assert_int_equal(sched_next(sched, worker, ahead), test);
}

/* It gets this one and ends it. */
static void assert_runs(struct sched *sched, unsigned worker, uint64_t test)
{
	assert_next(sched, worker, NOW, test);
	sched_ended(sched, worker, test, 1000);
}

struct numbers {
	uint64_t tests[64];
	size_t count;
};

static void note(void *context, uint64_t test)
{
	struct numbers *numbers = context;
	assert_true(numbers->count < 64);
	numbers->tests[numbers->count++] = test;
}

static bool is_even(void *context, uint64_t test)
{
	(void)context;
	return test % 2 == 0;
}

static bool is_number(void *context, uint64_t test)
{
	return test == *(const uint64_t *)context;
}

/* Modes */

static void modes_are_found_by_name(void **state)
{
	static const char *const modes[] = { "load", "loadscope", "loadfile", "loadgroup", "worksteal",
					     "duration", "each", "no" };
	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_true(sched_mode_exists(modes[i]));
		assert_non_null(strstr(SCHED_MODES, modes[i]));
		struct sched *sched = sched_with(modes[i], 1, NULL, 0);
		assert_string_equal(sched_mode(sched), modes[i]);
		sched_free(sched);
	}
	assert_false(sched_mode_exists("loadly"));
	assert_false(sched_mode_exists(""));
	sched_free(NULL);
}

static void unknown_mode_says_what_was_expected(void **state)
{
	struct sched_options options = { .mode = "lodscope" };
	struct error error = ERROR_INIT;
	(void)state;
	assert_null(sched_new(&options, &error));
	assert_non_null(strstr(error.message, SCHED_MODES));
	assert_non_null(strstr(error.message, "did you mean 'loadscope'?"));
}

static void one_worker_gets_tests_as_they_were_added_in_every_mode_without_scopes(void **state)
{
	static const char *const modes[] = { "load",      "loadscope", "loadfile", "loadgroup",
					     "worksteal", "no",        "each" };
	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct sched *sched = sched_with(modes[i], 1, NULL, 0);
		add_plain(sched, 1, 20);
		sched_collected(sched, 1);
		assert_int_equal(sched_waiting(sched), 20);
		for (uint64_t test = 1; test <= 20; test++)
			assert_runs(sched, 0, test);
		assert_next(sched, 0, NOW, 0);
		assert_int_equal(sched_waiting(sched), 0);
		sched_free(sched);
	}
}

static void load_sets_aside_neighbours_and_less_and_less_of_them(void **state)
{
	(void)state;
	struct sched *sched = sched_with("load", 2, NULL, 0);
	add_plain(sched, 1, 80);
	sched_collected(sched, 2);
	assert_runs(sched, 0, 1);
	assert_runs(sched, 1, 11); /* 80 / (4 × 2) were set aside for the other */
	for (uint64_t test = 2; test <= 10; test++)
		assert_runs(sched, 0, test);
	assert_runs(sched, 0, 19); /* 70 / 8 went to worker 1 */
	assert_runs(sched, 1, 12);
	sched_free(sched);
}

static void load_sets_aside_no_more_than_max_chunk(void **state)
{
	struct sched_options options = { .mode = "load", .max_chunk = 3 };
	(void)state;
	struct sched *sched = sched_new(&options, NULL);
	sched_worker_added(sched, 0);
	sched_worker_added(sched, 1);
	add_plain(sched, 1, 100);
	sched_collected(sched, 2);
	assert_runs(sched, 0, 1);
	assert_runs(sched, 1, 4);
	assert_runs(sched, 0, 2);
	assert_runs(sched, 0, 3);
	assert_runs(sched, 0, 7);
	sched_free(sched);
}

static void idle_worker_takes_what_was_set_aside_for_another(void **state)
{
	static const char *const modes[] = { "load", "worksteal" };
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sched *sched = sched_with(modes[i], 2, NULL, 0);
		bool seen[41] = { false };
		add_plain(sched, 1, 40);
		sched_collected(sched, 2);
		assert_next(sched, 0, NOW, 1);
		for (size_t count = 1; count < 40; count++) {
			uint64_t test = sched_next(sched, 1, NOW);
			assert_in_range(test, 2, 40);
			assert_false(seen[test]);
			seen[test] = true;
			sched_ended(sched, 1, test, 0);
		}
		assert_next(sched, 1, NOW, 0);
		sched_free(sched);
	}
}

static void worker_that_runs_one_takes_nothing_that_was_set_aside_for_another(void **state)
{
	(void)state;
	struct sched *sched = sched_with("worksteal", 2, NULL, 0);
	add_plain(sched, 1, 4);
	sched_collected(sched, 2);
	assert_next(sched, 0, NOW, 1);
	assert_next(sched, 0, AHEAD, 2);
	sched_ended(sched, 0, 1, 0);
	assert_next(sched, 0, AHEAD, 0);
	sched_ended(sched, 0, 2, 0);
	assert_next(sched, 0, NOW, 4);
	sched_free(sched);
}

static void worksteal_begins_with_even_pieces_and_steals_the_second_half_of_the_longest(void **state)
{
	(void)state;
	struct sched *sched = sched_with("worksteal", 3, NULL, 0);
	add_plain(sched, 1, 30);
	sched_collected(sched, 3);
	assert_runs(sched, 0, 1);
	assert_runs(sched, 1, 11);
	assert_runs(sched, 2, 21);
	for (uint64_t test = 2; test <= 10; test++)
		assert_runs(sched, 0, test);
	assert_runs(sched, 1, 12);
	/* 13 to 20 wait for worker 1, 22 to 30 for worker 2. */
	assert_runs(sched, 0, 26);
	assert_runs(sched, 0, 27);
	assert_runs(sched, 2, 22);
	sched_free(sched);
}

static void worksteal_gives_each_worker_its_piece_of_the_urgent_tests_first(void **state)
{
	(void)state;
	struct sched *sched = sched_with("worksteal", 2, NULL, 0);
	for (uint64_t test = 1; test <= 8; test++)
		sched_add(sched, TEST(test, .priority = test > 4));
	sched_collected(sched, 2);
	assert_runs(sched, 0, 5);
	assert_runs(sched, 1, 7);
	assert_runs(sched, 0, 6);
	assert_runs(sched, 1, 8);
	assert_runs(sched, 0, 1);
	assert_runs(sched, 1, 3);
	sched_free(sched);
}

static void piece_of_a_worker_that_went_is_run_by_others(void **state)
{
	static const char *const modes[] = { "load", "worksteal" };
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sched *sched = sched_with(modes[i], 2, NULL, 0);
		size_t count = 1;
		add_plain(sched, 1, 64);
		sched_collected(sched, 2);
		assert_runs(sched, 0, 1);
		sched_worker_gone(sched, 0, NULL, NULL);
		assert_next(sched, 0, NOW, 0);
		for (uint64_t test; (test = sched_next(sched, 1, NOW)); count++)
			sched_ended(sched, 1, test, 0);
		assert_int_equal(count, 64);
		sched_worker_added(sched, 0);
		add_plain(sched, 65, 65);
		assert_runs(sched, 0, 65);
		sched_free(sched);
	}
}

static void tests_may_be_added_at_any_time(void **state)
{
	static const char *const modes[] = { "load",      "loadscope", "loadfile",
					     "loadgroup", "worksteal", "duration" };
	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct sched *sched = sched_with(modes[i], 1, NULL, 0);
		add_plain(sched, 1, 1);
		assert_next(sched, 0, NOW, 1);
		assert_next(sched, 0, AHEAD, 0);
		add_plain(sched, 2, 2);
		sched_collected(sched, 1);
		assert_next(sched, 0, AHEAD, 2);
		sched_ended(sched, 0, 1, 0);
		sched_ended(sched, 0, 2, 0);
		add_plain(sched, 3, 3);
		assert_next(sched, 0, NOW, 3);
		sched_free(sched);
	}
}

static void nothing_is_lost_where_work_began_before_all_was_found(void **state)
{
	static const char *const modes[] = { "load", "worksteal" };
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sched *sched = sched_with(modes[i], 1, NULL, 0);
		add_plain(sched, 1, 10);
		assert_runs(sched, 0, 1);
		add_plain(sched, 11, 20);
		sched_collected(sched, 1);
		for (uint64_t count = 2; count <= 20; count++) {
			uint64_t test = sched_next(sched, 0, NOW);
			assert_int_not_equal(test, 0);
			sched_ended(sched, 0, test, 0);
		}
		sched_free(sched);
	}
}

static void great_scopes_come_first(void **state)
{
	struct sched_options options = { .mode = "loadscope", .no_reorder = true };
	(void)state;
	struct sched *sched = sched_with("loadscope", 1, NULL, 0);
	struct sched *as_found = sched_new(&options, NULL);
	sched_worker_added(as_found, 0);
	for (size_t i = 0; i < 2; i++) {
		struct sched *to = i ? as_found : sched;
		add_scope(to, 1, 1, "small");
		add_scope(to, 2, 4, "great");
		add_scope(to, 5, 5, "small, too");
		sched_collected(to, 1);
	}
	static const uint64_t order[] = { 2, 3, 4, 1, 5 };
	for (size_t i = 0; i < 5; i++) {
		assert_runs(sched, 0, order[i]);
		assert_runs(as_found, 0, i + 1);
	}
	sched_free(sched);
	sched_free(as_found);
}

static void test_without_a_group_is_alone(void **state)
{
	(void)state;
	struct sched *sched = sched_with("loadgroup", 2, NULL, 0);
	sched_add(sched, TEST(1, .scope = "x"));
	sched_add(sched, TEST(2, .scope = "x", .group = "a"));
	sched_add(sched, TEST(3, .scope = "x"));
	sched_add(sched, TEST(4, .group = "b"));
	sched_add(sched, TEST(5, .group = "b"));
	sched_add(sched, TEST(6, .group = "a"));
	sched_add(sched, TEST(7, .group = "b"));
	sched_collected(sched, 2);
	assert_next(sched, 0, NOW, 4); /* the greatest group first */
	assert_next(sched, 1, NOW, 2);
	assert_next(sched, 1, AHEAD, 6);
	sched_ended(sched, 1, 2, 0);
	assert_next(sched, 1, AHEAD, 1);
	sched_ended(sched, 1, 6, 0);
	assert_next(sched, 0, AHEAD, 5);
	assert_next(sched, 1, AHEAD, 3);
	sched_ended(sched, 0, 4, 0);
	assert_next(sched, 0, AHEAD, 7);
	sched_free(sched);
}

static void scope_stays_on_its_worker_and_others_get_none_of_it(void **state)
{
	(void)state;
	struct sched *sched = sched_with("loadscope", 2, NULL, 0);
	add_scope(sched, 1, 4, "a");
	sched_collected(sched, 2);
	assert_next(sched, 0, NOW, 1);
	assert_next(sched, 1, NOW, 0);
	assert_next(sched, 0, AHEAD, 2);
	sched_ended(sched, 0, 1, 0);
	assert_next(sched, 1, NOW, 0);
	assert_next(sched, 0, AHEAD, 3);
	sched_ended(sched, 0, 2, 0);
	sched_ended(sched, 0, 3, 0);
	assert_runs(sched, 0, 4);
	/* Later ones of it, too. */
	add_scope(sched, 5, 5, "a");
	assert_next(sched, 1, NOW, 0);
	assert_runs(sched, 0, 5);
	sched_free(sched);
}

static void file_is_the_unit_of_loadfile_and_of_a_test_without_scope(void **state)
{
	static const char *const modes[] = { "loadfile", "loadscope" };
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sched *sched = sched_with(modes[i], 2, NULL, 0);
		sched_add(sched, TEST(1, .file = "f", .scope = i ? NULL : "x"));
		sched_add(sched, TEST(2, .file = "f", .scope = i ? NULL : "y"));
		sched_add(sched, TEST(3));
		sched_add(sched, TEST(4));
		sched_collected(sched, 2);
		assert_next(sched, 0, NOW, 1);
		assert_next(sched, 1, NOW, 3);
		assert_next(sched, 1, AHEAD, 4);
		assert_next(sched, 0, AHEAD, 2);
		sched_free(sched);
	}
}

static void suites_never_share_a_unit(void **state)
{
	(void)state;
	struct sched *sched = sched_with("loadfile", 3, NULL, 0);
	sched_add(sched, TEST(1, .suite = "a", .file = "f"));
	sched_add(sched, TEST(2, .suite = "b", .file = "f"));
	sched_add(sched, TEST(3, .unit = "b\nf")); /* nor do a rule's units with others */
	sched_collected(sched, 3);
	assert_next(sched, 0, NOW, 1);
	assert_next(sched, 1, NOW, 2);
	assert_next(sched, 2, NOW, 3);
	sched_free(sched);
}

static void urgent_tests_come_first_in_a_unit_and_their_unit_before_others(void **state)
{
	(void)state;
	struct sched *sched = sched_with("loadscope", 1, NULL, 0);
	add_scope(sched, 1, 3, "a");
	sched_add(sched, TEST(4, .suite = "s", .scope = "b"));
	sched_add(sched, TEST(5, .suite = "s", .scope = "b", .priority = 1));
	sched_add(sched, TEST(6, .suite = "s", .scope = "b", .priority = -1));
	sched_add(sched, TEST(7, .suite = "s", .scope = "b", .priority = 1));
	sched_collected(sched, 1);
	static const uint64_t order[] = { 5, 7, 4, 6, 1, 2 };
	for (size_t i = 0; i < 6; i++)
		assert_runs(sched, 0, order[i]);
	/* After the sort, too. */
	sched_add(sched, TEST(8, .suite = "s", .scope = "a", .priority = 2));
	assert_runs(sched, 0, 8);
	assert_runs(sched, 0, 3);
	sched_free(sched);
}

static void unit_of_a_rule_stays_whole_in_every_mode(void **state)
{
	static const char *const modes[] = { "load", "loadscope", "loadfile", "loadgroup", "worksteal" };
	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct sched *sched = sched_with(modes[i], 2, NULL, 0);
		for (uint64_t test = 1; test <= 6; test++)
			sched_add(sched,
				  TEST(test, .unit = "mine", .scope = test % 2 ? "a" : "b", .file = "f"));
		sched_collected(sched, 2);
		assert_next(sched, 0, NOW, 1);
		assert_next(sched, 1, NOW, 0);
		for (uint64_t test = 2; test <= 6; test++) {
			assert_next(sched, 0, AHEAD, test);
			assert_next(sched, 1, NOW, 0);
			sched_ended(sched, 0, test - 1, 0);
		}
		sched_free(sched);
	}
}

static void tests_of_each_go_to_their_worker_only(void **state)
{
	struct numbers lost = { { 0 }, 0 };
	(void)state;
	struct sched *sched = sched_with("each", 2, NULL, 0);
	for (uint64_t test = 1; test <= 9; test++)
		sched_add(sched, &(struct sched_test){ .number = test, .worker = (uint32_t)(test % 3),
						       .priority = test == 7 });
	sched_collected(sched, 3);
	assert_runs(sched, 0, 3);
	assert_next(sched, 1, NOW, 7);
	assert_next(sched, 1, AHEAD, 1);
	assert_false(sched_is_movable(sched, 1));
	sched_give_back(sched, 1, 1);
	assert_next(sched, 0, AHEAD, 6);
	sched_ended(sched, 0, 6, 0);
	assert_next(sched, 0, NOW, 9);
	assert_next(sched, 0, AHEAD, 0);
	sched_ended(sched, 1, 7, 0);
	assert_runs(sched, 1, 1);
	sched_worker_gone(sched, 1, note, &lost);
	assert_int_equal(lost.count, 1);
	assert_int_equal(lost.tests[0], 4);
	sched_ended(sched, 0, 9, 0);
	/* Worker 2 may come later. */
	assert_next(sched, 0, NOW, 0);
	assert_int_equal(sched_waiting(sched), 3);
	sched_worker_added(sched, 2);
	assert_null(sched_stuck(sched));
	assert_runs(sched, 2, 2);
	assert_runs(sched, 2, 5);
	sched_free(sched);
}

/* What becomes of tests */

static void test_given_back_comes_first_again(void **state)
{
	(void)state;
	struct sched *sched = sched_with("load", 2, NULL, 0);
	add_plain(sched, 1, 6);
	sched_collected(sched, 2);
	assert_next(sched, 0, NOW, 1);
	assert_next(sched, 0, AHEAD, 2);
	assert_next(sched, 1, NOW, 3);
	sched_give_back(sched, 0, 2);
	assert_int_equal(sched_waiting(sched), 4);
	sched_give_back(sched, 1, 3);
	assert_next(sched, 1, NOW, 3);
	assert_next(sched, 1, AHEAD, 2);
	sched_give_back(sched, 1, 2);
	sched_give_back(sched, 1, 2); /* it holds it no more */
	assert_int_equal(sched_waiting(sched), 4);
	assert_next(sched, 0, AHEAD, 2);
	sched_free(sched);
}

static void unit_that_was_begun_stays_where_it_is_when_a_test_is_given_back(void **state)
{
	(void)state;
	struct sched *sched = sched_with("loadscope", 2, NULL, 0);
	add_scope(sched, 1, 3, "a");
	add_scope(sched, 4, 5, "b");
	sched_collected(sched, 2);
	assert_next(sched, 0, NOW, 1);
	assert_next(sched, 0, AHEAD, 2);
	sched_give_back(sched, 0, 2);
	assert_next(sched, 1, NOW, 4);
	assert_next(sched, 0, AHEAD, 2);
	sched_ended(sched, 0, 1, 0);
	sched_give_back(sched, 0, 2);
	assert_next(sched, 1, AHEAD, 5);
	sched_ended(sched, 1, 4, 0);
	sched_ended(sched, 1, 5, 0);
	assert_next(sched, 1, NOW, 0);
	assert_next(sched, 0, NOW, 2);
	sched_free(sched);
}

static void unit_of_which_nothing_was_begun_goes_to_whoever_asks(void **state)
{
	(void)state;
	struct sched *sched = sched_with("loadscope", 2, NULL, 0);
	add_scope(sched, 1, 2, "a");
	add_scope(sched, 3, 4, "b");
	sched_collected(sched, 2);
	assert_runs(sched, 0, 1);
	assert_next(sched, 0, NOW, 2);
	assert_next(sched, 0, AHEAD, 3);
	assert_next(sched, 1, NOW, 0);
	assert_true(sched_is_movable(sched, 3));
	sched_give_back(sched, 0, 3);
	assert_next(sched, 1, NOW, 3);
	assert_next(sched, 1, AHEAD, 4);
	assert_false(sched_is_movable(sched, 4));
	sched_free(sched);
}

static void rest_of_a_unit_waits_for_its_worker_after_a_crash(void **state)
{
	static const char *const modes[] = { "loadscope", "loadfile", "loadgroup" };
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct sched *sched = sched_with(modes[i], 2, NULL, 0);
		add_scope(sched, 1, 4, "a");
		sched_collected(sched, 2);
		assert_next(sched, 0, NOW, 1);
		assert_next(sched, 0, AHEAD, 2);
		/* It dies in test 1 and never began 2. */
		sched_give_back(sched, 0, 2);
		sched_ended(sched, 0, 1, 0);
		assert_next(sched, 1, NOW, 0);
		assert_null(sched_stuck(sched));
		assert_runs(sched, 0, 2);
		assert_runs(sched, 0, 3);
		assert_runs(sched, 0, 4);
		assert_int_equal(sched_waiting(sched), 0);
		sched_free(sched);
	}
}

static void crasher_is_run_again_where_its_unit_is(void **state)
{
	(void)state;
	struct sched *sched = sched_with("loadscope", 2, NULL, 0);
	add_scope(sched, 1, 2, "a");
	add_scope(sched, 3, 3, "b");
	sched_collected(sched, 2);
	assert_runs(sched, 0, 1);
	assert_next(sched, 0, NOW, 2);
	assert_next(sched, 0, AHEAD, 3);
	sched_ended(sched, 0, 2, 0);
	sched_again(sched, 2);
	sched_again(sched, 2); /* it waits already */
	assert_int_equal(sched_waiting(sched), 1);
	assert_next(sched, 1, NOW, 0);
	assert_next(sched, 0, AHEAD, 2);
	sched_ended(sched, 0, 3, 0);
	sched_ended(sched, 0, 2, 0);
	assert_int_equal(sched_waiting(sched), 0);
	sched_free(sched);
}

static void rerun_of_a_lone_test_goes_to_whoever_asks(void **state)
{
	(void)state;
	struct sched *sched = sched_with("load", 2, NULL, 0);
	add_plain(sched, 1, 4);
	sched_collected(sched, 2);
	assert_runs(sched, 0, 1);
	sched_again(sched, 1);
	assert_next(sched, 1, NOW, 1);
	sched_free(sched);
}

static void unit_of_a_worker_that_went_goes_on_elsewhere_before_others(void **state)
{
	struct numbers lost = { { 0 }, 0 };
	(void)state;
	struct sched *sched = sched_with("loadscope", 3, NULL, 0);
	add_scope(sched, 1, 4, "a");
	add_scope(sched, 5, 6, "b");
	sched_collected(sched, 3);
	assert_next(sched, 0, NOW, 1);
	assert_next(sched, 0, AHEAD, 2);
	sched_ended(sched, 0, 1, 0);
	sched_give_back(sched, 0, 2);
	sched_worker_gone(sched, 0, note, &lost);
	assert_int_equal(lost.count, 0);
	assert_next(sched, 0, NOW, 0);
	assert_next(sched, 1, NOW, 2);
	assert_next(sched, 2, NOW, 5);
	assert_next(sched, 1, AHEAD, 3);
	/* A rerun of what ended where nobody is any more. */
	sched_ended(sched, 2, 5, 0);
	assert_next(sched, 2, NOW, 6);
	sched_ended(sched, 2, 6, 0);
	sched_worker_gone(sched, 2, NULL, NULL);
	sched_again(sched, 6);
	sched_ended(sched, 1, 2, 0);
	sched_ended(sched, 1, 3, 0);
	assert_runs(sched, 1, 4);
	assert_runs(sched, 1, 6);
	sched_free(sched);
}

static void clear_hands_over_each_test_that_waits_once(void **state)
{
	static const char *const modes[] = { "load", "loadscope", "worksteal", "duration", "each" };
	static const unsigned limits[] = { 1 };
	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct numbers dropped = { { 0 }, 0 };
		struct sched *sched = sched_with(modes[i], 2, limits, 1);
		add_scope(sched, 1, 3, "a");
		for (uint64_t test = 4; test <= 6; test++)
			sched_add(sched, TEST(test, .limits = 1, .scope = "b"));
		sched_add(sched, TEST(7, .serial = true));
		sched_add(sched, &(struct sched_test){ .number = 8, .worker = 1 });
		sched_collected(sched, 2);
		uint64_t one = sched_next(sched, 0, NOW), two = sched_next(sched, 1, NOW);
		assert_true(one && two);
		sched_clear(sched, note, &dropped);
		assert_int_equal(dropped.count, 6);
		for (size_t j = 0; j < 6; j++)
			assert_true(dropped.tests[j] != one && dropped.tests[j] != two &&
				    (j == 0 || dropped.tests[j] > dropped.tests[j - 1]));
		assert_int_equal(sched_waiting(sched), 0);
		assert_next(sched, 0, AHEAD, 0);
		sched_ended(sched, 0, one, 0);
		sched_ended(sched, 1, two, 0);
		assert_next(sched, 1, NOW, 0);
		/* One that was dropped may be wanted after all. */
		sched_again(sched, dropped.tests[0]);
		add_plain(sched, 9, 9);
		uint64_t first = sched_next(sched, 0, NOW), second = sched_next(sched, 1, NOW);
		assert_true((first == dropped.tests[0] && second == 9) ||
			    (second == dropped.tests[0] && first == 9));
		assert_int_equal(sched_waiting(sched), 0);
		sched_free(sched);
	}
}

static void dropped_tests_are_left_out_and_the_others_come(void **state)
{
	static const char *const modes[] = { "load",      "loadscope", "loadfile",
					     "loadgroup", "worksteal", "duration" };
	static const unsigned limits[] = { 1 };
	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct sched *sched = sched_with(modes[i], 2, limits, 1);
		for (uint64_t test = 1; test <= 12; test++)
			sched_add(sched, TEST(test, .scope = test < 7 ? "a" : "b", .limits = test % 3 == 0,
					      .serial = test == 11));
		sched_collected(sched, 2);
		sched_drop_if(sched, is_even, NULL);
		assert_int_equal(sched_waiting(sched), 6);
		uint64_t first = sched_next(sched, 0, NOW);
		assert_int_equal(first % 2, 1);
		sched_drop_if(sched, is_even, NULL);
		assert_int_equal(sched_waiting(sched), 5);
		sched_ended(sched, 0, first, 0);
		for (unsigned turn = 0; turn < 20; turn++) {
			uint64_t test = sched_next(sched, turn % 2, NOW);
			assert_true(test == 0 || test % 2 == 1);
			sched_ended(sched, turn % 2, test, 0);
		}
		assert_int_equal(sched_waiting(sched), 0);
		assert_null(sched_failure(sched));
		sched_free(sched);
	}
}

static void unit_that_waits_for_a_limit_goes_on_when_that_test_is_dropped(void **state)
{
	static const unsigned limits[] = { 1 };
	uint64_t two = 2;
	(void)state;
	struct sched *sched = sched_with("loadscope", 2, limits, 1);
	sched_add(sched, TEST(1, .scope = "a"));
	sched_add(sched, TEST(2, .scope = "a", .limits = 1));
	sched_add(sched, TEST(3, .scope = "a"));
	sched_add(sched, TEST(4, .scope = "b", .limits = 1));
	sched_collected(sched, 2);
	assert_runs(sched, 0, 1);
	assert_next(sched, 1, NOW, 4);
	assert_next(sched, 0, NOW, 0);
	sched_drop_if(sched, is_number, &two);
	assert_next(sched, 0, NOW, 3);
	sched_free(sched);
}

/* Serial tests */

static void serial_tests_run_alone_and_one_after_the_other(void **state)
{
	static const char *const modes[] = { "load",      "loadscope", "loadfile",
					     "loadgroup", "worksteal", "duration" };
	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct sched *sched = sched_with(modes[i], 3, NULL, 0);
		sched_add(sched, TEST(1, .serial = true, .scope = "a"));
		sched_add(sched, TEST(2, .scope = "a"));
		sched_add(sched, TEST(3, .scope = "b"));
		sched_add(sched, TEST(4, .serial = true, .scope = "b", .priority = 1));
		sched_add(sched, TEST(5, .serial = true, .scope = "b"));
		sched_collected(sched, 3);
		uint64_t zero = sched_next(sched, 0, NOW), one = sched_next(sched, 1, NOW);
		assert_int_equal(zero + one, 5);
		assert_next(sched, 2, NOW, 0);
		assert_next(sched, 0, AHEAD, 0);
		assert_null(sched_stuck(sched));
		sched_ended(sched, 0, zero, 0);
		assert_next(sched, 0, NOW, 0);
		sched_ended(sched, 1, one, 0);
		assert_next(sched, 2, NOW, 4);
		assert_next(sched, 0, NOW, 0);
		assert_next(sched, 2, AHEAD, 1);
		assert_false(sched_is_movable(sched, 1));
		/* What comes meanwhile waits until all are through. */
		add_plain(sched, 6, 6);
		assert_next(sched, 0, NOW, 0);
		sched_ended(sched, 2, 4, 0);
		assert_next(sched, 1, NOW, 0);
		sched_ended(sched, 2, 1, 0);
		assert_next(sched, 1, NOW, 0);
		assert_next(sched, 2, NOW, 5);
		sched_ended(sched, 2, 5, 0);
		sched_again(sched, 5);
		assert_next(sched, 1, NOW, 0);
		assert_next(sched, 2, NOW, 5);
		assert_next(sched, 2, AHEAD, 0);
		sched_ended(sched, 2, 5, 0);
		assert_next(sched, 1, NOW, 6);
		sched_free(sched);
	}
}

static void test_that_has_ended_is_taken_again_without_waiting(void **state)
{
	const unsigned one = 1;
	(void)state;
	struct sched *sched = sched_with("loadscope", 2, &one, 1);
	add_scope(sched, 1, 3, "a");
	add_scope(sched, 4, 5, "b");
	sched_add(sched, TEST(6, .scope = "c", .limits = 1));
	sched_add(sched, TEST(7, .scope = "d", .limits = 1));
	sched_collected(sched, 2);
	assert_false(sched_take(sched, 2, 1, NOW)); /* there is no such worker */
	assert_false(sched_take(sched, 0, 0, NOW));
	assert_false(sched_take(sched, 0, 8, NOW));
	assert_runs(sched, 0, 1);
	assert_next(sched, 0, NOW, 2);
	assert_true(sched_take(sched, 0, 1, AHEAD));
	assert_true(sched_take(sched, 0, 1, AHEAD)); /* it has it */
	assert_false(sched_take(sched, 1, 1, NOW));
	assert_false(sched_take(sched, 1, 3, NOW));  /* its unit is another's */
	assert_int_equal(sched_waiting(sched), 5);
	sched_ended(sched, 0, 2, 0);
	sched_ended(sched, 0, 1, 0);
	assert_next(sched, 1, NOW, 4);
	assert_true(sched_take(sched, 1, 5, AHEAD));
	assert_next(sched, 1, AHEAD, 0);
	sched_ended(sched, 1, 4, 0);
	sched_ended(sched, 1, 5, 0);
	assert_next(sched, 1, NOW, 6);
	assert_false(sched_take(sched, 0, 7, NOW)); /* the limit is reached */
	sched_ended(sched, 1, 6, 0);
	assert_true(sched_take(sched, 0, 7, NOW));
	assert_false(sched_take(sched, 1, 6, NOW));
	sched_ended(sched, 0, 7, 0);
	assert_true(sched_take(sched, 1, 6, NOW));
	sched_ended(sched, 1, 6, 0);
	assert_runs(sched, 0, 3);
	assert_int_equal(sched_waiting(sched), 0);
	sched_free(sched);
}

static void serial_tests_are_taken_when_nothing_else_runs(void **state)
{
	(void)state;
	struct sched *sched = sched_with("load", 2, NULL, 0);
	sched_add(sched, TEST(1, .serial = true));
	sched_add(sched, TEST(2, .serial = true));
	add_plain(sched, 3, 4);
	sched_collected(sched, 2);
	assert_false(sched_take(sched, 0, 1, NOW)); /* they have their turn when all others are through */
	assert_next(sched, 0, NOW, 3);
	assert_true(sched_take(sched, 1, 4, NOW));
	sched_ended(sched, 0, 3, 0);
	assert_next(sched, 0, NOW, 0);
	sched_ended(sched, 1, 4, 0);
	assert_next(sched, 0, NOW, 1);
	assert_false(sched_take(sched, 1, 4, NOW));
	sched_ended(sched, 0, 1, 0);
	/* Between two of them, the next one waits for it. */
	assert_true(sched_take(sched, 1, 4, NOW));
	assert_next(sched, 0, NOW, 0);
	assert_false(sched_take(sched, 0, 1, NOW));
	sched_ended(sched, 1, 4, 0);
	assert_true(sched_take(sched, 0, 1, NOW));
	sched_ended(sched, 0, 1, 0);
	assert_runs(sched, 0, 2);
	assert_next(sched, 1, NOW, 0);
	assert_true(sched_take(sched, 1, 2, NOW));
	assert_false(sched_take(sched, 0, 3, NOW));
	sched_free(sched);
}

static void serial_tests_go_on_where_another_worker_went(void **state)
{
	(void)state;
	struct sched *sched = sched_with("load", 2, NULL, 0);
	for (uint64_t test = 1; test <= 3; test++)
		sched_add(sched, TEST(test, .serial = true));
	sched_collected(sched, 2);
	assert_next(sched, 0, NOW, 1);
	assert_next(sched, 0, AHEAD, 2);
	add_plain(sched, 4, 4);
	sched_give_back(sched, 0, 2);
	sched_ended(sched, 0, 1, 0);
	assert_next(sched, 1, NOW, 0);
	assert_null(sched_stuck(sched));
	sched_worker_gone(sched, 0, NULL, NULL);
	assert_runs(sched, 1, 2);
	assert_runs(sched, 1, 3);
	assert_runs(sched, 1, 4);
	sched_free(sched);
}

static void serial_tests_wait_for_what_only_a_worker_that_restarts_may_run(void **state)
{
	(void)state;
	struct sched *sched = sched_with("loadscope", 2, NULL, 0);
	add_scope(sched, 1, 2, "a");
	sched_add(sched, TEST(3, .serial = true));
	sched_collected(sched, 2);
	assert_runs(sched, 0, 1);
	assert_next(sched, 1, NOW, 0);
	assert_null(sched_stuck(sched));
	assert_runs(sched, 0, 2);
	assert_runs(sched, 1, 3);
	sched_free(sched);
}

static void serial_tests_of_each_wait_for_all_others(void **state)
{
	(void)state;
	struct sched *sched = sched_with("each", 2, NULL, 0);
	for (uint64_t test = 1; test <= 4; test++)
		sched_add(sched,
			  &(struct sched_test){ .number = test, .worker = test % 2, .serial = test < 3 });
	sched_collected(sched, 2);
	assert_next(sched, 1, NOW, 3);
	sched_ended(sched, 1, 3, 0);
	assert_next(sched, 1, NOW, 0);
	assert_runs(sched, 0, 4);
	assert_next(sched, 1, NOW, 1);
	assert_next(sched, 0, NOW, 0);
	sched_ended(sched, 1, 1, 0);
	assert_runs(sched, 0, 2);
	assert_int_equal(sched_waiting(sched), 0);
	sched_free(sched);
}

/* Limits */

static void limit_counts_the_workers_that_hold_its_tests(void **state)
{
	static const unsigned limits[] = { 2, 1 };
	(void)state;
	struct sched *sched = sched_with("loadgroup", 4, limits, 2);
	for (uint64_t test = 1; test <= 6; test++)
		sched_add(sched, TEST(test, .limits = 1));
	add_plain(sched, 7, 7);
	sched_collected(sched, 4);
	assert_next(sched, 0, NOW, 1);
	assert_next(sched, 1, NOW, 2);
	assert_next(sched, 2, NOW, 7); /* 3 to 6 wait */
	assert_next(sched, 3, NOW, 0);
	assert_null(sched_stuck(sched));
	assert_next(sched, 0, AHEAD, 3); /* it counts already */
	assert_next(sched, 2, AHEAD, 0);
	assert_false(sched_is_movable(sched, 3));
	sched_ended(sched, 0, 1, 0);
	assert_next(sched, 3, NOW, 0);
	sched_ended(sched, 0, 3, 0);
	assert_next(sched, 3, NOW, 4);
	assert_next(sched, 0, NOW, 0);
	sched_ended(sched, 1, 2, 0);
	assert_runs(sched, 0, 5);
	assert_runs(sched, 1, 6);
	sched_free(sched);
}

static void test_ahead_takes_no_limit_that_its_forerunner_does_not(void **state)
{
	static const unsigned limits[] = { 2, 2 };
	(void)state;
	struct sched *sched = sched_with("loadscope", 2, limits, 2);
	sched_add(sched, TEST(1, .scope = "a"));
	sched_add(sched, TEST(2, .scope = "a", .limits = 3));
	sched_add(sched, TEST(3, .scope = "a", .limits = 1));
	sched_add(sched, TEST(4, .scope = "a", .limits = 2));
	sched_add(sched, TEST(5, .scope = "a", .limits = 1));
	sched_add(sched, TEST(6, .scope = "b"));
	sched_collected(sched, 2);
	assert_next(sched, 0, NOW, 1);
	assert_next(sched, 0, AHEAD, 0); /* nor does another unit come between */
	sched_ended(sched, 0, 1, 0);
	assert_next(sched, 0, NOW, 2);
	assert_next(sched, 0, AHEAD, 3);
	sched_ended(sched, 0, 2, 0);
	assert_next(sched, 0, AHEAD, 0);
	sched_ended(sched, 0, 3, 0);
	assert_runs(sched, 0, 4);
	sched_free(sched);
}

static void unit_that_waits_for_a_limit_does_not_hold_up_its_worker(void **state)
{
	static const unsigned limits[] = { 1 };
	(void)state;
	struct sched *sched = sched_with("loadscope", 2, limits, 1);
	sched_add(sched, TEST(1, .scope = "a"));
	sched_add(sched, TEST(2, .scope = "a", .limits = 1));
	sched_add(sched, TEST(3, .scope = "a"));
	sched_add(sched, TEST(4, .scope = "b", .limits = 1));
	sched_add(sched, TEST(5, .scope = "b", .limits = 1));
	sched_add(sched, TEST(6, .scope = "c"));
	sched_add(sched, TEST(7, .scope = "d"));
	sched_collected(sched, 2);
	assert_runs(sched, 0, 1);
	assert_next(sched, 1, NOW, 4);
	assert_next(sched, 0, NOW, 6); /* 2 waits */
	assert_next(sched, 1, AHEAD, 5);
	sched_ended(sched, 0, 6, 0);
	assert_next(sched, 0, NOW, 7);
	sched_ended(sched, 1, 4, 0);
	sched_ended(sched, 1, 5, 0);
	assert_next(sched, 1, NOW, 0); /* it is bound to the other */
	sched_ended(sched, 0, 7, 0);
	assert_next(sched, 0, NOW, 2);
	assert_next(sched, 0, AHEAD, 3);
	sched_free(sched);
}

static void unit_that_waits_for_a_limit_goes_on_elsewhere_when_its_worker_goes(void **state)
{
	static const unsigned limits[] = { 1 };
	(void)state;
	struct sched *sched = sched_with("loadscope", 2, limits, 1);
	sched_add(sched, TEST(1, .scope = "a"));
	sched_add(sched, TEST(2, .scope = "a", .limits = 1));
	sched_add(sched, TEST(3, .scope = "b", .limits = 1));
	sched_collected(sched, 2);
	assert_runs(sched, 0, 1);
	assert_next(sched, 1, NOW, 3);
	assert_next(sched, 0, NOW, 0);
	sched_worker_gone(sched, 0, NULL, NULL);
	assert_next(sched, 1, AHEAD, 2);
	sched_free(sched);
}

static void limit_of_no_worker_lets_one_run(void **state)
{
	static const unsigned limits[] = { 0 };
	(void)state;
	struct sched *sched = sched_with("load", 2, limits, 1);
	sched_add(sched, TEST(1, .limits = 1));
	sched_add(sched, TEST(2, .limits = 1));
	assert_next(sched, 0, NOW, 1);
	assert_next(sched, 1, NOW, 0);
	sched_ended(sched, 0, 1, 0);
	assert_next(sched, 1, NOW, 2);
	sched_free(sched);
}

/* Weights */

static void heavy_test_waits_for_slots_and_is_not_overtaken_for_ever(void **state)
{
	(void)state;
	struct sched *sched = sched_with("loadgroup", 3, NULL, 0);
	add_plain(sched, 1, 2);
	sched_add(sched, TEST(3, .weight = 2));
	add_plain(sched, 4, 9);
	sched_collected(sched, 3);
	assert_next(sched, 0, NOW, 1);
	assert_next(sched, 1, NOW, 2);
	assert_next(sched, 2, NOW, 0);   /* 3 needs two slots */
	assert_next(sched, 0, AHEAD, 0); /* and nobody goes before it */
	assert_null(sched_stuck(sched));
	sched_ended(sched, 1, 2, 0);
	assert_next(sched, 1, NOW, 3);
	assert_next(sched, 2, NOW, 0);
	assert_next(sched, 0, AHEAD, 4);
	assert_next(sched, 1, AHEAD, 5);
	assert_false(sched_is_movable(sched, 4)); /* all slots are taken */
	sched_ended(sched, 1, 3, 0);
	assert_next(sched, 2, NOW, 6);
	sched_free(sched);
}

static void test_that_weighs_more_than_all_workers_runs_alone(void **state)
{
	(void)state;
	struct sched *sched = sched_with("load", 2, NULL, 0);
	sched_add(sched, TEST(1, .weight = 100));
	add_plain(sched, 2, 3);
	assert_next(sched, 0, NOW, 1);
	assert_next(sched, 1, NOW, 0);
	assert_next(sched, 0, AHEAD, 2);
	sched_ended(sched, 0, 1, 0);
	assert_next(sched, 1, NOW, 3);
	sched_free(sched);
}

static void started_unit_gets_its_heavy_test_on_its_worker(void **state)
{
	(void)state;
	struct sched *sched = sched_with("loadscope", 2, NULL, 0);
	add_scope(sched, 1, 1, "a");
	sched_add(sched, TEST(2, .suite = "s", .scope = "a", .weight = 2));
	add_scope(sched, 3, 5, "b");
	sched_collected(sched, 2);
	assert_next(sched, 0, NOW, 3);
	assert_next(sched, 1, NOW, 1);
	assert_next(sched, 1, AHEAD, 0);
	assert_next(sched, 0, AHEAD, 4); /* nobody waits for slots yet */
	sched_ended(sched, 1, 1, 0);
	assert_next(sched, 1, NOW, 0);
	sched_ended(sched, 0, 3, 0);
	assert_next(sched, 0, AHEAD, 0);
	sched_ended(sched, 0, 4, 0);
	assert_next(sched, 0, NOW, 0);
	assert_null(sched_stuck(sched));
	assert_next(sched, 1, NOW, 2);
	sched_free(sched);
}

static void unit_that_waits_for_slots_lets_others_go_when_a_limit_keeps_it(void **state)
{
	static const unsigned limits[] = { 1 };
	(void)state;
	struct sched *sched = sched_with("loadscope", 3, limits, 1);
	sched_add(sched, TEST(1, .scope = "a", .limits = 1));
	sched_add(sched, TEST(2, .scope = "a", .weight = 3));
	sched_add(sched, TEST(3, .scope = "b", .limits = 1));
	sched_add(sched, TEST(4, .scope = "c"));
	sched_collected(sched, 3);
	assert_runs(sched, 0, 1);
	assert_next(sched, 1, NOW, 3);
	assert_next(sched, 0, NOW, 0);
	assert_next(sched, 2, NOW, 0); /* 2 is heavy */
	sched_again(sched, 1);
	assert_next(sched, 0, NOW, 4);
	sched_free(sched);
}

static void test_that_comes_back_is_first_among_all_units_of_its_worker(void **state)
{
	static const unsigned limits[] = { 1 };
	(void)state;
	struct sched *sched = sched_with("loadscope", 2, limits, 1);
	sched_add(sched, TEST(1, .scope = "a"));
	sched_add(sched, TEST(2, .scope = "a", .limits = 1));
	sched_add(sched, TEST(3, .scope = "a"));
	sched_add(sched, TEST(4, .scope = "a"));
	sched_add(sched, TEST(5, .scope = "b", .limits = 1));
	sched_add(sched, TEST(6, .scope = "c"));
	sched_add(sched, TEST(7, .scope = "c"));
	sched_add(sched, TEST(8, .scope = "c"));
	sched_collected(sched, 2);
	assert_runs(sched, 0, 1);
	sched_worker_added(sched, 2);
	assert_runs(sched, 2, 6);
	assert_runs(sched, 2, 7);
	assert_next(sched, 1, NOW, 5);
	sched_worker_gone(sched, 2, NULL, NULL);
	assert_next(sched, 0, NOW, 8); /* 2 waits */
	sched_ended(sched, 0, 8, 0);
	sched_add(sched, TEST(9, .scope = "c"));
	sched_ended(sched, 1, 5, 0);
	assert_runs(sched, 0, 2);
	/* 3 would come next, and 9 of the other unit stands behind it. */
	sched_again(sched, 8);
	assert_runs(sched, 0, 8);
	assert_runs(sched, 0, 9);
	assert_runs(sched, 0, 3);
	sched_free(sched);
}

static void test_that_comes_back_is_first_before_urgent_ones_that_came_meanwhile(void **state)
{
	(void)state;
	struct sched *sched = sched_with("loadscope", 1, NULL, 0);
	add_scope(sched, 1, 1, "a");
	assert_next(sched, 0, NOW, 1);
	add_scope(sched, 2, 2, "a");
	sched_add(sched, TEST(3, .suite = "s", .scope = "a", .priority = 1));
	sched_give_back(sched, 0, 1);
	assert_runs(sched, 0, 1);
	assert_runs(sched, 0, 3);
	assert_runs(sched, 0, 2);
	sched_free(sched);
}

/* Tests that could move */

static void idle_worker_gets_part_of_a_scope_in_duration(void **state)
{
	(void)state;
	struct sched *sched = sched_with("duration", 1, NULL, 0);
	add_scope(sched, 1, 3, "a");
	sched_collected(sched, 1);
	assert_next(sched, 0, NOW, 1);
	assert_next(sched, 0, AHEAD, 2);
	assert_false(sched_is_movable(sched, 2)); /* nobody wants it */
	sched_worker_added(sched, 1);
	uint64_t test = sched_next(sched, 1, NOW);
	if (test == 0) { /* one waits behind what the other holds: that is not enough to steal */
		assert_true(sched_is_movable(sched, 2));
		sched_give_back(sched, 0, 2);
		test = sched_next(sched, 1, NOW);
	}
	assert_in_range(test, 2, 3);
	sched_free(sched);
}

/* Its harness asks what comes next before it tears down; it must not hear that there is nothing. */
static void test_ahead_is_movable_for_a_worker_whose_test_is_ending(void **state)
{
	(void)state;
	struct sched *sched = sched_with("load", 2, NULL, 0);
	add_plain(sched, 1, 3);
	sched_collected(sched, 2);
	uint64_t first = sched_next(sched, 0, NOW);
	uint64_t other = sched_next(sched, 1, NOW);
	uint64_t ahead = sched_next(sched, 0, AHEAD);
	assert_int_equal(first + other + ahead, 6);
	assert_next(sched, 1, NOW, 0);
	assert_true(sched_is_movable(sched, ahead));
	sched_give_back(sched, 0, ahead);
	assert_next(sched, 1, NOW, ahead);
	sched_ended(sched, 1, other, 1);
	assert_false(sched_is_movable(sched, ahead));
	sched_free(sched);
}

static void test_ahead_is_movable_where_an_idle_worker_would_get_it(void **state)
{
	static const char *const modes[] = { "load", "worksteal", "duration", "loadscope", "loadgroup" };
	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct sched *sched = sched_with(modes[i], 2, NULL, 0);
		add_plain(sched, 1, 2);
		sched_collected(sched, 2);
		uint64_t first = sched_next(sched, 0, NOW);
		assert_false(sched_is_movable(sched, first)); /* it runs, or is about to */
		uint64_t second = sched_next(sched, 0, AHEAD);
		if (!second) { /* it was set aside for the other, who gets it at once */
			assert_next(sched, 1, NOW, 3 - first);
			sched_free(sched);
			continue;
		}
		assert_next(sched, 1, NOW, 0);
		assert_true(sched_is_movable(sched, second));
		sched_give_back(sched, 0, second);
		assert_next(sched, 1, NOW, second);
		assert_false(sched_is_movable(sched, second));
		sched_free(sched);
	}
}

static void movable_is_false_of_what_nobody_holds(void **state)
{
	(void)state;
	struct sched *sched = sched_with("load", 1, NULL, 0);
	add_plain(sched, 1, 1);
	assert_false(sched_is_movable(sched, 0));
	assert_false(sched_is_movable(sched, 1));
	assert_false(sched_is_movable(sched, 2));
	assert_runs(sched, 0, 1);
	assert_false(sched_is_movable(sched, 1));
	sched_free(sched);
}

/* Failures */

static void test_that_comes_from_the_wrong_worker_ends_all(void **state)
{
	(void)state;
	struct sched *sched = sched_with("load", 2, NULL, 0);
	add_plain(sched, 1, 2);
	assert_next(sched, 0, NOW, 1);
	assert_null(sched_failure(sched));
	sched_ended(sched, 1, 1, 0);
	assert_non_null(strstr(sched_failure(sched), "test 1 came back from worker 1"));
	assert_next(sched, 1, NOW, 0);
	sched_free(sched);
}

static void tests_for_a_worker_that_is_not_there_are_stuck(void **state)
{
	(void)state;
	struct sched *sched = sched_with("each", 1, NULL, 0);
	assert_null(sched_stuck(sched));
	sched_add(sched, &(struct sched_test){ .number = 1, .worker = 3 });
	assert_next(sched, 0, NOW, 0);
	assert_non_null(strstr(sched_stuck(sched), "workers that are not there"));
	assert_string_equal(sched_stuck(sched), sched_failure(sched));
	sched_free(sched);
}

/* Size */

static void a_test_takes_64_bytes_at_most(void **state)
{
	enum { TESTS = 1000000 };
	static const char *const modes[] = { "load", "worksteal", "loadgroup" };
	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct sched *sched = sched_with(modes[i], 16, NULL, 0);
		add_plain(sched, 1, TESTS);
		assert_in_range(sched_memory(sched), TESTS, 64 * TESTS);
		sched_collected(sched, 16);
		assert_in_range(sched_memory(sched), TESTS, 64 * TESTS);
		add_plain(sched, TESTS + 1, TESTS + 10);
		assert_in_range(sched_memory(sched), TESTS, 64 * (TESTS + 10));
		sched_free(sched);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes_are_found_by_name),
		cmocka_unit_test(unknown_mode_says_what_was_expected),
		cmocka_unit_test(one_worker_gets_tests_as_they_were_added_in_every_mode_without_scopes),
		cmocka_unit_test(load_sets_aside_neighbours_and_less_and_less_of_them),
		cmocka_unit_test(load_sets_aside_no_more_than_max_chunk),
		cmocka_unit_test(idle_worker_takes_what_was_set_aside_for_another),
		cmocka_unit_test(worker_that_runs_one_takes_nothing_that_was_set_aside_for_another),
		cmocka_unit_test(worksteal_begins_with_even_pieces_and_steals_the_second_half_of_the_longest),
		cmocka_unit_test(worksteal_gives_each_worker_its_piece_of_the_urgent_tests_first),
		cmocka_unit_test(piece_of_a_worker_that_went_is_run_by_others),
		cmocka_unit_test(tests_may_be_added_at_any_time),
		cmocka_unit_test(nothing_is_lost_where_work_began_before_all_was_found),
		cmocka_unit_test(great_scopes_come_first),
		cmocka_unit_test(test_without_a_group_is_alone),
		cmocka_unit_test(scope_stays_on_its_worker_and_others_get_none_of_it),
		cmocka_unit_test(file_is_the_unit_of_loadfile_and_of_a_test_without_scope),
		cmocka_unit_test(suites_never_share_a_unit),
		cmocka_unit_test(urgent_tests_come_first_in_a_unit_and_their_unit_before_others),
		cmocka_unit_test(unit_of_a_rule_stays_whole_in_every_mode),
		cmocka_unit_test(tests_of_each_go_to_their_worker_only),
		cmocka_unit_test(test_given_back_comes_first_again),
		cmocka_unit_test(unit_that_was_begun_stays_where_it_is_when_a_test_is_given_back),
		cmocka_unit_test(unit_of_which_nothing_was_begun_goes_to_whoever_asks),
		cmocka_unit_test(rest_of_a_unit_waits_for_its_worker_after_a_crash),
		cmocka_unit_test(crasher_is_run_again_where_its_unit_is),
		cmocka_unit_test(rerun_of_a_lone_test_goes_to_whoever_asks),
		cmocka_unit_test(unit_of_a_worker_that_went_goes_on_elsewhere_before_others),
		cmocka_unit_test(clear_hands_over_each_test_that_waits_once),
		cmocka_unit_test(dropped_tests_are_left_out_and_the_others_come),
		cmocka_unit_test(unit_that_waits_for_a_limit_goes_on_when_that_test_is_dropped),
		cmocka_unit_test(serial_tests_run_alone_and_one_after_the_other),
		cmocka_unit_test(test_that_has_ended_is_taken_again_without_waiting),
		cmocka_unit_test(serial_tests_are_taken_when_nothing_else_runs),
		cmocka_unit_test(serial_tests_go_on_where_another_worker_went),
		cmocka_unit_test(serial_tests_wait_for_what_only_a_worker_that_restarts_may_run),
		cmocka_unit_test(serial_tests_of_each_wait_for_all_others),
		cmocka_unit_test(limit_counts_the_workers_that_hold_its_tests),
		cmocka_unit_test(test_ahead_takes_no_limit_that_its_forerunner_does_not),
		cmocka_unit_test(unit_that_waits_for_a_limit_does_not_hold_up_its_worker),
		cmocka_unit_test(unit_that_waits_for_a_limit_goes_on_elsewhere_when_its_worker_goes),
		cmocka_unit_test(limit_of_no_worker_lets_one_run),
		cmocka_unit_test(heavy_test_waits_for_slots_and_is_not_overtaken_for_ever),
		cmocka_unit_test(test_that_weighs_more_than_all_workers_runs_alone),
		cmocka_unit_test(started_unit_gets_its_heavy_test_on_its_worker),
		cmocka_unit_test(test_ahead_is_movable_where_an_idle_worker_would_get_it),
		cmocka_unit_test(test_ahead_is_movable_for_a_worker_whose_test_is_ending),
		cmocka_unit_test(test_that_comes_back_is_first_among_all_units_of_its_worker),
		cmocka_unit_test(test_that_comes_back_is_first_before_urgent_ones_that_came_meanwhile),
		cmocka_unit_test(idle_worker_gets_part_of_a_scope_in_duration),
		cmocka_unit_test(unit_that_waits_for_slots_lets_others_go_when_a_limit_keeps_it),
		cmocka_unit_test(movable_is_false_of_what_nobody_holds),
		cmocka_unit_test(test_that_comes_from_the_wrong_worker_ends_all),
		cmocka_unit_test(tests_for_a_worker_that_is_not_there_are_stuck),
		cmocka_unit_test(a_test_takes_64_bytes_at_most),
	};
	return cmocka_run_group_tests_name("sched", tests, NULL, NULL);
}
