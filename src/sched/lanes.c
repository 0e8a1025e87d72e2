#include "sched/lanes.h"

#include "sched/core.h"
#include "sched/table.h"

#define NOT_IN_HEAP UINT32_MAX

void lanes_init(struct lanes *lanes, struct sched *sched, unsigned max_chunk)
{
	*lanes = (struct lanes){ .sched = sched, .max_chunk = max_chunk };
}

void lanes_fini(struct lanes *lanes)
{
	vec_fini(&lanes->units);
	vec_fini(&lanes->first);
	vec_fini(&lanes->loose);
	vec_fini(&lanes->lanes);
	vec_fini(&lanes->heap);
}

size_t lanes_memory(const struct lanes *lanes)
{
	return sizeof(*lanes) + lanes->units.capacity * sizeof(uint32_t) +
	       lanes->first.capacity * sizeof(uint32_t) + lanes->loose.capacity * sizeof(struct lane) +
	       lanes->lanes.capacity * sizeof(struct lane) + lanes->heap.capacity * sizeof(uint32_t);
}

static uint32_t length_of(const struct lane *lane)
{
	return lane->end - lane->begin;
}

/* The heap: a lane that only grew shorter is not moved until it is looked at. It is looked at again only
 * after it grew shorter again, so all looks together are no more than the units that were taken. */

static void heap_set(struct lanes *lanes, size_t place, uint32_t worker)
{
	lanes->heap.items[place] = worker;
	lanes->lanes.items[worker].place = (uint32_t)place;
}

static uint32_t known(const struct lanes *lanes, size_t place)
{
	return lanes->lanes.items[lanes->heap.items[place]].known;
}

static void heap_up(struct lanes *lanes, uint32_t worker)
{
	size_t place = lanes->lanes.items[worker].place;
	for (; place > 0; place = (place - 1) / 2) {
		size_t parent = (place - 1) / 2;
		if (known(lanes, parent) >= lanes->lanes.items[worker].known)
			break;
		heap_set(lanes, place, lanes->heap.items[parent]);
	}
	heap_set(lanes, place, worker);
}

static void heap_down(struct lanes *lanes, uint32_t worker)
{
	size_t place = lanes->lanes.items[worker].place;
	for (;;) {
		size_t child = 2 * place + 1;
		if (child >= lanes->heap.length)
			break;
		if (child + 1 < lanes->heap.length && known(lanes, child + 1) > known(lanes, child))
			child++;
		if (known(lanes, child) <= lanes->lanes.items[worker].known)
			break;
		heap_set(lanes, place, lanes->heap.items[child]);
		place = child;
	}
	heap_set(lanes, place, worker);
}

static struct lane *lane_of(struct lanes *lanes, unsigned worker)
{
	static const struct lane empty = { .place = NOT_IN_HEAP };
	while (lanes->lanes.length <= worker)
		vec_push(&lanes->lanes, empty);
	return &lanes->lanes.items[worker];
}

static void fill(struct lanes *lanes, unsigned worker, size_t begin, size_t end)
{
	struct lane *lane = lane_of(lanes, worker);
	if (length_of(lane) > 0)
		vec_push(&lanes->loose, *lane);
	lane->begin = (uint32_t)begin;
	lane->end = (uint32_t)end;
	uint32_t before = lane->known;
	lane->known = length_of(lane);
	if (lane->place == NOT_IN_HEAP) {
		vec_push(&lanes->heap, worker);
		lane->place = (uint32_t)lanes->heap.length - 1;
		before = 0;
	}
	if (lane->known >= before)
		heap_up(lanes, worker);
	else
		heap_down(lanes, worker);
}

/* The worker whose lane is longest, NO_UNIT: all are empty. */
static uint32_t longest(struct lanes *lanes)
{
	while (lanes->heap.length > 0) {
		uint32_t worker = lanes->heap.items[0];
		struct lane *lane = &lanes->lanes.items[worker];
		if (lane->known == length_of(lane))
			return lane->known > 0 ? worker : NO_UNIT;
		lane->known = length_of(lane);
		heap_down(lanes, worker);
	}
	return NO_UNIT;
}

void lanes_collected(struct lanes *lanes, unsigned workers)
{
	lanes->workers = workers > lanes->present ? workers : lanes->present;
	/* What was set aside already stays so. */
	if (lanes_unset(lanes) > 0)
		sched_sort(lanes->units.items + lanes->begin, lanes_unset(lanes), core_by_priority,
			   lanes->sched);
	table_trim(&lanes->units);
}

