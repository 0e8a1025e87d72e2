#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/str.h"
#include "history_place.h"
#include "report/flaky.h"

#define DAY (UINT64_C(86400) * 1000 * MS)

static const struct history_steadiness steadiness = HISTORY_STEADINESS_DEFAULT;
static const struct style plain = { .ascii = true };

/* What a test did in each run, the oldest first: P passed, F failed, T took too long, R passed when rerun,
 * S skipped, X failed as expected; '-': it did not run. */
struct past {
	const char *id, *letters;
	uint32_t ordinal;  /* 0: 1 */
	const char *suite; /* NULL: "unit" */
};

static enum outcome outcome_of(char letter)
{
	switch (letter) {
	case 'P':
	case 'R':
		return OUTCOME_PASSED;
	case 'F':
		return OUTCOME_FAILED;
	case 'T':
		return OUTCOME_TIMEOUT;
	case 'S':
		return OUTCOME_SKIPPED;
	case 'X':
		return OUTCOME_XFAILED;
	default:
		return OUTCOME_NONE;
	}
}

static void add_past(struct history *history, const struct past *past, size_t run)
{
	struct history_result result = {
		.suite = past->suite ? past->suite : "unit",
		.id = past->id,
		.file = "tests/a.t",
		.ordinal = past->ordinal ? past->ordinal : 1,
		.outcome = outcome_of(past->letters[run]),
		.flaky = past->letters[run] == 'R',
		.attempts = 1,
		.duration = 5 * MS,
		.position = 1,
	};

	if (result.outcome != OUTCOME_NONE)
		history_add(history, &result);
}

struct made {
	struct history *history;
	struct history_table table;
	struct flaky_list list;
};

/* A history of these tests, all of them in a list that is arranged. Every run has a commit of its own unless
 * `commit` says which they all have. Run n, from 0, is of the n-th day after 1970-01-01. */
static void make_at(const struct place *place, const struct past *pasts, size_t count, const char *commit,
		    struct made *made)
{
	struct error error = ERROR_INIT;
	size_t runs = strlen(pasts[0].letters);

	made->history = open_at(place->path, false);
	for (size_t run = 0; run < runs; run++) {
		char id[32], own[64];
		struct history_run header = { .id = id,
					      .commit = commit ? commit : own,
					      .command = "xtop",
					      .dist = "load",
					      .wall = run * DAY,
					      .workers = 2 };

		snprintf(id, sizeof(id), "%016zx", run);
		snprintf(own, sizeof(own), "%040zx", run);
		history_begin(made->history, &header);
		for (size_t i = 0; i < count; i++)
			add_past(made->history, &pasts[i], run);
		end(made->history);
	}
	if (history_evidence_read(made->history, NULL, &made->table, &error) != 0)
		fail_msg("%s", error.message);
	flaky_list_init(&made->list, &made->table, &steadiness);
	for (size_t i = 0; i < made->table.test_count; i++)
		flaky_list_add(&made->list, &made->table.tests[i], FLAKY_FREE);
	flaky_list_arrange(&made->list);
}

#define make(place, pasts, made) make_at(place, pasts, sizeof(pasts) / sizeof(*(pasts)), NULL, made)

static void unmake(const struct place *place, struct made *made)
{
	flaky_list_fini(&made->list);
	history_table_fini(&made->table);
	history_close(made->history);
	unlink(place->path);
}

static const struct history_evidence *evidence_of(const struct made *made, const char *id)
{
	for (size_t i = 0; i < made->table.test_count; i++) {
		if (strcmp(made->table.tests[i].id, id) == 0)
			return &made->table.tests[i];
	}
	fail_msg("%s is not in the table", id);
	return NULL;
}

/* The ids in their order; groups in brackets: "c [a b] d". */
static void assert_order(const struct made *made, const char *expected)
{
	struct str order = STR_INIT;
	size_t left = 0;

	vec_each(&made->list.tests, test) {
		if (order.length > 0)
			str_add_char(&order, ' ');
		if (test->together > 0) {
			str_add_char(&order, '[');
			left = test->together;
		}
		str_add_text(&order, test->evidence->id);
		if (left > 0 && --left == 0)
			str_add_char(&order, ']');
	}
	assert_string_equal(order.data, expected);
	str_fini(&order);
}

