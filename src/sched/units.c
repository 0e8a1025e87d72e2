/* The tables: tests, units, and what tests ask for. */
#include "sched/core.h"

#include "sched/table.h"

#include <assert.h>
#include <string.h>

_Static_assert(sizeof(struct item) <= 16, "at a million tests each byte counts");
_Static_assert(sizeof(struct unit) <= 40, "at a million tests each byte counts");

#define TERMS_MAX (1U << 24)

/* What map.c and malloc take for an entry besides its key. */
#define NAME_OVERHEAD 88

struct item *sched_items(const struct sched *sched)
{
	return sched->items.items;
}

size_t sched_item_count(const struct sched *sched)
{
	return sched->items.length;
}

struct unit *sched_units(const struct sched *sched)
{
	return sched->units.items;
}

size_t sched_unit_count(const struct sched *sched)
{
	return sched->units.length;
}

bool sched_holds(const struct sched *sched, unsigned worker)
{
	return worker < sched->places.length && sched->places.items[worker].held != NO_ITEM;
}

uint32_t sched_unit_of(const struct sched *sched, unsigned worker)
{
	uint32_t unit = worker < sched->places.length ? sched->places.items[worker].current : NO_UNIT;
	if (unit != NO_UNIT && sched->units.items[unit].where != UNIT_SERIAL &&
	    sched->units.items[unit].only == SCHED_ANY_WORKER)
		return unit;
	return NO_UNIT; /* of others policies know nothing */
}

void core_trim(struct sched *sched)
{
	table_trim(&sched->items);
	table_trim(&sched->units);
}

struct place *core_place(struct sched *sched, uint32_t worker)
{
	static const struct place empty = {
		.held = NO_ITEM, .current = NO_UNIT, .serial = NO_UNIT, .open = { NO_UNIT, NO_UNIT },
		.parked = { VEC_INIT, 0 },
	};
	while (sched->places.length <= worker)
		vec_push(&sched->places, empty);
	return &sched->places.items[worker];
}

void queue_push(struct sched *sched, struct unit_queue *queue, uint32_t unit)
{
	struct unit *units = sched->units.items;
	units[unit].link = NO_UNIT;
	if (queue->head == NO_UNIT)
		queue->head = unit;
	else
		units[queue->tail].link = unit;
	queue->tail = unit;
}

void queue_push_first(struct sched *sched, struct unit_queue *queue, uint32_t unit)
{
	sched->units.items[unit].link = queue->head;
	if (queue->head == NO_UNIT)
		queue->tail = unit;
	queue->head = unit;
}

uint32_t queue_pop(struct sched *sched, struct unit_queue *queue)
{
	uint32_t unit = queue->head;
	if (unit != NO_UNIT)
		queue->head = sched->units.items[unit].link;
	if (queue->head == NO_UNIT)
		queue->tail = NO_UNIT;
	return unit;
}

size_t queue_filter(struct sched *sched, struct unit_queue *queue)
{
	struct unit_queue kept = { NO_UNIT, NO_UNIT };
	size_t removed = 0;
	for (uint32_t unit; (unit = queue_pop(sched, queue)) != NO_UNIT;) {
		if (sched->units.items[unit].waiting > 0) {
			queue_push(sched, &kept, unit);
			continue;
		}
		sched->units.items[unit].where = UNIT_RESTS;
		removed++;
	}
	*queue = kept;
	return removed;
}

void queue_remove(struct sched *sched, struct unit_queue *queue, uint32_t unit)
{
	struct unit *units = sched->units.items;
	if (queue->head == unit) {
		queue_pop(sched, queue);
		return;
	}
	uint32_t before = queue->head;
	while (units[before].link != unit)
		before = units[before].link;
	units[before].link = units[unit].link;
	if (queue->tail == unit)
		queue->tail = before;
}

/* Most tests ask for the same as the one before them. */
static uint32_t terms_of(struct sched *sched, const struct sched_test *test)
{
	struct terms terms;
	memset(&terms, 0, sizeof(terms)); /* its bytes are a key */
	uint64_t all = sched->limit_count == 64 ? UINT64_MAX : (UINT64_C(1) << sched->limit_count) - 1;
	terms.limits = test->limits & all;
	terms.weight = test->weight ? test->weight : 1;
	terms.priority = (int16_t)(test->priority > INT16_MAX   ? INT16_MAX
				   : test->priority < INT16_MIN ? INT16_MIN
								: test->priority);
	terms.serial = test->serial;
	while (terms.set < sched->sets.length && sched->sets.items[terms.set] != terms.limits)
		terms.set++;
	if (terms.set == sched->sets.length)
		vec_push(&sched->sets, terms.limits);
	if (sched->items.length > 0 && sched->terms.length > 0) {
		uint32_t last = sched->items.items[sched->items.length - 1].terms;
		if (memcmp(&terms, &sched->terms.items[last], sizeof(terms)) == 0)
			return last;
	}
	uintptr_t known = (uintptr_t)map_get(sched->known_terms, &terms, sizeof(terms));
	if (known)
		return (uint32_t)(known - 1);
	if (sched->terms.length == TERMS_MAX) {
		sched_fail(sched, "more than %u combinations of limits, weight and priority", TERMS_MAX);
		return 0;
	}
	/* Copied with its padding, which an assignment need not. */
	vec_reserve(&sched->terms, sched->terms.length + 1);
	memcpy(&sched->terms.items[sched->terms.length++], &terms, sizeof(terms));
	map_put(sched->known_terms, &terms, sizeof(terms), (void *)(uintptr_t)sched->terms.length);
	return (uint32_t)sched->terms.length - 1;
}

