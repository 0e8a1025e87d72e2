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

static uint64_t next_serial(struct sched *sched, unsigned worker)
{
	if (sched->serial_worker != worker)
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
