#include "tui/forecast.h"

#include "base/alloc.h"

#include <stdlib.h>

struct forecast {
	struct eta *eta;
	uint64_t ended
		[XTOP_SLOTS_MAX]; /* ns: when the slot's last test ended; 0: it has one, or had none yet */
};

static enum eta_place place_of(const struct test *test)
{
	switch (test->state) {
	case TEST_DONE:
		return ETA_OVER;
	case TEST_RUNNING:
		return ETA_RUNNING;
	default:
		return ETA_WAITING;
	}
}

struct forecast *forecast_new(const struct run *run)
{
	struct forecast *forecast = ALLOC_NEW(struct forecast);

	forecast->eta = eta_new();
	vec_each(&run->tests, test)
		eta_move(forecast->eta, (*test)->number, place_of(*test), (*test)->expected);
	return forecast;
}

void forecast_free(struct forecast *forecast)
{
	if (!forecast)
		return;
	eta_free(forecast->eta);
	free(forecast);
}

/* Whether what it took says how good its history is: a hanging or crashing test tells nothing of others. */
static bool tells(const struct test *test)
{
	switch (test->outcome) {
	case OUTCOME_PASSED:
	case OUTCOME_FAILED:
	case OUTCOME_XFAILED:
	case OUTCOME_XPASSED:
		return true;
	default:
		return !test->expected;
	}
}

void forecast_hear(struct forecast *forecast, const struct event *event, const struct test *test)
{
	uint64_t *ended = event->worker < XTOP_SLOTS_MAX ? &forecast->ended[event->worker] : NULL;
	enum eta_place before;

	if (!test)
		return;
	if (event->type == EVENT_TEST_STARTED && ended && *ended) {
		eta_paused(forecast->eta, event->t > *ended ? event->t - *ended : 0);
		*ended = 0;
	} else if (event->type == EVENT_TEST_FINISHED && ended) {
		*ended = event->t;
	}
	before = eta_move(forecast->eta, test->number, place_of(test), test->expected);
	if (test->state == TEST_DONE && before != ETA_OVER && test->attempts.length && tells(test))
		eta_took(forecast->eta, test->expected, test->duration);
}

bool forecast_left(const struct forecast *forecast, const struct model *model, uint64_t now,
		   struct eta_left *left)
{
	const struct run *run = model_run(model);
	struct eta_running running[XTOP_SLOTS_MAX];
	unsigned workers = 0;
	size_t count = 0;

	vec_each(&run->workers, worker) {
		const struct test *test = worker->test ? model_test(model, worker->test) : NULL;
		const struct attempt *attempt = test ? test_last_attempt(test) : NULL;

		workers += worker->state != WORKER_ABSENT && worker->state != WORKER_DEAD;
		if (!attempt)
			continue;
		running[count++] =
			(struct eta_running){ .age = now > worker->started ? now - worker->started : 0,
					      .expected = test->expected,
					      .deadline = attempt->deadline };
	}
	return eta_estimate(forecast->eta, workers ? workers : run->workers_wanted, running, count, left);
}
