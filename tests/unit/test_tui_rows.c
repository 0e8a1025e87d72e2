#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "feed.h"
#include "tui/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A frontend that only keeps rows, as the dashboard does. */
struct listener {
	struct frontend frontend;
	struct rows *rows;
};

struct fixture {
	struct feed feed;
	struct listener listener;
	struct rows_list list;
};

static void hear(struct frontend *frontend, const struct model *model, const struct event *event)
{
	struct listener *listener = (struct listener *)frontend;
	const struct test *test = event_has(event, test) ? model_test(model, event->test) : NULL;

	if (test)
		rows_update(listener->rows, test);
}

static const struct frontend_ops ops = { "rows", hear, NULL, NULL, NULL };

static int set_up(void **state)
{
	struct fixture *fixture = ALLOC_NEW(struct fixture);

	fixture->feed.model = model_new();
	fixture->listener.frontend.ops = &ops;
	fixture->listener.rows = rows_new(0);
	fixture->feed.frontend = &fixture->listener.frontend;
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	vec_fini(&fixture->list.tests);
	rows_free(fixture->listener.rows);
	model_free(fixture->feed.model);
	free(fixture);
	return 0;
}

static const struct ending passed = { .outcome = OUTCOME_PASSED };
static const struct ending failed = { .outcome = OUTCOME_FAILED, .message = "no" };

static void find(struct fixture *fixture, unsigned count)
{
	char id[32];

	for (unsigned i = 1; i <= count; i++) {
		snprintf(id, sizeof(id), "test_%u", i * 7919u % 1000u);
		feed_found(&fixture->feed, i, id);
	}
}

/* The numbers of the list as text, "3 1 2". */
static const char *listed(struct fixture *fixture, enum tab tab, enum column column, bool inverted)
{
	static char text[256];
	size_t length = 0;

	while (!rows_list(fixture->listener.rows, fixture->feed.model, tab, column, inverted, fixture->feed.t,
			  &fixture->list))
		;
	text[0] = '\0';
	vec_each(&fixture->list.tests, test)
		length +=
			(size_t)snprintf(text + length, sizeof(text) - length, length ? " %u" : "%u", *test);
	return text;
}

static void tests_enter_and_leave_tabs(void **state)
{
	struct fixture *fixture = *state;
	struct rows *rows = fixture->listener.rows;

	find(fixture, 3);
	assert_int_equal(rows_count(rows, TAB_ALL), 3);
	feed_started(&fixture->feed, 2, 1, 0);
	assert_string_equal(listed(fixture, TAB_RUNNING, COLUMN_FOUND, false), "2");
	feed_ended(&fixture->feed, 2, 0, failed);
	assert_int_equal(rows_count(rows, TAB_RUNNING), 0);
	assert_string_equal(listed(fixture, TAB_FAILED, COLUMN_FOUND, false), "2");
	assert_int_equal(rows_outcomes(rows, OUTCOME_FAILED), 1);
	/* A rerun that passes takes it out again. */
	feed_whole(&fixture->feed, 2, 0, passed);
	assert_string_equal(listed(fixture, TAB_FAILED, COLUMN_FOUND, false), "");
	assert_int_equal(rows_count(rows, TAB_FAILED), 0);
	assert_int_equal(rows_outcomes(rows, OUTCOME_FAILED), 0);
	assert_int_equal(rows_outcomes(rows, OUTCOME_PASSED), 1);
}

static void failure_that_runs_again_stays_a_failure(void **state)
{
	struct fixture *fixture = *state;

	find(fixture, 1);
	feed_whole(&fixture->feed, 1, 0, failed);
	feed_started(&fixture->feed, 1, 1, 0);
	assert_true(rows_in(fixture->listener.rows, 1, TAB_FAILED));
	assert_true(rows_in(fixture->listener.rows, 1, TAB_RUNNING));
	assert_int_equal(rows_interest(fixture->listener.rows, 1), INTEREST_FAILURE);
}

static void quarantined_failure_is_in_its_own_tab_only(void **state)
{
	struct fixture *fixture = *state;
	struct ending held = failed;

	held.quarantined = true;
	find(fixture, 1);
	feed_whole(&fixture->feed, 1, 0, held);
	assert_false(rows_in(fixture->listener.rows, 1, TAB_FAILED));
	assert_true(rows_in(fixture->listener.rows, 1, TAB_QUARANTINED));
	assert_int_equal(rows_outcomes(fixture->listener.rows, OUTCOME_FAILED), 0);
}

