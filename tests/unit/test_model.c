#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "feed.h"
#include "model/model.h"

#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC_PREREQ
#if __GLIBC_PREREQ(2, 33)
#include <malloc.h>
#define HAVE_COUNT_OF_MEMORY 1
#endif
#endif

static int set_up(void **state)
{
	struct feed *feed = ALLOC_NEW(struct feed);

	feed->model = model_new();
	*state = feed;
	return 0;
}

static int tear_down(void **state)
{
	struct feed *feed = *state;

	model_free(feed->model);
	free(feed);
	return 0;
}

static const struct run *run_of(const struct feed *feed)
{
	return model_run(feed->model);
}

static const struct ending passed = { .outcome = OUTCOME_PASSED };
static const struct ending failed = { .outcome = OUTCOME_FAILED, .exit_code = 1, .message = "no" };

static void assert_sum(const struct feed *feed, uint32_t expect_passed, uint32_t expect_failed,
		       uint32_t expect_skipped, uint32_t expect_notrun)
{
	struct tally_summary sum = tally_sum(&run_of(feed)->tally);

	assert_int_equal(sum.passed, expect_passed);
	assert_int_equal(sum.failed, expect_failed);
	assert_int_equal(sum.skipped, expect_skipped);
	assert_int_equal(sum.notrun, expect_notrun);
}

static void event_of_an_unknown_test_is_strange_and_skipped(void **state)
{
	struct feed *feed = *state;
	uint64_t revision;

	feed_found(feed, 1, "a");
	revision = run_of(feed)->revision;
	feed_found(feed, 3, "number left out");
	feed_found(feed, 1, "number taken");
	feed_started(feed, 2, 1, 0);
	feed_text(feed, 1, 1, 0, "of an attempt that never began");
	feed_finished(feed, 0, 1, 0, passed);
	feed_verdict(feed, UINT64_MAX, 1, passed);
	feed_verdict(feed, 1, 1, (struct ending){ .outcome = OUTCOME_COUNT });
	feed_point(feed, 1, 1, 0, OUTCOME_PASSED, "of no attempt", NULL);
	assert_int_equal(run_of(feed)->strange, 8);
	assert_int_equal(run_of(feed)->revision, revision);
	assert_int_equal(run_of(feed)->tests.length, 1);
	assert_int_equal(run_of(feed)->tally.done, 0);
	assert_sum(feed, 0, 0, 0, 0);
}

static void run_keeps_what_its_first_event_says(void **state)
{
	struct feed *feed = *state;

	feed_run_started(feed, 4);
	assert_string_equal(run_of(feed)->id, "8f2c1");
	assert_int_equal(run_of(feed)->workers_wanted, 4);
	feed_run_started(feed, 9);
	assert_int_equal(run_of(feed)->workers_wanted, 4);
	assert_int_equal(run_of(feed)->strange, 1);
}

static void each_outcome_counts_once_where_the_closing_line_says(void **state)
{
	struct feed *feed = *state;
	uint64_t number = 0;

	for (int outcome = OUTCOME_PASSED; outcome < OUTCOME_COUNT; outcome++) {
		char id[32];

		snprintf(id, sizeof(id), "test_%d", outcome);
		feed_found(feed, ++number, id);
		feed_verdict(feed, number, 0, (struct ending){ .outcome = (enum outcome)outcome });
	}
	feed_found(feed, ++number, "quarantined failure");
	feed_whole(feed, number, 0, (struct ending){ .outcome = OUTCOME_CRASHED, .quarantined = true });
	feed_found(feed, ++number, "quarantined pass");
	feed_whole(feed, number, 0, (struct ending){ .outcome = OUTCOME_PASSED, .quarantined = true });
	feed_found(feed, ++number, "flaky");
	feed_whole(feed, number, 0, (struct ending){ .outcome = OUTCOME_PASSED, .flaky = true });
	assert_int_equal(run_of(feed)->tally.done, number);
	assert_int_equal(run_of(feed)->tally.quarantined, 1);
	assert_int_equal(run_of(feed)->tally.flaky, 1);
	/* passed, xpassed, two more; failed, error, timeout, crashed; skipped, xfailed, the quarantined one. */
	assert_sum(feed, 4, 4, 3, 1);
}

