#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/str.h"
#include "base/utf8.h"
#include "select/filter.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)

static const struct test_facts known = {
	.suite = "unit",
	.id = "tests/sub/test_a.py::TestX::test_foo[1-(2)::x/y]",
	.file = "tests/sub/test_a.py",
	.scope = "tests/sub/test_a.py::TestX",
	.group = "db",
	.marks = "slow,net_io,xfail",
	.adapter = "pytest",
	.ordinal = 1,
	.outcome = OUTCOME_XPASSED,
	.flaky = true,
	.quarantined = true,
	.duration = 5 * SECOND,
};

/* Only its id is known. */
static const struct test_facts unknown = { .id = "make-check", .duration = UINT64_MAX };

static bool matches(const char *text, const struct test_facts *facts)
{
	struct error error = ERROR_INIT;
	size_t column = 77;
	struct filter *filter = filter_parse(text, &column, &error);
	bool result;

	if (!filter)
		print_message("%s\n", error.message);
	assert_non_null(filter);
	assert_string_equal(error.message, "");
	assert_int_equal(column, 77);
	result = filter_matches(filter, facts);
	/* A filter is asked about many tests. */
	assert_int_equal(filter_matches(filter, facts), result);
	filter_free(filter);
	return result;
}

static void assert_all(const char *const *texts, size_t count, const struct test_facts *facts, bool expected)
{
	for (size_t i = 0; i < count; i++) {
		if (matches(texts[i], facts) != expected)
			fail_msg("'%s' is %s", texts[i], expected ? "false" : "true");
	}
}

#define assert_true_of(facts, ...)                                                     \
	do {                                                                           \
		static const char *const texts_[] = { __VA_ARGS__ };                   \
		assert_all(texts_, sizeof(texts_) / sizeof(texts_[0]), (facts), true); \
	} while (0)
#define assert_false_of(facts, ...)                                                     \
	do {                                                                            \
		static const char *const texts_[] = { __VA_ARGS__ };                    \
		assert_all(texts_, sizeof(texts_) / sizeof(texts_[0]), (facts), false); \
	} while (0)

static void functions_ask_for_their_fact(void **state)
{
	(void)state;
	assert_true_of(&known, "name(foo)", "test(sub)", "file(sub/test_a)", "marker(slow)", "suite(unit)",
		       "group(db)", "scope(TestX)", "adapter(pytest)", "outcome(xpassed)", "flaky()",
		       "quarantined()", "duration(>= 5s)", "all()", "foo", " foo ", "flaky( )", "name (foo)",
		       "name( foo )");
	assert_false_of(&known, "name(sub)", "name(TestX)", "test(bar)", "file(TestX)", "marker(slower)",
			"suite(db)", "group(unit)", "scope(foo)", "adapter(tap)", "outcome(passed)",
			"duration(> 5s)", "none()", "bar", "not flaky()", "!quarantined()");
}

static void a_matcher_has_five_forms(void **state)
{
	(void)state;
	assert_true_of(&known, "file(test_a)", "file(=tests/sub/test_a.py)", "file(~TEST_A)",
		       "file(/a\\.py$/)", "file(#*/test_?.py)", "~FOO", "/foo\\[/", "#*foo*",
		       "=tests/sub/test_a.py::TestX::test_foo[1-(2)::x/y]", "file(= tests/sub/test_a.py)",
		       "file(/b\\/te/)", "file(#tests/*/test_[a-c].py)", "file(#*[!b].py)", "file(#*\\.py)",
		       "scope(~'testx')");
	assert_false_of(&known, "file(=test_a)", "file(TEST_A)", "file(/A\\.py$/)", "file(#test_?.py)",
			"file(#*/test_)", "file(#*[!a].py)", "file(#*[b-z].py)", "file(~test_b)",
			"file(=TESTS/sub/test_a.py)");
}

