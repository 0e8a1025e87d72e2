#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "store/quarantine.h"
#include "store/quarantine_date.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAY (UINT64_C(86400) * 1000000000)
#define TODAY (UINT64_C(20779) * DAY + 5) /* 2026-11-22, 5 ns after midnight */

struct place {
	char directory[32];
	char path[64];
};

static int set_up(void **state)
{
	struct place *place = ALLOC_NEW(struct place);

	strcpy(place->directory, "/tmp/xtop-test-XXXXXX");
	if (!mkdtemp(place->directory))
		return -1;
	snprintf(place->path, sizeof(place->path), "%s/quarantine.yaml", place->directory);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	int status = fs_remove_tree(place->directory, NULL);

	free(place);
	return status;
}

/* What is known of a test besides its id matters to few of these. */
static const struct quarantine_entry *find(struct quarantine *quarantine, const char *suite, const char *id)
{
	const struct test_facts facts = { .suite = suite, .id = id, .ordinal = 1, .duration = UINT64_MAX };

	return quarantine_find(quarantine, &facts);
}

static int add(struct quarantine *quarantine, const char *suite, const char *id, const char *reason,
	       struct error *error)
{
	const struct quarantine_request request = { .id = id, .suite = suite, .reason = reason };

	return quarantine_add(quarantine, &request, error);
}

static int add_test(struct quarantine *quarantine, const char *test, struct error *error)
{
	const struct quarantine_request request = { .test = test };

	return quarantine_add(quarantine, &request, error);
}

static void write_text(const struct place *place, const char *text)
{
	assert_int_equal(fs_write_atomically(place->path, text, strlen(text), NULL), 0);
}

static struct quarantine *load(const struct place *place)
{
	struct error error = ERROR_INIT;
	struct quarantine *quarantine = quarantine_load(place->path, TODAY, &error);

	if (!quarantine)
		fail_msg("%s", error.message);
	return quarantine;
}

static void check_text(const struct place *place, const char *expected)
{
	struct str text = STR_INIT;

	assert_int_equal(fs_read_file(place->path, SIZE_MAX, &text, NULL), 0);
	assert_string_equal(text.data, expected);
	str_fini(&text);
}

/* The file has this text; the message behind its name must begin so. */
static void refuse(const struct place *place, const char *text, const char *message)
{
	struct error error = ERROR_INIT;
	const char *found;

	write_text(place, text);
	assert_null(quarantine_load(place->path, TODAY, &error));
	found = strstr(error.message, "quarantine.yaml:");
	assert_non_null(found);
	found += strlen("quarantine.yaml:");
	if (strncmp(found, message, strlen(message)) != 0)
		fail_msg("expected \"%s\", found \"%s\"", message, found);
}

static void a_missing_file_is_empty(void **state)
{
	struct quarantine *quarantine = load(*state);

	assert_int_equal(quarantine_count(quarantine), 0);
	assert_null(find(quarantine, "unit", "a"));
	quarantine_free(quarantine);
}

static void entries_are_read(void **state)
{
	const struct place *place = *state;
	const struct quarantine_entry *entry;
	struct quarantine *quarantine;

	write_text(place, "# why we do this\n"
			  "- test: tests/net.t\n"
			  "  suite: unit\n"
			  "  reason: fails when DNS is slow\n"
			  "  owner: ann\n"
			  "  issue: \"#12\"\n"
			  "  since: 2026-11-22\n"
			  "  expires: 2026-12-22\n"
			  "  evidence: run 8f2c\n"
			  "- {test: b, reason: }\n");
	quarantine = load(place);
	assert_int_equal(quarantine_count(quarantine), 2);
	entry = quarantine_entry(quarantine, 0);
	assert_string_equal(entry->test, "tests/net.t");
	assert_string_equal(entry->suite, "unit");
	assert_string_equal(entry->reason, "fails when DNS is slow");
	assert_string_equal(entry->owner, "ann");
	assert_string_equal(entry->issue, "#12");
	assert_string_equal(entry->since, "2026-11-22");
	assert_string_equal(entry->expires, "2026-12-22");
	assert_string_equal(entry->evidence, "run 8f2c");
	assert_int_equal(entry->line, 2);
	assert_false(entry->expired);
	entry = quarantine_entry(quarantine, 1);
	assert_null(entry->reason);
	assert_null(entry->suite);
	assert_int_equal(entry->line, 10);
	quarantine_free(quarantine);
}

static void an_entry_without_a_suite_counts_in_all(void **state)
{
	const struct place *place = *state;
	struct quarantine *quarantine;

	write_text(place, "- {test: a, suite: unit}\n- {test: b}\n- {test: a, suite: more}\n");
	quarantine = load(place);
	assert_int_equal(find(quarantine, "unit", "a")->line, 1);
	assert_int_equal(find(quarantine, "more", "a")->line, 3);
	assert_null(find(quarantine, "other", "a"));
	assert_null(find(quarantine, NULL, "a"));
	assert_int_equal(find(quarantine, "other", "b")->line, 2);
	assert_int_equal(find(quarantine, NULL, "b")->line, 2);
	assert_null(find(quarantine, "unit", "c"));
	quarantine_free(quarantine);
}