static void test_goes_from_waiting_to_done(void **state)
{
	struct feed *feed = *state;
	const struct test *test;

	feed_found(feed, 1, "a");
	test = model_test(feed->model, 1);
	assert_int_equal(test->state, TEST_WAITING);
	assert_null(test_last_attempt(test));
	feed->t = CLOCK_SECOND;
	feed_started(feed, 1, 1, 2);
	assert_int_equal(test->state, TEST_RUNNING);
	assert_int_equal(run_of(feed)->tally.running, 1);
	assert_int_equal(test_last_attempt(test)->outcome, OUTCOME_NONE);
	feed_text(feed, 1, 1, 2, "hello");
	feed->t = 2 * CLOCK_SECOND;
	feed_finished(feed, 1, 1, 2, failed);
	assert_int_equal(test->state, TEST_RETRYING);
	assert_int_equal(run_of(feed)->tally.running, 0);
	assert_int_equal(test->outcome, OUTCOME_NONE);
	feed_verdict(feed, 1, 1, failed);
	assert_int_equal(test->state, TEST_DONE);
	assert_int_equal(test->outcome, OUTCOME_FAILED);
	assert_int_equal(test->worker, 2);
	assert_int_equal(test->verdict_at, 2 * CLOCK_SECOND);
	assert_int_equal(test_last_attempt(test)->exit_code, 1);
	assert_int_equal(test_last_attempt(test)->signal, 0);
	assert_string_equal(test_message(test), "no");
	assert_string_equal(test_last_attempt(test)->output.head.data, "hello");
	assert_int_equal(run_of(feed)->strange, 0);
}

static void times_that_earlier_runs_tell_are_kept(void **state)
{
	struct feed *feed = *state;
	struct event event = feed_make(EVENT_TEST_FOUND);

	event_put(&event, test, 1);
	event_put_text(&event, id, "a");
	event_put(&event, expected, CLOCK_SECOND);
	feed_event(feed, event);
	feed_found(feed, 2, "b");
	event = feed_make(EVENT_RUN_COLLECTED);
	event_put(&event, tests, 2);
	event_put(&event, expected, CLOCK_SECOND);
	event_put(&event, known, 1);
	feed_event(feed, event);
	assert_int_equal(run_of(feed)->expected, CLOCK_SECOND);
	assert_int_equal(run_of(feed)->known, 1);
	assert_int_equal(model_test(feed->model, 1)->expected, CLOCK_SECOND);
	assert_int_equal(model_test(feed->model, 2)->expected, 0);
	event = feed_make(EVENT_TEST_STARTED);
	event_put(&event, test, 2);
	event_put(&event, attempt, 1);
	event_put(&event, worker, 0);
	event_put(&event, expected, 3 * CLOCK_SECOND);
	event_put(&event, deadline, 5 * CLOCK_SECOND);
	feed_event(feed, event);
	assert_int_equal(model_test(feed->model, 2)->expected, 3 * CLOCK_SECOND);
	assert_int_equal(test_last_attempt(model_test(feed->model, 2))->deadline, 5 * CLOCK_SECOND);
	/* A journal from before there were such fields. */
	feed_started(feed, 1, 1, 1);
	assert_int_equal(model_test(feed->model, 1)->expected, CLOCK_SECOND);
	assert_int_equal(test_last_attempt(model_test(feed->model, 1))->deadline, 0);
}