static void text_ends_where_it_should(void **state)
{
	(void)state;
	assert_true_of(&known, "test(foo[1-(2)::x/y])", "foo[1-(2)::x/y]", "name(=test_foo[1-(2)::x/y])",
		       "test('foo[1-(2)')", "test(\"(2)\")", "test(foo[1)", "test([)", "test(])", "(foo[1)",
		       "test([1-(2))", "foo and not test(x[(])",
		       "test(\xE2\x80\x83"
		       "foo)",
		       "test(foo)and(foo)", "foo|bar", "foo&sub", "test(\tfoo\n)",
		       "test(\xC2\xA0"
		       "foo\xE3\x80\x80)");
	assert_false_of(&known, "test('a or b')", "test('foo,')", "test(\"it's\")", "test('it\\'s')",
			"test(foo|sub)", "test(\"\\\\\")", "test('\\a')", "not_this", "and-this", "or/this");
}

static void backslashes_in_quotes_stand_before_quotes_and_themselves(void **state)
{
	const struct test_facts facts = { .id = "it's a \"\\\" \\n", .duration = UINT64_MAX };

	(void)state;
	assert_true_of(&facts, "test('it\\'s')", "test(\"it's\")", "test(\"\\\"\\\\\\\"\")",
		       "test('\\\\\" \\\\n')", "test('\"\\\" \\n')", "test(/\\x5cn$/)",
		       "test('=it')or test(=\"it's a \\\"\\\\\\\" \\\\n\")");
	assert_false_of(&facts, "test('it\\\\s')", "test('/it/')");
}

