#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "feed.h"
#include "tui/tests_fold.h"
#include "tui/tests_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
	struct feed feed;
	struct rows *rows;
	struct tree *tree;
	struct fold fold;
	struct tags tags;
	struct rows_list list;
	struct entries entries;
	struct str text;
};

static int set_up(void **state)
{
	struct fixture *fixture = ALLOC_NEW(struct fixture);

	fixture->feed.model = model_new();
	fixture->rows = rows_new(0);
	str_init(&fixture->text);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	vec_fini(&fixture->list.tests);
	vec_fini(&fixture->entries.list);
	tags_fini(&fixture->tags);
	fold_fini(&fixture->fold);
	tree_free(fixture->tree);
	rows_free(fixture->rows);
	model_free(fixture->feed.model);
	str_fini(&fixture->text);
	free(fixture);
	return 0;
}

static void found(struct fixture *fixture, const char *suite, const char *id, const char *file,
		  const char *scope)
{
	struct event event = feed_make(EVENT_TEST_FOUND);

	event_put(&event, test, model_run(fixture->feed.model)->tests.length + 1);
	event_put_text(&event, suite, suite);
	event_put_text(&event, id, id);
	event_put_text(&event, file, file);
	event_put_text(&event, scope, scope);
	feed_event(&fixture->feed, event);
}

static void ended(struct fixture *fixture, uint64_t test, enum outcome outcome, unsigned ms,
		  const char *message)
{
	struct ending ending = { .outcome = outcome, .duration = ms * CLOCK_MS, .message = message };

	feed_whole(&fixture->feed, test, 0, ending);
}

static void list(struct fixture *fixture, enum tab tab, enum column column, bool inverted)
{
	vec_each(&model_run(fixture->feed.model)->tests, test)
		rows_update(fixture->rows, *test);
	while (!rows_list(fixture->rows, fixture->feed.model, tab, column, inverted, fixture->feed.t,
			  &fixture->list))
		;
}

/* The lines of the tree, "1 unit|2 a/|3 test_a.py|…": a depth, and a label or a name. */
static const char *tree(struct fixture *fixture, enum column column, bool inverted)
{
	struct str *text = &fixture->text;

	list(fixture, TAB_ALL, column, inverted);
	if (!fixture->tree)
		fixture->tree = tree_new(true);
	while (!tree_learn(fixture->tree, model_run(fixture->feed.model)))
		;
	tree_fill(fixture->tree, fixture->rows, &fixture->tags, &fixture->list, column, inverted,
		  &fixture->entries);
	str_clear(text);
	vec_each(&fixture->entries.list, entry)
		str_add_format(text, "%s%u %s", text->length ? "|" : "", entry->depth,
			       entry->heading ? tree_label(fixture->tree, entry->heading)
					      : tree_name(model_test(fixture->feed.model, entry->test)));
	return text->data;
}

static uint32_t heading(struct fixture *fixture, const char *label)
{
	vec_each(&fixture->entries.list, entry)
		if (entry->heading && !strcmp(tree_label(fixture->tree, entry->heading), label))
			return entry->heading;
	fail_msg("no heading %s", label);
	return 0;
}

static void ids_are_split_where_their_adapter_joins_them(void **state)
{
	struct fixture *fixture = *state;

	found(fixture, "py", "tests/test_a.py::TestX::TestY::test_one[a::b/c]", "tests/test_a.py", NULL);
	found(fixture, "py", "tests/test_a.py::test_two[1]", "tests/test_a.py", NULL);
	found(fixture, "py", "test_top.py::test_three", "test_top.py", NULL);
	assert_string_equal(tree(fixture, COLUMN_FOUND, false),
			    "0 tests/|1 test_a.py|2 TestX::TestY|3 test_one[a::b/c]|2 test_two[1]|"
			    "0 test_top.py|1 test_three");
}

static void programs_stand_in_their_directory(void **state)
{
	struct fixture *fixture = *state;

	found(fixture, "sh", "tests/a.sh", "tests/a.sh", NULL);
	found(fixture, "sh", "b.sh", "b.sh", NULL);
	found(fixture, "sh", "tests/[x]/c.sh", NULL, NULL);
	found(fixture, "sh", "d.sh[x::y]", NULL, NULL);
	assert_string_equal(tree(fixture, COLUMN_FOUND, false),
			    "0 tests/|1 a.sh|1 [x]/c.sh|0 b.sh|0 d.sh[x::y]");
}