static void retries_are_attempts_of_one_verdict(void **state)
{
	struct feed *feed = *state;
	const struct test *test;

	feed_found(feed, 1, "a");
	test = model_test(feed->model, 1);
	feed_started(feed, 1, 1, 0);
	feed_text(feed, 1, 1, 0, "first");
	feed_finished(feed, 1, 1, 0, failed);
	feed_started(feed, 1, 2, 1);
	assert_int_equal(run_of(feed)->tally.running, 1);
	feed_text(feed, 1, 2, 1, "second");
	feed_text(feed, 1, 1, 0, " and late");
	feed_finished(feed, 1, 2, 1, passed);
	feed_verdict(feed, 1, 2, (struct ending){ .outcome = OUTCOME_PASSED, .flaky = true });
	assert_int_equal(test->attempts.length, 2);
	assert_string_equal(test->attempts.items[0]->output.head.data, "first and late");
	assert_string_equal(test->attempts.items[0]->message, "no");
	assert_string_equal(test->attempts.items[1]->output.head.data, "second");
	assert_null(test->attempts.items[1]->message);
	assert_int_equal(test->worker, 1);
	assert_int_equal(run_of(feed)->sum_of_durations, 500 * CLOCK_MS);
	assert_sum(feed, 1, 0, 0, 0);
}

static void attempt_that_ran_or_ended_is_not_taken_twice(void **state)
{
	struct feed *feed = *state;

	feed_found(feed, 1, "a");
	feed_started(feed, 1, 1, 0);
	feed_started(feed, 1, 1, 1);
	feed_finished(feed, 1, 1, 0, passed);
	feed_finished(feed, 1, 1, 0, failed);
	feed_verdict(feed, 1, 1, passed);
	feed_finished(feed, 1, 1, 0, failed);
	feed_started(feed, 1, 2, 0);
	assert_int_equal(run_of(feed)->strange, 4);
	assert_int_equal(model_test(feed->model, 1)->attempts.length, 1);
	assert_int_equal(run_of(feed)->tally.running, 0);
	assert_sum(feed, 1, 0, 0, 0);
}

static void rerun_replaces_the_verdict_when_it_has_its_own(void **state)
{
	struct feed *feed = *state;
	const struct test *test;

	feed_found(feed, 1, "a");
	test = model_test(feed->model, 1);
	feed_started(feed, 1, 1, 0);
	feed_text(feed, 1, 1, 0, "old");
	feed_point(feed, 1, 1, 0, OUTCOME_FAILED, "p", NULL);
	feed_ended(feed, 1, 0, failed);
	assert_sum(feed, 0, 1, 0, 0);
	assert_int_equal(run_of(feed)->tally.points_failed, 1);

	feed_started(feed, 1, 1, 3);
	assert_int_equal(test->attempts.length, 1);
	assert_int_equal(test_last_attempt(test)->output.total, 0);
	assert_int_equal(test->outcome, OUTCOME_FAILED);
	assert_int_equal(run_of(feed)->tally.running, 1);
	assert_int_equal(run_of(feed)->tally.done, 1);
	assert_sum(feed, 0, 1, 0, 0);

	feed_point(feed, 1, 1, 0, OUTCOME_PASSED, "p", NULL);
	feed_ended(feed, 1, 3, passed);
	assert_int_equal(test->verdicts, 2);
	assert_int_equal(test->worker, 3);
	assert_int_equal(run_of(feed)->tally.done, 1);
	assert_int_equal(run_of(feed)->tally.points_failed, 0);
	assert_int_equal(run_of(feed)->tally.points_passed, 1);
	assert_null(test_message(test));
	assert_sum(feed, 1, 0, 0, 0);
}