uint32_t core_unit_new(struct sched *sched, uint32_t only)
{
	struct unit unit = {
		.head = NO_ITEM,
		.tail = NO_ITEM,
		.order = (uint32_t)sched->units.length,
		.bound = only,
		.only = only,
		.link = NO_UNIT,
		.priority = INT16_MIN,
		.where = UNIT_RESTS,
	};
	table_push(&sched->units, unit);
	return (uint32_t)sched->units.length - 1;
}

static uint32_t serial_unit(struct sched *sched, uint32_t only)
{
	uint32_t *unit = only == SCHED_ANY_WORKER ? &sched->serial : &core_place(sched, only)->serial;
	if (*unit == NO_UNIT) {
		*unit = core_unit_new(sched, only);
		sched->units.items[*unit].where = UNIT_SERIAL;
	}
	return *unit;
}

/* A rule's name goes before the mode's; one kind is never taken for the other. */
static uint32_t unit_of(struct sched *sched, const struct sched_test *test)
{
	const char *name = test->unit;
	if (!name && sched->policy->unit_of)
		name = sched->policy->unit_of(sched->state, test);
	if (!name)
		return core_unit_new(sched, test->worker);
	str_clear(&sched->key);
	str_add(&sched->key, &test->worker, sizeof(test->worker));
	str_add_char(&sched->key, test->unit ? '=' : ':');
	str_add_text(&sched->key, name);
	uintptr_t known = (uintptr_t)map_get(sched->names, sched->key.data, sched->key.length);
	if (known)
		return (uint32_t)(known - 1);
	uint32_t unit = core_unit_new(sched, test->worker);
	sched->units.items[unit].named = 1;
	map_put(sched->names, sched->key.data, sched->key.length, (void *)(uintptr_t)sched->units.length);
	sched->name_bytes += sched->key.length + NAME_OVERHEAD;
	return unit;
}

static void append(struct sched *sched, uint32_t index, uint32_t number)
{
	struct unit *unit = &sched->units.items[index];
	struct item *item = &sched->items.items[number];
	int16_t priority = core_terms(sched, number)->priority;
	item->next = NO_ITEM;
	if (unit->waiting == 0) {
		unit->head = number;
	} else {
		sched->items.items[unit->tail].next = number;
		if (core_terms(sched, unit->tail)->priority < priority)
			unit->unsorted = 1;
	}
	unit->tail = number;
	unit->waiting++;
	unit->expected += (double)item->expected;
	if (priority > unit->priority)
		unit->priority = priority;
	sched->waiting++;
	/* Policies that split look at the list itself. */
	if (unit->unsorted && sched->collected)
		core_sort_items(sched, index);
}

uint32_t core_enter(struct sched *sched, const struct sched_test *test)
{
	static const struct item none = { .next = NO_ITEM, .unit = NO_UNIT, .state = ITEM_NONE };
	assert(test->number > 0 && test->number < NO_ITEM);
	uint32_t number = (uint32_t)(test->number - 1);
	uint32_t terms = terms_of(sched, test);
	while (sched->items.length <= number)
		table_push(&sched->items, none);
	uint32_t unit = test->serial ? serial_unit(sched, test->worker) : unit_of(sched, test);
	struct item *item = &sched->items.items[number];
	item->unit = unit;
	item->expected = (float)((double)test->expected / 1e9);
	item->terms = terms & (TERMS_MAX - 1);
	item->state = ITEM_WAITS;
	append(sched, unit, number);
	return unit;
}

uint32_t core_head(struct sched *sched, uint32_t unit)
{
	if (sched->units.items[unit].unsorted)
		core_sort_items(sched, unit);
	return sched->units.items[unit].head;
}

uint32_t core_pop(struct sched *sched, uint32_t index)
{
	uint32_t number = core_head(sched, index);
	struct unit *unit = &sched->units.items[index];
	const struct item *item = &sched->items.items[number];
	unit->head = item->next;
	unit->waiting--;
	unit->expected -= (double)item->expected;
	if (unit->waiting == 0) {
		unit->tail = NO_ITEM;
		unit->expected = 0; /* without what rounding left */
	}
	sched->waiting--;
	return number;
}

void core_push_first(struct sched *sched, uint32_t index, uint32_t number)
{
	struct unit *unit = &sched->units.items[index];
	struct item *item = &sched->items.items[number];
	core_head(sched, index); /* a sort later on would move it */
	item->state = ITEM_WAITS;
	item->next = unit->head;
	unit->head = number;
	if (unit->waiting == 0)
		unit->tail = number;
	unit->waiting++;
	unit->expected += (double)item->expected;
	sched->waiting++;
}