static void native_tests_stand_under_program_and_suite(void **state)
{
	struct fixture *fixture = *state;

	found(fixture, "g", "build/prog::Suite.Test", "build/prog", "Suite");
	found(fixture, "g", "build/prog::Suite.Other", "build/prog", "Suite");
	found(fixture, "c", "build/unit::group#2::test", "build/unit", "build/unit::group#2");
	found(fixture, "t", "by_ctest", "build/sub", NULL);
	assert_string_equal(tree(fixture, COLUMN_FOUND, false), "0 g|1 build/|2 prog|3 Suite|4 Test|4 Other|"
								"0 c|1 build/|2 unit|3 group#2|4 test|"
								"0 t|1 build/|2 sub|3 by_ctest");
}

static void odd_ids_have_a_place(void **state)
{
	struct fixture *fixture = *state;

	found(fixture, "x", "", NULL, NULL);
	found(fixture, "x", "::", NULL, NULL);
	found(fixture, "x", "a::", NULL, NULL);
	found(fixture, "x", "/", NULL, NULL);
	found(fixture, "x", "[", NULL, NULL);
	found(fixture, "x", "d/::::t", NULL, NULL);
	tree(fixture, COLUMN_FOUND, false);
	for (uint64_t test = 1; test <= 6; test++) {
		bool listed = false;

		vec_each(&fixture->entries.list, entry)
			listed = listed || (!entry->heading && entry->test == test);
		assert_true(listed);
	}
}

static void a_few_files(struct fixture *fixture)
{
	found(fixture, "py", "a/test_a.py::test_1", NULL, NULL);
	found(fixture, "py", "a/test_b.py::test_2", NULL, NULL);
	found(fixture, "py", "a/test_b.py::test_3", NULL, NULL);
	found(fixture, "py", "b/test_c.py::test_4", NULL, NULL);
	found(fixture, "py", "a/test_a.py::test_5", NULL, NULL);
	ended(fixture, 1, OUTCOME_PASSED, 3000, NULL);
	ended(fixture, 2, OUTCOME_PASSED, 1000, NULL);
	ended(fixture, 3, OUTCOME_FAILED, 2500, "no");
	ended(fixture, 4, OUTCOME_PASSED, 3200, NULL);
}

static void headings_stand_where_their_first_test_does(void **state)
{
	struct fixture *fixture = *state;

	a_few_files(fixture);
	assert_string_equal(
		tree(fixture, COLUMN_STATUS, false),
		"0 a/|1 test_b.py|2 test_3|2 test_2|1 test_a.py|2 test_1|2 test_5|0 b/|1 test_c.py|2 test_4");
	assert_string_equal(
		tree(fixture, COLUMN_TEST, true),
		"0 b/|1 test_c.py|2 test_4|0 a/|1 test_b.py|2 test_3|2 test_2|1 test_a.py|2 test_5|2 test_1");
}

static void by_time_headings_go_by_their_sums(void **state)
{
	struct fixture *fixture = *state;

	/* test_4 takes longest of all, but a/ takes longer in all, and test_b.py longer than test_a.py. */
	a_few_files(fixture);
	assert_string_equal(
		tree(fixture, COLUMN_TIME, false),
		"0 a/|1 test_b.py|2 test_3|2 test_2|1 test_a.py|2 test_1|2 test_5|0 b/|1 test_c.py|2 test_4");
	assert_string_equal(
		tree(fixture, COLUMN_TIME, true),
		"0 b/|1 test_c.py|2 test_4|0 a/|1 test_a.py|2 test_1|2 test_5|1 test_b.py|2 test_2|2 test_3");
}

static void sums_are_of_all_below(void **state)
{
	struct fixture *fixture = *state;
	const struct heading_sums *sums;

	a_few_files(fixture);
	tags_set(&fixture->tags, 3, true);
	feed_started(&fixture->feed, 5, 1, 0);
	tree(fixture, COLUMN_FOUND, false);
	sums = tree_sums(fixture->tree, heading(fixture, "a/"));
	assert_int_equal(sums->tests, 4);
	assert_int_equal(sums->passed, 2);
	assert_int_equal(sums->failed, 1);
	assert_int_equal(sums->running, 1);
	assert_int_equal(sums->left, 0);
	assert_int_equal(sums->tagged, 1);
	assert_int_equal(sums->time, 65000);
	/* One that is run again has its old result, and is left. */
	ended(fixture, 5, OUTCOME_SKIPPED, 1, NULL);
	tree(fixture, COLUMN_FOUND, false);
	assert_int_equal(sums->other, 1);
	assert_int_equal(sums->running, 0);
}