static void second_verdict_on_the_same_attempts_keeps_them(void **state)
{
	struct feed *feed = *state;
	const struct test *test;

	feed_found(feed, 1, "a");
	test = model_test(feed->model, 1);
	feed_started(feed, 1, 1, 0);
	feed_text(feed, 1, 1, 0, "why");
	feed_ended(feed, 1, 0, failed);
	feed_verdict(feed, 1, 1, (struct ending){ .outcome = OUTCOME_FAILED, .quarantined = true });
	assert_int_equal(test->attempts.length, 1);
	assert_string_equal(test_last_attempt(test)->output.head.data, "why");
	assert_sum(feed, 0, 0, 1, 0);

	feed_verdict(feed, 1, 0, (struct ending){ .outcome = OUTCOME_NOTRUN, .reason = "gone" });
	assert_int_equal(test->attempts.length, 0);
	assert_string_equal(test_reason(test), "gone");
	assert_sum(feed, 0, 0, 0, 1);
}

static void verdict_ends_an_attempt_that_has_no_end(void **state)
{
	struct feed *feed = *state;
	const struct test *test;

	feed_found(feed, 1, "a");
	test = model_test(feed->model, 1);
	feed_started(feed, 1, 1, 0);
	feed->t = 3 * CLOCK_SECOND;
	feed_verdict(
		feed, 1, 1,
		(struct ending){
			.outcome = OUTCOME_CRASHED, .signal = 9, .message = "killed", .code = "XT2001" });
	assert_int_equal(test_last_attempt(test)->outcome, OUTCOME_CRASHED);
	assert_int_equal(test_last_attempt(test)->signal, 9);
	assert_int_equal(test_last_attempt(test)->duration, 3 * CLOCK_SECOND);
	assert_string_equal(test_code(test), "XT2001");
	assert_int_equal(run_of(feed)->tally.running, 0);
	assert_int_equal(run_of(feed)->workers.items[0].test, 0);
	assert_int_equal(run_of(feed)->workers.items[0].state, WORKER_IDLE);
}

static void end_without_a_start_is_an_attempt(void **state)
{
	struct feed *feed = *state;

	feed_found(feed, 1, "a");
	feed->t = CLOCK_SECOND;
	feed_ended(feed, 1, 0, (struct ending){ .outcome = OUTCOME_ERROR, .message = "a: not executable" });
	assert_int_equal(model_test(feed->model, 1)->attempts.length, 1);
	assert_int_equal(test_last_attempt(model_test(feed->model, 1))->started, 750 * CLOCK_MS);
	assert_sum(feed, 0, 1, 0, 0);
}

static void verdict_of_a_test_that_never_ran_has_its_words(void **state)
{
	struct feed *feed = *state;
	const struct test *test;

	feed_found(feed, 1, "a");
	test = model_test(feed->model, 1);
	assert_null(test_message(test));
	assert_null(test_reason(test));
	assert_null(test_code(test));
	feed_verdict(
		feed, 1, 0,
		(struct ending){
			.outcome = OUTCOME_ERROR, .message = "syntax", .reason = "why", .code = "XT1001" });
	assert_string_equal(test_message(test), "syntax");
	assert_string_equal(test_reason(test), "why");
	assert_string_equal(test_code(test), "XT1001");
}

static void diagnosis_adds_its_code_to_the_test(void **state)
{
	struct feed *feed = *state;
	struct event event = feed_make(EVENT_DIAGNOSIS);

	feed_found(feed, 1, "a");
	feed_whole(feed, 1, 0, failed);
	event_put(&event, test, 1);
	event_put_text(&event, code, "XT2004");
	feed_event(feed, event);
	assert_string_equal(test_code(model_test(feed->model, 1)), "XT2004");
	assert_string_equal(test_message(model_test(feed->model, 1)), "no");
}

