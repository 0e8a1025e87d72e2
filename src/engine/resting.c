/* When memory is low: workers rest before the kernel kills one, and go on when there is more. */
#include "engine/resting.h"

#include "base/clock.h"
#include "engine/internal.h"
#include "event/codec.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_MS 1000
/* A test can take a lot in a second. */
#define LOOK_WHEN_LOW_MS 200

/* --- which --- */

static bool rests_before(const struct resting_candidate *one, const struct resting_candidate *other)
{
	if (one->works != other->works)
		return !one->works;
	return one->rss >= other->rss;
}

void resting_choose(const struct resting_candidate *candidates, size_t count, bool most, bool *rest)
{
	for (size_t i = 0; i < count; i++)
		rest[i] = false;
	if (count < 2)
		return;
	for (size_t left = most ? count - 1 : count / 2; left > 0; left--) {
		size_t next = SIZE_MAX;
		for (size_t i = 0; i < count; i++)
			if (!rest[i] && (next == SIZE_MAX || rests_before(&candidates[i], &candidates[next])))
				next = i;
		rest[next] = true;
	}
}

static bool goes_on(const struct slot *slot)
{
	return slot->state != SLOT_EMPTY && !slot->leaving && !slot->resting;
}

/* NULL: nothing was heard of it. */
static const struct worker *shown(const struct engine *engine, unsigned slot)
{
	const struct run *run = model_run(engine->model);
	return slot < run->workers.length ? &run->workers.items[slot] : NULL;
}

/* What it uses now: samples come once a second, and tell of tests that ended. A harness is no child of its worker. */
static uint64_t measure(const struct engine *engine, const struct worker *worker)
{
	const struct test *test = worker ? model_test(engine->model, worker->test) : NULL;
	const struct attempt *attempt = test ? test_last_attempt(test) : NULL;
	struct usage usage = { .rss = 0 };
	if (worker && worker->pid)
		usage_add_process((pid_t)worker->pid, &usage);
	if (attempt && attempt->pid)
		usage_add_process((pid_t)attempt->pid, &usage);
	return usage.rss;
}

static void let_rest(struct engine *engine, unsigned slot)
{
	struct slot *place = &engine->slots[slot];
	place->resting = true;
	if (!place->ahead || place->recalling)
		return;
	struct command command = { .type = COMMAND_RECALL, .test = place->ahead };
	place->recalling = true;
	slots_send(engine, slot, &command);
}

/* Returns how many more rest now. */
static unsigned let_some_rest(struct engine *engine, bool most)
{
	struct resting_candidate candidates[RING_LANES] = { { 0, false } };
	unsigned slots[RING_LANES], count = 0, chosen = 0;
	bool rest[RING_LANES];
	for (unsigned i = 0; i < engine->workers; i++) {
		const struct slot *slot = &engine->slots[i];
		if (!goes_on(slot))
			continue;
		candidates[count] = (struct resting_candidate){ 0, slot->running || slot->ahead || slot->again };
		slots[count++] = i;
	}
	for (unsigned i = 0; count > 1 && i < count; i++)
		candidates[i].rss = measure(engine, shown(engine, slots[i]));
	resting_choose(candidates, count, most, rest);
	for (unsigned i = 0; i < count; i++) {
		if (!rest[i])
			continue;
		let_rest(engine, slots[i]);
		chosen++;
	}
	return chosen;
}

bool resting_end_one(struct engine *engine)
{
	for (unsigned i = 0; i < engine->workers; i++) {
		if (!engine->slots[i].resting)
			continue;
		engine->slots[i].resting = false;
		return true;
	}
	return false;
}

/* --- saying so --- */

static unsigned count_slots(const struct engine *engine, bool resting)
{
	unsigned count = 0;
	for (unsigned i = 0; i < engine->workers; i++) {
		const struct slot *slot = &engine->slots[i];
		count += slot->state != SLOT_EMPTY && (!resting || slot->resting);
	}
	return count;
}

/* "; gw3 uses most, 2048M for tests/big.sh" */
static void add_biggest(const struct engine *engine, const struct room_bound *bound, struct str *out)
{
	const struct run *run = model_run(engine->model);
	const struct worker *biggest = NULL;
	uint64_t sum = 0, most = 0, used = bound ? bound->total - bound->left : 0;
	vec_each(&run->workers, worker) {
		uint64_t now = measure(engine, worker);
		sum += now;
		if (now > most) {
			most = now;
			biggest = worker;
		}
	}
	if (sum < used / 2) {
		str_add_text(out, "; most is used by others than this run's workers");
		return;
	}
	if (!biggest)
		return;
	const struct test *test = model_test(engine->model, biggest->test);
	str_add_format(out, "; gw%u uses most, ", biggest->slot);
	memory_add_size(out, most);
	if (test)
		str_add_format(out, " for %s", test->id);
}

