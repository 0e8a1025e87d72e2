#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "event/codec.h"
#include "tui/flaky_rows.h"

#include "../tui/driver_past.h"

#include <stdlib.h>
#include <string.h>

struct fixture {
	struct model *model;
	struct flaky_rows *rows;
	struct past past;
};

static int set_up(void **state)
{
	struct fixture *fixture = ALLOC_NEW(struct fixture);

	fixture->model = model_new();
	fixture->rows = flaky_rows_new(model_run(fixture->model));
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	flaky_rows_free(fixture->rows);
	model_free(fixture->model);
	past_fini(&fixture->past);
	free(fixture);
	return 0;
}

static void hear(struct fixture *fixture, const struct event *event)
{
	model_apply(fixture->model, event);
	flaky_rows_hear(fixture->rows, event,
			event_has(event, test) ? model_test(fixture->model, event->test) : NULL);
}

static void found(struct fixture *fixture, uint64_t test, const char *id)
{
	struct event event;

	event_init(&event, EVENT_TEST_FOUND);
	event_put(&event, test, test);
	event_put_text(&event, suite, "unit");
	event_put_text(&event, id, id);
	hear(fixture, &event);
}

static void collected(struct fixture *fixture)
{
	struct event event;

	event_init(&event, EVENT_RUN_COLLECTED);
	hear(fixture, &event);
}

static void attempt(struct fixture *fixture, uint64_t test, unsigned number, enum outcome outcome)
{
	struct event event;

	for (int end = 0; end < 2; end++) {
		event_init(&event, end ? EVENT_TEST_FINISHED : EVENT_TEST_STARTED);
		event_put(&event, test, test);
		event_put(&event, worker, 0);
		event_put(&event, attempt, number);
		if (end)
			event_put(&event, outcome, (int)outcome);
		hear(fixture, &event);
	}
}

static void passes(struct fixture *fixture, uint64_t test, bool flaky)
{
	struct event event;

	if (flaky)
		attempt(fixture, test, 1, OUTCOME_FAILED);
	attempt(fixture, test, flaky ? 2 : 1, OUTCOME_PASSED);
	event_init(&event, EVENT_TEST_VERDICT);
	event_put(&event, test, test);
	event_put(&event, outcome, OUTCOME_PASSED);
	event_put(&event, flaky, flaky);
	hear(fixture, &event);
}

static void was(struct fixture *fixture, const char *letters)
{
	vec_push(&fixture->past.letters, alloc_string(letters));
}

static void ask(struct fixture *fixture)
{
	struct control_flaky known;
	struct error error = ERROR_INIT;

	if (past_flaky(&fixture->past, &known, &error) != 0)
		fail_msg("%s", error.message);
	flaky_rows_take(fixture->rows, &known);
	assert_null(known.held);
}

static const struct flaky_row *row(struct fixture *fixture, size_t index)
{
	const struct flaky_row *it;

	flaky_rows_refresh(fixture->rows, fixture->model);
	it = flaky_rows_get(fixture->rows, index);
	assert_non_null(it);
	return it;
}

static size_t count(struct fixture *fixture)
{
	flaky_rows_refresh(fixture->rows, fixture->model);
	return flaky_rows_count(fixture->rows);
}

static void this_run_alone_tells_who_was_flaky(void **state)
{
	struct fixture *fixture = *state;

	found(fixture, 1, "a");
	found(fixture, 2, "b");
	assert_int_equal(count(fixture), 0);
	passes(fixture, 2, true);
	assert_int_equal(count(fixture), 1);
	assert_int_equal(row(fixture, 0)->test, 2);
	assert_true(row(fixture, 0)->now);
	assert_null(row(fixture, 0)->evidence);
	assert_int_equal(flaky_rows_now(fixture->rows), 1);
}

static void rerun_that_passes_at_once_is_flaky_no_longer(void **state)
{
	struct fixture *fixture = *state;

	found(fixture, 1, "a");
	passes(fixture, 1, true);
	assert_int_equal(count(fixture), 1);
	passes(fixture, 1, false);
	assert_int_equal(count(fixture), 0);
	/* And again: it is there once. */
	passes(fixture, 1, true);
	assert_int_equal(count(fixture), 1);
}