static void points_count_at_the_top_only(void **state)
{
	struct feed *feed = *state;
	const struct attempt *attempt;

	feed_found(feed, 1, "a.t");
	feed_started(feed, 1, 1, 0);
	feed_point(feed, 1, 1, 0, OUTCOME_PASSED, "one", NULL);
	feed_point(feed, 1, 1, 1, OUTCOME_FAILED, "inner", "got: 1");
	feed_point(feed, 1, 2, 0, OUTCOME_XFAILED, "todo", NULL);
	feed_point(feed, 1, 3, 0, OUTCOME_FAILED, "two", "got: 2");
	feed_point(feed, 1, 4, 0, OUTCOME_SKIPPED, "three", "no db");
	attempt = test_last_attempt(model_test(feed->model, 1));
	assert_int_equal(attempt->points.length, 5);
	assert_int_equal(attempt->points_passed, 2);
	assert_int_equal(attempt->points_failed, 1);
	assert_int_equal(attempt->points_skipped, 1);
	assert_int_equal(attempt->points.items[1].depth, 1);
	assert_string_equal(attempt->points.items[3].message, "got: 2");
	assert_string_equal(attempt->points.items[4].message, "no db");
	assert_int_equal(run_of(feed)->tally.points_passed, 0);
	feed_ended(feed, 1, 0, failed);
	assert_int_equal(run_of(feed)->tally.points_passed, 2);
	assert_int_equal(run_of(feed)->tally.points_failed, 1);
	assert_int_equal(run_of(feed)->tally.points_skipped, 1);
}

static void failed_points_push_out_passed_ones(void **state)
{
	struct feed *feed = *state;
	const struct attempt *attempt;
	unsigned failures = 0;

	feed_found(feed, 1, "a.t");
	feed_started(feed, 1, 1, 0);
	for (unsigned i = 0; i < MODEL_POINTS_KEPT + 10; i++)
		feed_point(feed, 1, i + 1, 0, OUTCOME_PASSED, NULL, NULL);
	for (unsigned i = 0; i < 5; i++)
		feed_point(feed, 1, MODEL_POINTS_KEPT + 11 + i, 0, OUTCOME_FAILED, "late", NULL);
	attempt = test_last_attempt(model_test(feed->model, 1));
	assert_int_equal(attempt->points.length, MODEL_POINTS_KEPT);
	assert_int_equal(attempt->points_passed, MODEL_POINTS_KEPT + 10);
	assert_int_equal(attempt->points_failed, 5);
	for (size_t i = 0; i < attempt->points.length; i++)
		failures += attempt->points.items[i].outcome == OUTCOME_FAILED;
	assert_int_equal(failures, 5);
	assert_int_equal(attempt->points.items[MODEL_POINTS_KEPT - 1].number, MODEL_POINTS_KEPT + 15);
	assert_int_equal(attempt->points.items[0].number, 1);
	/* When nothing but failures is left, the first ones stay. */
	for (unsigned i = 0; i < MODEL_POINTS_KEPT; i++)
		feed_point(feed, 1, 0, 0, OUTCOME_FAILED, "more", NULL);
	assert_int_equal(attempt->points.length, MODEL_POINTS_KEPT);
	assert_string_equal(attempt->points.items[0].name, "late");
}

static void worker_knows_its_test_and_its_load(void **state)
{
	struct feed *feed = *state;
	struct event event = feed_make(EVENT_WORKER_STARTED);
	const struct worker *worker;

	feed_found(feed, 1, "a");
	event_put(&event, worker, 1);
	event_put(&event, incarnation, 1);
	event_put(&event, pid, 77);
	feed_event(feed, event);
	worker = &run_of(feed)->workers.items[1];
	assert_int_equal(run_of(feed)->workers.length, 2);
	assert_int_equal(run_of(feed)->workers.items[0].state, WORKER_ABSENT);
	assert_int_equal(run_of(feed)->workers.items[0].slot, 0);
	assert_int_equal(worker->slot, 1);
	assert_int_equal(worker->state, WORKER_IDLE);
	assert_int_equal(worker->pid, 77);
	feed->t = 2 * CLOCK_SECOND;
	feed_started(feed, 1, 1, 1);
	assert_int_equal(worker->state, WORKER_BUSY);
	assert_int_equal(worker->test, 1);
	assert_int_equal(worker->started, 2 * CLOCK_SECOND);
	assert_true(worker_load(worker, 4 * CLOCK_SECOND) == 0.5);
	feed->t = 3 * CLOCK_SECOND;
	feed_ended(feed, 1, 1, (struct ending){ .outcome = OUTCOME_PASSED, .duration = CLOCK_SECOND });
	assert_int_equal(worker->state, WORKER_IDLE);
	assert_int_equal(worker->test, 0);
	assert_int_equal(worker->done, 1);
	assert_true(worker_load(worker, 4 * CLOCK_SECOND) == 0.25);
	assert_true(worker_load(worker, 0) == 0);
}

