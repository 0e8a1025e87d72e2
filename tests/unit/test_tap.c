#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "adapter/tap.h"
#include "base/str.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Everything that a parser said, as text: a point a line, then the summary. */
static void take(void *context, const struct tap_point *point)
{
	struct str *out = context;

	for (unsigned i = 0; i < point->depth; i++)
		str_add_char(out, '>');
	str_add_format(out, "%s %" PRIu64, point->ok ? "ok" : "not", point->number);
	if (point->unplanned)
		str_add_text(out, " unplanned");
	if (point->name.length > 0)
		str_add_format(out, " [%.*s]", (int)point->name.length, point->name.data);
	if (point->todo)
		str_add_text(out, " todo");
	if (point->skip)
		str_add_text(out, " skip");
	if (point->reason.length > 0)
		str_add_format(out, " (%.*s)", (int)point->reason.length, point->reason.data);
	if (point->diagnostics.length > 0)
		str_add_format(out, " {%.*s}", (int)point->diagnostics.length, point->diagnostics.data);
	str_add_char(out, '\n');
}

static void add_summary(struct str *out, const struct tap_summary *summary)
{
	if (summary->has_plan)
		str_add_format(out, "plan %" PRIu64 ", ", summary->planned);
	if (summary->skip_all)
		str_add_format(out, "skip all (%s), ", summary->skip_reason);
	if (summary->bailed_out)
		str_add_format(out, "bail out (%s), ", summary->bail_reason);
	str_add_format(out, "%" PRIu64 " run, %" PRIu64 " passed, %" PRIu64 " failed", summary->run,
		       summary->passed, summary->failed);
	if (summary->parse_errors > 0)
		str_add_format(out, ", %" PRIu64 " errors: %s", summary->parse_errors,
			       summary->first_parse_error);
	str_add_char(out, '\n');
}

/* In two pieces, the first of `first` bytes. */
static char *parse(const char *bytes, size_t length, size_t first)
{
	struct str out = STR_INIT;
	struct tap *tap = tap_new(take, &out);

	tap_feed(tap, bytes, first);
	tap_feed(tap, bytes + first, length - first);
	tap_end(tap);
	add_summary(&out, tap_summary(tap));
	tap_free(tap);
	return str_take(&out);
}

static char *parse_by_bytes(const char *bytes, size_t length)
{
	struct str out = STR_INIT;
	struct tap *tap = tap_new(take, &out);

	for (size_t i = 0; i < length; i++) {
		/* A copy of its own, so that looking behind it is noticed. */
		char *byte = malloc(1);

		assert_non_null(byte);
		*byte = bytes[i];
		tap_feed(tap, byte, 1);
		free(byte);
	}
	tap_end(tap);
	add_summary(&out, tap_summary(tap));
	tap_free(tap);
	return str_take(&out);
}

static void check_bytes(const char *bytes, size_t length, const char *expected)
{
	char *whole = parse(bytes, length, length);
	char *single = parse_by_bytes(bytes, length);

	assert_string_equal(whole, expected);
	assert_string_equal(single, expected);
	for (size_t i = 1; i < length && length < 4096; i++) {
		char *split = parse(bytes, length, i);

		assert_string_equal(split, expected);
		free(split);
	}
	free(single);
	free(whole);
}

static void check(const char *text, const char *expected)
{
	check_bytes(text, strlen(text), expected);
}

static void plan_at_the_beginning(void **state)
{
	(void)state;
	check("1..2\nok 1 - first\nok 2 second\n",
	      "ok 1 [first]\nok 2 [second]\nplan 2, 2 run, 2 passed, 0 failed\n");
}

static void plan_at_the_end(void **state)
{
	(void)state;
	check("ok\nnot ok\n1..2\n", "ok 1\nnot 2\nplan 2, 2 run, 1 passed, 1 failed\n");
}

static void last_line_without_newline_counts(void **state)
{
	(void)state;
	check("1..1\nok 1", "ok 1\nplan 1, 1 run, 1 passed, 0 failed\n");
	check("ok 1\n1..1", "ok 1\nplan 1, 1 run, 1 passed, 0 failed\n");
	check("1..1\nnot ok 1 - x", "not 1 [x]\nplan 1, 1 run, 0 passed, 1 failed\n");
}

static void carriage_returns_are_white_space(void **state)
{
	(void)state;
	check("1..3\r\nok 1 - a\r\nnot ok 2 # TODO b\r\nok\r\n",
	      "ok 1 [a]\nnot 2 todo (b)\nok 3\nplan 3, 3 run, 3 passed, 0 failed\n");
}

