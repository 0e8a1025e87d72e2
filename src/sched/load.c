/* `load`: one queue for all; whoever runs low takes its head.
 *
 * The dispatcher asks one test at a time and holds at most one ahead per worker, so a batch is never
 * larger than that: nobody sits on tests that another could run.
 */
#include "base/alloc.h"
#include "base/vec.h"
#include "sched/sched.h"

struct load {
	struct sched base;
	VEC(uint64_t) queue;    /* a ring would save the moves of give_back, which are rare */
	size_t first;           /* index of the head */
};

static struct sched *load_new(void)
{
	struct load *load = ALLOC_NEW(struct load);
	load->base.ops = &sched_load;
	return &load->base;
}

static void load_free(struct sched *sched)
{
	struct load *load = (struct load *)sched;
	vec_fini(&load->queue);
	free(load);
}

static void load_add(struct sched *sched, uint64_t test)
{
	struct load *load = (struct load *)sched;
	vec_push(&load->queue, test);
}

static uint64_t load_next(struct sched *sched, unsigned worker)
{
	struct load *load = (struct load *)sched;
	(void)worker;
	if (load->first == load->queue.length)
		return 0;
	uint64_t test = load->queue.items[load->first++];
	if (load->first == load->queue.length) {
		load->first = 0;
		vec_clear(&load->queue);
	}
	return test;
}

static void load_give_back(struct sched *sched, uint64_t test)
{
	struct load *load = (struct load *)sched;
	if (load->first > 0) {
		load->queue.items[--load->first] = test;
		return;
	}
	vec_push(&load->queue, test);
	for (size_t i = load->queue.length - 1; i > 0; i--)
		load->queue.items[i] = load->queue.items[i - 1];
	load->queue.items[0] = test;
}

static size_t load_waiting(const struct sched *sched)
{
	const struct load *load = (const struct load *)sched;
	return load->queue.length - load->first;
}

static void load_clear(struct sched *sched, void (*dropped)(void *context, uint64_t test), void *context)
{
	uint64_t test;
	while ((test = load_next(sched, 0)))
		dropped(context, test);
}

const struct sched_ops sched_load = {
	.name = "load",
	.new = load_new,
	.free = load_free,
	.add = load_add,
	.next = load_next,
	.give_back = load_give_back,
	.waiting = load_waiting,
	.clear = load_clear,
};