static void samples_count_cpu_over_restarts(void **state)
{
	struct feed *feed = *state;
	struct event start = feed_make(EVENT_WORKER_STARTED);
	struct event sample = feed_make(EVENT_WORKER_SAMPLE);
	struct event death = feed_make(EVENT_WORKER_DIED);
	const struct worker *worker;

	event_put(&start, worker, 0);
	event_put(&start, incarnation, 1);
	feed_event(feed, start);
	worker = &run_of(feed)->workers.items[0];
	feed->t = CLOCK_SECOND;
	event_put(&sample, worker, 0);
	event_put(&sample, cpu, CLOCK_SECOND / 2);
	event_put(&sample, rss, 4096);
	feed_event(feed, sample);
	assert_true(worker->cpu_share == 0.5);
	assert_int_equal(worker->rss, 4096);

	feed_found(feed, 1, "tests/crash");
	feed_started(feed, 1, 1, 0);
	event_put(&death, worker, 0);
	event_put(&death, signal, 11);
	event_put(&death, test, 1);
	feed_event(feed, death);
	assert_int_equal(worker->state, WORKER_DEAD);
	assert_int_equal(worker->test, 0);
	assert_int_equal(run_of(feed)->log.length, 1);
	assert_int_equal(run_of(feed)->log.items[0].level, LEVEL_WARNING);
	assert_string_equal(run_of(feed)->log.items[0].text,
			    "worker gw0 died of SIGSEGV while it ran tests/crash");
	event_put_text(&death, message, "was killed by SIGSEGV");
	feed_event(feed, death);
	assert_string_equal(run_of(feed)->log.items[1].text,
			    "worker gw0 was killed by SIGSEGV while it ran tests/crash");

	event_put(&start, incarnation, 2);
	feed_event(feed, start);
	assert_int_equal(worker->restarts, 1);
	feed->t = 2 * CLOCK_SECOND;
	event_put(&sample, cpu, CLOCK_SECOND / 4);
	feed_event(feed, sample);
	assert_true(worker->cpu_share == 0.25);
	assert_int_equal(worker->cpu, CLOCK_SECOND / 2 + CLOCK_SECOND / 4);
}

static void worker_beyond_the_last_slot_is_strange(void **state)
{
	struct feed *feed = *state;
	struct event event = feed_make(EVENT_WORKER_STARTED);

	feed_event(feed, event);
	event_put(&event, worker, XTOP_SLOTS_MAX);
	feed_event(feed, event);
	feed_found(feed, 1, "a");
	feed_started(feed, 1, 1, XTOP_SLOTS_MAX);
	assert_int_equal(run_of(feed)->strange, 3);
	assert_int_equal(run_of(feed)->workers.length, 0);
	assert_int_equal(run_of(feed)->tally.running, 0);
}

static void log_keeps_the_newest_lines(void **state)
{
	struct feed *feed = *state;
	struct event event = feed_make(EVENT_COLLECT_ERROR);
	char text[32];

	event_put_text(&event, file, "tests/a.py");
	event_put_text(&event, message, "syntax error");
	feed_event(feed, event);
	assert_string_equal(run_of(feed)->log.items[0].text, "tests/a.py: syntax error");
	assert_int_equal(run_of(feed)->log.items[0].level, LEVEL_ERROR);
	for (int i = 0; i < 2 * MODEL_LOG_KEPT; i++) {
		snprintf(text, sizeof(text), "line %d", i);
		feed_log(feed, LEVEL_NOTE, text);
	}
	assert_in_range(run_of(feed)->log.length, MODEL_LOG_KEPT / 2, MODEL_LOG_KEPT);
	assert_string_equal(run_of(feed)->log.items[run_of(feed)->log.length - 1].text, text);
	assert_int_equal(run_of(feed)->log.length + run_of(feed)->log_dropped, 2 * MODEL_LOG_KEPT + 1);
}