static void an_entry_gates_again_from_the_day_it_expires(void **state)
{
	const struct place *place = *state;
	struct quarantine *quarantine;

	write_text(place, "- {test: a, expires: 2026-11-22}\n- {test: b, expires: 2026-11-23}\n"
			  "- {test: a, suite: s, expires: 2026-11-24}\n- {test: c, expires: 1969-12-31}\n");
	quarantine = load(place);
	assert_true(quarantine_entry(quarantine, 0)->expired);
	assert_false(quarantine_entry(quarantine, 1)->expired);
	assert_null(find(quarantine, "other", "a"));
	assert_int_equal(find(quarantine, "s", "a")->line, 3);
	assert_non_null(find(quarantine, "s", "b"));
	assert_null(find(quarantine, "s", "c"));
	quarantine_free(quarantine);
	quarantine = quarantine_load(place->path, TODAY - 6, NULL);
	assert_false(quarantine_entry(quarantine, 0)->expired);
	quarantine_free(quarantine);
}

static void wrong_files_are_told(void **state)
{
	const struct place *place = *state;

	refuse(place, "test: a\n", "1:1: expected a list of entries such as '- test: ID', found a mapping");
	refuse(place, "- a\n", "1:3: expected an entry such as '- test: ID', found 'a'");
	refuse(place, "- suite: a\n", "1:3: the entry lacks the key 'test', the id of a test");
	refuse(place, "- test:\n", "1:3: the entry lacks the key 'test', the id of a test");
	refuse(place, "- test: a\n  resaon: b\n",
	       "2:3: expected a key of an entry, found 'resaon'; did you mean 'reason'?");
	refuse(place, "- test: a\n  colour: b\n",
	       "2:3: expected a key of an entry (test suite reason owner issue since expires evidence), found 'colour'");
	refuse(place, "- test: [a]\n", "1:9: test: expected a text, found a list");
	refuse(place, "- test: \"a\\0b\"\n", "1:9: test: expected a text, found one with a NUL byte in it");
	refuse(place, "- test: a\n  expires: soon\n",
	       "2:12: expires: expected a date such as 2026-11-22, found 'soon'");
	refuse(place, "- test: a\n  since: 2026-02-29\n",
	       "2:10: since: expected a date such as 2026-11-22, found '2026-02-29'");
	refuse(place, "- test: a\n  since: 2026-13-01\n", "2:10: since: expected a date");
	refuse(place, "- test: a\n  since: 2026-1-01\n", "2:10: since: expected a date");
	refuse(place, "- test: a\n  since: 2026-11-22x\n", "2:10: since: expected a date");
	refuse(place, "- test: a\n  since: 20a6-11-22\n", "2:10: since: expected a date");
	refuse(place, "- test: [\n", "2:1: ");
}

static void a_leap_day_is_a_day(void **state)
{
	const struct place *place = *state;
	struct quarantine *quarantine;

	write_text(place, "- {test: a, since: 2024-02-29, expires: 2400-02-29}\n");
	quarantine = load(place);
	assert_non_null(find(quarantine, "s", "a"));
	quarantine_free(quarantine);
}

static void the_first_entry_makes_the_file(void **state)
{
	const struct place *place = *state;
	struct quarantine *quarantine = load(place);
	const struct quarantine_entry *entry;

	assert_int_equal(add(quarantine, "unit", "tests/a.t", "slow: DNS", NULL), 0);
	check_text(place, "- test: tests/a.t\n  suite: unit\n  reason: \"slow: DNS\"\n  since: 2026-11-22\n");
	entry = find(quarantine, "unit", "tests/a.t");
	assert_non_null(entry);
	assert_string_equal(entry->reason, "slow: DNS");
	quarantine_free(quarantine);
}

static void odd_texts_come_back_as_they_were(void **state)
{
	static const char *const texts[] = { "a: b",        "- x",    "#",  "true",      "1.5",
					     " lead",       "trail ", "\"", "tab\there", "two\nlines",
					     "t\xC3\xA9st", "[1]",    "\\", "a #b",      "'",
					     "~",           "@x",     "%",  "\033[31m" };
	const struct place *place = *state;
	struct quarantine *quarantine = load(place);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct error error = ERROR_INIT;

		if (add(quarantine, texts[i], texts[i], texts[i], &error) != 0)
			fail_msg("%s", error.message);
	}
	quarantine_free(quarantine);
	quarantine = load(place);
	assert_int_equal(quarantine_count(quarantine), sizeof(texts) / sizeof(texts[0]));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct quarantine_entry *entry = find(quarantine, texts[i], texts[i]);

		assert_non_null(entry);
		assert_string_equal(entry->reason, texts[i]);
	}
	quarantine_free(quarantine);
}