static void add_consequence(const struct engine *engine, struct str *out)
{
	unsigned resting = count_slots(engine, true), all = count_slots(engine, false);
	if (resting)
		str_add_format(out,
			       "; %u of %u workers start no test until there is more. Run fewer with -n, or end tests "
			       "that take too much by --mem-limit",
			       resting, all);
	else
		str_add_text(out, ". --mem-limit ends tests that take too much");
}

static void warn(struct engine *engine, const struct room *room, const struct room_bound *bound)
{
	struct str text = STR_INIT;
	room_describe(room, bound, &text);
	add_biggest(engine, bound, &text);
	add_consequence(engine, &text);
	/* Once is enough to act upon. */
	if (engine->memory_was_low)
		engine_log(engine, LEVEL_NOTE, "%s", text.data);
	else
		diagnosis_of_run(engine, CODE_MEMORY_LOW, LEVEL_WARNING, "%s", text.data);
	engine->memory_was_low = true;
	str_fini(&text);
}

static void tell_more(struct engine *engine, const struct room *room, const struct room_bound *bound)
{
	struct str text = STR_INIT;
	room_describe(room, bound, &text);
	engine_log(engine, LEVEL_NOTE, "%s: %u of %u workers rest", text.data, count_slots(engine, true),
		   count_slots(engine, false));
	str_fini(&text);
}

static void tell_end(struct engine *engine, const struct room *room, const struct room_bound *bound)
{
	struct str text = STR_INIT;
	room_describe(room, bound, &text);
	engine_log(engine, LEVEL_NOTE, "%s again: all workers go on", text.data);
	str_fini(&text);
}

/* --- looking --- */

/* What a worker or a test took at most that some worker, be it one that rests, has not got: its next test may want it. A
 * harness keeps what it has between two tests, and then only the worker's samples tell of it. */
static uint64_t need_of(const struct engine *engine)
{
	uint64_t least = UINT64_MAX;
	for (unsigned i = 0; i < engine->workers; i++) {
		const struct worker *worker = shown(engine, i);
		if (engine->slots[i].state == SLOT_EMPTY || engine->slots[i].leaving)
			continue;
		uint64_t has = measure(engine, worker);
		if (engine->servers.length > 0 && worker && worker->rss > has)
			has = worker->rss;
		least = has < least ? has : least;
	}
	return engine->test_memory > least ? engine->test_memory - least : 0;
}

/* Only where it may be low is it looked what workers have. */
static enum room_level judge(const struct engine *engine, const struct room *room, const struct room_bound **bound)
{
	enum room_level level = room_judge(room, engine->test_memory, bound);
	return level == ROOM_ENOUGH ? level : room_judge(room, need_of(engine), bound);
}

static void act(struct engine *engine, const struct room *room, enum room_level level, const struct room_bound *bound)
{
	if (level >= ROOM_LOW) {
		unsigned more = let_some_rest(engine, level == ROOM_SCARCE);
		if (!engine->memory_low)
			warn(engine, room, bound);
		else if (more)
			tell_more(engine, room, bound);
		engine->memory_low = true;
	} else if (level == ROOM_ENOUGH && engine->memory_low) {
		/* One at a time: what it starts must be seen before the next one starts something. */
		bool ended = resting_end_one(engine);
		if (!count_slots(engine, true)) {
			engine->memory_low = false;
			tell_end(engine, room, bound);
		}
		if (ended)
			dispatch(engine);
	}
}

static void on_look(uv_timer_t *timer);

static void look(struct engine *engine)
{
	enum room_level level = ROOM_ENOUGH;
	if (engine->finished || engine->closing || engine->closed) {
		while (resting_end_one(engine))
			continue;
		engine->memory_low = false;
	} else {
		struct room room;
		const struct room_bound *bound;
		room_read(&engine->room_source, &room);
		level = judge(engine, &room, &bound);
		act(engine, &room, level, bound);
	}
	if (engine->finished) /* resting_go_on */
		return;
	uv_timer_start(&engine->room, on_look, level >= ROOM_NARROW ? LOOK_WHEN_LOW_MS : LOOK_MS, 0);
}

static void on_look(uv_timer_t *timer)
{
	look(timer->data);
}

void resting_go_on(struct engine *engine)
{
	if (engine->room_source_is_known && !uv_is_active((uv_handle_t *)&engine->room))
		uv_timer_start(&engine->room, on_look, LOOK_MS, 0);
}

void resting_note(struct engine *engine, const struct event *event)
{
	bool tells = event->type == EVENT_WORKER_SAMPLE || event->type == EVENT_TEST_FINISHED;
	if (tells && event_has(event, rss) && event->rss > engine->test_memory)
		engine->test_memory = event->rss;
}

void resting_watch(struct engine *engine)
{
	const char *meminfo = getenv("XTOP_MEMINFO");
	room_source_init(&engine->room_source, "/proc", meminfo && *meminfo ? meminfo : NULL);
	engine->room_source_is_known = true;
	look(engine);
}
