/* Events for the tests of the model and the frontends: each function makes one, folds it, and lets
 * the frontend hear it. */
#ifndef XTOP_TESTS_FEED_H
#define XTOP_TESTS_FEED_H

#include "base/clock.h"
#include "event/codec.h"
#include "report/frontend.h"

#include <stdio.h>
#include <string.h>

struct feed {
	struct model *model;
	struct frontend *frontend; /* NULL: none */
	uint64_t t;                /* of the next event; it does not move by itself */
};

static inline struct event feed_make(enum event_type type)
{
	struct event event;

	event_init(&event, type);
	return event;
}

static inline void feed_event(struct feed *feed, struct event event)
{
	event.t = feed->t;
	model_apply(feed->model, &event);
	if (feed->frontend)
		feed->frontend->ops->hear(feed->frontend, feed->model, &event);
}

static inline void feed_run_started(struct feed *feed, unsigned workers)
{
	struct event event = feed_make(EVENT_RUN_STARTED);

	event_put_text(&event, run_id, "8f2c1");
	event_put(&event, workers, workers);
	event_put(&event, wall, UINT64_C(1700000000) * CLOCK_SECOND);
	feed_event(feed, event);
}

static inline void feed_found_in(struct feed *feed, uint64_t test, const char *suite, const char *id)
{
	struct event event = feed_make(EVENT_TEST_FOUND);

	event_put(&event, test, test);
	event_put_text(&event, suite, suite);
	event_put_text(&event, id, id);
	feed_event(feed, event);
}

static inline void feed_found(struct feed *feed, uint64_t test, const char *id)
{
	feed_found_in(feed, test, "unit", id);
}

static inline void feed_collected(struct feed *feed, uint64_t tests)
{
	struct event event = feed_make(EVENT_RUN_COLLECTED);

	event_put(&event, tests, tests);
	feed_event(feed, event);
}

static inline void feed_started(struct feed *feed, uint64_t test, unsigned attempt, unsigned worker)
{
	struct event event = feed_make(EVENT_TEST_STARTED);

	event_put(&event, test, test);
	event_put(&event, attempt, attempt);
	event_put(&event, worker, worker);
	feed_event(feed, event);
}

static inline void feed_output(struct feed *feed, uint64_t test, unsigned attempt, unsigned worker,
			       const char *bytes, size_t length)
{
	struct event event = feed_make(EVENT_TEST_OUTPUT);

	event_put(&event, test, test);
	event_put(&event, attempt, attempt);
	event_put(&event, worker, worker);
	event_put(&event, stream, STREAM_STDOUT);
	event_put(&event, data, ((struct event_text){ bytes, length }));
	feed_event(feed, event);
}

static inline void feed_text(struct feed *feed, uint64_t test, unsigned attempt, unsigned worker,
			     const char *text)
{
	feed_output(feed, test, attempt, worker, text, strlen(text));
}

static inline void feed_point(struct feed *feed, uint64_t test, unsigned number, unsigned depth,
			      enum outcome outcome, const char *name, const char *message)
{
	struct event event = feed_make(EVENT_TEST_POINT);

	event_put(&event, test, test);
	event_put(&event, number, number);
	event_put(&event, depth, depth);
	event_put(&event, outcome, (int)outcome);
	event_put_text(&event, name, name);
	event_put_text(&event, message, message);
	feed_event(feed, event);
}

/* How an attempt or a test ended; what is zero or NULL is not in the event. */
struct ending {
	enum outcome outcome;
	unsigned signal;
	int exit_code;
	const char *message, *reason, *code, *output_file;
	bool flaky, quarantined; /* verdicts only */
	uint64_t duration;       /* ns, 0: a quarter of a second */
};

static inline struct event feed_ending(enum event_type type, uint64_t test, const struct ending *ending)
{
	struct event event = feed_make(type);

	event_put(&event, test, test);
	event_put(&event, outcome, (int)ending->outcome);
	event_put(&event, duration, ending->duration ? ending->duration : 250 * CLOCK_MS);
	if (ending->signal)
		event_put(&event, signal, ending->signal);
	if (ending->exit_code)
		event_put(&event, exit_code, ending->exit_code);
	event_put_text(&event, message, ending->message);
	event_put_text(&event, reason, ending->reason);
	event_put_text(&event, code, ending->code);
	event_put_text(&event, output_file, ending->output_file);
	return event;
}

static inline void feed_finished(struct feed *feed, uint64_t test, unsigned attempt, unsigned worker,
				 struct ending ending)
{
	struct event event = feed_ending(EVENT_TEST_FINISHED, test, &ending);

	event_put(&event, attempt, attempt);
	event_put(&event, worker, worker);
	feed_event(feed, event);
}

static inline void feed_verdict(struct feed *feed, uint64_t test, unsigned attempts, struct ending ending)
{
	struct event event = feed_ending(EVENT_TEST_VERDICT, test, &ending);

	event_put(&event, attempts, attempts);
	event_put(&event, flaky, ending.flaky);
	event_put(&event, quarantined, ending.quarantined);
	if (!attempts) {
		event.has &= ~(UINT64_C(1) << FIELD_duration);
		event.duration = 0;
	}
	feed_event(feed, event);
}

/* The end of the first attempt and the verdict, the same. */
static inline void feed_ended(struct feed *feed, uint64_t test, unsigned worker, struct ending ending)
{
	feed_finished(feed, test, 1, worker, ending);
	feed_verdict(feed, test, 1, ending);
}

static inline void feed_whole(struct feed *feed, uint64_t test, unsigned worker, struct ending ending)
{
	feed_started(feed, test, 1, worker);
	feed_ended(feed, test, worker, ending);
}

static inline void feed_log(struct feed *feed, int level, const char *message)
{
	struct event event = feed_make(EVENT_LOG);

	event_put(&event, level, level);
	event_put_text(&event, message, message);
	feed_event(feed, event);
}

static inline void feed_run_finished(struct feed *feed, int exit_code)
{
	struct event event = feed_make(EVENT_RUN_FINISHED);

	event_put(&event, exit_code, exit_code);
	event_put(&event, duration, feed->t);
	feed_event(feed, event);
}

#endif