static void directives_in_any_case(void **state)
{
	(void)state;
	check("1..6\nok 1 # SKIP no net\nnot ok 2 - b # todo later\nok 3 # ToDo\nok 4 c#skip\nnot ok 5 # skip x\n"
	      "ok 6 # skipped\n",
	      "ok 1 skip (no net)\nnot 2 [b] todo (later)\nok 3 todo\nok 4 [c] skip\nnot 5 skip (x)\n"
	      "ok 6 [# skipped]\nplan 6, 6 run, 5 passed, 1 failed\n");
}

static void escaped_hash_is_no_directive(void **state)
{
	(void)state;
	check("1..4\nnot ok 1 a \\# TODO b\nok 2 a \\\\# TODO b\nok 3 c\\d\nok 4 \\# \\\\\n",
	      "not 1 [a # TODO b]\nok 2 [a \\] todo (b)\nok 3 [c\\d]\nok 4 [# \\]\nplan 4, 4 run, 3 passed, 1 failed\n");
}

static void only_the_first_hash_begins_a_directive(void **state)
{
	(void)state;
	check("1..1\nnot ok 1 issue #12 # TODO x\n",
	      "not 1 [issue #12 # TODO x]\nplan 1, 1 run, 0 passed, 1 failed\n");
}

static void skip_all_has_a_reason(void **state)
{
	(void)state;
	check("1..0 # SKIP no compiler\n", "plan 0, skip all (no compiler), 0 run, 0 passed, 0 failed\n");
	check("1..0 # Skipped: no compiler\n", "plan 0, skip all (no compiler), 0 run, 0 passed, 0 failed\n");
	check("1..0\n", "plan 0, skip all (), 0 run, 0 passed, 0 failed\n");
	check("TAP version 13\n1..0 # skip all of it\n",
	      "plan 0, skip all (all of it), 0 run, 0 passed, 0 failed\n");
	check("TAP version 14\n1..0 # Skipped: why\n", "plan 0, skip all (why), 0 run, 0 passed, 0 failed\n");
}

static void points_after_skip_all_are_errors(void **state)
{
	(void)state;
	check("1..0 # SKIP x\nok 1\n",
	      "ok 1 unplanned\nplan 0, skip all (x), 1 run, 0 passed, 1 failed, 1 errors: "
	      "planned 0 points but ran 1\n");
}

static void missing_plan_is_an_error(void **state)
{
	(void)state;
	check("ok 1\n", "ok 1\n1 run, 1 passed, 0 failed, 1 errors: no plan found in TAP output\n");
	check("", "0 run, 0 passed, 0 failed, 1 errors: no plan found in TAP output\n");
	check("1..3 potatoes\nok 1\n",
	      "ok 1\n1 run, 1 passed, 0 failed, 1 errors: no plan found in TAP output\n");
}

static void fewer_points_than_planned_is_an_error(void **state)
{
	(void)state;
	check("1..3\nok 1\n",
	      "ok 1\nplan 3, 1 run, 1 passed, 0 failed, 1 errors: planned 3 points but ran 1\n");
}

static void points_beyond_the_plan_fail(void **state)
{
	(void)state;
	check("1..1\nok 1\nok 2 b\n",
	      "ok 1\nok 2 unplanned [b]\nplan 1, 2 run, 1 passed, 1 failed, 1 errors: planned 1 points but ran 2\n");
}

static void numbers_out_of_order_are_errors(void **state)
{
	(void)state;
	check("1..3\nok 1\nok 3\nok 2\n",
	      "ok 1\nok 3\nok 2\nplan 3, 3 run, 3 passed, 0 failed, 2 errors: point 3 came "
	      "where 2 was expected\n");
	check("1..1\nok 99999999999999999999999\n",
	      "ok 18446744073709551615\nplan 1, 1 run, 1 passed, 0 failed, 1 errors: point 18446744073709551615 came "
	      "where 1 was expected\n");
}

static void plan_in_the_middle_is_an_error(void **state)
{
	(void)state;
	check("ok 1\n1..3\nok 2\nok 3\n",
	      "ok 1\nok 2\nok 3\nplan 3, 3 run, 3 passed, 0 failed, 1 errors: the plan "
	      "(1..3) must be at the beginning or the end\n");
	check("ok 1\n1..2\nok 2\n",
	      "ok 1\nok 2\nplan 2, 2 run, 2 passed, 0 failed, 1 errors: the plan (1..2) must be "
	      "at the beginning or the end\n");
}