static void assert_spark(const struct made *made, const char *id, const struct style *style,
			 const char *expected, size_t columns)
{
	struct str spark = STR_INIT;

	assert_int_equal(flaky_add_spark(&spark, style, evidence_of(made, id), made->table.run_count),
			 columns);
	assert_string_equal(spark.data, expected);
	str_fini(&spark);
}

/* ---- the spark ---- */

static void spark_begins_with_the_oldest_run(void **state)
{
	const struct style wide = { .ascii = false }, coloured = { .ascii = true, .color = true };
	const struct past pasts[] = { { .id = "a", .letters = "PFRTX" } };
	struct made made;

	make(*state, pasts, &made);
	assert_spark(&made, "a", &plain, ".x~x.", 5);
	assert_spark(&made, "a", &wide, "✔✘↻✘✔", 5);
	assert_spark(&made, "a", &coloured,
		     "\033[32m.\033[0m\033[31mx\033[0m\033[33m~\033[0m\033[31mx\033[0m\033[32m.\033[0m", 5);
	unmake(*state, &made);
}

static void spark_has_the_last_ten_runs_that_tell_something(void **state)
{
	const struct past pasts[] = {
		{ .id = "long", .letters = "FFFPPPPPPPPF" },
		{ .id = "some", .letters = "F-FSSS---SSP" },
		{ .id = "none", .letters = "SSSSSSSSSSSS" },
	};
	struct made made;

	make(*state, pasts, &made);
	assert_spark(&made, "long", &plain, "x........x", 10);
	assert_spark(&made, "some", &plain, "xx.", 3);
	assert_spark(&made, "none", &plain, "", 0);
	unmake(*state, &made);
}

/* ---- order ---- */

static void most_often_failing_come_first(void **state)
{
	const struct past pasts[] = {
		{ .id = "rarely", .letters = "FPPPPPPP" }, { .id = "half", .letters = "PPFFPFPF" },
		{ .id = "always", .letters = "FFFFFFFF" }, { .id = "half-of-two", .letters = "PF------" },
		{ .id = "never", .letters = "PPPPPPPP" },
	};
	struct made made;

	make(*state, pasts, &made);
	assert_order(&made, "always half half-of-two rarely never");
	unmake(*state, &made);
}

static void equal_rates_are_in_the_order_of_names(void **state)
{
	const struct past pasts[] = {
		{ .id = "b", .letters = "FPPP" },
		{ .id = "a", .letters = "PFPP" },
		{ .id = "c", .letters = "PPFP" },
		{ .id = "z", .letters = "PPPF", .suite = "first" },
	};
	struct made made;

	make(*state, pasts, &made);
	assert_order(&made, "z a b c");
	unmake(*state, &made);
}

/* ---- groups ---- */

static void same_failing_runs_make_a_group_at_its_first_tests_place(void **state)
{
	const struct past pasts[] = {
		{ .id = "a", .letters = "PFPPFPFP" }, { .id = "b", .letters = "FPFPPPPP" },
		{ .id = "c", .letters = "PFPPFPRP" }, { .id = "d", .letters = "FFPPFFFF" },
		{ .id = "e", .letters = "TPRPPPPP" }, { .id = "f", .letters = "PPPTPPPP" },
	};
	struct made made;

	make(*state, pasts, &made);
	assert_order(&made, "d [a c] [b e] f");
	assert_int_equal(made.list.tests.items[1].common, 3);
	assert_int_equal(made.list.tests.items[2].first, 1);
	assert_int_equal(made.list.tests.items[2].together, 0);
	assert_int_equal(made.list.tests.items[3].common, 2);
	assert_int_equal(made.list.tests.items[5].first, 5);
	unmake(*state, &made);
}

static void tests_between_those_of_a_group_come_behind_it(void **state)
{
	const struct past pasts[] = {
		{ .id = "a", .letters = "FFFFFPPPPP" }, { .id = "b", .letters = "PPPPPFFFFF" },
		{ .id = "c", .letters = "FFFFFPPPPP" }, { .id = "d", .letters = "PFPFPFPFPF" },
		{ .id = "e", .letters = "PPPPPFFFFF" }, { .id = "f", .letters = "FFFFFPPPPP" },
	};
	struct made made;

	make(*state, pasts, &made);
	assert_order(&made, "[a c f] [b e] d");
	assert_int_equal(made.list.tests.items[4].first, 3);
	unmake(*state, &made);
}