static void what_is_closed_is_not_listed(void **state)
{
	struct fixture *fixture = *state;
	uint32_t a;

	a_few_files(fixture);
	tree(fixture, COLUMN_FOUND, false);
	a = heading(fixture, "a/");
	tree_open(fixture->tree, heading(fixture, "test_b.py"), false);
	assert_string_equal(tree(fixture, COLUMN_FOUND, false),
			    "0 a/|1 test_a.py|2 test_1|2 test_5|1 test_b.py|0 b/|1 test_c.py|2 test_4");
	tree_open(fixture->tree, a, false);
	assert_string_equal(tree(fixture, COLUMN_FOUND, false), "0 a/|0 b/|1 test_c.py|2 test_4");
	/* A closed heading leads to the first test below. */
	assert_int_equal(fixture->entries.list.items[0].test, 1);
	tree_open_all(fixture->tree, a, true);
	assert_string_equal(
		tree(fixture, COLUMN_FOUND, false),
		"0 a/|1 test_a.py|2 test_1|2 test_5|1 test_b.py|2 test_2|2 test_3|0 b/|1 test_c.py|2 test_4");
	tree_open_all(fixture->tree, 0, false);
	assert_string_equal(tree(fixture, COLUMN_FOUND, false), "0 a/|0 b/");
}

static void add(void *context, uint64_t test)
{
	str_add_format(context, "%llu ", (unsigned long long)test);
}

static void all_below_can_be_visited_open_or_not(void **state)
{
	struct fixture *fixture = *state;
	struct str visited = STR_INIT;

	a_few_files(fixture);
	tree(fixture, COLUMN_FOUND, false);
	tree_open_all(fixture->tree, 0, false);
	tree(fixture, COLUMN_FOUND, false);
	tree_each(fixture->tree, heading(fixture, "a/"), add, &visited);
	assert_string_equal(visited.data, "1 5 2 3 ");
	str_clear(&visited);
	tree_each(fixture->tree, 0, add, &visited);
	assert_string_equal(visited.data, "1 5 2 3 4 ");
	str_fini(&visited);
	assert_int_equal(tree_above(fixture->tree, tree_above_test(fixture->tree, 4)),
			 heading(fixture, "b/"));
	assert_int_equal(tree_above_test(fixture->tree, 77), 0);
}

static void tests_that_are_hidden_are_in_no_heading(void **state)
{
	struct fixture *fixture = *state;

	a_few_files(fixture);
	list(fixture, TAB_ALL, COLUMN_FOUND, false);
	rows_hide(fixture->rows, 4, true);
	rows_hide(fixture->rows, 2, true);
	assert_int_equal(rows_count(fixture->rows, TAB_ALL), 3);
	assert_string_equal(tree(fixture, COLUMN_FOUND, false),
			    "0 a/|1 test_a.py|2 test_1|2 test_5|1 test_b.py|2 test_3");
	assert_int_equal(tree_sums(fixture->tree, heading(fixture, "test_b.py"))->tests, 1);
	rows_hide(fixture->rows, 4, false);
	assert_int_equal(rows_count(fixture->rows, TAB_ALL), 4);
}

static void large_trees_are_learned_in_slices(void **state)
{
	struct fixture *fixture = *state;
	const struct run *run = model_run(fixture->feed.model);
	unsigned calls = 1;
	char id[64];

	for (unsigned i = 1; i <= 20000; i++) {
		snprintf(id, sizeof(id), "tests/test_%u.py::test_%u", i % 50, i);
		found(fixture, "py", id, NULL, NULL);
	}
	list(fixture, TAB_ALL, COLUMN_FOUND, false);
	fixture->tree = tree_new(false);
	while (!tree_learn(fixture->tree, run)) {
		/* What has its place can be seen meanwhile. */
		tree_fill(fixture->tree, fixture->rows, &fixture->tags, &fixture->list, COLUMN_FOUND, false,
			  &fixture->entries);
		assert_int_equal(fixture->entries.list.length, 51);
		calls++;
	}
	assert_in_range(calls, 3, 50);
	tree_fill(fixture->tree, fixture->rows, &fixture->tags, &fixture->list, COLUMN_FOUND, false,
		  &fixture->entries);
	assert_int_equal(tree_sums(fixture->tree, fixture->entries.list.items[0].heading)->tests, 20000);
}

/* --- failures by cause --- */

