#include "tui/spans.h"

#include "base/alloc.h"
#include "base/vec.h"
#include "event/codec.h"

#include <stdlib.h>

#define RUNS UINT64_MAX

struct lane {
	VEC(struct span) spans;
	uint64_t busy; /* ns of those that ended */
	uint32_t bad;  /* of them, that failed */
};

struct spans {
	struct lane lanes[XTOP_SLOTS_MAX];
};

static struct span *last_of(struct lane *lane)
{
	return lane->spans.length ? &lane->spans.items[lane->spans.length - 1] : NULL;
}

static void close_span(struct lane *lane, uint64_t t, enum outcome outcome)
{
	struct span *span = last_of(lane);

	span->ended = t > span->started ? t : span->started;
	span->outcome = (uint8_t)outcome;
	lane->busy += span->ended - span->started;
	lane->bad += outcome_is_failure(outcome);
}

static void open_span(struct lane *lane, uint64_t t, uint64_t test, uint64_t attempt)
{
	const struct span *last = last_of(lane);

	/* A worker has one test: the end of the one before got lost. */
	if (last && last->ended == RUNS)
		close_span(lane, t, OUTCOME_NONE);
	last = last_of(lane);
	if (last && t < last->ended)
		t = last->ended;
	vec_push(&lane->spans,
		 ((struct span){ .started = t,
				 .ended = RUNS,
				 .busy_before = lane->busy,
				 .bad_before = lane->bad,
				 .test = test > UINT32_MAX ? 0 : (uint32_t)test,
				 .attempt = attempt > UINT16_MAX ? UINT16_MAX : (uint16_t)attempt }));
}

void spans_hear(struct spans *spans, const struct event *event)
{
	struct lane *lane;
	struct span *last;

	if (!event_has(event, worker) || event->worker >= XTOP_SLOTS_MAX || !event_has(event, test))
		return;
	lane = &spans->lanes[event->worker];
	last = last_of(lane);
	if (event->type == EVENT_TEST_STARTED)
		open_span(lane, event->t, event->test, event_has(event, attempt) ? event->attempt : 1);
	else if ((event->type == EVENT_TEST_FINISHED || event->type == EVENT_TEST_VERDICT) && last &&
		 last->ended == RUNS && last->test == event->test)
		close_span(lane, event->t,
			   event->outcome > 0 && event->outcome < OUTCOME_COUNT ? (enum outcome)event->outcome
										: OUTCOME_NONE);
}

static int by_start(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	return (a->started > b->started) - (a->started < b->started);
}

static void add_past(struct spans *spans, const struct test *test)
{
	vec_each(&test->attempts, it) {
		const struct attempt *attempt = *it;
		uint64_t end = attempt->outcome == OUTCOME_NONE ? RUNS : attempt->started + attempt->duration;

		if (attempt->worker < XTOP_SLOTS_MAX)
			vec_push(&spans->lanes[attempt->worker].spans,
				 ((struct span){ .started = attempt->started,
						 .ended = end,
						 .test = (uint32_t)test->number,
						 .attempt = attempt->number > UINT16_MAX
								    ? UINT16_MAX
								    : (uint16_t)attempt->number,
						 .outcome = (uint8_t)attempt->outcome }));
	}
}

struct spans *spans_new(const struct run *run)
{
	struct spans *spans = ALLOC_NEW(struct spans);

	vec_each(&run->tests, test)
		add_past(spans, *test);
	for (unsigned slot = 0; slot < XTOP_SLOTS_MAX; slot++) {
		struct lane *lane = &spans->lanes[slot];
		size_t count = lane->spans.length;

		if (count)
			qsort(lane->spans.items, count, sizeof(*lane->spans.items), by_start);
		for (size_t i = 0; i < count; i++) {
			struct span *span = &lane->spans.items[i];

			/* What the model says of durations may overlap by a little. */
			if (i + 1 < count && span->ended > span[1].started)
				span->ended = span[1].started;
			span->busy_before = lane->busy;
			span->bad_before = lane->bad;
			if (span->ended != RUNS)
				lane->busy += span->ended - span->started;
			lane->bad += outcome_is_failure((enum outcome)span->outcome);
		}
	}
	return spans;
}

