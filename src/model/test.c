#include "model/fold.h"

#include "base/alloc.h"
#include "event/codec.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

const struct attempt *test_last_attempt(const struct test *test)
{
	return test->attempts.length ? test->attempts.items[test->attempts.length - 1] : NULL;
}

const char *test_message(const struct test *test)
{
	const struct attempt *last = test_last_attempt(test);

	return test->message ? test->message : last ? last->message : NULL;
}

const char *test_reason(const struct test *test)
{
	const struct attempt *last = test_last_attempt(test);

	return test->reason ? test->reason : last ? last->reason : NULL;
}

const char *test_code(const struct test *test)
{
	const struct attempt *last = test_last_attempt(test);

	return test->code ? test->code : last ? last->code : NULL;
}

static void attempt_free(struct attempt *attempt)
{
	vec_each(&attempt->points, point) {
		free(point->name);
		free(point->message);
	}
	vec_fini(&attempt->points);
	output_fini(&attempt->output);
	free(attempt->message);
	free(attempt->reason);
	free(attempt->code);
	free(attempt->diagnosis);
	free(attempt->evidence);
	free(attempt->properties);
	free(attempt);
}

void test_free(struct test *test)
{
	vec_each(&test->attempts, it)
		attempt_free(*it);
	vec_fini(&test->attempts);
	free(test->message);
	free(test->id);
	free(test);
}

void test_forget_attempts(struct model *model, struct test *test)
{
	shelf_take(model, test);
	vec_each(&test->attempts, it)
		attempt_free(*it);
	vec_clear(&test->attempts);
	free(test->message);
	test->message = NULL;
	test->reason = test->code = NULL;
}

static struct test *test_of(const struct model *model, const struct event *event)
{
	return event_has(event, test) ? model_test(model, event->test) : NULL;
}

/* The attempt that the event is about: the newest where it gives no number. */
static struct attempt *attempt_of(const struct test *test, const struct event *event)
{
	for (size_t i = test->attempts.length; i-- > 0;)
		if (!event_has(event, attempt) || test->attempts.items[i]->number == event->attempt)
			return test->attempts.items[i];
	return NULL;
}

static struct attempt *attempt_add(struct test *test, const struct event *event, uint32_t number,
				   uint64_t started)
{
	struct attempt *attempt = ALLOC_NEW(struct attempt);

	attempt->number = number;
	attempt->worker = (unsigned)event->worker;
	attempt->started = started;
	attempt->exit_code = -1;
	output_init(&attempt->output);
	/* Nearly every test has one attempt only. */
	if (!test->attempts.capacity) {
		test->attempts.items = alloc_bytes(sizeof(attempt));
		test->attempts.capacity = 1;
	}
	vec_push(&test->attempts, attempt);
	test->worker = attempt->worker;
	return attempt;
}

static void set_state(struct model *model, struct test *test, enum test_state state)
{
	struct tally *tally = &model->run.tally;

	tally->running -= test->state == TEST_RUNNING;
	tally->running += state == TEST_RUNNING;
	test->state = state;
}

bool fold_test_found(struct model *model, const struct event *event)
{
	struct run *run = &model->run;
	struct test *test;

	if (!event_has(event, test) || event->test != run->tests.length + 1 || !event_has(event, id))
		return false;
	test = ALLOC_NEW(struct test);
	test->number = event->test;
	test->suite = fold_shared(model, &event->suite);
	if (!test->suite)
		test->suite = "";
	test->adapter = fold_shared(model, &event->adapter);
	test->id = fold_copy(&event->id, MESSAGE_KEPT);
	test->ordinal = event->ordinal ? fold_uint32(event->ordinal) : 1;
	test->file = fold_shared(model, &event->file);
	test->line = fold_uint32(event->line);
	test->scope = fold_shared(model, &event->scope);
	test->marks = fold_shared(model, &event->marks);
	test->group = fold_shared(model, &event->group);
	test->serial = event->serial;
	test->iteration = fold_uint32(event->iteration);
	test->expected = event->expected;
	test->only_worker = event_has(event, worker) && event->worker < XTOP_SLOTS_MAX ? (int)event->worker : -1;
	vec_push(&run->tests, test);
	run->tally.found++;
	return true;
}

bool fold_test_started(struct model *model, const struct event *event)
{
	struct test *test = test_of(model, event);
	uint64_t number = event_has(event, attempt) ? event->attempt : 1;
	struct worker *worker;
	struct attempt *attempt;

	if (!test || number < 1 || number > UINT32_MAX || !event_has(event, worker) ||
	    event->worker >= XTOP_SLOTS_MAX)
		return false;
	if (test->state == TEST_DONE) {
		if (number != 1)
			return false;
		test_forget_attempts(model, test);
	} else if (test->attempts.length && number <= test_last_attempt(test)->number) {
		return false;
	}
	worker = fold_worker(model, event);
	attempt = attempt_add(test, event, (uint32_t)number, event->t);
	attempt->pid = fold_uint32(event->pid);
	attempt->deadline = event->deadline;
	if (event->expected)
		test->expected = event->expected;
	set_state(model, test, TEST_RUNNING);
	fold_worker_begins(worker, test->number, event->t);
	return true;
}