static void two_plans_are_an_error(void **state)
{
	(void)state;
	check("1..1\nok 1\n1..1\n",
	      "ok 1\nplan 1, 1 run, 1 passed, 0 failed, 1 errors: more than one plan\n");
}

static void unknown_lines_are_ignored(void **state)
{
	(void)state;
	check("hello\nokay\nok2\nnot  ok 3\n 1..5\n  ok so what\n1..1\nok 1\nnothing\n",
	      "ok 1\nplan 1, 1 run, 1 passed, 0 failed\n");
}

static void ok_needs_no_space_behind_it(void **state)
{
	(void)state;
	check("1..3\nok-1\nok\t2\nok 3a\n", "ok 1 [-1]\nok 2\nok 3 [a]\nplan 3, 3 run, 3 passed, 0 failed\n");
}

static void not_and_ok_on_two_lines_are_one(void **state)
{
	(void)state;
	check("1..1\nnot \nok 1 - x\n", "not 1 [x]\nplan 1, 1 run, 0 passed, 1 failed\n");
	check("1..1\nok 1\nnot\n", "ok 1\nplan 1, 1 run, 1 passed, 0 failed\n");
	check("1..1\nnot\nnot\nok 1\n", "ok 1\nplan 1, 1 run, 1 passed, 0 failed\n");
}

static void bail_out_ends_everything(void **state)
{
	(void)state;
	check("1..3\nnot ok 1\nBail out!  No database. \nok 2\n",
	      "not 1\nplan 3, bail out (No database.), 1 run, 0 passed, 1 failed, 1 errors: planned 3 points but ran "
	      "1\n");
	check("    Bail out!\n",
	      "bail out (), 0 run, 0 passed, 0 failed, 1 errors: no plan found in TAP output\n");
	check("BAIL OUT!\n1..0\n", "plan 0, skip all (), 0 run, 0 passed, 0 failed\n");
	check("TAP version 14\n1..0\nbail out! x\n",
	      "plan 0, skip all (), bail out (x), 0 run, 0 passed, 0 failed\n");
}

static void comments_are_the_failed_points_diagnostics(void **state)
{
	(void)state;
	check("1..3\n# before\nnot ok 1 - a\n#   Failed\n# at line 3  \nok 2\n# of nobody\nnot ok 3 # TODO x\n# why",
	      "not 1 [a] {  Failed\nat line 3}\nok 2\nnot 3 todo (x) {why}\nplan 3, 3 run, 2 passed, 1 failed\n");
}

static void comments_of_another_level_are_of_nobody(void **state)
{
	(void)state;
	check("1..1\nnot ok 1\n    # of a subtest\n# too late\n",
	      "not 1\nplan 1, 1 run, 0 passed, 1 failed\n");
	check("1..1\n    not ok 1\n# of the parent\n    # too late\n",
	      ">not 1\nplan 1, 0 run, 0 passed, 0 failed, 1 errors: planned 1 points but ran 0\n");
}

static void yaml_block_is_the_failed_points_diagnostics(void **state)
{
	(void)state;
	check("TAP version 13\n1..2\nnot ok 1\n  ---\n  message: 'x'\n    deep: 1\n\n  ok 5\n  ...\n# more\nok 2\n"
	      "  ---\n  a: b\n  ...\n",
	      "not 1 {message: 'x'\n  deep: 1\n\nok 5\nmore}\nok 2\nplan 2, 2 run, 1 passed, 1 failed\n");
}

static void yaml_block_without_end_is_an_error_from_13(void **state)
{
	(void)state;
	check("TAP version 13\n1..2\nnot ok 1\n  ---\n  a: b\nok 2\n",
	      "not 1 {a: b}\nok 2\nplan 2, 2 run, 1 passed, 1 failed, 1 errors: a YAML block has no closing \"...\"\n");
	check("1..2\nnot ok 1\n  ---\n  a: b\nok 2\n",
	      "not 1 {a: b}\nok 2\nplan 2, 2 run, 1 passed, 1 failed\n");
	check("TAP version 13\n1..1\nok 1\n  ---\n  a: b\n",
	      "ok 1\nplan 1, 1 run, 1 passed, 0 failed, 1 errors: a YAML block has no closing \"...\"\n");
}