/* Arranging again must find the same: a list may grow. */
static void arranging_twice_changes_nothing(void **state)
{
	const struct past pasts[] = {
		{ .id = "a", .letters = "PFPPFPFP" },
		{ .id = "b", .letters = "FPFPPPPP" },
		{ .id = "c", .letters = "PFPPFPFP" },
	};
	struct made made;

	make(*state, pasts, &made);
	flaky_list_arrange(&made.list);
	assert_order(&made, "[a c] b");
	assert_int_equal(made.list.tests.items[0].common, 3);
	unmake(*state, &made);
}

static void one_run_in_common_is_no_group(void **state)
{
	const struct past pasts[] = { { .id = "a", .letters = "PFPP" }, { .id = "b", .letters = "PFPP" } };
	struct made made;

	make(*state, pasts, &made);
	assert_order(&made, "a b");
	unmake(*state, &made);
}

static void four_of_five_runs_in_common_are_enough_and_three_of_four_are_not(void **state)
{
	const struct past enough[] = { { .id = "a", .letters = "FFFFFP" },
				       { .id = "b", .letters = "FFFFPP" } };
	const struct past few[] = { { .id = "a", .letters = "FFFFPP" }, { .id = "b", .letters = "FFFPPP" } };
	struct made made;

	make(*state, enough, &made);
	assert_order(&made, "[a b]");
	assert_int_equal(made.list.tests.items[0].common, 4);
	unmake(*state, &made);
	make(*state, few, &made);
	assert_order(&made, "a b");
	unmake(*state, &made);
}

static void a_run_of_one_of_them_alone_says_nothing(void **state)
{
	const struct past pasts[] = {
		{ .id = "a", .letters = "FPFPFFF" },
		{ .id = "b", .letters = "FPFP-SP" },
		{ .id = "c", .letters = "FPFP-S-" },
	};
	struct made made;

	make(*state, pasts, &made);
	assert_order(&made, "[a c] b");
	unmake(*state, &made);
}

/* a and b are alike, b and c are alike, a and c are not. */
static void a_chain_of_small_differences_is_no_group(void **state)
{
	const struct past pasts[] = {
		{ .id = "a", .letters = "FFFFFFPP" },
		{ .id = "b", .letters = "PFFFFFPP" },
		{ .id = "c", .letters = "PFFFFPPP" },
	};
	struct made made;

	make(*state, pasts, &made);
	assert_order(&made, "[a b] c");
	unmake(*state, &made);
}

static void runs_beyond_the_first_word_of_bits_count(void **state)
{
	char one[131], other[131];
	const struct past pasts[] = { { .id = "a", .letters = one }, { .id = "b", .letters = other } };
	struct made made;

	memset(one, 'P', 130);
	memset(other, 'P', 130);
	one[130] = other[130] = '\0';
	one[0] = other[0] = one[129] = other[129] = one[65] = other[65] = 'F';
	make(*state, pasts, &made);
	assert_order(&made, "[a b]");
	assert_int_equal(made.list.tests.items[0].common, 3);
	unmake(*state, &made);
	other[65] = 'P';
	other[66] = 'F';
	make(*state, pasts, &made);
	assert_order(&made, "a b");
	unmake(*state, &made);
}

/* ---- words ---- */

static void assert_table(const struct made *made, const char *expected)
{
	struct str text = STR_INIT;

	flaky_add_table(&text, &plain, &made->list);
	assert_string_equal(text.data, expected);
	str_fini(&text);
}

#define HEADING "  rate  95 % interval      failed    last ten    first seen  test\n"

static void table_has_a_line_for_each_test_and_a_heading_for_each_group(void **state)
{
	const struct past pasts[] = {
		{ .id = "a", .letters = "PFPPFPFP" },
		{ .id = "b", .letters = "FPPPPPPP" },
		{ .id = "c", .letters = "-FPPFPRP" },
		{ .id = "d", .letters = "FFPPFFFF" },
	};
	struct made made;

	make(*state, pasts, &made);
	assert_table(&made, HEADING
		     "  75 %     41 to 93 %     6 of 8     xx..xxxx    1970-01-01  d  (advise quarantine)\n"
		     "\n"
		     "These 2 fail together, all of them in 3 runs:\n"
		     "  43 %     16 to 75 %     3 of 7     x..x.~.     1970-01-02  c  (advise quarantine)\n"
		     "  38 %     14 to 69 %     3 of 8     .x..x.x.    1970-01-01  a  (advise quarantine)\n"
		     "\n"
		     "  12 %      2 to 47 %     1 of 8     x.......    1970-01-01  b\n");
	unmake(*state, &made);
}

