/* Who gets the next test. */
#include "sched/core.h"

static uint64_t hand_out(struct sched *sched, struct place *place, uint32_t unit)
{
	uint32_t item = core_pop(sched, unit);
	core_hold(sched, place, item);
	place->current = unit;
	return (uint64_t)item + 1;
}

/* Gives the next test of a unit that fits. */
static uint64_t give(struct sched *sched, unsigned worker, uint32_t index)
{
	struct place *place = &sched->places.items[worker];
	struct unit *unit = &sched->units.items[index];
	if (unit->where != UNIT_OPEN) {
		core_detach(sched, index);
		unit->bound = worker;
	}
	unit->started = 1;
	uint64_t test = hand_out(sched, place, index);
	if (unit->waiting == 0 && unit->where == UNIT_OPEN)
		core_detach(sched, index);
	else if (unit->waiting > 0 && unit->where != UNIT_OPEN)
		core_open(sched, index, true);
	return test;
}

/* Puts a unit whose next test does not fit where it waits for that. */
static void put_aside(struct sched *sched, uint32_t index, enum fit fit)
{
	struct unit *unit = &sched->units.items[index];
	core_detach(sched, index);
	if (fit == FITS_LATER) {
		core_park(sched, index);
		return;
	}
	unit->where = UNIT_PENDING;
	sched->pending = index;
}

static enum fit unit_fit(struct sched *sched, unsigned worker, uint32_t unit, bool ahead)
{
	uint32_t head = core_head(sched, unit);
	return core_fit(sched, &sched->places.items[worker], core_terms(sched, head), ahead);
}

/* 0: it is not given out and stands elsewhere now. */
static uint64_t give_or_put_aside(struct sched *sched, unsigned worker, uint32_t unit, bool ahead)
{
	enum fit fit = unit_fit(sched, worker, unit, ahead);
	if (fit == FITS)
		return give(sched, worker, unit);
	put_aside(sched, unit, fit);
	return 0;
}

/* From the units that are bound to it. `kept`: one of them goes on when the worker is idle, and nothing else
 * is to come between. */
static uint64_t next_of_own(struct sched *sched, unsigned worker, bool ahead, bool *kept)
{
	const struct place *place = &sched->places.items[worker];
	uint32_t unit;
	while ((unit = core_parked(sched, &place->parked, place, ahead)) != NO_UNIT ||
	       (unit = place->open.head) != NO_UNIT) {
		if (ahead && unit_fit(sched, worker, unit, true) != FITS) {
			*kept = true;
			return 0;
		}
		uint64_t test = give_or_put_aside(sched, worker, unit, ahead);
		if (test || sched->pending != NO_UNIT)
			return test;
	}
	return 0;
}

static uint64_t next_of_parked(struct sched *sched, unsigned worker, bool ahead)
{
	uint32_t unit;
	while ((unit = core_parked(sched, &sched->parked, &sched->places.items[worker], ahead)) != NO_UNIT) {
		uint64_t test = give_or_put_aside(sched, worker, unit, ahead);
		if (test || sched->pending != NO_UNIT)
			return test;
	}
	return 0;
}

/* Whether a unit that a policy returned is one that it has. */
static bool is_ready(struct sched *sched, uint32_t unit)
{
	return sched->units.items[unit].where == UNIT_READY && sched->units.items[unit].waiting > 0;
}

static double held_seconds(const struct sched *sched, unsigned worker)
{
	double seconds = 0;
	for (uint32_t i = sched->places.items[worker].held; i != NO_ITEM; i = sched->items.items[i].next)
		seconds += (double)sched->items.items[i].expected;
	return seconds;
}

double sched_asked_behind(const struct sched *sched)
{
	return sched->asked_behind;
}

static uint32_t ask_policy(struct sched *sched, unsigned worker, bool ahead)
{
	if (sched->failure)
		return NO_UNIT;
	uint32_t unit = sched->policy->next(sched->state, worker);
	if (unit == NO_UNIT && !ahead && !sched->failure && sched->policy->steal)
		unit = sched->policy->steal(sched->state, worker);
	return unit;
}