static void bail_out_is_heard_in_what_looks_like_yaml(void **state)
{
	(void)state;
	check("1..1\nok 1\n  ---\n  Bail out! x\n",
	      "ok 1\nplan 1, bail out (x), 1 run, 1 passed, 0 failed\n");
	check("TAP version 13\n1..1\nok 1\n  ---\n  Bail out! x\n  ...\n",
	      "ok 1\nplan 1, 1 run, 1 passed, 0 failed\n");
}

static void diagnostics_have_a_limit(void **state)
{
	struct str text = STR_INIT;
	char *out;

	(void)state;
	str_add_text(&text, "1..1\nnot ok 1\n");
	for (int i = 0; i < 20000; i++)
		str_add_text(&text, "# 0123456789\n");
	out = parse(text.data, text.length, text.length);
	assert_true(strlen(out) <= TAP_DIAGNOSTICS_LIMIT + 100);
	assert_true(strlen(out) >= TAP_DIAGNOSTICS_LIMIT);
	free(out);
	str_fini(&text);
}

static void versions(void **state)
{
	(void)state;
	check("TAP version 13\n1..1\nok 1\n", "ok 1\nplan 1, 1 run, 1 passed, 0 failed\n");
	check("TAP version 14\n1..1 # plenty\nok 1\n", "ok 1\nplan 1, 1 run, 1 passed, 0 failed\n");
	check("TAP version 13\n1..1 # plenty\nok 1\n",
	      "ok 1\n1 run, 1 passed, 0 failed, 1 errors: no plan found in TAP output\n");
	check("TAP version 13\n1..0 # Skipped: x\n",
	      "0 run, 0 passed, 0 failed, 1 errors: no plan found in TAP output\n");
	check("TAP version 12\n1..0\n",
	      "plan 0, skip all (), 0 run, 0 passed, 0 failed, 1 errors: TAP version 12: only 13 and newer are "
	      "announced\n");
	check("TAP version 15\n1..0\n",
	      "plan 0, skip all (), 0 run, 0 passed, 0 failed, 1 errors: TAP version 15: the "
	      "newest known is 14\n");
	check("1..0\nTAP version 13\n",
	      "plan 0, skip all (), 0 run, 0 passed, 0 failed, 1 errors: the TAP version "
	      "must be the first line\n");
	check("noise\ntap  VERSION 13 \n1..0\n", "plan 0, skip all (), 0 run, 0 passed, 0 failed\n");
}

static void strict_makes_unknown_lines_errors(void **state)
{
	(void)state;
	check("TAP version 13\npragma +strict\n1..1\nok 1\nwhat?\n",
	      "ok 1\nplan 1, 1 run, 1 passed, 0 failed, 1 errors: unknown line (pragma +strict): what?\n");
	check("TAP version 13\npragma +other , +strict\n1..1\npragma -strict\nok 1\nwhat?\n",
	      "ok 1\nplan 1, 1 run, 1 passed, 0 failed\n");
	check("pragma +strict\n1..1\nok 1\nwhat?\n", "ok 1\nplan 1, 1 run, 1 passed, 0 failed\n");
	check("TAP version 13\npragma +strict\n1..1\n# Subtest: a\n    ok 1 - b\n    1..1\nok 1\n",
	      ">ok 1 [b]\nok 1\nplan 1, 1 run, 1 passed, 0 failed\n");
}

static void subtests_do_not_decide(void **state)
{
	(void)state;
	check("1..2\n    not ok 1 - inner\n    # why\n    1..1\nok 1 - outer\nok 2\n",
	      ">not 1 [inner] {why}\nok 1 [outer]\nok 2\nplan 2, 2 run, 2 passed, 0 failed\n");
}

static void subtests_nest(void **state)
{
	const char *expected = ">>ok 1 [c]\n>ok 1 [b]\n>ok 2\nok 1 [a]\nplan 1, 1 run, 1 passed, 0 failed\n";

	(void)state;
	check("# Subtest: a\n    # Subtest: b\n        ok 1 - c\n        1..1\n    ok 1 - b\n    ok 2\n    1..2\n"
	      "ok 1 - a\n1..1\n",
	      expected);
	check("    # Subtest: a\n        # Subtest: b\n        ok 1 - c\n        1..1\n    ok 1 - b\n    ok 2\n"
	      "    1..2\nok 1 - a\n1..1\n",
	      expected);
	check("1..1\n  1..2\n    1..1\n    ok - c\n  ok - b\n  ok\nok 1 - a\n", expected);
}

