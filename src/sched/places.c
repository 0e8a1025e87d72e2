/* Where units stand, and workers that come and go. */
#include "sched/core.h"

void core_open(struct sched *sched, uint32_t index, bool first)
{
	struct unit *unit = &sched->units.items[index];
	struct place *place = core_place(sched, unit->bound);
	(first ? queue_push_first : queue_push)(sched, &place->open, index);
	unit->where = UNIT_OPEN;
	sched->tied++;
}

static void leave_open(struct sched *sched, uint32_t index)
{
	const struct unit *unit = &sched->units.items[index];
	queue_remove(sched, &core_place(sched, unit->bound)->open, index);
	sched->tied--;
}

void core_detach(struct sched *sched, uint32_t index)
{
	struct unit *unit = &sched->units.items[index];
	if (unit->where == UNIT_OPEN)
		leave_open(sched, index);
	else if (unit->where == UNIT_PARKED)
		core_unpark(sched, index);
	else if (unit->where == UNIT_PENDING)
		sched->pending = NO_UNIT;
	unit->where = UNIT_RESTS;
}

static void make_ready(struct sched *sched, uint32_t index, bool first)
{
	sched->units.items[index].where = UNIT_READY;
	sched->policy->unit_ready(sched->state, index, first);
}

void core_unbind(struct sched *sched, uint32_t index)
{
	struct unit *unit = &sched->units.items[index];
	unit->started = unit->begun = 0;
	if (unit->bound == SCHED_ANY_WORKER)
		return;
	struct place *place = core_place(sched, unit->bound);
	unit->bound = SCHED_ANY_WORKER;
	if (place->current == index)
		place->current = place->held == NO_ITEM ? NO_UNIT : sched->items.items[place->held].unit;
}

/* A slot that is worked no more keeps nothing but what nobody else may run. */
static void unbind_from_gone(struct sched *sched, uint32_t index)
{
	const struct unit *unit = &sched->units.items[index];
	if (unit->bound != SCHED_ANY_WORKER && unit->only == SCHED_ANY_WORKER &&
	    !core_place(sched, unit->bound)->present) {
		core_detach(sched, index);
		core_unbind(sched, index);
	}
}

void core_expose(struct sched *sched, uint32_t index, bool first)
{
	struct unit *unit = &sched->units.items[index];
	if (unit->where == UNIT_SERIAL)
		return;
	unbind_from_gone(sched, index);
	if (unit->where == UNIT_READY) {
		if (sched->collected && sched->policy->unit_changed)
			sched->policy->unit_changed(sched->state, index);
		return;
	}
	if (unit->where == UNIT_PENDING || (unit->where != UNIT_RESTS && !first))
		return;
	core_detach(sched, index);
	if (unit->bound == SCHED_ANY_WORKER)
		make_ready(sched, index, first);
	else
		core_open(sched, index, first);
}

void core_set_hungry(struct sched *sched, struct place *place, bool hungry)
{
	sched->hungry = sched->hungry - place->hungry + hungry;
	if (place->weight > 0)
		sched->hungry_holders = sched->hungry_holders - place->hungry + hungry;
	place->hungry = hungry;
}

bool core_holds_of(const struct sched *sched, const struct place *place, uint32_t unit)
{
	for (uint32_t i = place->held; i != NO_ITEM; i = sched->items.items[i].next)
		if (sched->items.items[i].unit == unit)
			return true;
	return false;
}

void sched_worker_added(struct sched *sched, unsigned worker)
{
	struct place *place = core_place(sched, worker);
	if (place->present)
		return;
	place->present = true;
	sched->workers++;
	if (sched->policy->worker_added)
		sched->policy->worker_added(sched->state, worker);
}

/* The tests of a unit that nobody else may run. */
static void lose(struct sched *sched, uint32_t unit, void (*lost)(void *context, uint64_t test),
		 void *context)
{
	while (sched->units.items[unit].waiting > 0) {
		uint32_t item = core_pop(sched, unit);
		sched->items.items[item].state = ITEM_DROPPED;
		if (lost)
			lost(context, (uint64_t)item + 1);
	}
}

void sched_worker_gone(struct sched *sched, unsigned worker, void (*lost)(void *context, uint64_t test),
		       void *context)
{
	if (worker >= sched->places.length || !sched->places.items[worker].present)
		return;
	struct place *place = &sched->places.items[worker];
	VEC(uint32_t) left = VEC_INIT;
	place->present = false;
	core_set_hungry(sched, place, false);
	sched->workers--;
	if (sched->serial_worker == worker)
		sched->serial_worker = SCHED_ANY_WORKER;
	if (sched->policy->worker_gone)
		sched->policy->worker_gone(sched->state, worker);
	if (sched->pending != NO_UNIT && sched->units.items[sched->pending].bound == worker)
		vec_push(&left, sched->pending);
	vec_each(&place->parked.queues, queue)
		for (uint32_t i = queue->head; i != NO_UNIT; i = sched->units.items[i].link)
			vec_push(&left, i);
	for (uint32_t i = place->open.head; i != NO_UNIT; i = sched->units.items[i].link)
		vec_push(&left, i);
	vec_each(&left, unit)
		core_detach(sched, *unit);
	/* The one that is made ready last comes first. */
	for (size_t i = left.length; i > 0; i--) {
		uint32_t unit = left.items[i - 1];
		if (sched->units.items[unit].only == worker) {
			lose(sched, unit, lost, context);
			continue;
		}
		core_unbind(sched, unit);
		make_ready(sched, unit, true);
	}
	if (place->serial != NO_UNIT)
		lose(sched, place->serial, lost, context);
	place->current = NO_UNIT;
	vec_fini(&left);
}
