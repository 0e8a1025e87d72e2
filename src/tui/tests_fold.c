#include "tui/tests_fold.h"

#include "base/alloc.h"

#include <string.h>

#define NOWHERE UINT32_MAX

void fold_fini(struct fold *fold)
{
	vec_fini(&fold->open);
	vec_fini(&fold->sums);
	vec_fini(&fold->first);
	vec_fini(&fold->last);
	vec_fini(&fold->next);
	vec_fini(&fold->listed);
}

static void reserve(struct fold *fold, const struct rows *rows)
{
	size_t count = rows_cause_count(rows);

	vec_reserve(&fold->sums, count);
	vec_reserve(&fold->first, count);
	vec_reserve(&fold->last, count);
	while (fold->open.length < count)
		vec_push(&fold->open, false);
	if (count) {
		memset(fold->sums.items, 0, count * sizeof(*fold->sums.items));
		memset(fold->first.items, 0xff, count * sizeof(*fold->first.items));
		memset(fold->last.items, 0xff, count * sizeof(*fold->last.items));
	}
	fold->sums.length = fold->first.length = fold->last.length = count;
}

/* Which tests have which cause. */
static void take_list(struct fold *fold, const struct rows *rows, const struct tags *tags,
		      const struct rows_list *list)
{
	size_t length = list->tests.length;

	reserve(fold, rows);
	vec_reserve(&fold->next, length);
	vec_reserve(&fold->listed, length);
	fold->next.length = fold->listed.length = length;
	for (uint32_t at = 0; at < length; at++) {
		uint32_t test = list->tests.items[at];
		const struct row *row = rows_row(rows, test);
		struct heading_sums *sums;

		fold->listed.items[at] = test;
		fold->next.items[at] = NOWHERE;
		if (!row->cause)
			continue;
		sums = &fold->sums.items[row->cause - 1];
		sums->tests++;
		sums->time += row->duration;
		sums->cpu += row->cpu;
		sums->tagged += tags_have(tags, test);
		sums->running += row->state == TEST_RUNNING || row->state == TEST_RETRYING;
		if (fold->last.items[row->cause - 1] == NOWHERE)
			fold->first.items[row->cause - 1] = at;
		else
			fold->next.items[fold->last.items[row->cause - 1]] = at;
		fold->last.items[row->cause - 1] = at;
	}
}

void fold_fill(struct fold *fold, const struct rows *rows, const struct tags *tags,
	       const struct rows_list *list, struct entries *entries)
{
	take_list(fold, rows, tags, list);
	vec_clear(&entries->list);
	for (uint32_t at = 0; at < fold->listed.length; at++) {
		uint32_t cause = rows_cause(rows, fold->listed.items[at]);
		const struct entry test = { fold->listed.items[at], 0, 0 };
		const struct entry heading = { fold->listed.items[at], cause, 0 };

		if (!fold_is_folded(fold, cause)) {
			vec_push(&entries->list, test);
			continue;
		}
		if (fold->first.items[cause - 1] != at)
			continue;
		vec_push(&entries->list, heading);
		for (uint32_t below = at; below != NOWHERE && fold_is_open(fold, cause);
		     below = fold->next.items[below]) {
			const struct entry entry = { fold->listed.items[below], 0, 1 };

			vec_push(&entries->list, entry);
		}
	}
}

void fold_each(const struct fold *fold, uint32_t cause, void (*visit)(void *context, uint64_t test),
	       void *context)
{
	if (!cause || cause > fold->first.length)
		return;
	for (uint32_t at = fold->first.items[cause - 1]; at != NOWHERE; at = fold->next.items[at])
		visit(context, fold->listed.items[at]);
}

const struct heading_sums *fold_sums(const struct fold *fold, uint32_t cause)
{
	return &fold->sums.items[cause - 1];
}

bool fold_is_folded(const struct fold *fold, uint32_t cause)
{
	return cause && cause <= fold->sums.length && fold->sums.items[cause - 1].tests > 1;
}

bool fold_is_open(const struct fold *fold, uint32_t cause)
{
	return cause && cause <= fold->open.length && fold->open.items[cause - 1];
}

void fold_open(struct fold *fold, uint32_t cause, bool open)
{
	while (fold->open.length < cause)
		vec_push(&fold->open, false);
	if (cause)
		fold->open.items[cause - 1] = open;
}