static void tab_is_four_spaces(void **state)
{
	(void)state;
	check("1..1\n# Subtest: x\n    ok - a\n\tok - b\nok 1\n",
	      ">ok 1 [a]\n>ok 2 [b]\nok 1\nplan 1, 1 run, 1 passed, 0 failed\n");
}

static void points_of_announced_subtests_need_no_number(void **state)
{
	(void)state;
	check("1..1\n# Subtest: x\n    ok - a\n    not ok\n    1..2\nok 1\n    ok this is prose\n",
	      ">ok 1 [a]\n>not 2\nok 1\nplan 1, 1 run, 1 passed, 0 failed\n");
}

static void todo_list_of_old_plans(void **state)
{
	(void)state;
	check("1..1 todo 1;\nok 1 # SKIP x\n", "ok 1 todo (x)\nplan 1, 1 run, 1 passed, 0 failed\n");
	check("1..3 todo 2 3;\nok 1\nnot ok 2\nok 3\n",
	      "ok 1\nnot 2 todo\nok 3 todo\nplan 3, 3 run, 3 passed, 0 failed\n");
}

static void nul_bytes_and_invalid_utf8_are_text(void **state)
{
	static const char text[] = "1..2\nok 1 - a\xff\xfe\nok 2 - b\n\0\0ok 3\n";

	(void)state;
	check_bytes(text, sizeof(text) - 1,
		    "ok 1 [a\xff\xfe]\nok 2 [b]\nplan 2, 2 run, 2 passed, 0 failed\n");
}

static void nul_bytes_in_names_are_kept(void **state)
{
	static const char text[] = "1..1\nnot ok 1 - a\0b\n";
	struct str out = STR_INIT;
	struct tap *tap = tap_new(take, &out);

	(void)state;
	tap_feed(tap, text, sizeof(text) - 1);
	tap_end(tap);
	assert_int_equal(tap_summary(tap)->failed, 1);
	tap_free(tap);
	str_fini(&out);
}

static void endless_line_is_cut(void **state)
{
	enum { PIECE = 1 << 16, PIECES = 64 };
	char *piece = malloc(PIECE);
	struct str out = STR_INIT;
	struct tap *tap = tap_new(take, &out);

	(void)state;
	assert_non_null(piece);
	memset(piece, 'x', PIECE);
	tap_feed(tap, "1..2\nok 1 - ", 12);
	for (int i = 0; i < PIECES; i++)
		tap_feed(tap, piece, PIECE);
	tap_feed(tap, "\nok 2\n", 6);
	tap_end(tap);
	assert_int_equal(tap_summary(tap)->passed, 2);
	assert_int_equal(tap_summary(tap)->parse_errors, 0);
	assert_true(out.length < TAP_LINE_LIMIT + 100);
	tap_free(tap);
	str_fini(&out);
	free(piece);
}

static void endless_line_is_cut_alike_in_one_piece(void **state)
{
	struct str text = STR_INIT;
	char *whole, *split;

	(void)state;
	str_add_text(&text, "1..1\nnot ok 1 ");
	for (int i = 0; i < TAP_LINE_LIMIT; i++)
		str_add_char(&text, 'y');
	str_add_text(&text, " # TODO\n");
	whole = parse(text.data, text.length, text.length);
	split = parse(text.data, text.length, 77);
	assert_string_equal(whole, split);
	free(whole);
	free(split);
	str_fini(&text);
}

static void passed_point_is_given_at_once(void **state)
{
	struct str out = STR_INIT;
	struct tap *tap = tap_new(take, &out);

	(void)state;
	tap_feed(tap, "ok 1 - a\nok 2", 13);
	assert_string_equal(out.data, "ok 1 [a]\n");
	tap_feed(tap, "\n", 1);
	assert_string_equal(out.data, "ok 1 [a]\nok 2\n");
	tap_free(tap);
	str_fini(&out);
}

static void failed_point_waits_for_its_diagnostics(void **state)
{
	struct str out = STR_INIT;
	struct tap *tap = tap_new(take, &out);

	(void)state;
	tap_feed(tap, "not ok 1\n", 9);
	assert_string_equal(out.data, "");
	tap_feed(tap, "# why\n", 6);
	assert_string_equal(out.data, "");
	tap_feed(tap, "ok 2\n", 5);
	assert_string_equal(out.data, "not 1 {why}\nok 2\n");
	tap_free(tap);
	str_fini(&out);
}

