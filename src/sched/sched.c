#include "sched/core.h"

#include <stdlib.h>
#include <string.h>

/* "no" differs from "load" by the number of workers alone, which is the engine's business. */
static const struct {
	const char *name;
	const struct policy_ops *policy;
} modes[] = {
	{ "load", &policy_load },           { "loadscope", &policy_loadscope },
	{ "loadfile", &policy_loadfile },   { "loadgroup", &policy_loadgroup },
	{ "worksteal", &policy_worksteal }, { "duration", &policy_duration },
	{ "each", &policy_each },           { "no", &policy_load },
};

#define MODE_COUNT (sizeof(modes) / sizeof(modes[0]))

static size_t mode_of(const char *mode)
{
	size_t i = 0;
	while (i < MODE_COUNT && strcmp(modes[i].name, mode) != 0)
		i++;
	return i;
}

bool sched_mode_exists(const char *mode)
{
	return mode_of(mode) < MODE_COUNT;
}

static void no_such_mode(const char *mode, struct error *error)
{
	const char *names[MODE_COUNT];
	for (size_t i = 0; i < MODE_COUNT; i++)
		names[i] = modes[i].name;
	const char *nearest = text_nearest(mode, names, MODE_COUNT);
	error_set(error, "--dist: expected " SCHED_MODES " or the file of a plugin, with a '/' in it; "
		  "found '%s'%s%s%s",
		  mode, nearest ? ", did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

struct sched *sched_new(const struct sched_options *options, struct error *error)
{
	size_t mode = mode_of(options->mode);
	if (mode == MODE_COUNT && !strchr(options->mode, '/')) {
		no_such_mode(options->mode, error);
		return NULL;
	}
	struct sched *sched = ALLOC_NEW(struct sched);
	sched->policy = mode < MODE_COUNT ? modes[mode].policy : &policy_plugin;
	sched->mode = mode < MODE_COUNT ? modes[mode].name : NULL;
	sched->names = map_new();
	sched->known_terms = map_new();
	sched->pending = sched->serial = NO_UNIT;
	str_init(&sched->key);
	sched->limit_count =
		options->limit_count < SCHED_LIMITS_MAX ? options->limit_count : SCHED_LIMITS_MAX;
	/* With 0 its tests could never run. */
	for (size_t i = 0; i < sched->limit_count; i++)
		sched->limit_max[i] = options->limits[i] ? options->limits[i] : 1;
	sched->state = sched->policy->new(sched, options, error);
	if (!sched->state) {
		sched_free(sched);
		return NULL;
	}
	return sched;
}

void sched_free(struct sched *sched)
{
	if (!sched)
		return;
	if (sched->state)
		sched->policy->free(sched->state);
	vec_each(&sched->places, place)
		vec_fini(&place->parked.queues);
	vec_fini(&sched->places);
	vec_fini(&sched->parked.queues);
	vec_fini(&sched->items);
	vec_fini(&sched->units);
	vec_fini(&sched->terms);
	vec_fini(&sched->sets);
	map_free(sched->names);
	map_free(sched->known_terms);
	str_fini(&sched->key);
	free(sched->failure);
	free(sched);
}

const char *sched_mode(const struct sched *sched)
{
	if (sched->mode)
		return sched->mode;
	return sched->policy->title ? sched->policy->title(sched->state) : sched->policy->name;
}

size_t sched_waiting(const struct sched *sched)
{
	return sched->waiting;
}

void sched_fail(struct sched *sched, const char *format, ...)
{
	if (sched->failure)
		return; /* what follows is a consequence */
	struct str text = STR_INIT;
	va_list args;
	va_start(args, format);
	str_add_vformat(&text, format, args);
	va_end(args);
	sched->failure = str_take(&text);
}

const char *sched_failure(const struct sched *sched)
{
	return sched->failure;
}

void sched_add(struct sched *sched, const struct sched_test *test)
{
	if (test->number <= sched->items.length && sched->items.items[test->number - 1].state != ITEM_NONE) {
		sched_again(sched, test->number);
		return;
	}
	uint32_t unit = core_enter(sched, test);
	if (!test->serial && test->worker == SCHED_ANY_WORKER && sched->policy->test_added)
		sched->policy->test_added(sched->state, test);
	core_expose(sched, unit, false);
}

/* Units that are a worker's alone stand in its queue from the beginning. */
static void sort_open(struct sched *sched, struct place *place)
{
	VEC(uint32_t) list = VEC_INIT;
	if (place->current != NO_UNIT)
		return; /* it has begun */
	for (uint32_t i = place->open.head; i != NO_UNIT; i = sched->units.items[i].link)
		vec_push(&list, i);
	sched_sort(list.items, list.length, core_by_priority, sched);
	place->open.head = place->open.tail = NO_UNIT;
	vec_each(&list, unit)
		queue_push(sched, &place->open, *unit);
	vec_fini(&list);
}

void sched_collected(struct sched *sched, unsigned workers)
{
	sched->collected = true;
	core_trim(sched);
	for (uint32_t i = 0; i < sched->units.length; i++)
		if (sched->units.items[i].unsorted)
			core_sort_items(sched, i);
	vec_each(&sched->places, place)
		sort_open(sched, place);
	if (sched->policy->collected)
		sched->policy->collected(sched->state, workers);
}

/* What becomes of a test that was given out */

static bool is_item(const struct sched *sched, uint64_t test, enum item_state state)
{
	return test > 0 && test <= sched->items.length && sched->items.items[test - 1].state == state;
}

/* Takes a test from the worker that holds it; false: there is no such thing. */
static bool take_back(struct sched *sched, unsigned worker, uint64_t test)
{
	if (!is_item(sched, test, ITEM_HELD))
		return false;
	if (core_release(sched, core_place(sched, worker), (uint32_t)(test - 1)))
		return true;
	sched_fail(sched, "test %llu came back from worker %u, which does not hold it",
		   (unsigned long long)test, worker);
	return false;
}

/* A unit of its own for a test that its unit's worker gives back, so that one that waits may have it. */
static uint32_t split_off(struct sched *sched, uint32_t number)
{
	uint32_t from = sched->items.items[number].unit, unit = core_unit_new(sched, SCHED_ANY_WORKER);
	sched->units.items[unit].order = sched->units.items[from].order;
	sched->units.items[unit].priority = core_terms(sched, number)->priority;
	sched->items.items[number].unit = unit;
	return unit;
}

/* Whether the unit stays with its worker when this test of it is given back. */
static bool is_begun(const struct sched *sched, const struct place *place, uint32_t index)
{
	return sched->units.items[index].begun || core_holds_of(sched, place, index);
}

void sched_give_back(struct sched *sched, unsigned worker, uint64_t test)
{
	if (!take_back(sched, worker, test))
		return;
	uint32_t number = (uint32_t)(test - 1);
	uint32_t index = sched->items.items[number].unit;
	struct unit *unit = &sched->units.items[index];
	bool begun = is_begun(sched, core_place(sched, worker), index);
	if (begun && sched->policy->splits && sched->hungry > 0 && unit->only == SCHED_ANY_WORKER &&
	    unit->where != UNIT_SERIAL) {
		index = split_off(sched, number);
		begun = false;
	}
	core_push_first(sched, index, number);
	unit = &sched->units.items[index];
	if (!begun && unit->where != UNIT_SERIAL) {
		unit->started = 0;
		if (unit->only == SCHED_ANY_WORKER) {
			core_detach(sched, index);
			core_unbind(sched, index);
		}
	}
	core_expose(sched, index, true);
}

void sched_ended(struct sched *sched, unsigned worker, uint64_t test, uint64_t duration)
{
	if (!take_back(sched, worker, test))
		return;
	uint32_t number = (uint32_t)(test - 1);
	uint32_t index = sched->items.items[number].unit;
	struct unit *unit = &sched->units.items[index];
	sched->items.items[number].state = ITEM_ENDED;
	if (unit->where == UNIT_SERIAL || unit->only != SCHED_ANY_WORKER)
		return;
	unit->begun = 1;
	/* One test, or the end of a part: a rerun is welcome on any worker. A named unit keeps its worker for
	 * those. */
	if (!unit->named && unit->waiting == 0 && !core_holds_of(sched, core_place(sched, worker), index))
		core_unbind(sched, index);
	if (sched->policy->test_done)
		sched->policy->test_done(sched->state, worker, test, duration);
}

void sched_again(struct sched *sched, uint64_t test)
{
	if (!is_item(sched, test, ITEM_ENDED) && !is_item(sched, test, ITEM_DROPPED))
		return;
	uint32_t number = (uint32_t)(test - 1);
	uint32_t unit = sched->items.items[number].unit;
	core_push_first(sched, unit, number);
	core_expose(sched, unit, true);
}

bool sched_is_movable(const struct sched *sched, uint64_t test)
{
	if (!is_item(sched, test, ITEM_HELD) || sched->failure || sched->serial_phase ||
	    sched->pending != NO_UNIT)
		return false;
	uint32_t number = (uint32_t)(test - 1);
	const struct unit *unit = &sched->units.items[sched->items.items[number].unit];
	const struct terms *terms = core_terms(sched, number);
	if (terms->serial || unit->only != SCHED_ANY_WORKER || unit->bound == SCHED_ANY_WORKER)
		return false;
	if (sched->policy->movable && !sched->policy->movable(sched->state, sched->items.items[number].unit))
		return false;
	const struct place *place = &sched->places.items[unit->bound];
	bool begun = unit->begun;
	uint64_t limits = 0;
	uint32_t weight = 0;
	for (uint32_t i = place->held; i != NO_ITEM; i = sched->items.items[i].next) {
		if (i == number)
			continue;
		const struct terms *other = core_terms(sched, i);
		begun = begun || sched->items.items[i].unit == sched->items.items[number].unit;
		limits |= other->limits;
		weight = other->weight > weight ? other->weight : weight;
	}
	if (begun && !(sched->policy->splits && sched->hungry > 0))
		return false;
	/* A worker with nothing else is as idle as the one that would get it. What it keeps can't be lent. One whose test
	 * is ending, and that asked in vain, has a slot of its own. */
	return weight > 0 && !(terms->limits & limits & sched->full) &&
	       ((terms->weight == 1 && sched->hungry_holders > 0) ||
		sched->used - place->weight + weight + terms->weight <= sched->workers);
}

/* Taking tests out */

static void drop_marked(struct sched *sched)
{
	for (uint32_t i = 0; i < sched->units.length; i++) {
		struct unit *unit = &sched->units.items[i];
		uint32_t before = unit->waiting;
		core_relink(sched, i);
		if (unit->waiting == before || unit->where != UNIT_READY)
			continue;
		if (unit->waiting == 0)
			unit->where = UNIT_RESTS;
		if (sched->policy->unit_changed)
			sched->policy->unit_changed(sched->state, i);
	}
	if (sched->pending != NO_UNIT && sched->units.items[sched->pending].waiting == 0)
		core_detach(sched, sched->pending);
	core_park_anew(sched, &sched->parked);
	vec_each(&sched->places, place) {
		core_park_anew(sched, &place->parked);
		sched->tied -= queue_filter(sched, &place->open);
	}
}

void sched_drop_if(struct sched *sched, bool (*drop)(void *context, uint64_t test), void *context)
{
	bool any = false;
	for (size_t i = 0; i < sched->items.length; i++) {
		if (sched->items.items[i].state == ITEM_WAITS && drop(context, (uint64_t)i + 1)) {
			sched->items.items[i].state = ITEM_DROPPED;
			any = true;
		}
	}
	if (any)
		drop_marked(sched);
}

struct clearing {
	void (*dropped)(void *context, uint64_t test);
	void *context;
};

static bool drop_each(void *context, uint64_t test)
{
	const struct clearing *clearing = context;
	if (clearing->dropped)
		clearing->dropped(clearing->context, test);
	return true;
}

void sched_clear(struct sched *sched, void (*dropped)(void *context, uint64_t test), void *context)
{
	struct clearing clearing = { dropped, context };
	sched_drop_if(sched, drop_each, &clearing);
}

/* A worker that is there, though it may be starting again, is the only one that may go on. */
static bool waits_for_worker(const struct sched *sched)
{
	if (sched->serial_phase)
		return true;
	vec_each(&sched->places, place)
		if (place->present && (place->open.head != NO_UNIT || place->parked.units > 0))
			return true;
	return sched->pending != NO_UNIT && sched->units.items[sched->pending].bound != SCHED_ANY_WORKER;
}

const char *sched_stuck(struct sched *sched)
{
	if (sched->failure || sched->waiting == 0 || sched->holding > 0 || waits_for_worker(sched))
		return sched->failure;
	if (sched->policy->stuck)
		sched->policy->stuck(sched->state);
	if (sched->tied > 0)
		sched_fail(sched,
			   "tests wait for workers that are not there, and no other may run them (--dist %s)",
			   sched_mode(sched));
	else
		sched_fail(sched, "%s held back %zu test%s though no worker runs one", sched_mode(sched),
			   sched->waiting, sched->waiting == 1 ? "" : "s");
	return sched->failure;
}