bool fold_test_output(struct model *model, const struct event *event)
{
	struct test *test = test_of(model, event);
	struct attempt *attempt = test ? attempt_of(test, event) : NULL;

	if (!attempt)
		return false;
	output_add(&attempt->output, event->data.data, event->data.length);
	attempt->output.dropped += event->dropped;
	/* Output may come late, from a process that outlives its test. */
	if (test->state == TEST_DONE)
		shelf_update(model, test);
	return true;
}

static void count_point(struct attempt *attempt, enum outcome outcome)
{
	if (outcome == OUTCOME_SKIPPED)
		attempt->points_skipped++;
	else if (outcome_is_failure(outcome))
		attempt->points_failed++;
	else
		attempt->points_passed++;
}

/* Room for one more: while nothing but failures are kept, there is none. */
static bool make_room(struct attempt *attempt)
{
	size_t index = attempt->points.length;

	if (index < MODEL_POINTS_KEPT)
		return true;
	if (!attempt->points_spare)
		return false;
	while (outcome_is_failure(attempt->points.items[index - 1].outcome))
		index--;
	free(attempt->points.items[index - 1].name);
	free(attempt->points.items[index - 1].message);
	vec_remove(&attempt->points, index - 1);
	attempt->points_spare--;
	return true;
}

bool fold_test_point(struct model *model, const struct event *event)
{
	struct test *test = test_of(model, event);
	struct attempt *attempt = test ? attempt_of(test, event) : NULL;
	enum outcome outcome = event->outcome > 0 ? (enum outcome)event->outcome : OUTCOME_NONE;
	const struct event_text *message = NULL;
	bool failure;

	if (!attempt || outcome == OUTCOME_NONE || outcome >= OUTCOME_NOTRUN || test->state == TEST_DONE)
		return false;
	if (!event->depth)
		count_point(attempt, outcome);
	failure = outcome_is_failure(outcome);
	if (!(failure ? make_room(attempt) : attempt->points.length < MODEL_POINTS_KEPT))
		return true;
	if (event->message.length && (failure || !event->reason.length))
		message = &event->message;
	else if (event->reason.length)
		message = &event->reason;
	vec_push(&attempt->points,
		 ((struct point){
			 .number = fold_uint32(event->number),
			 .depth = event->depth > UINT16_MAX ? UINT16_MAX : (uint16_t)event->depth,
			 .outcome = outcome,
			 .name = event->name.length ? fold_copy(&event->name, POINT_NAME_KEPT) : NULL,
			 .message = message ? fold_copy(message, POINT_MESSAGE_KEPT) : NULL,
		 }));
	attempt->points_spare += !failure;
	return true;
}

static bool is_outcome(const struct event *event)
{
	return event->outcome > OUTCOME_NONE && event->outcome < OUTCOME_COUNT;
}

static void set_text(char **place, const struct event_text *text)
{
	if (!text->length)
		return;
	free(*place);
	*place = fold_copy(text, MESSAGE_KEPT);
}

/* The end of an attempt, as its own event or the verdict tells it. */
static void attempt_end(struct model *model, struct test *test, struct attempt *attempt,
			const struct event *event, uint64_t duration)
{
	attempt->outcome = (enum outcome)event->outcome;
	attempt->duration = duration;
	attempt->cpu = event->cpu;
	attempt->rss = event->rss;
	attempt->signal = fold_uint32(event->signal);
	if (event_has(event, exit_code) && event->exit_code >= INT_MIN && event->exit_code <= INT_MAX)
		attempt->exit_code = (int)event->exit_code;
	set_text(&attempt->message, &event->message);
	set_text(&attempt->reason, &event->reason);
	set_text(&attempt->code, &event->code);
	set_text(&attempt->properties, &event->properties);
	set_text(&attempt->evidence, &event->evidence);
	attempt->setup = event->setup;
	attempt->call = event->call;
	attempt->teardown = event->teardown;
	set_text(&attempt->output.path, &event->output_file);
	output_compact(&attempt->output);
	model->run.sum_of_durations += duration;
	if (attempt->worker < model->run.workers.length)
		fold_worker_ends(&model->run.workers.items[attempt->worker], test->number, duration,
				 event->t);
}

