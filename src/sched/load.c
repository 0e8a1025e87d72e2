/* `load`: the next batch of tests for whoever runs low, in the order in which they were found.
 *
 * A batch is a part of what is left ("guided self-scheduling": Polychronopoulos and Kuck, IEEE Transactions
 * on Computers, 1987): great at first, so that tests of one file mostly run on one worker and its fixtures
 * live on, and small at the end, so that all workers finish together. What is set aside for a worker is not
 * sent yet, and an idle one may have it.
 *
 * `each` is the same: its tests are for one worker each, and never come here.
 */
#include "sched/lanes.h"

/* A batch is this part of an even share. */
#define SHARE_PARTS 4

static void *load_new(struct sched *sched, const struct sched_options *options, struct error *error)
{
	(void)error;
	struct lanes *lanes = ALLOC_NEW(struct lanes);
	lanes_init(lanes, sched, options->max_chunk);
	return lanes;
}

static void load_free(void *state)
{
	lanes_fini(state);
	free(state);
}

static void load_collected(void *state, unsigned workers)
{
	lanes_collected(state, workers);
}

static void load_worker_added(void *state, unsigned worker)
{
	(void)worker;
	lanes_worker_added(state);
}

static void load_worker_gone(void *state, unsigned worker)
{
	lanes_worker_gone(state, worker);
}

static void load_unit_ready(void *state, uint32_t unit, bool first)
{
	lanes_push(state, unit, first);
}

static uint32_t load_next(void *state, unsigned worker)
{
	struct lanes *lanes = state;
	return lanes_next(lanes, worker, lanes_unset(lanes) / (SHARE_PARTS * (size_t)lanes->workers));
}

static uint32_t load_steal(void *state, unsigned worker)
{
	return lanes_steal(state, worker);
}

static size_t load_memory(const void *state)
{
	return lanes_memory(state);
}

const struct policy_ops policy_load = {
	.name = "load",
	.new = load_new,
	.free = load_free,
	.collected = load_collected,
	.worker_added = load_worker_added,
	.worker_gone = load_worker_gone,
	.unit_ready = load_unit_ready,
	.next = load_next,
	.steal = load_steal,
	.memory = load_memory,
};

const struct policy_ops policy_each = {
	.name = "each",
	.new = load_new,
	.free = load_free,
	.collected = load_collected,
	.worker_added = load_worker_added,
	.worker_gone = load_worker_gone,
	.unit_ready = load_unit_ready,
	.next = load_next,
	.steal = load_steal,
	.memory = load_memory,
};