static uint64_t next_of_policy(struct sched *sched, unsigned worker, bool ahead)
{
	uint32_t unit;
	sched->asked_behind = ahead ? held_seconds(sched, worker) : 0;
	while ((unit = ask_policy(sched, worker, ahead)) != NO_UNIT) {
		if (!is_ready(sched, unit))
			continue;
		uint64_t test = give_or_put_aside(sched, worker, unit, ahead);
		if (test || sched->pending != NO_UNIT)
			return test;
	}
	return 0;
}

/* Nobody gets anything before the pending one, or it would never have slots enough. `settled`: it can't be
 * given, or was. */
static uint64_t next_pending(struct sched *sched, unsigned worker, bool ahead, bool *settled)
{
	uint32_t unit = sched->pending;
	uint32_t bound = sched->units.items[unit].bound;
	*settled = true;
	if (bound != SCHED_ANY_WORKER && bound != worker)
		return 0;
	enum fit fit = unit_fit(sched, worker, unit, ahead);
	if (fit == FITS)
		return give(sched, worker, unit);
	if (fit == FITS_LATER && !ahead) {
		put_aside(sched, unit, fit);
		*settled = false;
	}
	return 0;
}

/* Serial tests: the pool drains once, then one worker runs all of them. */

static bool has_waiting(const struct sched *sched, uint32_t unit)
{
	return unit != NO_UNIT && sched->units.items[unit].waiting > 0;
}

static uint32_t serial_for(const struct sched *sched, unsigned worker)
{
	uint32_t own = sched->places.items[worker].serial;
	if (has_waiting(sched, own))
		return own;
	return has_waiting(sched, sched->serial) ? sched->serial : NO_UNIT;
}

static bool begin_serial(struct sched *sched, unsigned worker)
{
	if (sched->holding > 0 || sched->tied > 0 || serial_for(sched, worker) == NO_UNIT)
		return false;
	sched->serial_phase = true;
	sched->serial_worker = worker;
	return true;
}

/* Whether another worker holds a test: one that was taken while serial tests run must end first. */
static bool others_hold(const struct sched *sched, unsigned worker)
{
	return sched->holding > (sched->places.items[worker].weight > 0 ? 1 : 0);
}

static uint64_t next_serial(struct sched *sched, unsigned worker)
{
	if (sched->serial_worker != worker || others_hold(sched, worker))
		return 0;
	uint32_t unit = serial_for(sched, worker);
	return unit == NO_UNIT ? 0 : hand_out(sched, &sched->places.items[worker], unit);
}

static void end_serial(struct sched *sched, unsigned worker)
{
	if (!sched->serial_phase || sched->holding > 0)
		return;
	if (sched->serial_worker == SCHED_ANY_WORKER)
		sched->serial_worker = worker;
	if (serial_for(sched, sched->serial_worker) == NO_UNIT)
		sched->serial_phase = false;
}

static uint64_t next_shared(struct sched *sched, unsigned worker, bool ahead)
{
	bool settled = false;
	uint64_t test = 0;
	if (sched->pending != NO_UNIT)
		test = next_pending(sched, worker, ahead, &settled);
	if (!settled)
		test = next_of_own(sched, worker, ahead, &settled);
	if (!test && !settled && sched->pending == NO_UNIT)
		test = next_of_parked(sched, worker, ahead);
	if (!test && !settled && sched->pending == NO_UNIT)
		test = next_of_policy(sched, worker, ahead);
	return test;
}

static uint64_t next_of_all(struct sched *sched, unsigned worker, bool ahead)
{
	end_serial(sched, worker);
	if (sched->serial_phase)
		return next_serial(sched, worker);
	uint64_t test = next_shared(sched, worker, ahead);
	if (!test && !ahead && sched->pending == NO_UNIT && begin_serial(sched, worker))
		test = next_serial(sched, worker);
	return test;
}

uint64_t sched_next(struct sched *sched, unsigned worker, bool ahead)
{
	if (worker >= sched->places.length || !sched->places.items[worker].present || sched->failure)
		return 0;
	if (sched->places.items[worker].held == NO_ITEM)
		ahead = false;
	uint64_t test = sched->waiting > 0 ? next_of_all(sched, worker, ahead) : 0;
	if (!ahead)
		core_set_hungry(sched, &sched->places.items[worker], !test);
	return test;
}