static void order_by_status_puts_failures_first_and_waiting_last(void **state)
{
	struct fixture *fixture = *state;
	struct ending flaky = passed, skipped = { .outcome = OUTCOME_SKIPPED };

	flaky.flaky = true;
	find(fixture, 8);
	fixture->feed.t = CLOCK_SECOND;
	feed_whole(&fixture->feed, 1, 0, passed);
	fixture->feed.t = 2 * CLOCK_SECOND;
	feed_whole(&fixture->feed, 5, 0, passed);
	feed_whole(&fixture->feed, 2, 0, skipped);
	feed_whole(&fixture->feed, 4, 0, flaky);
	feed_whole(&fixture->feed, 7, 0, failed);
	fixture->feed.t = 3 * CLOCK_SECOND;
	feed_whole(&fixture->feed, 3, 0, failed);
	feed_started(&fixture->feed, 6, 1, 0);
	/* Failures as they came, flaky, running, passed with the newest first, skipped, waiting. */
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_STATUS, false), "7 3 4 6 5 1 2 8");
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_STATUS, true), "8 2 1 5 6 4 3 7");
}

static void order_by_time_counts_what_runs(void **state)
{
	struct fixture *fixture = *state;
	struct ending quick = passed, slow = passed;

	quick.duration = 10 * CLOCK_MS;
	slow.duration = 3 * CLOCK_SECOND;
	find(fixture, 4);
	feed_whole(&fixture->feed, 1, 0, quick);
	feed_whole(&fixture->feed, 2, 0, slow);
	feed_started(&fixture->feed, 3, 1, 0);
	fixture->feed.t = CLOCK_SECOND;
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_TIME, false), "2 3 1 4");
	fixture->feed.t = 5 * CLOCK_SECOND;
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_TIME, false), "3 2 1 4");
	assert_string_equal(listed(fixture, TAB_SLOW, COLUMN_TIME, false), "2");
	/* What has taken no time yet is not the shortest. */
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_TIME, true), "1 2 3 4");
}

static void order_by_name_is_that_of_the_bytes(void **state)
{
	struct fixture *fixture = *state;

	feed_found(&fixture->feed, 1, "b");
	feed_found(&fixture->feed, 2, "c");
	feed_found(&fixture->feed, 3, "a");
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_TEST, false), "3 1 2");
	/* More may be found after the order was worked out. */
	feed_found(&fixture->feed, 4, "bb");
	feed_found_in(&fixture->feed, 5, "other", "a");
	feed_found(&fixture->feed, 6, "");
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_TEST, false), "6 5 3 1 4 2");
}

static void long_order_by_name_is_worked_out_in_slices(void **state)
{
	struct fixture *fixture = *state;
	unsigned calls = 1;

	for (unsigned i = 1; i <= 5000; i++) {
		char id[32];

		snprintf(id, sizeof(id), "test_%u", i * 2654435761u % 100000u);
		feed_found(&fixture->feed, i, id);
	}
	while (!rows_list(fixture->listener.rows, fixture->feed.model, TAB_ALL, COLUMN_TEST, false, 0,
			  &fixture->list)) {
		assert_int_equal(fixture->list.tests.length, 5000);
		calls++;
	}
	assert_in_range(calls, 3, 50);
	assert_int_equal(fixture->list.tests.length, 5000);
	for (size_t i = 1; i < fixture->list.tests.length; i++)
		assert_true(strcmp(model_test(fixture->feed.model, fixture->list.tests.items[i - 1])->id,
				   model_test(fixture->feed.model, fixture->list.tests.items[i])->id) <= 0);
}

static void finish(struct fixture *fixture, uint64_t test, uint64_t cpu_ms, uint64_t rss, const char *code,
		   const char *message)
{
	struct ending ending = { .outcome = OUTCOME_FAILED, .message = message, .code = code };
	struct event event = feed_ending(EVENT_TEST_FINISHED, test, &ending);

	feed_started(&fixture->feed, test, 1, 0);
	event_put(&event, attempt, 1);
	event_put(&event, cpu, cpu_ms * CLOCK_MS);
	event_put(&event, rss, rss);
	feed_event(&fixture->feed, event);
	feed_verdict(&fixture->feed, test, 1, ending);
}

