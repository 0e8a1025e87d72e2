/* Lists of tests in --linear, and finding them by their names. */
#include "tui/linear_view.h"

#include "base/clock.h"
#include "event/codec.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PAGE 20 /* lines of a list that are told at once */

bool linear_has_failed(const struct linear *linear, const struct test *test)
{
	(void)linear;
	return test->state == TEST_DONE && outcome_is_failure(test->outcome) && !test->quarantined;
}

static bool is_any(const struct linear *linear, const struct test *test)
{
	(void)linear;
	(void)test;
	return true;
}

static bool is_running(const struct linear *linear, const struct test *test)
{
	(void)linear;
	return test->state == TEST_RUNNING;
}

static bool is_waiting(const struct linear *linear, const struct test *test)
{
	(void)linear;
	return test->state == TEST_WAITING || test->state == TEST_RETRYING;
}

static bool is_flaky(const struct linear *linear, const struct test *test)
{
	(void)linear;
	return test->flaky;
}

static bool is_slow(const struct linear *linear, const struct test *test)
{
	return test->state == TEST_DONE && test->duration >= (linear->options.slow ? linear->options.slow : CLOCK_SECOND);
}

static bool is_quarantined(const struct linear *linear, const struct test *test)
{
	return test->quarantined || (linear->control && linear->control->quarantined &&
				     linear->control->quarantined(linear->control->context, test->number));
}

static bool is_skipped(const struct linear *linear, const struct test *test)
{
	(void)linear;
	return test->outcome == OUTCOME_SKIPPED || test->outcome == OUTCOME_XFAILED;
}

static bool is_not_run(const struct linear *linear, const struct test *test)
{
	(void)linear;
	return test->outcome == OUTCOME_NOTRUN;
}

static const struct list {
	const char *name;
	bool (*has)(const struct linear *linear, const struct test *test);
	const char *nothing;
} lists[] = {
	{ "failed", linear_has_failed, "No test has failed." },
	{ "running", is_running, "No test is running." },
	{ "flaky", is_flaky, "No test passed only at a later attempt." },
	{ "slow", is_slow, "No test was slow." },
	{ "quarantined", is_quarantined, "No test is in quarantine." },
	{ "skipped", is_skipped, "No test was skipped." },
	{ "waiting", is_waiting, "No test waits." },
	{ "notrun", is_not_run, "No test was left out." },
	{ "all", is_any, "No tests were found." },
};

static void list_from(struct linear *linear, const struct list *list, size_t from)
{
	struct str text = STR_INIT;
	size_t shown = 0, more = 0, next = 0;

	for (size_t i = from; i < linear->run->tests.length; i++) {
		const struct test *test = linear->run->tests.items[i];

		if (!list->has(linear, test))
			continue;
		if (shown == PAGE) {
			if (!more++)
				next = i;
			continue;
		}
		shown++;
		linear_add_test(linear, &text, test);
	}
	if (!shown)
		str_add_format(&text, "%s\n", from ? "That was all." : list->nothing);
	else if (more)
		str_add_format(&text, "%zu more: \"more\" goes on.\n", more);
	linear->listed = list;
	linear->list_next = more ? next : linear->run->tests.length;
	linear_write(linear, &text);
	str_fini(&text);
}

void linear_list(struct linear *linear, struct words *words)
{
	const size_t count = sizeof(lists) / sizeof(*lists);
	struct slice word = linear_next_word(words);
	struct str names = STR_INIT;

	if (!word.length) {
		list_from(linear, &lists[linear->run->finished || tally_sum(&linear->run->tally).failed ? 0 : 1], 0);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (word.length <= strlen(lists[i].name) && strncasecmp(word.data, lists[i].name, word.length) == 0) {
			list_from(linear, &lists[i], 0);
			return;
		}
	for (size_t i = 0; i < count; i++)
		str_add_format(&names, "%s%s", i ? ", " : "", lists[i].name);
	linear_say(linear, "There is no list \"%.*s\": %s.", (int)word.length, word.data, names.data);
	str_fini(&names);
}

void linear_more(struct linear *linear, struct words *words)
{
	(void)words;
	if (linear->listed)
		list_from(linear, linear->listed, linear->list_next);
	else
		linear_say(linear, "Nothing was listed yet: \"list failed\", say.");
}

void linear_search(struct linear *linear, struct words *words)
{
	struct str text = STR_INIT;
	char *needle = strndup(words->rest.data, words->rest.length);
	size_t found = 0;

	if (!needle || !*needle) {
		linear_say(linear, "Search for what? A part of a test's name.");
		free(needle);
		return;
	}
	for (size_t i = 0; i < linear->run->tests.length; i++) {
		const struct test *test = linear->run->tests.items[i];

		if (!strcasestr(test->id, needle))
			continue;
		if (found++ < PAGE)
			linear_add_test(linear, &text, test);
	}
	if (!found)
		str_add_format(&text, "No test has \"%s\" in its name.\n", needle);
	else if (found > PAGE)
		str_add_format(&text, "%zu more have it: search for more of the name.\n", found - PAGE);
	linear_write(linear, &text);
	str_fini(&text);
	free(needle);
}
