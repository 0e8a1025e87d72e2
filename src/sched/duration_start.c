/* The beginning of a run by expected times. */
#include "sched/duration.h"

/* Tests that take long come first in their unit: small ones at its end can still be shared out. */
static void long_ones_first(struct duration *duration, uint32_t unit)
{
	const struct item *items = sched_items(duration->sched);
	const struct unit *about = &sched_units(duration->sched)[unit];
	double least = duration->target / PART_OF_TARGET;
	VEC(uint32_t) order = VEC_INIT;
	bool moved = false;

	for (uint32_t i = about->head; i != NO_ITEM && items[i].next != NO_ITEM; i = items[i].next) {
		/* They may stand in the order of their priorities. */
		if (items[items[i].next].terms != items[i].terms)
			return;
		moved = moved ||
			((double)items[i].expected <= least && (double)items[items[i].next].expected > least);
	}
	if (!moved)
		return;
	for (int pass = 0; pass < 2; pass++)
		for (uint32_t i = about->head; i != NO_ITEM; i = items[i].next)
			if (((double)items[i].expected > least) == (pass == 0))
				vec_push(&order, i);
	sched_reorder(duration->sched, unit, order.items, order.length);
	vec_fini(&order);
}

/* Its expected time was added up before the unknown ones were filled in. */
static void sum_up(struct duration *duration, struct unit *unit)
{
	const struct item *items = sched_items(duration->sched);

	unit->expected = 0;
	for (uint32_t i = unit->head; i != NO_ITEM; i = items[i].next)
		unit->expected += (double)items[i].expected;
}

static void list_units(struct duration *duration)
{
	struct unit *units = sched_units(duration->sched);

	for (size_t i = 0; i < sched_unit_count(duration->sched); i++) {
		struct piece piece = { 0, (uint32_t)i };

		sum_up(duration, &units[i]);
		piece.seconds = (float)units[i].expected;
		if (units[i].flags & LISTED)
			vec_push(&duration->list, piece);
	}
}

void duration_add_sibling(struct duration *duration, uint32_t unit, uint32_t sibling)
{
	vec_reserve(&duration->siblings, (size_t)sibling + 1);
	for (size_t i = duration->siblings.length; i <= sibling; i++)
		vec_push(&duration->siblings, (uint32_t)i);
	duration->siblings.items[sibling] = duration->siblings.items[unit];
	duration->siblings.items[unit] = sibling;
}

struct cuts {
	VEC(uint32_t) items; /* with which the second piece begins, the third … */
	VEC(float) seconds;  /* of the first piece, the second … */
};

/* Cuts a unit before the items `from` to `to` (not included), in the middle first: to split off the rest
 * after each piece would look at every test as often as there are pieces. */
static void cut_at(struct duration *duration, uint32_t unit, const struct cuts *cuts, size_t from, size_t to)
{
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		uint32_t rest = sched_split(duration->sched, unit, cuts->items.items[middle]);
		struct piece piece = { cuts->seconds.items[middle + 1], rest };

		sched_units(duration->sched)[rest].flags = LISTED;
		duration_add_sibling(duration, unit, rest);
		cut_at(duration, unit, cuts, from, middle);
		vec_push(&duration->list, piece);
		unit = rest;
		from = middle + 1;
	}
}

static void cut(struct duration *duration, size_t listed, struct cuts *cuts, double chunk)
{
	struct piece *whole = &duration->list.items[listed];
	const struct item *items = sched_items(duration->sched);
	double seconds = sched_units(duration->sched)[whole->unit].expected;
	uint32_t head = sched_units(duration->sched)[whole->unit].head;

	vec_clear(&cuts->items);
	vec_clear(&cuts->seconds);
	while (head != NO_ITEM) {
		double before = seconds;

		head = plan_cut(items, head, chunk, &seconds);
		vec_push(&cuts->seconds, (float)(head == NO_ITEM ? before : before - seconds));
		if (head != NO_ITEM)
			vec_push(&cuts->items, head);
	}
	whole->seconds = cuts->seconds.items[0];
	cut_at(duration, whole->unit, cuts, 0, cuts->items.length);
}

/* Those with a priority are few. */
static void move_out_priorities(struct duration *duration,
				void (*late)(struct duration *duration, uint32_t unit, bool first))
{
	size_t kept = 0;

	for (size_t i = 0; i < duration->list.length; i++) {
		struct piece piece = duration->list.items[i];

		if (sched_units(duration->sched)[piece.unit].priority != 0)
			late(duration, piece.unit, false);
		else
			duration->list.items[kept++] = piece;
	}
	duration->list.length = kept;
}

void duration_start(struct duration *duration, unsigned workers,
		    void (*late)(struct duration *duration, uint32_t unit, bool first))
{
	struct cuts cuts = { VEC_INIT, VEC_INIT };
	size_t count;
	double chunk;

	duration->planned = true;
	workers = workers ? workers : 1;
	expect_fill(duration->expect, duration->sched);
	list_units(duration);
	count = duration->list.length;
	duration->target = plan_target(duration->sched, duration->list.items, count, workers);
	for (size_t i = 0; i < count; i++)
		long_ones_first(duration, duration->list.items[i].unit);
	chunk = plan_chunk(duration->sched, duration->list.items, count, workers, duration->target);
	duration->ready = 0;
	for (size_t i = 0; i < count; i++)
		duration->ready += (double)duration->list.items[i].seconds;
	for (size_t i = 0; i < count; i++)
		cut(duration, i, &cuts, chunk);
	vec_fini(&cuts.items);
	vec_fini(&cuts.seconds);
	move_out_priorities(duration, late);
	pieces_sort(duration->list.items, duration->list.length);
}