static void adding_keeps_the_text_that_is_there(void **state)
{
	static const char *const cases[][2] = {
		{ "# head\n\n  - test: a   # why\n    reason: 'x'\n\n# tail\n",
		  "# head\n\n  - test: a   # why\n    reason: 'x'\n\n# tail\n  - test: new\n    since: 2026-11-22\n" },
		{ "- test: a", "- test: a\n- test: new\n  since: 2026-11-22\n" },
		{ "# only words", "# only words\n- test: new\n  since: 2026-11-22\n" },
		{ "---\n", "---\n- test: new\n  since: 2026-11-22\n" },
		{ "- test: a\r\n", "- test: a\r\n- test: new\r\n  since: 2026-11-22\r\n" },
		{ "- test: a\n  reason: |\n    long\n\n    text\n\n",
		  "- test: a\n  reason: |\n    long\n\n    text\n\n- test: new\n  since: 2026-11-22\n" },
		{ "- {test: a,\n   reason: b}\n",
		  "- {test: a,\n   reason: b}\n- test: new\n  since: 2026-11-22\n" },
	};
	const struct place *place = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error error = ERROR_INIT;
		struct quarantine *quarantine;

		write_text(place, cases[i][0]);
		quarantine = load(place);
		if (add(quarantine, NULL, "new", "", &error) != 0)
			fail_msg("case %zu: %s", i, error.message);
		check_text(place, cases[i][1]);
		quarantine_free(quarantine);
	}
}

static void a_file_that_can_not_be_edited_is_left_alone(void **state)
{
	static const char *const texts[] = { "[{test: a}, {test: b}]\n", "[]\n", "- test: a\n...\n" };
	const struct place *place = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct error error = ERROR_INIT;
		struct quarantine *quarantine;

		write_text(place, texts[i]);
		quarantine = load(place);
		assert_int_equal(add(quarantine, "unit", "n", NULL, &error), -1);
		assert_non_null(strstr(error.message, "can't be edited"));
		check_text(place, texts[i]);
		assert_null(find(quarantine, "unit", "n"));
		quarantine_free(quarantine);
	}
	write_text(place, texts[0]);
	{
		struct quarantine *quarantine = load(place);
		struct error error = ERROR_INIT;

		assert_int_equal(quarantine_remove(quarantine, "unit", "a", &error), -1);
		assert_non_null(strstr(error.message, "can't be edited"));
		check_text(place, texts[0]);
		assert_non_null(find(quarantine, "unit", "a"));
		quarantine_free(quarantine);
	}
}

static void a_test_is_added_once(void **state)
{
	const struct place *place = *state;
	struct error error = ERROR_INIT;
	struct quarantine *quarantine;

	write_text(place, "- test: a\n");
	quarantine = load(place);
	assert_int_equal(add(quarantine, "unit", "a", NULL, &error), -1);
	assert_non_null(strstr(error.message, "quarantine.yaml:1: 'a' is quarantined already"));
	check_text(place, "- test: a\n");
	assert_int_equal(add(quarantine, "unit", "\xFF", NULL, &error), -1);
	assert_non_null(strstr(error.message, "expected an id in UTF-8, found '<FF>'"));
	assert_int_equal(add(quarantine, "unit", "", NULL, &error), -1);
	quarantine_free(quarantine);
}

static void an_expired_entry_gets_a_successor(void **state)
{
	const struct place *place = *state;
	struct quarantine *quarantine;

	write_text(place, "- test: a\n  expires: 2026-01-01\n");
	quarantine = load(place);
	assert_int_equal(add(quarantine, "unit", "a", NULL, NULL), 0);
	check_text(place,
		   "- test: a\n  expires: 2026-01-01\n- test: a\n  suite: unit\n  since: 2026-11-22\n");
	assert_int_equal(find(quarantine, "unit", "a")->line, 3);
	quarantine_free(quarantine);
}

static void removing_takes_only_the_entrys_lines(void **state)
{
	static const char *const cases[][2] = {
		{ "# head\n- test: a\n  reason: x\n\n# of b\n- test: b\n", "# head\n\n# of b\n- test: b\n" },
		{ "- test: b\n# of a\n- test: a\n# tail\n", "- test: b\n# of a\n# tail\n" },
		{ "- test: a", "" },
		{ "- test: a\n  reason: |\n    long\n\n    text\n\n- test: b\n", "\n- test: b\n" },
		{ "- # why\n  test: a\n-\n  # because\n\n  test: b\n", "-\n  # because\n\n  test: b\n" },
		{ "-\n  # because\n\n  test: a\n- test: b\n", "- test: b\n" },
		{ "- {test: a,\n   reason: b}\n- test: b\n", "- test: b\n" },
		{ "  - test: a\n    suite: unit\n  - test: a\n    suite: more\n  - test: a\n",
		  "  - test: a\n    suite: more\n" },
		{ "---\r\n- test: b\r\n- test: a\r\n", "---\r\n- test: b\r\n" },
		{ "\xEF\xBB\xBF- test: a\n- test: b\n", "- test: b\n" },
		{ "- test: a\n  reason: one\n    two\n  issue: \"x\n    y\"\n- test: b\n", "- test: b\n" },
	};
	const struct place *place = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error error = ERROR_INIT;
		struct quarantine *quarantine;

		write_text(place, cases[i][0]);
		quarantine = load(place);
		if (quarantine_remove(quarantine, "unit", "a", &error) != 0)
			fail_msg("case %zu: %s", i, error.message);
		check_text(place, cases[i][1]);
		assert_null(find(quarantine, "unit", "a"));
		quarantine_free(quarantine);
	}
}

