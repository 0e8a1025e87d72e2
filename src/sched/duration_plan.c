#include "sched/duration_plan.h"

#include "base/alloc.h"
#include "base/vec.h"

#include <math.h>

#define GOOD_ENOUGH 1.01
#define WORTH_CUTTING 0.999 /* a finer cut must finish earlier by this at least */
#define HALVINGS 8          /* sizes that are tried before single tests */

static bool comes_later(const struct piece *a, const struct piece *b)
{
	return a->seconds != b->seconds ? a->seconds < b->seconds : a->unit > b->unit;
}

/* The latest of a heap at its root. */
static void sift(struct piece *pieces, size_t at, size_t count)
{
	struct piece piece = pieces[at];
	size_t child;

	while ((child = 2 * at + 1) < count) {
		if (child + 1 < count && comes_later(&pieces[child + 1], &pieces[child]))
			child++;
		if (!comes_later(&pieces[child], &piece))
			break;
		pieces[at] = pieces[child];
		at = child;
	}
	pieces[at] = piece;
}

/* A heap sort: qsort(3) takes as much memory again where there are many. */
void pieces_sort(struct piece *pieces, size_t count)
{
	for (size_t i = count / 2; i-- > 0;)
		sift(pieces, i, count);
	for (size_t end = count; end > 1;) {
		struct piece last = pieces[--end];

		pieces[end] = pieces[0];
		pieces[0] = last;
		sift(pieces, 0, end);
	}
}

uint32_t plan_cut(const struct item *items, uint32_t head, double chunk, double *seconds)
{
	double share = chunk > 0 ? *seconds / ceil(*seconds / chunk) : 0, sum = 0;
	uint32_t item = head;

	if (chunk > 0 && *seconds <= chunk)
		return NO_ITEM;
	/* An item stands in the piece in which its middle is. */
	do {
		sum += (double)items[item].expected;
		item = items[item].next;
	} while (item != NO_ITEM && sum + (double)items[item].expected / 2 <= share);
	*seconds -= sum;
	return item;
}

/* How late the last worker is free, at most `limit`: beyond it the rest is not looked at. */
static double finish_of(const struct piece *pieces, size_t count, double *free_at, unsigned workers,
			double limit)
{
	double last = 0;

	for (unsigned i = 0; i < workers; i++)
		free_at[i] = 0;
	for (size_t i = 0; i < count && last < limit; i++) {
		double end = free_at[0] + (double)pieces[i].seconds;
		size_t at = 0, child;

		last = fmax(last, end);
		while ((child = 2 * at + 1) < workers) {
			if (child + 1 < workers && free_at[child + 1] < free_at[child])
				child++;
			if (free_at[child] >= end)
				break;
			free_at[at] = free_at[child];
			at = child;
		}
		free_at[at] = end;
	}
	return last;
}

struct pieces {
	VEC(struct piece) list;
};

static void cut_all(struct pieces *pieces, const struct sched *sched, const struct piece *units, size_t count,
		    double chunk)
{
	const struct item *items = sched_items(sched);
	const struct unit *all = sched_units(sched);

	vec_clear(&pieces->list);
	for (size_t i = 0; i < count; i++) {
		double rest = all[units[i].unit].expected;
		uint32_t head = all[units[i].unit].head;

		while (head != NO_ITEM) {
			double before = rest;
			uint32_t next = plan_cut(items, head, chunk, &rest);
			struct piece piece = { (float)(next == NO_ITEM ? before : before - rest),
					       units[i].unit };

			vec_push(&pieces->list, piece);
			head = next;
		}
	}
	pieces_sort(pieces->list.items, pieces->list.length);
}

double plan_target(const struct sched *sched, const struct piece *units, size_t count, unsigned workers)
{
	const struct item *items = sched_items(sched);
	const struct unit *all = sched_units(sched);
	double sum = 0, longest = 0;

	for (size_t i = 0; i < count; i++) {
		sum += all[units[i].unit].expected;
		for (uint32_t item = all[units[i].unit].head; item != NO_ITEM; item = items[item].next)
			longest = fmax(longest, (double)items[item].expected);
	}
	return fmax(sum / workers, longest);
}

static bool can_be_cut(const struct sched *sched, const struct piece *units, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sched_units(sched)[units[i].unit].waiting > 1)
			return true;
	return false;
}

double plan_chunk(const struct sched *sched, const struct piece *units, size_t count, unsigned workers,
		  double target)
{
	struct pieces pieces = { VEC_INIT };
	double *free_at, best = INFINITY, chosen = target;
	size_t tried = 0;

	if (!can_be_cut(sched, units, count))
		return target;
	free_at = alloc_zeroed(workers, sizeof(*free_at));
	for (unsigned i = 0; i <= HALVINGS && best > target * GOOD_ENOUGH; i++) {
		double chunk = i < HALVINGS ? ldexp(target, -(int)i) : 0;
		double finish;

		cut_all(&pieces, sched, units, count, chunk);
		if (pieces.list.length == tried)
			continue; /* nothing was cut that was not before */
		tried = pieces.list.length;
		finish = finish_of(pieces.list.items, tried, free_at, workers, best);
		if (finish < best * WORTH_CUTTING) {
			best = finish;
			chosen = chunk;
		}
	}
	vec_fini(&pieces.list);
	free(free_at);
	return chosen;
}
