/* The ring's consumer: records of workers become events.
 *
 * A round is bounded, so that keys, timers and the screen get their turn under a flood; an idle handle
 * goes on where a round stopped.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "engine/internal.h"
#include "event/codec.h"

#include <stdlib.h>
#include <string.h>

#define ROUND_TIME (4 * CLOCK_MS)
#define LANE_BUDGET ((size_t)256 << 10)

static void take_event(struct engine *engine, unsigned slot, struct event *event)
{
	/* Lanes can't lie about whose they are; what is written in them can. */
	event_put(event, worker, slot);
	struct slot *place = &engine->slots[slot];
	if (event->type == EVENT_TEST_STARTED) {
		dispatch_started(engine, slot, event->test);
		dispatch_put_times(engine, event);
	}
	if (event->type == EVENT_WORKER_STARTED)
		place->state = SLOT_LIVE;
	if (event->type == EVENT_TEST_FINISHED && event->test != place->running)
		return;
	if (event->type == EVENT_WORKER_SAMPLE && event->rss > engine->worker_memory)
		engine->worker_memory = event->rss;
	resting_note(engine, event);
	bus_pass(engine, event);
	if (event->type == EVENT_TEST_FINISHED) {
		stacks_note(engine, event);
		place->running = 0;
		place->finished_one = true;
		verdict_attempt_ended(engine, event);
		place->again = place->wants = 0;
	}
	if (event->type == EVENT_TEST_STARTED || event->type == EVENT_TEST_FINISHED)
		dispatch_slot(engine, slot);
}

static void take_standing(struct slot *place, const char *bytes, size_t length)
{
	bool stands = length > 0 && bytes[0];
	char *node = stands ? alloc_string_n(bytes + 1, length - 1) : NULL;
	hold_standing(place, node, stands && bytes[0] == 2);
	free(node);
}

/* True: it was one, not an event. */
static bool take_message(struct engine *engine, unsigned slot, const unsigned char *record, size_t length)
{
	uint64_t test = 0;
	if (length >= 1 + sizeof(test))
		memcpy(&test, record + 1, sizeof(test));
	switch (record[0]) {
	case MESSAGE_RETURNED:
		dispatch_returned(engine, slot, test);
		return true;
	case MESSAGE_WANTS:
		dispatch_wanted(engine, slot, test, length > 1 + sizeof(test) && record[1 + sizeof(test)]);
		return true;
	case MESSAGE_RETIRED:
		engine->slots[slot].retiring = false;
		finish_check(engine);
		return true;
	case MESSAGE_AGAIN:
		dispatch_kept(engine, slot, test);
		return true;
	case MESSAGE_STANDS:
		take_standing(&engine->slots[slot], (const char *)record + 1, length - 1);
		return true;
	case MESSAGE_HARNESS_GONE:
		hold_release(engine, slot, (struct slice){ (const char *)record + 1, length - 1 });
		dispatch(engine);
		return true;
	case MESSAGE_NO_SERVER:
		server_unreachable(engine, (const char *)record + 1, length - 1);
		return true;
	default:
		return false;
	}
}

static void take(void *context, unsigned lane, uint32_t incarnation, const void *bytes, size_t length)
{
	struct engine *engine = context;
	const unsigned char *record = bytes;
	struct event event;
	if (incarnation != engine->slots[lane].incarnation || length == 0)
		return;
	if (take_message(engine, lane, record, length))
		return;
	if (event_decode(bytes, length, &event) == 0)
		take_event(engine, lane, &event);
}

static void drain_lane(struct engine *engine, unsigned slot, size_t budget)
{
	bool waits = false;
	if (ring_drain(engine->ring, slot, budget, take, engine, &waits) < 0) {
		engine_log(engine, LEVEL_ERROR, "gw%u wrote into its lane what no worker writes; it is ended", slot);
		pool_kill_worker(engine->pool, slot);
		return;
	}
	if (waits) {
		struct command command = { .type = COMMAND_SPACE };
		slots_send(engine, slot, &command);
	}
}

static void round_of_draining(struct engine *engine)
{
	uint64_t until = clock_now() + ROUND_TIME;
	do {
		ring_clear_doorbell(engine->ring);
		/* From another lane each time: where a round ends early, none is always the last. */
		for (unsigned i = 0; i < engine->workers && (i == 0 || clock_now() < until); i++)
			drain_lane(engine, engine->next_lane++ % engine->workers, LANE_BUDGET);
		finish_check(engine);
		if (ring_may_sleep(engine->ring, engine->workers)) {
			uv_idle_stop(&engine->more);
			return;
		}
	} while (clock_now() < until);
	uv_idle_start(&engine->more, drain_on_more);
}

void drain_on_doorbell(uv_poll_t *handle, int status, int events)
{
	(void)status;
	(void)events;
	round_of_draining(handle->data);
}

void drain_on_more(uv_idle_t *handle)
{
	round_of_draining(handle->data);
}

void drain_before_sleep(uv_prepare_t *handle)
{
	struct engine *engine = handle->data;
	if (!ring_may_sleep(engine->ring, engine->workers))
		uv_idle_start(&engine->more, drain_on_more);
}

void drain_rest(struct engine *engine, unsigned slot)
{
	bool waits;
	while (ring_drain(engine->ring, slot, SIZE_MAX, take, engine, &waits) > 0)
		continue;
	ring_drop_unfinished(engine->ring, slot);
}