static void only_what_is_there_can_be_removed(void **state)
{
	const struct place *place = *state;
	struct error error = ERROR_INIT;
	struct quarantine *quarantine;

	write_text(place, "- {test: a, suite: more}\n");
	quarantine = load(place);
	assert_int_equal(quarantine_remove(quarantine, "unit", "a", &error), -1);
	assert_non_null(strstr(error.message, "there is no entry of 'a'"));
	check_text(place, "- {test: a, suite: more}\n");
	assert_int_equal(quarantine_remove(quarantine, NULL, "a", &error), 0);
	check_text(place, "");
	quarantine_free(quarantine);
}

static void what_others_wrote_meanwhile_is_kept(void **state)
{
	const struct place *place = *state;
	struct quarantine *quarantine = load(place);

	write_text(place, "# by hand\n- test: other\n");
	assert_int_equal(add(quarantine, "unit", "mine", NULL, NULL), 0);
	check_text(place, "# by hand\n- test: other\n- test: mine\n  suite: unit\n  since: 2026-11-22\n");
	assert_non_null(find(quarantine, "unit", "other"));
	write_text(place, "- test: [\n");
	assert_int_equal(add(quarantine, "unit", "more", NULL, NULL), -1);
	check_text(place, "- test: [\n");
	assert_non_null(find(quarantine, "unit", "mine"));
	quarantine_free(quarantine);
}

static void processes_that_write_at_once_lose_nothing(void **state)
{
	enum { PROCESSES = 4, ENTRIES = 15 };
	const struct place *place = *state;
	struct quarantine *quarantine;
	pid_t children[PROCESSES];

	for (int p = 0; p < PROCESSES; p++) {
		children[p] = fork();
		assert_true(children[p] >= 0);
		if (children[p] == 0) {
			struct quarantine *mine = quarantine_load(place->path, TODAY, NULL);
			int failed = mine == NULL;

			for (int i = 0; !failed && i < ENTRIES; i++) {
				char id[32];

				snprintf(id, sizeof(id), "t%d-%d", p, i);
				failed = add(mine, "unit", id, NULL, NULL) != 0;
			}
			quarantine_free(mine);
			_exit(failed);
		}
	}
	for (int p = 0; p < PROCESSES; p++) {
		int status;

		assert_int_equal(waitpid(children[p], &status, 0), children[p]);
		assert_int_equal(status, 0);
	}
	quarantine = load(place);
	assert_int_equal(quarantine_count(quarantine), PROCESSES * ENTRIES);
	quarantine_free(quarantine);
}

static void a_directory_that_is_not_there_is_told(void **state)
{
	const struct place *place = *state;
	struct error error = ERROR_INIT;
	char path[128];
	struct quarantine *quarantine;

	snprintf(path, sizeof(path), "%s/no/quarantine.yaml", place->directory);
	quarantine = quarantine_load(path, TODAY, NULL);
	assert_non_null(quarantine);
	assert_int_equal(add(quarantine, "unit", "a", NULL, &error), -1);
	assert_non_null(strstr(error.message, "No such file or directory"));
	quarantine_free(quarantine);
	assert_null(quarantine_load(place->directory, TODAY, &error));
	assert_non_null(strstr(error.message, "found a directory"));
}

static void expressions_hold_the_tests_that_they_match(void **state)
{
	static const struct test_facts facts[] = {
		{ .suite = "unit",
		  .id = "tests/net.t",
		  .file = "tests/net.t",
		  .marks = "dns,slow",
		  .duration = 5 },
		{ .suite = "more", .id = "tests/net.t", .file = "tests/net.t", .duration = UINT64_MAX },
		{ .suite = "unit", .id = "tests/a.t", .outcome = OUTCOME_FAILED, .flaky = true },
	};
	static const struct {
		const char *test;
		bool holds[3];
	} cases[] = {
		{ "file(net)", { true, true, false } },
		{ "file(net) and marker(dns)", { true, false, false } },
		{ "net | a.t", { true, true, true } },
		{ "not test(=tests/net.t)", { false, false, true } },
		{ "'#tests/n*'", { true, true, false } },
		{ "/net[.]t$/", { true, true, false } },
		{ "suite(more)", { false, true, false } },
		{ "outcome(failed) or flaky()", { false, false, true } },
		{ "duration(< 1s)", { true, false, true } },
		{ "all()", { true, true, true } },
		{ "none()", { false, false, false } },
		{ "tests", { false, false, false } },
	};
	const struct place *place = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[128];

		snprintf(text, sizeof(text), "- test: %s\n", cases[i].test);
		write_text(place, text);
		struct quarantine *quarantine = load(place);
		for (size_t k = 0; k < 3; k++) {
			const struct quarantine_entry *entry = quarantine_find(quarantine, &facts[k]);

			if ((entry != NULL) != cases[i].holds[k])
				fail_msg("%s: test %zu", cases[i].test, k);
		}
		quarantine_free(quarantine);
	}
}