static void first_failures_are_listed(void **state)
{
	struct str text = STR_INIT;
	struct str out = STR_INIT;
	struct tap *tap = tap_new(take, &out);

	(void)state;
	for (int i = 1; i <= 20; i++)
		str_add_format(&text, "%s %d\n", i % 2 ? "ok" : "not ok", i);
	str_add_text(&text, "1..20\n");
	tap_feed(tap, text.data, text.length);
	tap_end(tap);
	assert_int_equal(tap_summary(tap)->failed, 10);
	assert_int_equal(tap_summary(tap)->first_failed[0], 2);
	assert_int_equal(tap_summary(tap)->first_failed[7], 16);
	tap_free(tap);
	str_fini(&out);
	str_fini(&text);
}

static void counts_of_directives(void **state)
{
	static const char text[] = "1..4\nok 1 # SKIP\nnot ok 2 # TODO\nok 3 # TODO\nok 4\n";
	struct str out = STR_INIT;
	struct tap *tap = tap_new(take, &out);

	(void)state;
	tap_feed(tap, text, sizeof(text) - 1);
	tap_end(tap);
	assert_int_equal(tap_summary(tap)->skipped, 1);
	assert_int_equal(tap_summary(tap)->todo, 2);
	assert_int_equal(tap_summary(tap)->todo_passed, 1);
	assert_true(tap_summary(tap)->anything);
	tap_free(tap);
	str_fini(&out);
}

static void deep_nesting_has_a_bottom(void **state)
{
	struct str text = STR_INIT;
	char *out;

	(void)state;
	for (int i = 0; i < 200; i++) {
		for (int j = 0; j < i; j++)
			str_add_char(&text, ' ');
		str_add_text(&text, "ok 1\n");
	}
	str_add_text(&text, "1..1\n");
	out = parse(text.data, text.length, text.length);
	assert_non_null(strstr(out, "plan 1, 1 run, 1 passed, 0 failed"));
	free(out);
	str_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan_at_the_beginning),
		cmocka_unit_test(plan_at_the_end),
		cmocka_unit_test(last_line_without_newline_counts),
		cmocka_unit_test(carriage_returns_are_white_space),
		cmocka_unit_test(directives_in_any_case),
		cmocka_unit_test(escaped_hash_is_no_directive),
		cmocka_unit_test(only_the_first_hash_begins_a_directive),
		cmocka_unit_test(skip_all_has_a_reason),
		cmocka_unit_test(points_after_skip_all_are_errors),
		cmocka_unit_test(missing_plan_is_an_error),
		cmocka_unit_test(fewer_points_than_planned_is_an_error),
		cmocka_unit_test(points_beyond_the_plan_fail),
		cmocka_unit_test(numbers_out_of_order_are_errors),
		cmocka_unit_test(plan_in_the_middle_is_an_error),
		cmocka_unit_test(two_plans_are_an_error),
		cmocka_unit_test(unknown_lines_are_ignored),
		cmocka_unit_test(ok_needs_no_space_behind_it),
		cmocka_unit_test(not_and_ok_on_two_lines_are_one),
		cmocka_unit_test(bail_out_ends_everything),
		cmocka_unit_test(comments_are_the_failed_points_diagnostics),
		cmocka_unit_test(comments_of_another_level_are_of_nobody),
		cmocka_unit_test(yaml_block_is_the_failed_points_diagnostics),
		cmocka_unit_test(yaml_block_without_end_is_an_error_from_13),
		cmocka_unit_test(bail_out_is_heard_in_what_looks_like_yaml),
		cmocka_unit_test(diagnostics_have_a_limit),
		cmocka_unit_test(versions),
		cmocka_unit_test(strict_makes_unknown_lines_errors),
		cmocka_unit_test(subtests_do_not_decide),
		cmocka_unit_test(subtests_nest),
		cmocka_unit_test(tab_is_four_spaces),
		cmocka_unit_test(points_of_announced_subtests_need_no_number),
		cmocka_unit_test(todo_list_of_old_plans),
		cmocka_unit_test(nul_bytes_and_invalid_utf8_are_text),
		cmocka_unit_test(nul_bytes_in_names_are_kept),
		cmocka_unit_test(endless_line_is_cut),
		cmocka_unit_test(endless_line_is_cut_alike_in_one_piece),
		cmocka_unit_test(passed_point_is_given_at_once),
		cmocka_unit_test(failed_point_waits_for_its_diagnostics),
		cmocka_unit_test(first_failures_are_listed),
		cmocka_unit_test(counts_of_directives),
		cmocka_unit_test(deep_nesting_has_a_bottom),
	};

	return cmocka_run_group_tests_name("tap", tests, NULL, NULL);
}