void core_relink(struct sched *sched, uint32_t index)
{
	struct unit *unit = &sched->units.items[index];
	struct item *items = sched->items.items;
	uint32_t *link = &unit->head;
	sched->waiting -= unit->waiting;
	unit->tail = NO_ITEM;
	unit->waiting = 0;
	unit->expected = 0;
	for (uint32_t i = unit->head; i != NO_ITEM; i = items[i].next) {
		if (items[i].state != ITEM_WAITS)
			continue;
		*link = i;
		link = &items[i].next;
		unit->tail = i;
		unit->waiting++;
		unit->expected += (double)items[i].expected;
	}
	*link = NO_ITEM;
	sched->waiting += unit->waiting;
}

void sched_reorder(struct sched *sched, uint32_t index, const uint32_t *items, size_t count)
{
	struct unit *unit = &sched->units.items[index];
	assert(count == unit->waiting);
	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		sched->items.items[items[i]].next = i + 1 < count ? items[i + 1] : NO_ITEM;
	unit->head = items[0];
	unit->tail = items[count - 1];
	unit->unsorted = 0;
}

static bool item_before(const void *context, uint32_t a, uint32_t b)
{
	const struct sched *sched = context;
	return core_terms(sched, a)->priority > core_terms(sched, b)->priority;
}

void core_sort_items(struct sched *sched, uint32_t index)
{
	const struct unit *unit = &sched->units.items[index];
	size_t count = unit->waiting, i = 0;
	uint32_t *list = alloc_zeroed(count ? count : 1, sizeof(*list));
	for (uint32_t item = unit->head; item != NO_ITEM; item = sched->items.items[item].next)
		list[i++] = item;
	sched_sort(list, count, item_before, sched);
	sched_reorder(sched, index, list, count);
	free(list);
}

bool core_by_priority(const void *context, uint32_t a, uint32_t b)
{
	const struct sched *sched = context;
	return sched->units.items[a].priority > sched->units.items[b].priority;
}

uint32_t sched_split(struct sched *sched, uint32_t index, uint32_t first)
{
	uint32_t part = core_unit_new(sched, SCHED_ANY_WORKER);
	struct unit *old = &sched->units.items[index], *new = &sched->units.items[part];
	struct item *items = sched->items.items;
	uint32_t *link = &old->head, before = NO_ITEM;
	while (*link != first) {
		before = *link;
		link = &items[before].next;
	}
	*link = NO_ITEM;
	new->order = old->order;
	new->priority = old->priority;
	new->where = UNIT_READY;
	new->head = first;
	new->tail = old->tail;
	for (uint32_t i = first; i != NO_ITEM; i = items[i].next) {
		items[i].unit = part;
		new->waiting++;
		new->expected += (double)items[i].expected;
	}
	old->tail = before;
	old->waiting -= new->waiting;
	old->expected = old->waiting > 0 ? old->expected - new->expected : 0;
	if (old->waiting == 0)
		core_detach(sched, index);
	return part;
}

static void merge(uint32_t *to, const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count,
		  bool (*before)(const void *, uint32_t, uint32_t), const void *context)
{
	while (a_count > 0 && b_count > 0) {
		if (before(context, *b, *a)) {
			*to++ = *b++;
			b_count--;
		} else {
			*to++ = *a++;
			a_count--;
		}
	}
	memcpy(to, a, a_count * sizeof(*to));
	memcpy(to + a_count, b, b_count * sizeof(*to));
}

void sched_sort(uint32_t *list, size_t count, bool (*before)(const void *context, uint32_t a, uint32_t b),
		const void *context)
{
	if (count < 2)
		return;
	uint32_t *from = list, *to = alloc_zeroed(count, sizeof(*to)), *spare = to;
	for (size_t width = 1; width < count; width *= 2) {
		for (size_t i = 0; i < count; i += 2 * width) {
			size_t a = count - i < width ? count - i : width;
			size_t b = count - i - a < width ? count - i - a : width;
			merge(to + i, from + i, a, from + i + a, b, before, context);
		}
		uint32_t *other = from;
		from = to;
		to = other;
	}
	if (from != list)
		memcpy(list, from, count * sizeof(*list));
	free(spare);
}

static size_t parking_memory(const struct parking *parking)
{
	return parking->queues.capacity * sizeof(*parking->queues.items);
}

size_t sched_memory(const struct sched *sched)
{
	size_t size = sizeof(*sched) + sched->items.capacity * sizeof(*sched->items.items) +
		      sched->units.capacity * sizeof(*sched->units.items) +
		      sched->terms.capacity * sizeof(*sched->terms.items) +
		      map_count(sched->known_terms) * (sizeof(struct terms) + NAME_OVERHEAD) +
		      sched->sets.capacity * sizeof(*sched->sets.items) +
		      sched->places.capacity * sizeof(*sched->places.items) + sched->name_bytes +
		      sched->key.capacity + parking_memory(&sched->parked);
	for (size_t i = 0; i < sched->places.length; i++)
		size += parking_memory(&sched->places.items[i].parked);
	return size + (sched->policy->memory ? sched->policy->memory(sched->state) : 0);
}