static void those_of_this_run_come_first(void **state)
{
	struct fixture *fixture = *state;
	struct str why = STR_INIT;

	was(fixture, "PFPFPFPF unit often");
	was(fixture, "PPPPPPFP unit seldom");
	was(fixture, "PPPPPPPP unit steady");
	was(fixture, "PRPPPPPP unit gone");
	found(fixture, 1, "steady");
	found(fixture, 2, "seldom");
	found(fixture, 3, "often");
	found(fixture, 4, "new");
	passes(fixture, 4, true);
	passes(fixture, 2, true);
	ask(fixture);
	assert_int_equal(count(fixture), 4);
	assert_int_equal(row(fixture, 0)->test, 4);
	assert_null(row(fixture, 0)->evidence);
	assert_int_equal(row(fixture, 1)->test, 2);
	assert_string_equal(row(fixture, 1)->evidence->id, "seldom");
	assert_true(row(fixture, 1)->now);
	assert_int_equal(row(fixture, 2)->test, 3);
	assert_true(row(fixture, 2)->advised);
	assert_false(row(fixture, 2)->now);
	assert_int_equal(row(fixture, 3)->test, 0);
	assert_string_equal(row(fixture, 3)->evidence->id, "gone");
	flaky_rows_add_why(&why, fixture->rows, row(fixture, 3));
	assert_string_equal(why.data, "a rerun passed in 1 run; it both passed and failed at 1 commit: advise quarantine");
	str_fini(&why);
	/* Nothing of it is left when the history can't be read any more. */
	flaky_rows_take(fixture->rows, NULL);
	assert_int_equal(count(fixture), 2);
	assert_int_equal(flaky_rows_runs(fixture->rows), 0);
}

static void tests_that_are_found_later_get_their_numbers(void **state)
{
	struct fixture *fixture = *state;

	was(fixture, "PFPFPFPF unit a");
	ask(fixture);
	assert_int_equal(row(fixture, 0)->test, 0);
	found(fixture, 1, "a");
	collected(fixture);
	assert_int_equal(row(fixture, 0)->test, 1);
}

static void quarantine_of_the_file_is_told(void **state)
{
	struct fixture *fixture = *state;
	struct control_holds holds;
	struct error error = ERROR_INIT;

	was(fixture, "PFPFPFPF unit a");
	was(fixture, "PFPFPFPF unit b");
	past_hold(&fixture->past, "test: a");
	past_hold(&fixture->past, "{test: test(/./), expires: 2020-01-01}");
	ask(fixture);
	found(fixture, 1, "b");
	found(fixture, 2, "a");
	collected(fixture);
	for (size_t i = 0; i < 2; i++) {
		bool is_a = strcmp(row(fixture, i)->evidence->id, "a") == 0;

		assert_int_equal(row(fixture, i)->held, is_a);
		assert_int_equal(row(fixture, i)->advised, !is_a);
	}
	assert_int_equal(past_holds(&fixture->past, fixture->model, &holds, &error), 0);
	assert_int_equal(holds.holds.length, 2);
	assert_int_equal(holds.holds.items[0].tests.length, 1);
	assert_int_equal(holds.holds.items[0].tests.items[0], 2);
	assert_false(holds.holds.items[0].expression);
	assert_true(holds.holds.items[1].expired);
	assert_true(holds.holds.items[1].expression);
	assert_int_equal(holds.holds.items[1].tests.length, 2);
	control_holds_fini(&holds);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(this_run_alone_tells_who_was_flaky),
		TEST(rerun_that_passes_at_once_is_flaky_no_longer),
		TEST(those_of_this_run_come_first),
		TEST(tests_that_are_found_later_get_their_numbers),
		TEST(quarantine_of_the_file_is_told),
	};

	return cmocka_run_group_tests_name("flaky", tests, NULL, NULL);
}