void spans_free(struct spans *spans)
{
	if (!spans)
		return;
	for (unsigned slot = 0; slot < XTOP_SLOTS_MAX; slot++)
		vec_fini(&spans->lanes[slot].spans);
	free(spans);
}

/* --- looking --- */

size_t spans_count(const struct spans *spans, unsigned slot)
{
	return slot < XTOP_SLOTS_MAX ? spans->lanes[slot].spans.length : 0;
}

const struct span *spans_get(const struct spans *spans, unsigned slot, size_t index)
{
	return index < spans_count(spans, slot) ? &spans->lanes[slot].spans.items[index] : NULL;
}

size_t spans_ending_behind(const struct spans *spans, unsigned slot, uint64_t t)
{
	const struct span *items = spans->lanes[slot].spans.items;
	size_t low = 0, high = spans->lanes[slot].spans.length;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (items[middle].ended > t)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static size_t starting_between(const struct lane *lane, size_t low, size_t high, uint64_t t)
{
	const struct span *items = lane->spans.items;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (items[middle].started >= t)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

size_t spans_starting_from(const struct spans *spans, unsigned slot, uint64_t t)
{
	return starting_between(&spans->lanes[slot], 0, spans->lanes[slot].spans.length, t);
}

size_t spans_starting_near(const struct spans *spans, unsigned slot, size_t from, uint64_t t)
{
	const struct lane *lane = &spans->lanes[slot];
	size_t count = lane->spans.length, step = 1, high = from;

	/* In steps that double, and then between the last two. */
	while (high < count && lane->spans.items[high].started < t) {
		from = high + 1;
		high += step;
		step *= 2;
	}
	return starting_between(lane, from, high < count ? high : count, t);
}

/* How many failed before the one at `index`, which may be the one behind the last. */
static uint32_t bad_before(const struct lane *lane, size_t index)
{
	return index < lane->spans.length ? lane->spans.items[index].bad_before : lane->bad;
}

size_t spans_next_bad(const struct spans *spans, unsigned slot, size_t from, size_t to)
{
	const struct lane *lane = &spans->lanes[slot];
	uint32_t before = bad_before(lane, from);
	size_t low = from, high = to;

	if (from >= to || bad_before(lane, to) == before)
		return to;
	/* The last at which it is still as many as at `from` is the one that failed. */
	while (low + 1 < high) {
		size_t middle = low + (high - low) / 2;

		if (bad_before(lane, middle) == before)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* How long the worker had a test until `t`. */
static uint64_t busy_until(const struct spans *spans, unsigned slot, uint64_t t, uint64_t now)
{
	const struct lane *lane = &spans->lanes[slot];
	size_t index = spans_ending_behind(spans, slot, t);
	const struct span *span = spans_get(spans, slot, index);

	if (!span)
		return lane->busy;
	if (span->ended == RUNS && t > now)
		t = now;
	return span->busy_before + (t > span->started ? t - span->started : 0);
}

uint64_t spans_busy(const struct spans *spans, unsigned slot, uint64_t from, uint64_t to, uint64_t now)
{
	uint64_t first = busy_until(spans, slot, from, now), last = busy_until(spans, slot, to, now);

	return last > first ? last - first : 0;
}

/* --- the end --- */

struct spans_tail spans_tail(const struct spans *spans, const struct run *run, uint64_t now)
{
	struct spans_tail tail = { .from = UINT64_MAX };
	uint64_t sum = 0;

	vec_each(&run->workers, worker) {
		size_t count = spans_count(spans, worker->slot);
		uint64_t end;

		if (!count || worker->state == WORKER_ABSENT)
			continue;
		end = spans_get(spans, worker->slot, count - 1)->ended;
		if (end == RUNS)
			end = now;
		if (end >= tail.to) {
			tail.to = end;
			tail.slot = worker->slot;
		}
		if (end < tail.from)
			tail.from = end;
		sum += end;
		tail.workers++;
	}
	if (tail.from >= tail.to)
		tail.from = tail.to;
	else
		tail.idle = ((double)tail.to * tail.workers - (double)sum) / (double)(tail.to - tail.from);
	return tail;
}