static void an_expression_counts_in_its_suite_and_until_it_expires(void **state)
{
	const struct place *place = *state;
	struct quarantine *quarantine;

	write_text(place, "- {test: test(a), expires: 2026-11-22}\n"
			  "- {test: test(b), suite: unit}\n"
			  "- {test: test(c), expires: 2026-11-23}\n");
	quarantine = load(place);
	assert_null(find(quarantine, "unit", "a"));
	assert_int_equal(find(quarantine, "unit", "b")->line, 2);
	assert_null(find(quarantine, "more", "b"));
	assert_null(find(quarantine, NULL, "b"));
	assert_int_equal(find(quarantine, "more", "c")->line, 3);
	quarantine_free(quarantine);
}

static void the_entry_with_the_id_comes_before_expressions(void **state)
{
	const struct place *place = *state;
	struct quarantine *quarantine;

	write_text(place, "- test: all()\n- test: test(a)\n- test: a\n- {test: a, suite: unit}\n");
	quarantine = load(place);
	assert_int_equal(find(quarantine, "unit", "a")->line, 3);
	assert_int_equal(find(quarantine, "unit", "b")->line, 1);
	quarantine_free(quarantine);
}

static void whether_it_is_in_quarantine_does_not_decide_whether_it_is(void **state)
{
	const struct place *place = *state;
	struct test_facts facts = { .suite = "unit", .id = "a", .quarantined = true };
	struct quarantine *quarantine;

	write_text(place, "- test: quarantined()\n");
	quarantine = load(place);
	assert_null(quarantine_find(quarantine, &facts));
	quarantine_free(quarantine);
	write_text(place, "- test: not quarantined()\n");
	quarantine = load(place);
	assert_non_null(quarantine_find(quarantine, &facts));
	quarantine_free(quarantine);
}

/* What a text is taken for: NULL, an expression, or an id. */
static void takes(const char *text, const char *expected)
{
	struct error error = ERROR_INIT;
	char *id = NULL;

	if (quarantine_read_test(text, &id, &error) != 0)
		fail_msg("%s: %s", text, error.message);
	if (!expected && id)
		fail_msg("%s: is taken for an id", text);
	if (expected && (!id || strcmp(id, expected) != 0))
		fail_msg("%s: is taken for %s", text, id ? id : "an expression");
	free(id);
}

static void what_is_more_than_a_word_is_an_expression(void **state)
{
	static const char *const expressions[] = {
		"file(net)",
		" file ( net )",
		"not a",
		"!a",
		"a and b",
		"a or b",
		"a|b",
		"a & b",
		"a - b",
		"(a or b)",
		"test(=a)",
		"~a",
		"=a",
		"#a*",
		"/a/",
		"'a b'",
		"\"a\"",
		"all()",
		"a and file(x)",
		"test(=\"a\") or b",
		"test(=\"a\" )",
	};
	static const char *const ids[] = {
		"a",
		"tests/test_a.py::test_b",
		"tests/test_a.py::test_b[1-(2)]",
		"test_b[a and b]",
		"test_b[file(x)]",
		"test_b[x(]",
		"a b",
		"my tests/a b.t",
		"/usr/lib/a.t",
		"a-b",
		"program::group::not a test",
		"x y and z",
		"it's",
		"'",
		"(a",
		"a)",
		"[",
		"#",
		"=",
		"~",
		"a, b",
		"not",
		"and",
		"not(",
		"!(",
		"a or",
		"() x",
		"tests/calls file(x)",
		"-a",
		"1(2)",
		"\xC3\xA9(x)",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++)
		takes(expressions[i], NULL);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		takes(ids[i], ids[i]);
	}
	takes("test(=\"a and b\")", "a and b");
	takes("test(=\"a \\\"b\\\" \\\\c \\d\")", "a \"b\" \\c \\d");
}

