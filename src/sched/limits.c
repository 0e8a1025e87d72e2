/* Limits and weights: what workers hold, and units that wait until they hold less.
 *
 * A limit counts workers, not tests: one that holds a test of it may have another at no cost. A weight counts
 * slots; a test that weighs more than there are runs while no other worker has one.
 */
#include "sched/core.h"

static bool limits_fit(const struct sched *sched, const struct place *place, uint64_t limits, bool ahead)
{
	uint64_t more = limits & ~place->limits;
	return !more || (!ahead && !(more & sched->full));
}

enum fit core_fit(const struct sched *sched, const struct place *place, const struct terms *terms, bool ahead)
{
	if (!limits_fit(sched, place, terms->limits, ahead))
		return FITS_LATER;
	if (terms->weight <= place->weight)
		return FITS;
	uint64_t others = sched->used - place->weight;
	return !ahead && (others == 0 || others + terms->weight <= sched->workers) ? FITS : FITS_TOO_HEAVY;
}

bool sched_fits(const struct sched *sched, unsigned worker, uint32_t item)
{
	return worker < sched->places.length &&
	       core_fit(sched, &sched->places.items[worker], core_terms(sched, item), false) == FITS;
}

/* Counts anew what a worker takes, as its tests have changed. */
static void count(struct sched *sched, struct place *place)
{
	uint64_t limits = 0;
	uint32_t weight = 0;
	for (uint32_t i = place->held; i != NO_ITEM; i = sched->items.items[i].next) {
		const struct terms *terms = core_terms(sched, i);
		limits |= terms->limits;
		weight = terms->weight > weight ? terms->weight : weight;
	}
	for (uint64_t changed = limits ^ place->limits; changed; changed &= changed - 1) {
		unsigned i = (unsigned)__builtin_ctzll(changed);
		if (limits >> i & 1)
			sched->limit_used[i]++;
		else
			sched->limit_used[i]--;
		if (sched->limit_used[i] < sched->limit_max[i])
			sched->full &= ~(UINT64_C(1) << i);
		else
			sched->full |= UINT64_C(1) << i;
	}
	sched->used = sched->used - place->weight + weight;
	sched->holding = sched->holding - (place->weight > 0) + (weight > 0);
	if (place->hungry)
		sched->hungry_holders = sched->hungry_holders - (place->weight > 0) + (weight > 0);
	place->limits = limits;
	place->weight = weight;
}

void core_hold(struct sched *sched, struct place *place, uint32_t item)
{
	sched->items.items[item].state = ITEM_HELD;
	sched->items.items[item].next = place->held;
	place->held = item;
	count(sched, place);
}

bool core_release(struct sched *sched, struct place *place, uint32_t item)
{
	uint32_t *link = &place->held;
	while (*link != item && *link != NO_ITEM)
		link = &sched->items.items[*link].next;
	if (*link == NO_ITEM)
		return false;
	*link = sched->items.items[item].next;
	count(sched, place);
	return true;
}

static struct parking *parking_of(struct sched *sched, uint32_t unit)
{
	uint32_t bound = sched->units.items[unit].bound;
	return bound == SCHED_ANY_WORKER ? &sched->parked : &core_place(sched, bound)->parked;
}

void core_park(struct sched *sched, uint32_t unit)
{
	static const struct unit_queue empty = { NO_UNIT, NO_UNIT };
	struct parking *parking = parking_of(sched, unit);
	uint32_t set = core_terms(sched, core_head(sched, unit))->set;
	while (parking->queues.length <= set)
		vec_push(&parking->queues, empty);
	queue_push(sched, &parking->queues.items[set], unit);
	parking->units++;
	sched->tied += parking != &sched->parked;
	sched->units.items[unit].where = UNIT_PARKED;
}

static bool stands_in(const struct sched *sched, const struct unit_queue *queue, uint32_t unit)
{
	for (uint32_t i = queue->head; i != NO_UNIT; i = sched->units.items[i].link)
		if (i == unit)
			return true;
	return false;
}

/* Its next test may be another than when it was parked, so the queue is not known. */
static struct unit_queue *queue_of(const struct sched *sched, const struct parking *parking, uint32_t unit)
{
	vec_each(&parking->queues, queue)
		if (queue->head == unit)
			return queue;
	vec_each(&parking->queues, queue)
		if (stands_in(sched, queue, unit))
			return queue;
	return NULL;
}

void core_unpark(struct sched *sched, uint32_t unit)
{
	struct parking *parking = parking_of(sched, unit);
	queue_remove(sched, queue_of(sched, parking, unit), unit);
	parking->units--;
	sched->tied -= parking != &sched->parked;
	sched->units.items[unit].where = UNIT_RESTS;
}

void core_park_anew(struct sched *sched, struct parking *parking)
{
	VEC(uint32_t) units = VEC_INIT;
	vec_each(&parking->queues, queue)
		for (uint32_t unit; (unit = queue_pop(sched, queue)) != NO_UNIT;)
			vec_push(&units, unit);
	sched->tied -= parking != &sched->parked ? parking->units : 0;
	parking->units = 0;
	vec_each(&units, unit) {
		sched->units.items[*unit].where = UNIT_RESTS;
		if (sched->units.items[*unit].waiting > 0)
			core_park(sched, *unit);
	}
	vec_fini(&units);
}

uint32_t core_parked(const struct sched *sched, const struct parking *parking, const struct place *place,
		     bool ahead)
{
	if (parking->units == 0)
		return NO_UNIT;
	for (size_t set = 0; set < parking->queues.length; set++) {
		uint32_t unit = parking->queues.items[set].head;
		if (unit != NO_UNIT && limits_fit(sched, place, sched->sets.items[set], ahead))
			return unit;
	}
	return NO_UNIT;
}