/* Of `count` units the piece of one worker of `workers` begins here. */
static size_t piece(size_t count, unsigned worker, unsigned workers)
{
	return (size_t)((unsigned long long)count * worker / workers);
}

/* Puts where units of another priority begin into `begins`, and where the last ones end. */
static size_t find_priorities(const struct lanes *lanes, size_t **begins)
{
	VEC(size_t) found = VEC_INIT;
	for (size_t i = lanes->begin; i < lanes->units.length; i++)
		if (i == lanes->begin ||
		    core_by_priority(lanes->sched, lanes->units.items[i - 1], lanes->units.items[i]))
			vec_push(&found, i);
	vec_push(&found, lanes->units.length);
	*begins = found.items;
	return found.length - 1;
}

/* Each worker gets an even piece of each priority, one behind the other: all begin with the highest. */
void lanes_split(struct lanes *lanes)
{
	unsigned workers = lanes->workers;
	size_t begin = lanes->begin, count = lanes_unset(lanes), to = 0;
	if (workers == 0 || count == 0)
		return;
	uint32_t *units = lanes->units.items, *sorted = alloc_zeroed(count, sizeof(*sorted));
	size_t *begins, priorities = find_priorities(lanes, &begins);
	for (unsigned worker = 0; worker < workers; worker++) {
		size_t lane = to;
		for (size_t i = 0; i < priorities; i++) {
			size_t equal = begins[i + 1] - begins[i];
			size_t end = begins[i] + piece(equal, worker + 1, workers);
			for (size_t from = begins[i] + piece(equal, worker, workers); from < end; from++)
				sorted[to++] = units[from];
		}
		fill(lanes, worker, begin + lane, begin + to);
	}
	for (size_t i = 0; i < count; i++)
		units[begin + i] = sorted[i];
	free(begins);
	free(sorted);
	lanes->begin = lanes->units.length;
}

void lanes_worker_added(struct lanes *lanes)
{
	lanes->present++;
	if (lanes->workers < lanes->present)
		lanes->workers = lanes->present;
}

void lanes_worker_gone(struct lanes *lanes, unsigned worker)
{
	struct lane *lane = lane_of(lanes, worker);
	lanes->present--;
	lanes->workers = lanes->present;
	if (length_of(lane) > 0)
		vec_push(&lanes->loose, *lane);
	lane->begin = lane->end = 0;
}

void lanes_push(struct lanes *lanes, uint32_t unit, bool first)
{
	if (first)
		vec_push(&lanes->first, unit);
	else
		table_push(&lanes->units, unit);
}

size_t lanes_unset(const struct lanes *lanes)
{
	return lanes->units.length - lanes->begin;
}

uint32_t lanes_next(struct lanes *lanes, unsigned worker, size_t chunk)
{
	if (lanes->first.length > 0)
		return lanes->first.items[--lanes->first.length];
	struct lane *lane = lane_of(lanes, worker);
	if (length_of(lane) == 0 && lanes->loose.length > 0) {
		struct lane loose = lanes->loose.items[--lanes->loose.length];
		fill(lanes, worker, loose.begin, loose.end);
	} else if (length_of(lane) == 0 && lanes_unset(lanes) > 0) {
		size_t most = lanes->max_chunk && chunk > lanes->max_chunk ? lanes->max_chunk : chunk;
		most = most < 1 ? 1 : most;
		fill(lanes, worker, lanes->begin, lanes->begin + most);
		lanes->begin += most;
	}
	lane = lane_of(lanes, worker);
	return length_of(lane) > 0 ? lanes->units.items[lane->begin++] : NO_UNIT;
}

uint32_t lanes_steal(struct lanes *lanes, unsigned worker)
{
	uint32_t from = longest(lanes);
	if (from == NO_UNIT)
		return NO_UNIT;
	struct lane *lane = &lanes->lanes.items[from];
	uint32_t half = (length_of(lane) + 1) / 2;
	if (lanes->max_chunk && half > lanes->max_chunk)
		half = lanes->max_chunk;
	lane->end -= half;
	uint32_t begin = lane->end;
	fill(lanes, worker, begin, begin + half);
	return lanes_next(lanes, worker, 1);
}
