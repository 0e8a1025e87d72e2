/* `loadscope`, `loadfile` and `loadgroup`: tests that belong together run on one worker, one after the other.
 *
 * As with pytest-xdist the greatest units come first in all three, so that none of them is left for the end,
 * unless --no-loadscope-reorder is given.
 */
#include "base/str.h"
#include "sched/policy.h"
#include "sched/table.h"

struct scopes {
	struct sched *sched;
	VEC(uint32_t) units;
	size_t begin;         /* the next one */
	VEC(uint32_t) first;  /* units that were taken before, the next one last */
	struct str name;
	bool reorder;
};

static void *scope_new(struct sched *sched, const struct sched_options *options, struct error *error)
{
	(void)error;
	struct scopes *scopes = ALLOC_NEW(struct scopes);
	scopes->sched = sched;
	scopes->reorder = !options->no_reorder;
	str_init(&scopes->name);
	return scopes;
}

static void scope_free(void *state)
{
	struct scopes *scopes = state;
	vec_fini(&scopes->units);
	vec_fini(&scopes->first);
	str_fini(&scopes->name);
	free(scopes);
}

/* Two suites never share a unit: their tests have different processes. */
static const char *in_suite(struct scopes *scopes, const struct sched_test *test, const char *name)
{
	if (!name)
		return NULL;
	str_clear(&scopes->name);
	str_add_text(&scopes->name, test->suite ? test->suite : "");
	str_add_char(&scopes->name, '\n');
	str_add_text(&scopes->name, name);
	return scopes->name.data;
}

static const char *scope_of(void *state, const struct sched_test *test)
{
	return in_suite(state, test, test->scope ? test->scope : test->file);
}

static const char *file_of(void *state, const struct sched_test *test)
{
	return in_suite(state, test, test->file);
}

static const char *group_of(void *state, const struct sched_test *test)
{
	return in_suite(state, test, test->group);
}

static bool comes_before(const void *context, uint32_t a, uint32_t b)
{
	const struct scopes *scopes = context;
	const struct unit *units = sched_units(scopes->sched);
	if (units[a].priority != units[b].priority)
		return units[a].priority > units[b].priority;
	return scopes->reorder && units[a].waiting > units[b].waiting;
}

static void scope_collected(void *state, unsigned workers)
{
	struct scopes *scopes = state;
	(void)workers;
	if (scopes->begin < scopes->units.length)
		sched_sort(scopes->units.items + scopes->begin, scopes->units.length - scopes->begin,
			   comes_before, scopes);
	table_trim(&scopes->units);
}

static void scope_unit_ready(void *state, uint32_t unit, bool first)
{
	struct scopes *scopes = state;
	if (first)
		vec_push(&scopes->first, unit);
	else
		table_push(&scopes->units, unit);
}

static uint32_t scope_next(void *state, unsigned worker)
{
	struct scopes *scopes = state;
	(void)worker;
	if (scopes->first.length > 0)
		return scopes->first.items[--scopes->first.length];
	return scopes->begin < scopes->units.length ? scopes->units.items[scopes->begin++] : NO_UNIT;
}

static size_t scope_memory(const void *state)
{
	const struct scopes *scopes = state;
	return sizeof(*scopes) + (scopes->units.capacity + scopes->first.capacity) * sizeof(uint32_t) +
	       scopes->name.capacity;
}

const struct policy_ops policy_loadscope = {
	.name = "loadscope",
	.new = scope_new,
	.free = scope_free,
	.unit_of = scope_of,
	.collected = scope_collected,
	.unit_ready = scope_unit_ready,
	.next = scope_next,
	.memory = scope_memory,
};

const struct policy_ops policy_loadfile = {
	.name = "loadfile",
	.new = scope_new,
	.free = scope_free,
	.unit_of = file_of,
	.collected = scope_collected,
	.unit_ready = scope_unit_ready,
	.next = scope_next,
	.memory = scope_memory,
};

const struct policy_ops policy_loadgroup = {
	.name = "loadgroup",
	.new = scope_new,
	.free = scope_free,
	.unit_of = group_of,
	.collected = scope_collected,
	.unit_ready = scope_unit_ready,
	.next = scope_next,
	.memory = scope_memory,
};