static void log_line_of_a_test_names_it(void **state)
{
	struct feed *feed = *state;
	struct event event = feed_make(EVENT_LOG);

	feed_found(feed, 1, "tests/a");
	event_put(&event, test, 1);
	event_put_text(&event, message, "left 1 process behind");
	feed_event(feed, event);
	assert_string_equal(run_of(feed)->log.items[0].text, "tests/a: left 1 process behind");
}

static void nul_bytes_in_text_do_not_cut_it(void **state)
{
	struct feed *feed = *state;
	struct event event = feed_make(EVENT_LOG);

	event_put(&event, message, ((struct event_text){ "a\0b", 3 }));
	feed_event(feed, event);
	assert_string_equal(run_of(feed)->log.items[0].text, "a b");
}

static void fill(struct feed *feed, uint64_t test, struct ending ending)
{
	static char bytes[10000];

	memset(bytes, 'x', sizeof(bytes));
	feed_started(feed, test, 1, 0);
	feed_output(feed, test, 1, 0, bytes, sizeof(bytes));
	feed_ended(feed, test, 0, ending);
}

static bool is_discarded(const struct feed *feed, uint64_t test)
{
	return test_last_attempt(model_test(feed->model, test))->output.discarded;
}

static void oldest_passed_output_is_discarded_beyond_the_budget(void **state)
{
	struct feed *feed = *state;

	model_set_output_budget(feed->model, 35000);
	for (uint64_t i = 1; i <= 6; i++)
		feed_found(feed, i, "a");
	fill(feed, 1, failed);
	for (uint64_t i = 2; i <= 6; i++)
		fill(feed, i, passed);
	assert_false(is_discarded(feed, 1));
	assert_true(is_discarded(feed, 2));
	assert_true(is_discarded(feed, 3));
	assert_false(is_discarded(feed, 4));
	assert_false(is_discarded(feed, 6));
	assert_int_equal(test_last_attempt(model_test(feed->model, 2))->output.total, 10000);
	model_set_output_budget(feed->model, 0);
	assert_true(is_discarded(feed, 1));
	assert_true(is_discarded(feed, 6));
}

static void rerun_gives_its_old_output_back_to_the_budget(void **state)
{
	struct feed *feed = *state;

	model_set_output_budget(feed->model, 35000);
	feed_found(feed, 1, "a");
	feed_found(feed, 2, "b");
	fill(feed, 2, passed);
	for (int i = 0; i < 10; i++)
		fill(feed, 1, passed);
	assert_false(is_discarded(feed, 1));
	assert_false(is_discarded(feed, 2));
	/* Output that comes after the verdict counts too. */
	for (int i = 0; i < 3; i++) {
		static char more[10000];

		memset(more, 'y', sizeof(more));
		feed_output(feed, 1, 1, 0, more, sizeof(more));
	}
	assert_true(is_discarded(feed, 2));
}

static void path_of_the_whole_output_belongs_to_its_attempt(void **state)
{
	struct feed *feed = *state;

	feed_found(feed, 1, "a");
	feed_started(feed, 1, 1, 0);
	feed_finished(feed, 1, 1, 0, failed);
	feed_started(feed, 1, 2, 0);
	feed_finished(feed, 1, 2, 0, (struct ending){ .outcome = OUTCOME_FAILED, .output_file = "/tmp/2" });
	assert_null(model_test(feed->model, 1)->attempts.items[0]->output.path);
	assert_string_equal(model_test(feed->model, 1)->attempts.items[1]->output.path, "/tmp/2");
	feed_verdict(feed, 1, 2, failed);
	assert_string_equal(model_test(feed->model, 1)->attempts.items[1]->output.path, "/tmp/2");
}