bool fold_test_finished(struct model *model, const struct event *event)
{
	struct test *test = test_of(model, event);
	struct attempt *attempt;
	uint64_t duration = event->duration;

	if (!test || !is_outcome(event) || test->state == TEST_DONE)
		return false;
	attempt = attempt_of(test, event);
	if (attempt && attempt->outcome != OUTCOME_NONE)
		return false;
	if (!attempt) {
		/* It never started: what should have started it says why. */
		const struct attempt *last = test_last_attempt(test);
		uint64_t number = event_has(event, attempt) ? event->attempt : 1;

		if (number < 1 || number > UINT32_MAX || event->worker >= XTOP_SLOTS_MAX ||
		    (last && number <= last->number))
			return false;
		attempt = attempt_add(test, event, (uint32_t)number,
				      event->t > duration ? event->t - duration : 0);
	} else if (!event_has(event, duration)) {
		duration = event->t > attempt->started ? event->t - attempt->started : 0;
	}
	attempt_end(model, test, attempt, event, duration);
	set_state(model, test, TEST_RETRYING);
	return true;
}

/* What the verdict says beyond its last attempt. */
static void keep_words(struct model *model, struct test *test, const struct event *event)
{
	const struct attempt *last = test_last_attempt(test);

	if (event->reason.length && !(last && last->reason))
		test->reason = fold_shared(model, &event->reason);
	if (event->code.length && !(last && last->code))
		test->code = fold_shared(model, &event->code);
	if (event->message.length) {
		free(test->message);
		test->message = fold_copy(&event->message, MESSAGE_KEPT);
		if (last && last->message && strcmp(test->message, last->message) == 0) {
			free(test->message);
			test->message = NULL;
		}
	}
}

/* The files of a test that passed at once are removed. */
static void forget_files(struct test *test)
{
	vec_each(&test->attempts, attempt) {
		free((*attempt)->output.path);
		(*attempt)->output.path = NULL;
	}
}

static uint64_t sum_of_attempts(const struct test *test)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < test->attempts.length; i++)
		sum += test->attempts.items[i]->duration;
	return sum;
}

bool fold_test_verdict(struct model *model, const struct event *event)
{
	struct test *test = test_of(model, event);
	const struct attempt *last;

	if (!test || !is_outcome(event))
		return false;
	if (test->state == TEST_DONE) {
		/* A second verdict: on the same attempts (a quarantine by key), or on none at all. */
		if (event->attempts != test->attempts.length)
			test_forget_attempts(model, test);
		else
			shelf_take(model, test);
	}
	if (test->verdicts)
		tally_remove(&model->run.tally, test);
	if (test->attempts.length) {
		struct attempt *newest = test->attempts.items[test->attempts.length - 1];

		if (newest->outcome == OUTCOME_NONE)
			attempt_end(model, test, newest, event,
				    event->t > newest->started ? event->t - newest->started : 0);
	}
	set_state(model, test, TEST_DONE);
	keep_words(model, test, event);
	last = test_last_attempt(test);
	test->outcome = (enum outcome)event->outcome;
	test->flaky = event->flaky;
	test->quarantined = event->quarantined;
	test->verdicts++;
	test->duration = event_has(event, duration) ? event->duration : sum_of_attempts(test);
	test->verdict_at = event->t;
	if (last)
		test->worker = last->worker;
	else if (event->worker < XTOP_SLOTS_MAX)
		test->worker = (unsigned)event->worker;
	test->points_passed = last ? last->points_passed : 0;
	test->points_failed = last ? last->points_failed : 0;
	test->points_skipped = last ? last->points_skipped : 0;
	if (!outcome_is_failure(test->outcome) && !test->flaky)
		forget_files(test);
	tally_add(&model->run.tally, test);
	shelf_put(model, test);
	return true;
}

void fold_evidence(struct model *model, const struct event *event)
{
	struct test *test = test_of(model, event);
	struct attempt *attempt = test ? attempt_of(test, event) : NULL;

	if (attempt)
		set_text(&attempt->evidence, &event->evidence);
}

bool fold_diagnosis(struct model *model, const struct event *event)
{
	struct test *test = test_of(model, event);
	struct attempt *attempt = test && event_has(event, attempt) ? attempt_of(test, event) : NULL;
	char *text;

	if (attempt) {
		set_text(&attempt->code, &event->code);
		set_text(&attempt->diagnosis, &event->message);
		return true;
	}
	if (test) {
		if (event->code.length)
			test->code = fold_shared(model, &event->code);
		return true;
	}
	text = fold_copy(&event->message, MESSAGE_KEPT);
	if (event->code.length) {
		char *with_code = alloc_format("%.*s: %s", (int)event->code.length, event->code.data, text);

		free(text);
		text = with_code;
	}
	fold_log(model, event, event_has(event, level) ? event->level : LEVEL_WARNING, text);
	return true;
}