/* Whether serial tests allow that this worker begins a test that is one, or is none. */
static bool may_begin(const struct sched *sched, unsigned worker, bool serial)
{
	if (sched->serial_phase && sched->serial_worker == worker)
		return !others_hold(sched, worker);
	if (serial)
		return !sched->serial_phase && sched->holding == 0;
	return !sched->serial_phase || sched->holding == 0;
}

/* One that has ended stands in no list. */
static bool take_ended(struct sched *sched, unsigned worker, uint32_t item, bool ahead)
{
	struct place *place = &sched->places.items[worker];
	struct unit *unit = &sched->units.items[sched->items.items[item].unit];
	const struct terms *terms = core_terms(sched, item);
	if (!may_begin(sched, worker, terms->serial) || core_fit(sched, place, terms, ahead) != FITS)
		return false;
	if (terms->serial && !sched->serial_phase) {
		sched->serial_phase = true;
		sched->serial_worker = worker;
	} else if (unit->where == UNIT_RESTS && unit->bound == SCHED_ANY_WORKER) {
		unit->bound = worker;
		unit->started = unit->begun = 1;
	}
	core_hold(sched, place, item);
	place->current = sched->items.items[item].unit;
	return true;
}

/* A plugin has promised nothing about tests that it did not give away itself. */
static bool may_take_from(const struct sched *sched, const struct unit *unit, unsigned worker)
{
	switch (unit->where) {
	case UNIT_OPEN:
		return unit->bound == worker;
	case UNIT_PARKED:
		return unit->bound == worker || unit->bound == SCHED_ANY_WORKER;
	case UNIT_READY:
		return unit->waiting == 1 && sched->policy != &policy_plugin;
	default:
		return false;
	}
}

static void take_out(struct sched *sched, uint32_t index, uint32_t item)
{
	if (core_head(sched, index) == item) {
		core_pop(sched, index);
		return;
	}
	sched->items.items[item].state = ITEM_ENDED; /* anything that waits no more */
	core_relink(sched, index);
}

static bool take_waiting(struct sched *sched, unsigned worker, uint32_t item, bool ahead)
{
	struct place *place = &sched->places.items[worker];
	uint32_t index = sched->items.items[item].unit;
	struct unit *unit = &sched->units.items[index];
	bool was_ready = unit->where == UNIT_READY;
	if (sched->serial_phase || sched->pending != NO_UNIT || !may_take_from(sched, unit, worker) ||
	    core_fit(sched, place, core_terms(sched, item), ahead) != FITS)
		return false;
	if (unit->where == UNIT_PARKED)
		core_detach(sched, index);
	take_out(sched, index, item);
	core_hold(sched, place, item);
	place->current = index;
	unit->started = 1;
	unit->bound = worker;
	if (unit->waiting == 0)
		core_detach(sched, index);
	else if (unit->where != UNIT_OPEN)
		core_open(sched, index, true);
	if (was_ready && sched->policy->unit_changed)
		sched->policy->unit_changed(sched->state, index);
	return true;
}

bool sched_take(struct sched *sched, unsigned worker, uint64_t test, bool ahead)
{
	if (worker >= sched->places.length || !sched->places.items[worker].present || sched->failure ||
	    test == 0 || test > sched->items.length)
		return false;
	struct place *place = &sched->places.items[worker];
	uint32_t item = (uint32_t)(test - 1);
	bool taken = false;
	if (place->held == NO_ITEM)
		ahead = false;
	end_serial(sched, worker);
	switch (sched->items.items[item].state) {
	case ITEM_HELD:
		for (uint32_t i = place->held; i != NO_ITEM && !taken; i = sched->items.items[i].next)
			taken = i == item;
		break;
	case ITEM_ENDED:
		taken = take_ended(sched, worker, item, ahead);
		break;
	case ITEM_WAITS:
		taken = take_waiting(sched, worker, item, ahead);
		break;
	default:
		break;
	}
	if (taken && !ahead)
		core_set_hungry(sched, place, false);
	return taken;
}