static void a_broken_expression_is_told_with_its_place(void **state)
{
	const struct place *place = *state;

	refuse(place, "- test: a\n- reason: x\n  test: file(net\n",
	       "3:9: test: expected ')' behind file(..., found the end\n  file(net\n          ^\n"
	       "  (a test with this id is written test(=\"file(net\"))");
	refuse(place, "- test: fil(net)\n", "1:9: test: expected a function");
	refuse(place, "- test: not (file(a) and\n", "1:9: test: expected ");
	refuse(place, "- test: \"!flaky(\"\n", "1:9: test: expected ");
	refuse(place, "- test: duration(> soon)\n", "1:9: test: expected ");
	refuse(place, "- test: name(/[/)\n", "1:9: test: expected a regular expression");
	refuse(place, "- test: run(1).sh\n", "1:9: test: expected ");
}

static void ids_that_look_like_expressions_are_added_as_ids(void **state)
{
	static const char *const ids[] = {
		"a and b", "file(x)", "file(x",       "run(1).sh", "not a",      "\"q\" and \\",    "#glob",
		"/a/",     "a|b",     "test(=\"a\")", "a, b",      "test_b[(x]", "two\nlines and a"
	};
	const struct place *place = *state;
	struct quarantine *quarantine = load(place);

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct error error = ERROR_INIT;

		if (add(quarantine, "unit", ids[i], NULL, &error) != 0)
			fail_msg("%s: %s", ids[i], error.message);
	}
	quarantine_free(quarantine);
	quarantine = load(place);
	for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct quarantine_entry *entry = quarantine_entry(quarantine, i);

		assert_string_equal(entry->id, ids[i]);
		assert_ptr_equal(find(quarantine, "unit", ids[i]), entry);
	}
	assert_null(find(quarantine, "unit", "b and more of a"));
	for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_int_equal(quarantine_remove(quarantine, "unit", ids[i], NULL), 0);
	assert_int_equal(quarantine_count(quarantine), 0);
	quarantine_free(quarantine);
}

static void a_test_whose_id_is_the_text_of_an_expression_is_meant_too(void **state)
{
	const struct place *place = *state;
	struct quarantine *quarantine;

	write_text(place, "- test: not a\n");
	quarantine = load(place);
	assert_non_null(find(quarantine, "unit", "not a"));
	assert_null(find(quarantine, "unit", "a"));
	assert_non_null(find(quarantine, "unit", "b"));
	quarantine_free(quarantine);
}

static void expressions_are_added_and_removed_as_they_are_written(void **state)
{
	const struct place *place = *state;
	struct error error = ERROR_INIT;
	struct quarantine *quarantine = load(place);

	assert_int_equal(add_test(quarantine, "file(net) and not name(a)", NULL), 0);
	check_text(place, "- test: file(net) and not name(a)\n  since: 2026-11-22\n");
	assert_int_equal(add_test(quarantine, "file(net) and not name(a)", &error), -1);
	assert_non_null(strstr(error.message, "is quarantined already"));
	assert_int_equal(add_test(quarantine, "file(net", &error), -1);
	assert_non_null(strstr(error.message, "expected ')'"));
	assert_int_equal(add_test(quarantine, "plain.t", NULL), 0);
	assert_string_equal(quarantine_entry(quarantine, 1)->id, "plain.t");
	assert_int_equal(add(quarantine, "unit", "plain.t", NULL, &error), -1);
	assert_int_equal(add_test(quarantine, "test(=\"plain.t\")", &error), -1);
	assert_int_equal(quarantine_remove(quarantine, NULL, "file(net) and not name(b)", &error), -1);
	assert_non_null(strstr(error.message, "did you mean 'file(net) and not name(a)'?"));
	assert_int_equal(quarantine_remove(quarantine, NULL, "file(net) and not name(a)", NULL), 0);
	check_text(place, "- test: plain.t\n  since: 2026-11-22\n");
	quarantine_free(quarantine);
}

static void all_that_is_known_of_an_entry_is_written(void **state)
{
	const struct place *place = *state;
	const struct quarantine_request request = {
		.id = "a",
		.suite = "unit",
		.reason = "bad \xFF byte",
		.owner = "ann",
		.issue = "#12",
		.expires = "2026-11-23",
		.evidence = "3 of 10 runs failed (11 % to 60 %)",
	};
	struct quarantine *quarantine = load(place);

	assert_int_equal(quarantine_add(quarantine, &request, NULL), 0);
	check_text(place, "- test: a\n  suite: unit\n  reason: \"bad \xEF\xBF\xBD byte\"\n  owner: ann\n"
			  "  issue: \"#12\"\n  since: 2026-11-22\n  expires: 2026-11-23\n"
			  "  evidence: \"3 of 10 runs failed (11 % to 60 %)\"\n");
	quarantine_free(quarantine);
}

static void an_entry_that_would_have_expired_is_not_added(void **state)
{
	static const char *const dates[] = { "2026-11-22", "2026-02-30", "30d", "1999-01-01" };
	const struct place *place = *state;
	struct quarantine *quarantine = load(place);

	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		const struct quarantine_request request = { .id = "a", .expires = dates[i] };
		struct error error = ERROR_INIT;

		assert_int_equal(quarantine_add(quarantine, &request, &error), -1);
		assert_non_null(strstr(error.message, "expected a date after today"));
	}
	assert_false(fs_exists(place->path));
	quarantine_free(quarantine);
}