static void table_of_nothing_is_empty(void **state)
{
	struct history_table table = { .run_count = 0 };
	struct made made = { .table = table };
	(void)state;

	flaky_list_init(&made.list, &made.table, &steadiness);
	flaky_list_arrange(&made.list);
	assert_table(&made, "");
	flaky_list_fini(&made.list);
}

static void names_are_safe_and_tell_tests_apart(void **state)
{
	const struct past pasts[] = {
		{ .id = "a\033[31m\n", .letters = "FPP", .suite = "one" },
		{ .id = "b", .letters = "FPP", .suite = "two", .ordinal = 2 },
	};
	struct made made;

	make(*state, pasts, &made);
	assert_table(&made,
		     HEADING "  33 %      6 to 79 %     1 of 3     x..         1970-01-01  one: a^[[31m\\n  "
			     "(mended rather than flaky)\n"
			     "  33 %      6 to 79 %     1 of 3     x..         1970-01-01  two: b #2  "
			     "(mended rather than flaky)\n");
	unmake(*state, &made);
}

static void assert_why(const struct made *made, const char *id, bool flaky, const char *expected)
{
	struct str why = STR_INIT;

	assert_int_equal(history_is_flaky(evidence_of(made, id), &steadiness), flaky);
	flaky_add_why(&why, evidence_of(made, id), &steadiness);
	assert_string_equal(why.data, expected);
	str_fini(&why);
}

static void why_a_test_is_flaky_or_not_is_said(void **state)
{
	const struct past pasts[] = {
		{ .id = "rerun", .letters = "PPPPPPPPPPPR" }, { .id = "mixed", .letters = "PFPFPPPPPPFF" },
		{ .id = "both", .letters = "PPPPPPRRFFFF" },  { .id = "skipped", .letters = "SSSSSSSSSSSS" },
		{ .id = "fine", .letters = "PPPPPPPPPPPX" },  { .id = "bad", .letters = "FFFFFFFFFFFT" },
		{ .id = "few", .letters = "PF----------" },   { .id = "long-ago", .letters = "PFPPPPPPPPPP" },
		{ .id = "since", .letters = "PPFFFFFFFFFF" }, { .id = "rare", .letters = "PPPPPPPPPPFF" },
	};
	struct made made;

	make(*state, pasts, &made);
	assert_why(&made, "rerun", true, "a rerun passed in 1 run");
	assert_why(&made, "mixed", true, "3 of its last 10 runs failed");
	assert_why(&made, "both", true, "a rerun passed in 2 runs; 6 of its last 10 runs failed");
	assert_why(&made, "skipped", false, "it was only skipped");
	assert_why(&made, "fine", false, "it never failed");
	assert_why(&made, "bad", false, "it failed each time");
	assert_why(&made, "few", false, "2 runs are too few to tell");
	assert_why(&made, "long-ago", false, "none of its last 10 runs failed");
	assert_why(&made, "since", false, "all of its last 10 runs failed");
	assert_why(&made, "rare", false, "2 of its last 10 runs failed, which is less than 30 %");
	unmake(*state, &made);
}

static void both_outcomes_at_one_commit_are_named(void **state)
{
	const struct past pasts[] = { { .id = "a", .letters = "PPPPPPPPPPPF" } };
	struct made made;

	make_at(*state, pasts, 1, "8f2c1d0ab1", &made);
	assert_why(&made, "a", true, "it both passed and failed at 1 commit");
	unmake(*state, &made);
}

static void assert_advice(const struct made *made, const char *id, enum flaky_hold hold, const char *expected)
{
	const char *advice = flaky_advice(evidence_of(made, id), hold, &steadiness);

	if (expected)
		assert_string_equal(advice, expected);
	else
		assert_null(advice);
}

