/* `duration`: longest expected first, scopes whole while that costs nothing, all workers done together.
 *
 * A unit is a scope.  Once all are known, units that would let workers wait at the end are cut into pieces
 * (duration_plan.h), and the pieces are sorted, longest first.  A worker that ends a piece goes on with
 * another one of the same scope where that is about as long as the longest that waits.  When none waits any
 * more, an idle worker takes half of what the worker with the most to do has not begun: expected times are
 * only expected.
 */
#include "sched/duration.h"

#include <stdlib.h>

/* Behind a test that takes longer (seconds) nothing is held: who knows who is free first then? To ask again
 * costs a worker less than a hundredth of this. */
#define HOLD_BEHIND 0.01
#define SIBLINGS_TRIED 8
#define ABOUT_AS_LONG 0.9

static void *duration_new(struct sched *sched, const struct sched_options *options, struct error *error)
{
	struct duration *duration = ALLOC_NEW(struct duration);

	(void)options;
	(void)error;
	duration->sched = sched;
	duration->expect = expect_new();
	str_init(&duration->name);
	return duration;
}

static void duration_free(void *state)
{
	struct duration *duration = state;

	expect_free(duration->expect);
	str_fini(&duration->name);
	vec_fini(&duration->list);
	vec_fini(&duration->late);
	vec_fini(&duration->loaded);
	vec_fini(&duration->siblings);
	vec_fini(&duration->last);
	free(duration);
}

static const char *duration_unit_of(void *state, const struct sched_test *test)
{
	struct duration *duration = state;
	const char *place = test->scope ? test->scope : test->file;

	if (!place)
		return NULL;
	str_clear(&duration->name);
	str_add_format(&duration->name, "%s\n%s", test->suite ? test->suite : "", place);
	return duration->name.data;
}

static void duration_test_added(void *state, const struct sched_test *test)
{
	struct duration *duration = state;

	expect_added(duration->expect, duration->sched, test);
}

static bool late_before(const struct late *a, const struct late *b)
{
	if (a->first != b->first)
		return a->first;
	if (a->priority != b->priority)
		return a->priority > b->priority;
	return a->seconds != b->seconds ? a->seconds > b->seconds : a->unit < b->unit;
}

static void late_push(struct duration *duration, uint32_t unit, bool first)
{
	struct unit *about = &sched_units(duration->sched)[unit];
	struct late late = { (float)about->expected, unit, about->priority, first };
	size_t at = duration->late.length;

	about->flags = (uint8_t)((about->flags & ~READY) | LATE);
	vec_push(&duration->late, late);
	for (; at > 0 && late_before(&late, &duration->late.items[(at - 1) / 2]); at = (at - 1) / 2)
		duration->late.items[at] = duration->late.items[(at - 1) / 2];
	duration->late.items[at] = late;
}