static void the_week_before_it_expires_is_known(void **state)
{
	static const struct {
		const char *date;
		int days;
		bool expired, soon;
		const char *term;
	} cases[] = {
		{ "2026-10-01", -52, true, false, "expired 52 days ago" },
		{ "2026-11-21", -1, true, false, "expired yesterday" },
		{ "2026-11-22", 0, true, false, "expired today" },
		{ "2026-11-23", 1, false, true, "expires tomorrow" },
		{ "2026-11-24", 2, false, true, "expires in 2 days" },
		{ "2026-11-29", 7, false, true, "expires in 7 days" },
		{ "2026-11-30", 8, false, false, "expires in 8 days" },
		{ "2027-11-22", 365, false, false, "expires in 365 days" },
		{ NULL, INT_MAX, false, false, "" },
	};
	const struct place *place = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str term = STR_INIT;
		char text[128];

		snprintf(text, sizeof(text), "- test: a\n  expires: %s\n",
			 cases[i].date ? cases[i].date : "");
		write_text(place, text);
		struct quarantine *quarantine = load(place);
		const struct quarantine_entry *entry = quarantine_entry(quarantine, 0);
		assert_int_equal(entry->days_left, cases[i].days);
		assert_int_equal(entry->expired, cases[i].expired);
		assert_int_equal(entry->expires_soon, cases[i].soon);
		quarantine_add_term(&term, entry);
		assert_string_equal(term.data, cases[i].term);
		str_fini(&term);
		quarantine_free(quarantine);
	}
}

static void expiry_is_a_date_or_a_number_of_days(void **state)
{
	static const char *const good[][2] = {
		{ "2026-11-23", "2026-11-23" }, { "9999-12-31", "9999-12-31" }, { "1d", "2026-11-23" },
		{ "9d", "2026-12-01" },         { "2w", "2026-12-06" },         { "465d", "2028-03-01" },
		{ "36500d", "2126-10-29" },
	};
	static const char *const bad[] = {
		"2026-11-22", "2026-11-31", "soon", "",  "0d",     "-3d", "3",
		"3m",         "3dd",        " 3d",  "d", "36501d", "+3d", "99999999999999999999d"
	};
	char date[16];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(quarantine_expiry(good[i][0], TODAY, date, NULL), 0);
		assert_string_equal(date, good[i][1]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error error = ERROR_INIT;

		if (quarantine_expiry(bad[i], TODAY, date, &error) != -1)
			fail_msg("%s is %s", bad[i], date);
		assert_non_null(strstr(error.message, "expected a date after today"));
	}
}

static void days_are_counted_by_utc(void **state)
{
	int64_t day;
	char text[16];

	(void)state;
	assert_true(quarantine_date_read("1970-01-01", &day));
	assert_int_equal(day, 0);
	assert_true(quarantine_date_read("1969-12-31", &day));
	assert_int_equal(day, -1);
	assert_true(quarantine_date_read("2026-11-22", &day));
	assert_int_equal(day, 20779);
	quarantine_date_write(20779, text);
	assert_string_equal(text, "2026-11-22");
	assert_int_equal(quarantine_date_of(TODAY), 20779);
	assert_int_equal(quarantine_date_of(TODAY - 6), 20778);
	assert_false(quarantine_date_read("2026-02-29", &day));
}

static void entries_that_name_no_test_are_known(void **state)
{
	static const struct test_facts facts[] = { { .suite = "unit", .id = "a", .file = "a.c" },
						   { .suite = "unit", .id = "not z", .file = "b.c" } };
	static const bool matched[] = { true, false, false, true, false, true, true };
	const struct place *place = *state;
	struct quarantine *quarantine;

	write_text(place, "- test: a\n- {test: a, suite: more}\n- test: gone\n- test: file(b.c)\n"
			  "- test: file(c.c)\n- {test: a, expires: 2020-01-01}\n- test: not z\n");
	quarantine = load(place);
	assert_false(quarantine_entry(quarantine, 0)->matched);
	quarantine_note(quarantine, &facts[0]);
	quarantine_note(quarantine, &facts[1]);
	/* To look for a test is not to note it, and a change is no reason to forget. */
	assert_non_null(find(quarantine, "unit", "gone"));
	assert_int_equal(add(quarantine, "unit", "new", NULL, NULL), 0);
	for (unsigned i = 0; i < sizeof(matched) / sizeof(matched[0]); i++) {
		if (quarantine_entry(quarantine, i)->matched != matched[i])
			fail_msg("entry %u", i);
	}
	assert_false(quarantine_entry(quarantine, 7)->matched);
	quarantine_free(quarantine);
}

static void note_line(void *context, const struct quarantine_entry *entry)
{
	*(unsigned *)context |= 1U << entry->line;
}