static void path_of_a_passed_tests_output_is_forgotten(void **state)
{
	static const struct ending kept = { .outcome = OUTCOME_PASSED, .flaky = true, .output_file = "/tmp/1" };
	static const struct ending removed = { .outcome = OUTCOME_PASSED, .output_file = "/tmp/2" };
	struct feed *feed = *state;

	feed_found(feed, 1, "a");
	feed_found(feed, 2, "b");
	feed_whole(feed, 1, 0, kept);
	feed_whole(feed, 2, 0, removed);
	assert_string_equal(test_last_attempt(model_test(feed->model, 1))->output.path, "/tmp/1");
	assert_null(test_last_attempt(model_test(feed->model, 2))->output.path);
}

#ifdef HAVE_COUNT_OF_MEMORY
static size_t memory_in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static void passed_test_takes_less_than_a_kibibyte(void **state)
{
	enum { TESTS = 100000 };
	struct feed *feed = *state;
	size_t before = memory_in_use();
	size_t used;

	for (unsigned i = 1; i <= TESTS; i++) {
		char id[64];

		snprintf(id, sizeof(id), "tests/unit/test_module_%u::test_function_%u", i / 100, i);
		feed_found(feed, i, id);
	}
	for (unsigned i = 1; i <= TESTS; i++) {
		feed_started(feed, i, 1, i % 8);
		feed_text(feed, i, 1, i % 8, "a line or two of output, as tests print it now and then\nok\n");
		feed_ended(feed, i, i % 8, passed);
	}
	assert_sum(feed, TESTS, 0, 0, 0);
	used = memory_in_use() - before;
	/* A sanitizer's or valgrind's own allocator is not counted. */
	if (used < (size_t)TESTS * 100)
		skip();
	print_message("%zu bytes a test\n", used / TESTS);
	assert_in_range(used / TESTS, 100, 1024);
}
#endif

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(event_of_an_unknown_test_is_strange_and_skipped),
		TEST(run_keeps_what_its_first_event_says),
		TEST(each_outcome_counts_once_where_the_closing_line_says),
		TEST(test_goes_from_waiting_to_done),
		TEST(times_that_earlier_runs_tell_are_kept),
		TEST(retries_are_attempts_of_one_verdict),
		TEST(attempt_that_ran_or_ended_is_not_taken_twice),
		TEST(rerun_replaces_the_verdict_when_it_has_its_own),
		TEST(second_verdict_on_the_same_attempts_keeps_them),
		TEST(verdict_ends_an_attempt_that_has_no_end),
		TEST(end_without_a_start_is_an_attempt),
		TEST(verdict_of_a_test_that_never_ran_has_its_words),
		TEST(diagnosis_adds_its_code_to_the_test),
		TEST(points_count_at_the_top_only),
		TEST(failed_points_push_out_passed_ones),
		TEST(worker_knows_its_test_and_its_load),
		TEST(samples_count_cpu_over_restarts),
		TEST(worker_beyond_the_last_slot_is_strange),
		TEST(log_keeps_the_newest_lines),
		TEST(log_line_of_a_test_names_it),
		TEST(nul_bytes_in_text_do_not_cut_it),
		TEST(oldest_passed_output_is_discarded_beyond_the_budget),
		TEST(rerun_gives_its_old_output_back_to_the_budget),
		TEST(path_of_the_whole_output_belongs_to_its_attempt),
		TEST(path_of_a_passed_tests_output_is_forgotten),
#ifdef HAVE_COUNT_OF_MEMORY
		TEST(passed_test_takes_less_than_a_kibibyte),
#endif
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