static void orders_by_what_an_attempt_took_and_said(void **state)
{
	struct fixture *fixture = *state;

	find(fixture, 5);
	finish(fixture, 1, 10, 1 << 20, "XT4001", "A: 1");
	finish(fixture, 2, 30, 3 << 20, NULL, "B: 1");
	finish(fixture, 3, 20, 5 << 20, "XT1001", "B: 2");
	finish(fixture, 4, 0, 0, NULL, NULL);
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_CPU, false), "2 3 1 4 5");
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_MEM, false), "3 2 1 4 5");
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_CODE, false), "3 1 2 4 5");
	/* Two have the cause of B, one that of A. */
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_MESSAGE, false), "2 3 1 4 5");
	assert_int_equal(rows_cause(fixture->listener.rows, 2), rows_cause(fixture->listener.rows, 3));
	assert_int_equal(rows_cause(fixture->listener.rows, 4), 0);
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_CODE, true), "1 3 2 4 5");
	/* The counts follow a new verdict. */
	finish(fixture, 3, 20, 5 << 20, NULL, "A: 9");
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_MESSAGE, false), "1 3 2 4 5");
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_CODE, false), "1 2 3 4 5");
}

static void orders_by_suite_and_file(void **state)
{
	static const struct {
		const char *suite, *id, *file;
		unsigned line;
	} tests[] = { { "b", "x::2", "x", 9 }, { "a", "x::1", "x", 10 }, { "b", "w::3", "w", 70 }, { "a", "y", NULL, 0 } };
	struct fixture *fixture = *state;

	for (uint64_t i = 0; i < 4; i++) {
		struct event event = feed_make(EVENT_TEST_FOUND);

		event_put(&event, test, i + 1);
		event_put_text(&event, suite, tests[i].suite);
		event_put_text(&event, id, tests[i].id);
		event_put_text(&event, file, tests[i].file);
		event_put(&event, line, tests[i].line);
		feed_event(&fixture->feed, event);
	}
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_SUITE, false), "2 4 3 1");
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_FILE, false), "3 1 2 4");
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_FILE, true), "4 2 1 3");
}

static void hidden_tests_are_in_no_list_and_no_count(void **state)
{
	struct fixture *fixture = *state;
	struct rows *rows = fixture->listener.rows;
	uint64_t before;

	find(fixture, 3);
	feed_whole(&fixture->feed, 2, 0, failed);
	before = rows_revision(rows);
	rows_hide(rows, 2, true);
	assert_true(rows_revision(rows) > before);
	assert_int_equal(rows_count(rows, TAB_ALL), 2);
	assert_int_equal(rows_count(rows, TAB_FAILED), 0);
	assert_int_equal(rows_length(rows), 3);
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_FOUND, false), "1 3");
	/* It stays hidden when it changes; what it is does not change by that. */
	feed_started(&fixture->feed, 2, 1, 0);
	assert_int_equal(rows_count(rows, TAB_RUNNING), 0);
	assert_int_equal(rows_outcomes(rows, OUTCOME_FAILED), 1);
	assert_true(rows_in(rows, 2, TAB_FAILED));
	rows_hide(rows, 2, true);
	rows_hide(rows, 77, true);
	rows_hide(rows, 2, false);
	assert_int_equal(rows_count(rows, TAB_ALL), 3);
	assert_int_equal(rows_count(rows, TAB_RUNNING), 1);
	assert_int_equal(rows_count(rows, TAB_FAILED), 1);
}

static void revision_tells_of_changes(void **state)
{
	struct fixture *fixture = *state;
	uint64_t before;

	find(fixture, 1);
	before = rows_revision(fixture->listener.rows);
	feed_started(&fixture->feed, 1, 1, 0);
	assert_true(rows_revision(fixture->listener.rows) > before);
}

static void unknown_numbers_are_in_no_tab(void **state)
{
	struct fixture *fixture = *state;

	assert_false(rows_in(fixture->listener.rows, 0, TAB_ALL));
	assert_false(rows_in(fixture->listener.rows, 1, TAB_ALL));
	assert_int_equal(rows_interest(fixture->listener.rows, 77), INTEREST_WAITING);
	assert_string_equal(listed(fixture, TAB_ALL, COLUMN_TEST, false), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tests_enter_and_leave_tabs),
		TEST(failure_that_runs_again_stays_a_failure),
		TEST(quarantined_failure_is_in_its_own_tab_only),
		TEST(order_by_status_puts_failures_first_and_waiting_last),
		TEST(order_by_time_counts_what_runs),
		TEST(order_by_name_is_that_of_the_bytes),
		TEST(long_order_by_name_is_worked_out_in_slices),
		TEST(orders_by_what_an_attempt_took_and_said),
		TEST(orders_by_suite_and_file),
		TEST(hidden_tests_are_in_no_list_and_no_count),
		TEST(revision_tells_of_changes),
		TEST(unknown_numbers_are_in_no_tab),
	};

	return cmocka_run_group_tests_name("tui_rows", tests, NULL, NULL);
}