static void all_entries_of_a_test_are_visited(void **state)
{
	static const struct test_facts facts[] = { { .suite = "unit", .id = "a", .file = "a.c" },
						   { .suite = "unit", .id = "z", .file = "b.c" } };
	const struct place *place = *state;
	struct quarantine *quarantine;
	unsigned lines = 0;

	write_text(place, "- test: a\n- {test: a, suite: more}\n- test: file(a.c)\n"
			  "- {test: a, suite: unit, expires: 2020-01-01}\n- test: file(b.c)\n");
	quarantine = load(place);
	quarantine_each(quarantine, &facts[0], note_line, &lines);
	assert_int_equal(lines, 1U << 1 | 1U << 3 | 1U << 4);
	lines = 0;
	quarantine_each(quarantine, &facts[1], note_line, &lines);
	assert_int_equal(lines, 1U << 5);
	assert_false(quarantine_entry(quarantine, 0)->matched);
	quarantine_free(quarantine);
}

static void it_is_known_what_no_history_can_judge(void **state)
{
	static const bool needs[] = { false, true, true, true, true, false, false };
	const struct place *place = *state;
	struct quarantine *quarantine;

	write_text(place,
		   "- test: a\n- test: marker(slow)\n- test: file(a) and not group(x)\n- test: scope(x)\n"
		   "- test: adapter(tap)\n- test: file(a) or outcome(failed)\n- test: suite(x)\n");
	quarantine = load(place);
	for (unsigned i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		assert_int_equal(quarantine_entry_needs_collection(quarantine, i), needs[i]);
	quarantine_free(quarantine);
}

static void an_expression_that_gave_up_is_told_once(void **state)
{
	const struct place *place = *state;
	struct quarantine *quarantine;
	static const char id[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";
	char *message = NULL;

	write_text(place, "- test: b\n- test: test(/b/) or test(/^(a+)+$/)\n");
	quarantine = load(place);
	assert_false(quarantine_gave_up(quarantine, &message));
	find(quarantine, "unit", id);
	assert_true(quarantine_gave_up(quarantine, &message));
	assert_non_null(strstr(message, "quarantine.yaml:2: /^(a+)+$/ takes too many steps"));
	free(message);
	find(quarantine, "unit", id);
	assert_int_equal(add(quarantine, "unit", "new", NULL, NULL), 0);
	find(quarantine, "unit", id);
	assert_false(quarantine_gave_up(quarantine, &message));
	quarantine_free(quarantine);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(a_missing_file_is_empty),
		IN_PLACE(entries_are_read),
		IN_PLACE(an_entry_without_a_suite_counts_in_all),
		IN_PLACE(an_entry_gates_again_from_the_day_it_expires),
		IN_PLACE(wrong_files_are_told),
		IN_PLACE(a_leap_day_is_a_day),
		IN_PLACE(the_first_entry_makes_the_file),
		IN_PLACE(odd_texts_come_back_as_they_were),
		IN_PLACE(adding_keeps_the_text_that_is_there),
		IN_PLACE(a_file_that_can_not_be_edited_is_left_alone),
		IN_PLACE(a_test_is_added_once),
		IN_PLACE(an_expired_entry_gets_a_successor),
		IN_PLACE(removing_takes_only_the_entrys_lines),
		IN_PLACE(only_what_is_there_can_be_removed),
		IN_PLACE(what_others_wrote_meanwhile_is_kept),
		IN_PLACE(processes_that_write_at_once_lose_nothing),
		IN_PLACE(a_directory_that_is_not_there_is_told),
		IN_PLACE(expressions_hold_the_tests_that_they_match),
		IN_PLACE(an_expression_counts_in_its_suite_and_until_it_expires),
		IN_PLACE(the_entry_with_the_id_comes_before_expressions),
		IN_PLACE(whether_it_is_in_quarantine_does_not_decide_whether_it_is),
		IN_PLACE(what_is_more_than_a_word_is_an_expression),
		IN_PLACE(a_broken_expression_is_told_with_its_place),
		IN_PLACE(ids_that_look_like_expressions_are_added_as_ids),
		IN_PLACE(a_test_whose_id_is_the_text_of_an_expression_is_meant_too),
		IN_PLACE(expressions_are_added_and_removed_as_they_are_written),
		IN_PLACE(all_that_is_known_of_an_entry_is_written),
		IN_PLACE(an_entry_that_would_have_expired_is_not_added),
		IN_PLACE(the_week_before_it_expires_is_known),
		IN_PLACE(expiry_is_a_date_or_a_number_of_days),
		IN_PLACE(days_are_counted_by_utc),
		IN_PLACE(entries_that_name_no_test_are_known),
		IN_PLACE(all_entries_of_a_test_are_visited),
		IN_PLACE(it_is_known_what_no_history_can_judge),
		IN_PLACE(an_expression_that_gave_up_is_told_once),
	};

	return cmocka_run_group_tests_name("quarantine", tests, NULL, NULL);
}
