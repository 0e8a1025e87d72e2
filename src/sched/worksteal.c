/* `worksteal`: each worker begins with an even piece of the tests, in the order in which they were found; one
 * that has finished its own takes the second half of the longest piece that is left. */
#include "sched/lanes.h"

static void *worksteal_new(struct sched *sched, const struct sched_options *options, struct error *error)
{
	(void)options; /* --maxschedchunk is for batches, of which there are none */
	(void)error;
	struct lanes *lanes = ALLOC_NEW(struct lanes);
	lanes_init(lanes, sched, 0);
	return lanes;
}

static void worksteal_free(void *state)
{
	lanes_fini(state);
	free(state);
}

static void worksteal_collected(void *state, unsigned workers)
{
	lanes_collected(state, workers);
	lanes_split(state);
}

static void worksteal_worker_added(void *state, unsigned worker)
{
	(void)worker;
	lanes_worker_added(state);
}

static void worksteal_worker_gone(void *state, unsigned worker)
{
	lanes_worker_gone(state, worker);
}

static void worksteal_unit_ready(void *state, uint32_t unit, bool first)
{
	lanes_push(state, unit, first);
}

/* Those that were found later are shared evenly, too. */
static uint32_t worksteal_next(void *state, unsigned worker)
{
	struct lanes *lanes = state;
	return lanes_next(lanes, worker, (lanes_unset(lanes) + lanes->workers - 1) / lanes->workers);
}

static uint32_t worksteal_steal(void *state, unsigned worker)
{
	return lanes_steal(state, worker);
}

static size_t worksteal_memory(const void *state)
{
	return lanes_memory(state);
}

const struct policy_ops policy_worksteal = {
	.name = "worksteal",
	.new = worksteal_new,
	.free = worksteal_free,
	.collected = worksteal_collected,
	.worker_added = worksteal_worker_added,
	.worker_gone = worksteal_worker_gone,
	.unit_ready = worksteal_unit_ready,
	.next = worksteal_next,
	.steal = worksteal_steal,
	.memory = worksteal_memory,
};