static void a_name_is_what_stands_behind_the_last_separator(void **state)
{
	static const struct {
		const char *id, *name;
	} cases[] = {
		{ "t.py::test", "test" },
		{ "a/b/t.py::T::test[x::y]", "test[x::y]" },
		{ "a/b/t.py::T::test[x]y::z]", "test[x]y::z]" },
		{ "a[1::2]/t.py::test", "test" },
		{ "tests/cli/run.sh", "run.sh" },
		{ "run", "run" },
		{ "program::group#2::test", "test" },
		{ "program::Suite.Test/0", "Suite.Test/0" },
		{ "d/x[a/b]", "b]" },
		{ "d[1::2]x", "d[1::2]x" },
		{ "a:b", "a:b" },
		{ "a:::b", ":b" },
		{ "::a", "a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct test_facts facts = { .id = cases[i].id, .duration = UINT64_MAX };
		char *text = alloc_format("name(=\"%s\")", cases[i].name);

		if (!matches(text, &facts))
			fail_msg("%s is not what %s asks for", cases[i].id, text);
		free(text);
	}
	assert_false_of(&((const struct test_facts){ .id = "t.py::", .duration = UINT64_MAX }), "name(t)");
}

static void globs_are_of_the_whole_text(void **state)
{
	static const struct {
		const char *glob, *id;
		bool matches;
	} cases[] = {
		{ "*", "", true },
		{ "?", "", false },
		{ "?", "\xC3\xA9", true },
		{ "?", "\xFF", true },
		{ "\xFF", "\xFF", true },
		{ "\xFE", "\xFF", false },
		{ "[\xFE]", "\xFF", false },
		{ "[\xC3\xA0-\xC3\xBF]", "\xC3\xA9", true },
		{ "[!\xC3\xA9]", "\xC3\xA9", false },
		{ "[^b]", "a", true },
		{ "a*b*c", "a-b-b-c", true },
		{ "a*b*c", "a-c-b", false },
		{ "*a", "aaab", false },
		{ "*a?", "aaab", true },
		{ "**", "a/b", true },
		{ "[]]", "]", true },
		{ "[!]]", "]", false },
		{ "[!]]", "a", true },
		{ "[a", "[a", true },
		{ "[a", "a", false },
		{ "x[1]", "x1", true },
		{ "x[1]", "x[1]", false },
		{ "x\\[1\\]", "x[1]", true },
		{ "x[[]1]", "x[1]", true },
		{ "[a-]", "-", true },
		{ "[\\]]", "]", true },
		{ "\\*", "*", true },
		{ "\\*", "a", false },
		{ "a\\", "a\\", true },
		{ "[z-a]", "m", false },
		{ "abc", "ab", false },
		{ "ab", "abc", false },
		{ "*[0-9][0-9]", "a1b23", true },
		{ "*[0-9][0-9]", "a1b2", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct test_facts facts = { .id = cases[i].id, .duration = UINT64_MAX };
		struct str text = STR_INIT;

		str_add_text(&text, "test(#'");
		for (const char *at = cases[i].glob; *at; at++) {
			if (*at == '\\')
				str_add_char(&text, '\\');
			str_add_char(&text, *at);
		}
		str_add_text(&text, "')");
		if (matches(text.data, &facts) != cases[i].matches)
			fail_msg("#%s on '%s' is %d", cases[i].glob, cases[i].id, !cases[i].matches);
		str_fini(&text);
	}
}

static void costly_globs_come_back(void **state)
{
	const struct test_facts facts = {
		.id = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		.duration = UINT64_MAX
	};

	(void)state;
	assert_false_of(&facts, "#*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b");
}

static void case_does_not_count_in_any_script(void **state)
{
	const struct test_facts facts = { .id = "D\xC3\x89J\xC3\x80 (1.2)\xFF", .duration = UINT64_MAX };

	(void)state;
	assert_true_of(&facts, "test(~d\xC3\xA9j\xC3\xA0)", "test(~\"\xC3\xA0 (1.\")", "test(~d)",
		       "test(~\" (1.2)\")");
	assert_false_of(&facts, "test(~de)", "test(~\"\xC3\xA0 (1x\")", "test(d)",
			"test(~\"d\xC3\xA9j\xC3\xA0 (1.2)3\")");
}

static void one_of_the_markers_has_to_match(void **state)
{
	(void)state;
	assert_true_of(&known, "marker(=slow)", "marker(=net_io)", "marker(=xfail)", "marker(net)",
		       "marker(/^net_io$/)", "marker(#net*)", "marker(~SLOW)", "not marker(/^$/)");
	assert_false_of(&known, "marker(=net)", "marker('slow,net_io')", "marker(/slow.*xfail/)",
			"marker(#slow*xfail)");
	assert_false_of(&unknown, "marker(/^/)", "marker(#*)");
}

static void what_is_not_known_does_not_match(void **state)
{
	(void)state;
	assert_false_of(&unknown, "suite(#*)", "file(#*)", "group(#*)", "scope(#*)", "adapter(#*)",
			"outcome(#*)", "outcome(/^/)", "outcome(passed)", "flaky()", "quarantined()",
			"duration(< 1h)", "duration(>= 0)", "duration(<= 262800h)");
	assert_true_of(&unknown, "not outcome(passed)", "not duration(< 1h)", "not file(x)", "test(make)");
	assert_false_of(&((const struct test_facts){ .duration = 1 }), "test(#*)", "name(#*)", "x");
}

static void an_outcome_is_a_whole_word(void **state)
{
	struct test_facts facts = known;

	(void)state;
	facts.outcome = OUTCOME_FAILED;
	assert_true_of(&facts, "outcome(failed)", "outcome(=failed)", "outcome('failed')", "outcome(/^fail/)",
		       "outcome(#*led)", "outcome(~FAIL)");
	assert_false_of(&facts, "outcome(passed)", "outcome(xfailed)", "outcome(error)");
	facts.outcome = OUTCOME_XFAILED;
	assert_false_of(&facts, "outcome(failed)");
	assert_true_of(&facts, "outcome(xfailed)");
	facts.outcome = (enum outcome)99;
	assert_false_of(&facts, "outcome(#*)");
}

static bool matches_of_run(const char *text, const struct test_facts *facts)
{
	struct error error = ERROR_INIT;
	struct filter *filter = filter_parse_of_run(text, NULL, &error);
	bool result;

	if (!filter)
		print_message("%s\n", error.message);
	assert_non_null(filter);
	result = filter_matches(filter, facts);
	filter_free(filter);
	return result;
}

static void a_run_can_be_asked_for_its_results(void **state)
{
	struct test_facts facts = known;
	static const char *const yes[] = {
		"status(running)", "status(/run|wait/)", "worker(11)", "worker(gw11)", "worker(=gw11)", "worker(#gw1*)",
		"code(XT1001)", "code(#XT1*)", "message(refused)", "message(~CONN) and duration(> 1s)", "flaky()",
	};
	static const char *const no[] = { "status(waiting)", "worker(1)", "worker(gw1)", "code(=XT1)", "message(=refused)" };

	(void)state;
	facts.status = "running";
	facts.worker = "gw11";
	facts.code = "XT1001";
	facts.message = "ConnectionError: refused";
	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		if (!matches_of_run(yes[i], &facts))
			fail_msg("'%s' is false", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		if (matches_of_run(no[i], &facts))
			fail_msg("'%s' is true", no[i]);
	assert_false(matches_of_run("status(running) or worker(1) or code(X) or message(y)", &unknown));
}

static void durations_are_compared(void **state)
{
	(void)state;
	assert_true_of(&known, "duration(> 4s)", "duration(>4.9s)", "duration(>= 5s)", "duration(<=5000ms)",
		       "duration(< 1m)", "duration( < 1h )", "duration(<= 5)");
	assert_false_of(&known, "duration(> 5s)", "duration(< 5s)", "duration(>= 5.000001s)",
			"duration(<= 4999ms)");
}

static void operators_bind_as_usual(void **state)
{
	(void)state;
	assert_true_of(&known, "all() or none() and none()", "not none() and all()", "none() | all()",
		       "all() & all()", "all() - none()", "!none()", "not not all()", "!!!none()",
		       "(none() or all()) and all()", "none() and none() or all()", "not (none() or none())",
		       "all() - none() and all()", "not(none())", "all()and all()", "((((all()))))",
		       "all() or none() - all()");
	assert_false_of(&known, "(all() or none()) and none()", "not all() or none()", "all() - all()",
			"all() and not all()", "all() - none() - all()", "not (all() or none())",
			"none() - none()", "not not none()");
}

/* A random expression and whether it is true. */
struct draw {
	uint32_t state;
	unsigned left; /* leaves that it may still have */
};

static unsigned draw(struct draw *from, unsigned below)
{
	from->state = from->state * 1664525 + 1013904223;
	return (from->state >> 16) % below;
}

static bool add_random(struct draw *from, struct str *out, int level)
{
	bool value;
	unsigned terms = 1 + draw(from, 3);

	if (from->left == 0 || level == 3) {
		if (draw(from, 4) == 0) {
			str_add_text(out, draw(from, 2) ? "not " : "!");
			return !add_random(from, out, 3);
		}
		if (from->left > 0 && draw(from, 3) == 0) {
			str_add_text(out, "(");
			value = add_random(from, out, 1);
			str_add_text(out, ")");
			return value;
		}
		from->left -= from->left > 0;
		value = draw(from, 2);
		str_add_text(out, value ? "all()" : "none()");
		return value;
	}
	value = add_random(from, out, level == 1 ? 2 : 3);
	for (unsigned i = 1; i < terms; i++) {
		bool next;

		if (level == 1) {
			str_add_text(out, draw(from, 2) ? " or " : "|");
			next = add_random(from, out, 2);
			value = value || next;
		} else if (draw(from, 3) == 0) {
			str_add_text(out, " - ");
			next = add_random(from, out, 3);
			value = value && !next;
		} else {
			str_add_text(out, draw(from, 2) ? " and " : "&");
			next = add_random(from, out, 3);
			value = value && next;
		}
	}
	return value;
}

static void random_expressions_are_what_they_say(void **state)
{
	struct draw from = { .state = 1 };
	unsigned trues = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct str text = STR_INIT;
		bool value;

		from.left = 1 + draw(&from, 12);
		value = add_random(&from, &text, 1);
		if (matches(text.data, &known) != value)
			fail_msg("'%s' is to be %d", text.data, value);
		trues += value;
		str_fini(&text);
	}
	assert_in_range(trues, 4000, 16000);
}

static void it_tells_whether_a_history_is_needed(void **state)
{
	static const struct {
		const char *text;
		bool needs;
	} cases[] = {
		{ "test(a) or marker(b)", false }, { "quarantined()", false },     { "a or flaky()", true },
		{ "outcome(failed)", true },       { "not duration(> 1s)", true }, { "all()", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct filter *filter = filter_parse(cases[i].text, NULL, NULL);

		assert_int_equal(filter_needs_history(filter), cases[i].needs);
		filter_free(filter);
	}
	filter_free(NULL);
}

static void a_pattern_that_was_given_up_is_told(void **state)
{
	struct test_facts facts = known;
	struct filter *filter = filter_parse("test(/b/) or test(/^(a+)+$/)", NULL, NULL);

	(void)state;
	facts.id = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";
	assert_null(filter_gave_up(filter));
	assert_false(filter_matches(filter, &facts));
	assert_string_equal(filter_gave_up(filter), "^(a+)+$");
	filter_free(filter);
}

/* The message's lines; `found` says where the caret is to stand: below the first character of it. */
static void assert_refused(const char *text, const char *message, size_t column)
{
	struct error error = ERROR_INIT;
	size_t got = 0;
	char *second, *third;

	assert_null(filter_parse(text, &got, &error));
	second = strchr(error.message, '\n');
	assert_non_null(second);
	*second++ = '\0';
	third = strchr(second, '\n');
	assert_non_null(third);
	*third++ = '\0';
	assert_null(strchr(third, '\n'));
	if (!strstr(error.message, message))
		fail_msg("'%s' is not in: %s", message, error.message);
	if (got != column)
		fail_msg("%s: column %zu", text, got);
	assert_int_equal(strspn(third, " "), strlen(third) - 1);
	assert_int_equal(third[strlen(third) - 1], '^');
	/* Plain short texts are shown as they are, and the caret stands where the column says. */
	if (strlen(text) < 40 && utf8_text_width(text, strlen(text)) == strlen(text) &&
	    !strpbrk(text, "\t\n")) {
		assert_string_equal(second + 2, text);
		assert_int_equal(strlen(third), 2 + column);
	}
	assert_null(filter_parse(text, NULL, NULL));
}

static void before_a_run_there_are_no_results(void **state)
{
	struct error error = ERROR_INIT;
	size_t column = 0;

	(void)state;
	assert_refused("slow and worker(3)",
		       "worker() asks what only a run knows, for the dashboard's filter line", 10);
	assert_refused("status(failed)",
		       "status() asks what only a run knows, for the dashboard's filter line; did you mean "
		       "outcome(...), of the last run?",
		       1);
	/* A bare word may be one of these names. */
	assert_true(matches("status or foo", &known));
	assert_null(filter_parse_of_run("all() & status(runing)", &column, &error));
	assert_non_null(strstr(error.message, "did you mean 'running'?"));
	assert_int_equal(column, 16);
}

static void mistakes_are_explained_where_they_are(void **state)
{
	static const struct {
		const char *text, *message;
		size_t column;
	} cases[] = {
		{ "", "expected a function such as name(...), a word, 'not' or '(', found the end", 1 },
		{ "  ", "found the end", 3 },
		{ "tset(x)", "expected a function, found 'tset'; did you mean test(...)?", 1 },
		{ "a or mark(x)", "found 'mark'; did you mean marker(...)?", 6 },
		{ "package(x)", "did you mean suite(...)? (functions: name test file", 1 },
		{ "binary(x)", "did you mean file(...)?", 1 },
		{ "binary-id(x)", "did you mean file(...)?", 1 },
		{ "Status(x)", "did you mean outcome(...)?", 1 },
		{ "failed()", "did you mean outcome(failed)?", 1 },
		{ "rdeps(x)",
		  "functions: name test file marker suite group scope adapter outcome flaky quarantined "
		  "duration all none)",
		  1 },
		{ "test_x(1)", "text with brackets stands in quotes", 1 },
		{ "test(foo", "expected ')' behind test(..., found the end", 9 },
		{ "test(", "test() expected text, =text, ~text, /regex/ or #glob, found the end", 6 },
		{ "test()", "test() expected text, =text, ~text, /regex/ or #glob, found ')'", 6 },
		{ "test( )", "test() expected text", 7 },
		{ "test(,a)", "test() expected text", 6 },
		{ "test(=)", "test() expected text", 7 },
		{ "test('')", "test() expected text", 8 },
		{ "test(//)", "test() expected text", 8 },
		{ "~ a", "test() expected text", 2 },
		{ "foo bar",
		  "expected 'and', 'or' or the end, found 'bar'; text with spaces stands in quotes", 5 },
		{ "test(a) b", "expected 'and', 'or' or the end, found 'b'", 9 },
		{ "a and and b", "'not' or '(', found 'and'", 7 },
		{ "a and", "found the end", 6 },
		{ "or a", "found 'or'", 1 },
		{ "not", "found the end", 4 },
		{ "a AND b", "found 'AND'; did you mean 'and'?", 3 },
		{ "a or (b", "expected 'and', 'or' or a ')' for the '(' in column 6, found the end", 8 },
		{ "()", "found ')'", 2 },
		{ "a)", "expected 'and', 'or' or the end, found ')', which closes nothing", 2 },
		{ "a || b", "found '|'; one '|' is enough", 4 },
		{ "a && b", "found '&'; one '&' is enough", 4 },
		{ "-a", "found '-'; 'a - b' is 'a and not b'", 1 },
		{ "\xE3\x83\x84(", "expected 'and', 'or' or the end, found '('", 2 },
		{ "test(/(\\\\/)", "expected a regular expression: missing closing parenthesis", 10 },
		{ "a, b", "expected 'and', 'or' or the end, found ','", 2 },
		{ ", b", "found ','", 1 },
		{ "marker == slow", "what to look for stands in brackets, as in marker(slow)", 8 },
		{ "duration > 5s", "as in marker(slow) or duration(> 5s)", 10 },
		{ "test(a or b)",
		  "expected ')' behind test(..., found 'or'; for either of several write test(a) or "
		  "test(...); text with spaces, commas or brackets stands in quotes: test(\"a or b\")",
		  8 },
		{ "test(a, b)", "found ','; for either of several write test(a) or test(...)", 7 },
		{ "test(foo bar)",
		  "found 'bar'; text with spaces, commas or brackets stands in quotes: test(\"foo bar\")",
		  10 },
		{ "marker(foo(1)", "found the end; text whose brackets are not balanced stands in quotes",
		  14 },
		{ "test(\"foo)", "expected a closing \" for this one, found the end", 6 },
		{ "a or 'b", "expected a closing ' for this one", 6 },
		{ "test('a\\')", "expected a closing '", 6 },
		{ "test(\"a\"b)", "expected ')' behind test(..., found 'b'", 9 },
		{ "test(\xE2\x80\x9C"
		  "foo)",
		  "found a curly one", 6 },
		{ "test(/foo)", "expected a '/' that closes this regular expression", 6 },
		{ "test(/foo\\/)", "expected a '/' that closes", 6 },
		{ "test(/a/i)", "(?i) at its start ignores case", 9 },
		{ "file(/home/x.py)", "text that begins with / stands in quotes", 12 },
		{ "test(/fo(o/)", "expected a regular expression: missing closing parenthesis", 11 },
		{ "test(/*a/)", "expected a regular expression: quantifier", 7 },
		{ "test(/\\/\\/*?*+*a/)", "expected a regular expression: quantifier", 13 },
		{ "test(/a\\\\b)/)", "expected a regular expression: unmatched", 11 },
		{ "test(/[a\\//)", "expected a regular expression: missing terminating ]", 11 },
		{ "outcome(fail)",
		  "expected an outcome (passed failed error timeout crashed skipped xfailed xpassed "
		  "notrun), found 'fail'",
		  9 },
		{ "outcome(failde)", "found 'failde'; did you mean 'failed'?", 9 },
		{ "outcome(=x)", "expected an outcome (passed", 9 },
		{ "outcome()", "outcome() expected an outcome, as in outcome(failed), found ')'", 9 },
		{ "outcome(failed, error)", "write outcome(failed) or outcome(...)", 15 },
		{ "outcome(failed or error)", "write outcome(failed) or outcome(...)", 16 },
		{ "flaky(x)", "expected nothing between the brackets of flaky(), found 'x'", 7 },
		{ "flaky(", "expected ')' behind flaky(..., found the end", 7 },
		{ "all(()", "expected nothing between the brackets of all(), found '('", 5 },
		{ "duration(5s)",
		  "duration() expected >, >=, < or <= and a duration, as in duration(> 5s), found '5s'", 10 },
		{ "duration()", "found ')'", 10 },
		{ "duration(> 5x)", "expected a duration such as", 12 },
		{ "duration(>)", "expected a duration such as", 11 },
		{ "duration(>= soon)", "found 'soon'", 13 },
		{ "duration(> 5 s)", "with ms, s, m or h right behind it", 14 },
		{ "duration(> 1s and < 2s)", "expected ')' behind duration(..., found 'and'", 15 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(cases[i].text, cases[i].message, cases[i].column);
}

/* Where the caret of a message stands, in columns from 0. */
static size_t caret_of(const struct error *error)
{
	const char *last = strrchr(error->message, '\n');

	assert_non_null(last);
	return strlen(last + 1) - 1;
}

static void the_caret_stands_below_what_a_terminal_shows(void **state)
{
	struct error error = ERROR_INIT;
	size_t column;

	(void)state;
	/* A tab is shown as \t, an escape as ^[. */
	assert_null(filter_parse("\ta\t)", &column, &error));
	assert_non_null(strstr(error.message, "\n  \\ta\\t)\n"));
	assert_int_equal(caret_of(&error), 2 + 5);
	assert_int_equal(column, 4);
	assert_null(filter_parse("'\033' )", &column, &error));
	assert_non_null(strstr(error.message, "\n  '^[' )\n"));
	assert_int_equal(caret_of(&error), 2 + 5);
	/* One message is three lines, whatever was found. */
	assert_null(filter_parse("a\nb", &column, &error));
	assert_non_null(strstr(error.message, "\n  a\\nb\n"));
	assert_int_equal(caret_of(&error), 2 + 3);
	assert_null(filter_parse("test(a \"b\nc)", &column, &error));
	assert_int_equal(caret_of(&error), 2 + 7);
	assert_null(filter_parse("\xFF )", &column, &error));
	assert_non_null(strstr(error.message, "\n  <FF> )\n"));
	assert_int_equal(caret_of(&error), 2 + 5);
	assert_int_equal(column, 3);
}

static void wide_and_combining_characters_count_as_they_are_shown(void **state)
{
	struct error error = ERROR_INIT;
	size_t column;

	(void)state;
	if (!setlocale(LC_CTYPE, "C.UTF-8") || utf8_width(0x65E5) != 2)
		skip();
	assert_null(filter_parse("test(\xE6\x97\xA5\xE6\x9C\xAC) )", &column, &error));
	assert_int_equal(caret_of(&error), 2 + 11);
	assert_int_equal(column, 10);
	assert_null(filter_parse("e\xCC\x81 )", &column, &error));
	assert_int_equal(caret_of(&error), 2 + 2);
	assert_int_equal(column, 4);
	setlocale(LC_CTYPE, "C");
}

static void of_a_long_expression_the_place_is_shown(void **state)
{
	char text[3000];
	struct error error = ERROR_INIT;
	const char *second, *third;
	size_t column;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + 1500, " 'w", 3);
	text[sizeof(text) - 1] = '\0';
	assert_null(filter_parse(text, &column, &error));
	assert_int_equal(column, 1502);
	second = strchr(error.message, '\n') + 1;
	third = strchr(second, '\n') + 1;
	assert_true(third - second < 90);
	assert_memory_equal(second, "  ...xxx", 8);
	assert_memory_equal(third - 8, "xxxx...\n", 8);
	assert_memory_equal(second + caret_of(&error), "'wxxx", 5);
	/* Advice that would repeat much of it is not given. */
	memcpy(text, "test(", 5);
	memcpy(text + 2900, " or x", 5);
	text[1500] = text[1501] = 'x';
	assert_refused(text, "expected ')' behind test(..., found 'or'; text with spaces", 2902);
}

static char *repeated(const char *part, size_t count, const char *rest)
{
	struct str text = STR_INIT;

	for (size_t i = 0; i < count; i++)
		str_add_text(&text, part);
	str_add_text(&text, rest);
	return str_take(&text);
}

static void depth_and_length_have_limits(void **state)
{
	static const char *const parts[] = { "(", "not (", "!(", "(a or ", "test(", "[", "test([", "'", "/" };
	struct error error = ERROR_INIT;
	char *text;

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct filter *filter;

		text = repeated(parts[i], 100000, "");
		filter = filter_parse(text, NULL, &error);
		/* The sixth is a word of brackets. */
		assert_int_equal(filter != NULL, i == 5);
		filter_free(filter);
		free(text);
	}
	text = repeated("(", 201, "a");
	assert_refused(text, "expected at most 200 brackets within each other", 201);
	free(text);
	text = repeated("x", 1024 * 1024 + 1, "");
	assert_refused(text, "expected an expression of at most 1048576 bytes, found 1048577", 1);
	free(text);
}

static void long_chains_take_no_stack(void **state)
{
	static const struct {
		const char *part, *rest;
		bool matches;
	} cases[] = {
		{ "none() or ", "all()", true },
		{ "all() and ", "none()", false },
		{ "none()|", "foo", true },
		{ "not ", "all()", true },
		{ "!", "none()", false },
		{ "all()-none()-", "none()", false },
		{ "none() or not ", "none()", true },
		{ "bar|all()&", "foo", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = repeated(cases[i].part, 60000, cases[i].rest);

		if (matches(text, &known) != cases[i].matches)
			fail_msg("many '%s'", cases[i].part);
		free(text);
	}
	{
		char *open = repeated("(", 200, "foo");
		char *closed = repeated(")", 200, "");
		char *text = alloc_format("%s%s", open, closed);

		assert_true(matches(text, &known));
		free(open);
		free(closed);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_ask_for_their_fact),
		cmocka_unit_test(a_matcher_has_five_forms),
		cmocka_unit_test(text_ends_where_it_should),
		cmocka_unit_test(backslashes_in_quotes_stand_before_quotes_and_themselves),
		cmocka_unit_test(a_name_is_what_stands_behind_the_last_separator),
		cmocka_unit_test(globs_are_of_the_whole_text),
		cmocka_unit_test(costly_globs_come_back),
		cmocka_unit_test(case_does_not_count_in_any_script),
		cmocka_unit_test(one_of_the_markers_has_to_match),
		cmocka_unit_test(what_is_not_known_does_not_match),
		cmocka_unit_test(an_outcome_is_a_whole_word),
		cmocka_unit_test(a_run_can_be_asked_for_its_results),
		cmocka_unit_test(durations_are_compared),
		cmocka_unit_test(operators_bind_as_usual),
		cmocka_unit_test(random_expressions_are_what_they_say),
		cmocka_unit_test(it_tells_whether_a_history_is_needed),
		cmocka_unit_test(a_pattern_that_was_given_up_is_told),
		cmocka_unit_test(before_a_run_there_are_no_results),
		cmocka_unit_test(mistakes_are_explained_where_they_are),
		cmocka_unit_test(the_caret_stands_below_what_a_terminal_shows),
		cmocka_unit_test(wide_and_combining_characters_count_as_they_are_shown),
		cmocka_unit_test(of_a_long_expression_the_place_is_shown),
		cmocka_unit_test(depth_and_length_have_limits),
		cmocka_unit_test(long_chains_take_no_stack),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