/* The lines, "2x1 3": a cause with its tests and the first of them; tests. */
static const char *folded(struct fixture *fixture, enum column column)
{
	struct str *text = &fixture->text;

	list(fixture, TAB_FAILED, column, false);
	fold_fill(&fixture->fold, fixture->rows, &fixture->tags, &fixture->list, &fixture->entries);
	str_clear(text);
	vec_each(&fixture->entries.list, entry) {
		str_add_text(text, text->length ? " " : "");
		if (entry->heading)
			str_add_format(text, "%ux", fold_sums(&fixture->fold, entry->heading)->tests);
		str_add_format(text, entry->depth ? "(%u)" : "%u", entry->test);
	}
	return text->data;
}

static void failures_with_one_cause_are_one_line(void **state)
{
	struct fixture *fixture = *state;
	struct str visited = STR_INIT;
	uint32_t cause;

	for (unsigned i = 1; i <= 6; i++) {
		char id[16];

		snprintf(id, sizeof(id), "t%u", i);
		feed_found(&fixture->feed, i, id);
	}
	ended(fixture, 1, OUTCOME_FAILED, 10, "exit code 1");
	ended(fixture, 2, OUTCOME_FAILED, 20, "E: got 3");
	ended(fixture, 3, OUTCOME_FAILED, 30, "exit code 1");
	ended(fixture, 4, OUTCOME_FAILED, 40, "E: got 4");
	ended(fixture, 5, OUTCOME_ERROR, 50, "F: got 4");
	/* Exit codes alone are not one cause; a cause of one test is no line of its own. */
	assert_string_equal(folded(fixture, COLUMN_FOUND), "1 2x2 3 5");
	cause = rows_cause(fixture->rows, 4);
	fold_open(&fixture->fold, cause, true);
	assert_string_equal(folded(fixture, COLUMN_FOUND), "1 2x2 (2) (4) 3 5");
	assert_int_equal(fold_sums(&fixture->fold, cause)->time, 600);
	/* In the order of the list. */
	assert_string_equal(folded(fixture, COLUMN_TIME), "5 2x4 (4) (2) 3 1");
	fold_each(&fixture->fold, cause, add, &visited);
	assert_string_equal(visited.data, "4 2 ");
	str_fini(&visited);
	/* A rerun that passes leaves it, one that fails comes to it. */
	ended(fixture, 2, OUTCOME_PASSED, 10, NULL);
	ended(fixture, 6, OUTCOME_FAILED, 10, "E: got 7777");
	assert_string_equal(folded(fixture, COLUMN_FOUND), "1 3 2x4 (4) (6) 5");
	ended(fixture, 4, OUTCOME_FAILED, 10, "F: got 1");
	assert_string_equal(folded(fixture, COLUMN_FOUND), "1 3 2x4 6");
}

static void tags_are_a_set(void **state)
{
	struct tags tags = { 0 };

	(void)state;
	assert_false(tags_have(&tags, 1000000));
	tags_set(&tags, 63, true);
	tags_set(&tags, 64, true);
	tags_set(&tags, 64, true);
	tags_set(&tags, 5, false);
	assert_int_equal(tags.count, 2);
	assert_true(tags_have(&tags, 63));
	assert_true(tags_have(&tags, 64));
	assert_false(tags_have(&tags, 65));
	tags_set(&tags, 63, false);
	assert_int_equal(tags.count, 1);
	tags_clear(&tags);
	assert_false(tags_have(&tags, 64));
	assert_int_equal(tags.count, 0);
	tags_set(&tags, 1, true);
	assert_true(tags_have(&tags, 1));
	assert_false(tags_have(&tags, 64));
	tags_fini(&tags);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ids_are_split_where_their_adapter_joins_them),
		TEST(programs_stand_in_their_directory),
		TEST(native_tests_stand_under_program_and_suite),
		TEST(odd_ids_have_a_place),
		TEST(headings_stand_where_their_first_test_does),
		TEST(by_time_headings_go_by_their_sums),
		TEST(sums_are_of_all_below),
		TEST(what_is_closed_is_not_listed),
		TEST(all_below_can_be_visited_open_or_not),
		TEST(tests_that_are_hidden_are_in_no_heading),
		TEST(large_trees_are_learned_in_slices),
		TEST(failures_with_one_cause_are_one_line),
		cmocka_unit_test(tags_are_a_set),
	};

	return cmocka_run_group_tests_name("tui_tree", tests, NULL, NULL);
}
