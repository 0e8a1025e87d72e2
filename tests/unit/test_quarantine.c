#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "store/quarantine.h"

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
	assert_null(quarantine_find(quarantine, "unit", "a"));
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
	assert_int_equal(quarantine_find(quarantine, "unit", "a")->line, 1);
	assert_int_equal(quarantine_find(quarantine, "more", "a")->line, 3);
	assert_null(quarantine_find(quarantine, "other", "a"));
	assert_null(quarantine_find(quarantine, NULL, "a"));
	assert_int_equal(quarantine_find(quarantine, "other", "b")->line, 2);
	assert_int_equal(quarantine_find(quarantine, NULL, "b")->line, 2);
	assert_null(quarantine_find(quarantine, "unit", "c"));
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
	assert_null(quarantine_find(quarantine, "other", "a"));
	assert_int_equal(quarantine_find(quarantine, "s", "a")->line, 3);
	assert_non_null(quarantine_find(quarantine, "s", "b"));
	assert_null(quarantine_find(quarantine, "s", "c"));
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
	assert_non_null(quarantine_find(quarantine, "s", "a"));
	quarantine_free(quarantine);
}

static void the_first_entry_makes_the_file(void **state)
{
	const struct place *place = *state;
	struct quarantine *quarantine = load(place);
	const struct quarantine_entry *entry;

	assert_int_equal(quarantine_add(quarantine, "unit", "tests/a.t", "slow: DNS", NULL), 0);
	check_text(place, "- test: tests/a.t\n  suite: unit\n  reason: \"slow: DNS\"\n  since: 2026-11-22\n");
	entry = quarantine_find(quarantine, "unit", "tests/a.t");
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

		if (quarantine_add(quarantine, texts[i], texts[i], texts[i], &error) != 0)
			fail_msg("%s", error.message);
	}
	quarantine_free(quarantine);
	quarantine = load(place);
	assert_int_equal(quarantine_count(quarantine), sizeof(texts) / sizeof(texts[0]));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct quarantine_entry *entry = quarantine_find(quarantine, texts[i], texts[i]);

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
		if (quarantine_add(quarantine, NULL, "new", "", &error) != 0)
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
		assert_int_equal(quarantine_add(quarantine, "unit", "n", NULL, &error), -1);
		assert_non_null(strstr(error.message, "can't be edited"));
		check_text(place, texts[i]);
		assert_null(quarantine_find(quarantine, "unit", "n"));
		quarantine_free(quarantine);
	}
	write_text(place, texts[0]);
	{
		struct quarantine *quarantine = load(place);
		struct error error = ERROR_INIT;

		assert_int_equal(quarantine_remove(quarantine, "unit", "a", &error), -1);
		assert_non_null(strstr(error.message, "can't be edited"));
		check_text(place, texts[0]);
		assert_non_null(quarantine_find(quarantine, "unit", "a"));
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
	assert_int_equal(quarantine_add(quarantine, "unit", "a", NULL, &error), -1);
	assert_non_null(strstr(error.message, "quarantine.yaml:1: 'a' is quarantined already"));
	check_text(place, "- test: a\n");
	assert_int_equal(quarantine_add(quarantine, "unit", "\xFF", NULL, &error), -1);
	assert_non_null(strstr(error.message, "expected an id in UTF-8, found '<FF>'"));
	assert_int_equal(quarantine_add(quarantine, "unit", "", NULL, &error), -1);
	quarantine_free(quarantine);
}

static void an_expired_entry_gets_a_successor(void **state)
{
	const struct place *place = *state;
	struct quarantine *quarantine;

	write_text(place, "- test: a\n  expires: 2026-01-01\n");
	quarantine = load(place);
	assert_int_equal(quarantine_add(quarantine, "unit", "a", NULL, NULL), 0);
	check_text(place,
		   "- test: a\n  expires: 2026-01-01\n- test: a\n  suite: unit\n  since: 2026-11-22\n");
	assert_int_equal(quarantine_find(quarantine, "unit", "a")->line, 3);
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
		assert_null(quarantine_find(quarantine, "unit", "a"));
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
	assert_int_equal(quarantine_add(quarantine, "unit", "mine", NULL, NULL), 0);
	check_text(place, "# by hand\n- test: other\n- test: mine\n  suite: unit\n  since: 2026-11-22\n");
	assert_non_null(quarantine_find(quarantine, "unit", "other"));
	write_text(place, "- test: [\n");
	assert_int_equal(quarantine_add(quarantine, "unit", "more", NULL, NULL), -1);
	check_text(place, "- test: [\n");
	assert_non_null(quarantine_find(quarantine, "unit", "mine"));
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
				failed = quarantine_add(mine, "unit", id, NULL, NULL) != 0;
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
	assert_int_equal(quarantine_add(quarantine, "unit", "a", NULL, &error), -1);
	assert_non_null(strstr(error.message, "No such file or directory"));
	quarantine_free(quarantine);
	assert_null(quarantine_load(place->directory, TODAY, &error));
	assert_non_null(strstr(error.message, "found a directory"));
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
	};

	return cmocka_run_group_tests_name("quarantine", tests, NULL, NULL);
}