static void late_pop(struct duration *duration)
{
	struct late *heap = duration->late.items, last = heap[--duration->late.length];
	size_t at = 0, child;

	while ((child = 2 * at + 1) < duration->late.length) {
		if (child + 1 < duration->late.length && late_before(&heap[child + 1], &heap[child]))
			child++;
		if (!late_before(&heap[child], &last))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = last;
}

static void duration_unit_ready(void *state, uint32_t unit, bool first)
{
	struct duration *duration = state;

	duration->ready += sched_units(duration->sched)[unit].expected;
	if (duration->planned)
		late_push(duration, unit, first);
	else
		sched_units(duration->sched)[unit].flags |= LISTED;
}

static void duration_collected(void *state, unsigned workers)
{
	struct duration *duration = state;

	if (!duration->planned)
		duration_start(duration, workers, late_push);
}

static void duration_worker_added(void *state, unsigned worker)
{
	struct duration *duration = state;

	duration->workers++;
	while (duration->last.length <= worker)
		vec_push(&duration->last, NO_UNIT);
	duration->last.items[worker] = NO_UNIT;
}

static void duration_worker_gone(void *state, unsigned worker)
{
	struct duration *duration = state;

	(void)worker;
	duration->workers--;
}

static uint8_t flags_of(const struct duration *duration, uint32_t unit)
{
	return sched_units(duration->sched)[unit].flags;
}

/* The ready unit that comes first, NO_UNIT: there is none. */
static uint32_t front(struct duration *duration, bool *urgent)
{
	while (duration->list_at < duration->list.length &&
	       !(flags_of(duration, duration->list.items[duration->list_at].unit) & LISTED))
		duration->list_at++;
	while (duration->late.length > 0 && !(flags_of(duration, duration->late.items[0].unit) & LATE))
		late_pop(duration);
	bool listed = duration->list_at < duration->list.length;
	const struct late *late = duration->late.length > 0 ? &duration->late.items[0] : NULL;
	const struct piece *piece = listed ? &duration->list.items[duration->list_at] : NULL;

	*urgent = late && (late->first || late->priority != 0);
	if (!late)
		return listed ? piece->unit : NO_UNIT;
	if (!listed || late->first || late->priority > 0)
		return late->unit;
	if (late->priority == 0 && late->seconds > piece->seconds)
		return late->unit;
	*urgent = false;
	return piece->unit;
}

static uint32_t sibling_after(const struct duration *duration, uint32_t unit)
{
	return unit < duration->siblings.length ? duration->siblings.items[unit] : unit;
}

/* Another ready piece of the scope at which the worker was, NO_UNIT: none. */
static uint32_t ready_sibling(const struct duration *duration, unsigned worker)
{
	uint32_t last = worker < duration->last.length ? duration->last.items[worker] : NO_UNIT;
	uint32_t unit = last;

	if (last == NO_UNIT)
		return NO_UNIT;
	for (unsigned i = 0; i < SIBLINGS_TRIED; i++) {
		unit = sibling_after(duration, unit);
		if (unit == last)
			break;
		if (flags_of(duration, unit) & READY)
			return unit;
	}
	return NO_UNIT;
}

/* Puts a bound unit among those of which something may be taken. */
static void load_push(struct duration *duration, uint32_t unit)
{
	struct unit *about = &sched_units(duration->sched)[unit];
	struct piece piece = { (float)about->expected, unit };
	size_t at = duration->loaded.length;

	about->flags |= LOADED;
	vec_push(&duration->loaded, piece);
	for (; at > 0 && duration->loaded.items[(at - 1) / 2].seconds < piece.seconds; at = (at - 1) / 2)
		duration->loaded.items[at] = duration->loaded.items[(at - 1) / 2];
	duration->loaded.items[at] = piece;
}

static void load_sift(struct duration *duration, struct piece piece)
{
	struct piece *heap = duration->loaded.items;
	size_t at = 0, child;

	while ((child = 2 * at + 1) < duration->loaded.length) {
		if (child + 1 < duration->loaded.length && heap[child + 1].seconds > heap[child].seconds)
			child++;
		if (heap[child].seconds <= piece.seconds)
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = piece;
}

/* A single test is the next of its worker, which has no use for it while it holds another. */
static bool can_share(const struct duration *duration, const struct unit *unit)
{
	if (unit->bound == SCHED_ANY_WORKER)
		return false;
	return unit->waiting > 1 || (unit->waiting == 1 && sched_holds(duration->sched, unit->bound));
}

/* The bound unit in which most waits, NO_UNIT: none that is known here has a test to spare. What waits in
 * a unit becomes less as a rule, so the root is brought up to date until it stays where it is. */
static uint32_t most_loaded(struct duration *duration)
{
	struct unit *units = sched_units(duration->sched);

	while (duration->loaded.length > 0) {
		struct piece top = duration->loaded.items[0];
		struct unit *unit = &units[top.unit];

		if (!can_share(duration, unit)) {
			unit->flags &= (uint8_t)~LOADED;
			top = duration->loaded.items[--duration->loaded.length];
			if (duration->loaded.length > 0)
				load_sift(duration, top);
			continue;
		}
		if ((float)unit->expected >= top.seconds)
			return top.unit;
		top.seconds = (float)unit->expected;
		load_sift(duration, top);
	}
	return NO_UNIT;
}

/* The item with which the second half of what waits in a unit begins, by time. */
static uint32_t second_half(const struct duration *duration, uint32_t victim)
{
	const struct item *items = sched_items(duration->sched);
	const struct unit *unit = &sched_units(duration->sched)[victim];
	uint32_t item = unit->head;
	double sum = 0;

	if (unit->waiting == 1)
		return item;
	do {
		sum += (double)items[item].expected;
		item = items[item].next;
	} while (items[item].next != NO_ITEM && sum < unit->expected / 2);
	return item;
}

/* A unit that waited for a limit, or got a test back, is bound without a word to a policy. */
static uint32_t find_loaded(struct duration *duration)
{
	uint32_t victim = most_loaded(duration);

	if (victim != NO_UNIT || sched_waiting(duration->sched) == duration->waited_in_vain)
		return victim;
	for (unsigned worker = 0; worker < duration->last.length; worker++) {
		uint32_t unit = sched_unit_of(duration->sched, worker);

		if (unit != NO_UNIT && !(flags_of(duration, unit) & LOADED) &&
		    can_share(duration, &sched_units(duration->sched)[unit]))
			load_push(duration, unit);
	}
	duration->waited_in_vain = sched_waiting(duration->sched);
	return most_loaded(duration);
}

static void take(struct duration *duration, unsigned worker, uint32_t unit)
{
	struct unit *about = &sched_units(duration->sched)[unit];

	if (about->flags & READY)
		duration->ready -= about->expected;
	about->flags &= (uint8_t)~READY;
	if (worker < duration->last.length)
		duration->last.items[worker] = unit;
	if (!(flags_of(duration, unit) & LOADED))
		load_push(duration, unit);
}

/* Whether the worker should ask again when it has ended what it runs. */
static bool asks_too_early(const struct duration *duration)
{
	return expect_knows(duration->expect) && sched_asked_behind(duration->sched) > HOLD_BEHIND;
}

/* The longest may wait as long as there is more to do behind it than it takes itself, for everybody. */
static bool can_go_before(const struct duration *duration, uint32_t sibling, uint32_t longest)
{
	const struct unit *units = sched_units(duration->sched);
	double seconds = units[longest].expected;

	return seconds < duration->target / PART_OF_TARGET ||
	       units[sibling].expected >= seconds * ABOUT_AS_LONG ||
	       duration->ready >= seconds * duration->workers * 2;
}

static uint32_t duration_next(void *state, unsigned worker)
{
	struct duration *duration = state;
	uint32_t unit, sibling;
	bool urgent;

	if (!duration->planned)
		duration_collected(duration, duration->workers);
	if (asks_too_early(duration))
		return NO_UNIT;
	unit = front(duration, &urgent);
	if (unit == NO_UNIT) {
		duration->ready = 0; /* without what rounding left */
		return NO_UNIT;
	}
	sibling = urgent ? NO_UNIT : ready_sibling(duration, worker);
	if (sibling != NO_UNIT && can_go_before(duration, sibling, unit))
		unit = sibling;
	take(duration, worker, unit);
	return unit;
}

static uint32_t duration_steal(void *state, unsigned worker)
{
	struct duration *duration = state;
	uint32_t victim = find_loaded(duration), first, unit;

	if (victim == NO_UNIT)
		return NO_UNIT;
	first = second_half(duration, victim);
	if (!sched_fits(duration->sched, worker, first))
		return NO_UNIT;
	unit = sched_split(duration->sched, victim, first);
	duration_add_sibling(duration, victim, unit);
	take(duration, worker, unit);
	return unit;
}

static void duration_unit_changed(void *state, uint32_t unit)
{
	struct duration *duration = state;
	struct unit *about = &sched_units(duration->sched)[unit];

	if (about->waiting == 0)
		about->flags &= (uint8_t)~READY;
	/* It grows test by test: it takes its new place now and then only. */
	else if ((about->flags & READY) && (about->waiting & (about->waiting - 1)) == 0)
		late_push(duration, unit, false);
}

static size_t duration_memory(const void *state)
{
	const struct duration *duration = state;

	return sizeof(*duration) + expect_memory(duration->expect) + duration->name.capacity +
	       duration->list.capacity * sizeof(struct piece) +
	       duration->late.capacity * sizeof(struct late) +
	       duration->loaded.capacity * sizeof(struct piece) +
	       duration->siblings.capacity * sizeof(uint32_t) + duration->last.capacity * sizeof(uint32_t);
}

const struct policy_ops policy_duration = {
	.name = "duration",
	.new = duration_new,
	.free = duration_free,
	.unit_of = duration_unit_of,
	.test_added = duration_test_added,
	.collected = duration_collected,
	.worker_added = duration_worker_added,
	.worker_gone = duration_worker_gone,
	.unit_ready = duration_unit_ready,
	.next = duration_next,
	.steal = duration_steal,
	.unit_changed = duration_unit_changed,
	.splits = true,
	.memory = duration_memory,
};