static void advice_depends_on_runs_and_quarantine(void **state)
{
	const struct past pasts[] = {
		{ .id = "unreliable", .letters = "PFPFP" }, { .id = "few", .letters = "-FPFP" },
		{ .id = "steady", .letters = "PPPPP" },     { .id = "broken", .letters = "PPFFF" },
		{ .id = "mended", .letters = "FFPPP" },
	};
	struct made made;

	make(*state, pasts, &made);
	assert_advice(&made, "unreliable", FLAKY_FREE, "advise quarantine");
	assert_advice(&made, "unreliable", FLAKY_HELD, "quarantined");
	assert_advice(&made, "unreliable", FLAKY_WAS_HELD, "quarantined when it last failed");
	assert_advice(&made, "few", FLAKY_FREE, NULL);
	assert_advice(&made, "few", FLAKY_WAS_HELD, "quarantined when it last failed");
	assert_advice(&made, "steady", FLAKY_FREE, NULL);
	assert_advice(&made, "broken", FLAKY_FREE,
		      "broken rather than flaky: it passed, then failed in every run since");
	assert_advice(&made, "mended", FLAKY_FREE,
		      "mended rather than flaky: it failed, then passed in every run since");
	unmake(*state, &made);
}

static void json_numbers_groups_and_tells_all_of_a_test(void **state)
{
	const struct past pasts[] = {
		{ .id = "a", .letters = "PFRS" },
		{ .id = "b", .letters = "PFF-" },
		{ .id = "c", .letters = "FPPP" },
	};
	struct made made;
	struct str text = STR_INIT;
	int64_t group = 0;

	make(*state, pasts, &made);
	struct json *json = flaky_json(&made.list, 7);
	json_dump(json, &text);
	assert_non_null(strstr(text.data, "{\"v\":1,\"runs\":4,\"looked_at\":7,\"tests\":["));
	assert_non_null(strstr(text.data, "\"groups\":[{\"group\":1,\"tests\":2,\"runs_in_common\":2}]"));
	const struct json *tests = json_get_array(json, "tests"), *first = json_at(tests, 0);
	assert_string_equal(json_get_text(first, "id"), "a");
	assert_true(json_get_int(first, "group", &group) && group == 1);
	assert_true(json_get_int(json_at(tests, 1), "group", &group) && group == 1);
	assert_false(json_get_int(json_at(tests, 2), "group", &group));
	const struct json *recent = json_get_array(first, "recent");
	assert_int_equal(json_count(recent), 3);
	assert_string_equal(json_text_at(recent, 1), "failed");
	assert_string_equal(json_text_at(recent, 2), "flaky");
	assert_string_equal(json_get_text(first, "first_seen"), "1970-01-01T00:00:00Z");
	assert_string_equal(json_get_text(json_get_object(first, "first_failure"), "started"),
			    "1970-01-02T00:00:00Z");
	assert_string_equal(json_get_text(json_get_object(first, "last_failure"), "started"),
			    "1970-01-03T00:00:00Z");
	json_free(json);
	str_fini(&text);
	unmake(*state, &made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)
		TEST(spark_begins_with_the_oldest_run),
		TEST(spark_has_the_last_ten_runs_that_tell_something),
		TEST(most_often_failing_come_first),
		TEST(equal_rates_are_in_the_order_of_names),
		TEST(same_failing_runs_make_a_group_at_its_first_tests_place),
		TEST(tests_between_those_of_a_group_come_behind_it),
		TEST(arranging_twice_changes_nothing),
		TEST(one_run_in_common_is_no_group),
		TEST(four_of_five_runs_in_common_are_enough_and_three_of_four_are_not),
		TEST(a_run_of_one_of_them_alone_says_nothing),
		TEST(a_chain_of_small_differences_is_no_group),
		TEST(runs_beyond_the_first_word_of_bits_count),
		TEST(table_has_a_line_for_each_test_and_a_heading_for_each_group),
		TEST(table_of_nothing_is_empty),
		TEST(names_are_safe_and_tell_tests_apart),
		TEST(why_a_test_is_flaky_or_not_is_said),
		TEST(both_outcomes_at_one_commit_are_named),
		TEST(advice_depends_on_runs_and_quarantine),
		TEST(json_numbers_groups_and_tells_all_of_a_test),
	};

	return cmocka_run_group_tests_name("flaky", tests, NULL, NULL);
}
