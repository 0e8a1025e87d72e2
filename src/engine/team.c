/* How many workers there are: at the beginning, and when a person asks for more or fewer. */
#include "base/alloc.h"
#include "engine/internal.h"
#include "event/codec.h"
#include "worker/cpus.h"

#include <string.h>
#include <sys/resource.h>

bool team_is_parallel(const struct engine *engine)
{
	const char *dist = engine->config->dist;
	return engine->config->workers != 0 && !(dist && strcmp(dist, "no") == 0);
}

static unsigned long by_machine(struct engine *engine, bool tell)
{
	struct cpus_count count;
	unsigned most = engine->config->max_workers > 0 ? (unsigned)engine->config->max_workers : UINT32_MAX;
	cpus_count(engine->history ? history_worker_memory(engine->history) : 0, &count);
	if (tell && count.by_memory && count.workers == count.by_memory && count.by_memory < count.affinity)
		engine_log(engine, LEVEL_NOTE,
			   "%u worker%s: the memory that can be had is not enough for more (`xtop doctor` tells the "
			   "numbers)",
			   count.workers, count.workers == 1 ? "" : "s");
	return count.workers < most ? count.workers : most;
}

/* Lowered to what this process may open. */
static unsigned long by_descriptors(struct engine *engine, unsigned long wanted)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return wanted;
	unsigned long room = cpus_by_files(limit.rlim_cur);
	if (wanted <= room)
		return wanted;
	engine_log(engine, LEVEL_WARNING,
		   "%lu worker%s instead of %lu: this process may open only %lu files (`ulimit -n`)", room,
		   room == 1 ? "" : "s", wanted, (unsigned long)limit.rlim_cur);
	return room;
}

unsigned team_count(struct engine *engine)
{
	if (engine->each) /* found for so many already */
		return engine->each;
	const struct config *config = engine->config;
	bool each = strcmp(sched_mode(engine->sched), "each") == 0;
	size_t tests = engine->entries.length - engine->done;
	unsigned long wanted = config->workers > 0 ? (unsigned long)config->workers : 1;
	if (!team_is_parallel(engine))
		wanted = 1;
	else if (config->workers < 0)
		wanted = by_machine(engine, true);
	if (!each && !config->watch && wanted > tests) /* more may come while one watches */
		wanted = tests ? tests : 1;
	if (wanted > RING_LANES)
		wanted = RING_LANES;
	return (unsigned)by_descriptors(engine, wanted);
}

bool team_may_be_large(struct engine *engine)
{
	if (!team_is_parallel(engine))
		return false;
	return engine->config->workers < 0 ? by_machine(engine, false) > 1 : engine->config->workers > 1;
}

struct losses {
	struct engine *engine;
	VEC(uint64_t) tests;
};

static void lose(void *context, uint64_t test)
{
	struct losses *losses = context;
	vec_push(&losses->tests, test);
}

void team_lost(struct engine *engine, unsigned slot, const char *reason)
{
	struct losses losses = { engine, VEC_INIT };
	if (!engine->slots[slot].scheduled)
		return;
	engine->slots[slot].scheduled = false;
	sched_worker_gone(engine->sched, slot, lose, &losses);
	/* Nor can those be run again that are only its own and have not come back to the scheduler yet. */
	for (size_t i = 0; i < engine->entries.length; i++) {
		const struct entry *entry = &engine->entries.items[i];
		if (entry->only == slot && (entry->state == ENTRY_DELAYED || entry->state == ENTRY_LOOKED_UP))
			vec_push(&losses.tests, i + 1);
	}
	vec_each(&losses.tests, test)
		verdict_not_run(engine, *test, reason);
	vec_fini(&losses.tests);
}

static unsigned staying(const struct engine *engine)
{
	unsigned count = 0;
	for (unsigned i = 0; i < engine->workers; i++)
		count += engine->slots[i].state != SLOT_EMPTY && !engine->slots[i].leaving;
	return count;
}

bool team_can_run(const struct engine *engine, const struct entry *entry)
{
	/* Without any, all are started anew. */
	return entry->only == NO_SLOT || engine->slots[entry->only].scheduled || staying(engine) == 0;
}

void team_tell_left(struct engine *engine, unsigned slot)
{
	struct event event;
	event_init(&event, EVENT_WORKER_LEFT);
	event_put(&event, worker, slot);
	event_put(&event, incarnation, engine->slots[slot].incarnation);
	event_put(&event, workers, staying(engine));
	bus_emit(engine, &event);
}

static int add_worker(struct engine *engine, struct error *error)
{
	unsigned slot = 0;
	while (slot < engine->workers && engine->slots[slot].state != SLOT_EMPTY)
		slot++;
	if (engine->each && slot >= engine->each)
		return error_set(error,
				 "every test is there for each of %u workers; another would have none (--dist each)",
				 engine->each);
	if (slot == RING_LANES)
		return error_set(error, "there are %d workers already, and no room for more", RING_LANES);
	unsigned workers = engine->workers;
	if (slot == engine->workers)
		engine->workers++;
	if (slots_start_one(engine, slot, error) != 0) {
		engine->workers = workers;
		return -1;
	}
	dispatch(engine);
	return 0;
}

/* The last one, so that numbers stay together. */
static int remove_worker(struct engine *engine, struct error *error)
{
	if (staying(engine) <= 1)
		return error_set(error, "the last worker stays");
	unsigned slot = engine->workers;
	while (slot-- > 0)
		if (engine->slots[slot].state != SLOT_EMPTY && !engine->slots[slot].leaving)
			break;
	struct command command = { .type = COMMAND_LEAVE };
	engine->slots[slot].leaving = true;
	slots_send(engine, slot, &command);
	hold_release(engine, slot, (struct slice){ NULL, 0 });
	dispatch(engine);
	return 0;
}

int team_change(struct engine *engine, bool more, struct error *error)
{
	if (!engine->collected)
		return error_set(error, "tests are still being collected; wait for it");
	if (engine->finished || engine->closing || engine->closed)
		return error_set(error, "the run is over, or being ended");
	if (!team_is_parallel(engine))
		return error_set(error, "this run is in order, with one worker (-n 0, --dist no)");
	return more ? add_worker(engine, error) : remove_worker(engine, error);
}
