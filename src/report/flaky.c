/* Sorting, and finding those that fail together. */
#include "report/flaky.h"

#include <stdlib.h>
#include <string.h>

#define TOGETHER_RUNS 2     /* in which both failed */
#define TOGETHER_PERCENT 80 /* of the runs in which either did */
#define WORD_BITS 64

void flaky_list_init(struct flaky_list *list, const struct history_table *table,
		     const struct history_steadiness *steadiness)
{
	*list = (struct flaky_list){ .table = table, .steadiness = *steadiness };
}

void flaky_list_fini(struct flaky_list *list)
{
	vec_fini(&list->tests);
}

void flaky_list_add(struct flaky_list *list, const struct history_evidence *evidence, enum flaky_hold hold)
{
	vec_push(&list->tests, ((struct flaky_test){ .evidence = evidence, .hold = hold }));
}

/* ---- order ---- */

static int compare_names(const struct history_evidence *a, const struct history_evidence *b)
{
	int order = strcmp(a->suite, b->suite);

	if (order == 0)
		order = strcmp(a->id, b->id);
	return order ? order : (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

static int by_rate(const void *left, const void *right)
{
	const struct history_evidence *a = ((const struct flaky_test *)left)->evidence;
	const struct history_evidence *b = ((const struct flaky_test *)right)->evidence;
	/* a/b of one against that of the other, without the rounding of a division. */
	uint64_t one = (uint64_t)a->failures * b->runs, other = (uint64_t)b->failures * a->runs;

	if (one != other)
		return one > other ? -1 : 1;
	if (a->failures != b->failures)
		return a->failures > b->failures ? -1 : 1;
	return compare_names(a, b);
}

/* ---- groups ---- */

/* In which runs a test failed, and in which it told anything, a bit each. */
struct failing {
	uint64_t *failed, *ran; /* `words` for each test of the list */
	size_t words;
};

static struct failing find_failing(const struct flaky_list *list)
{
	size_t runs = list->table->run_count;
	struct failing failing = { .words = runs / WORD_BITS + 1 };

	failing.failed = alloc_zeroed(list->tests.length * failing.words, sizeof(*failing.failed));
	failing.ran = alloc_zeroed(list->tests.length * failing.words, sizeof(*failing.ran));
	for (size_t i = 0; i < list->tests.length; i++) {
		const history_mark *marks = list->tests.items[i].evidence->marks;

		for (size_t run = 0; run < runs; run++) {
			size_t word = i * failing.words + run / WORD_BITS;
			uint64_t bit = UINT64_C(1) << run % WORD_BITS;

			failing.failed[word] |= history_mark_failed(marks[run]) ? bit : 0;
			failing.ran[word] |= history_mark_counts(marks[run]) ? bit : 0;
		}
	}
	return failing;
}

/* A run of only one of them, as when somebody tries a test alone, says nothing. */
static bool fail_together(const struct failing *failing, size_t one, size_t other)
{
	size_t a = one * failing->words, b = other * failing->words, both = 0, either = 0;

	for (size_t i = 0; i < failing->words; i++) {
		uint64_t in_one = failing->failed[a + i], in_other = failing->failed[b + i];

		both += (size_t)__builtin_popcountll(in_one & in_other);
		either += (size_t)__builtin_popcountll((in_one | in_other) & failing->ran[a + i] &
						       failing->ran[b + i]);
	}
	return both >= TOGETHER_RUNS && both * 100 >= either * TOGETHER_PERCENT;
}

/* Each test joins the first one before it that leads a group and fails as it does. Comparing with the leader
 * alone keeps a chain of small differences from making one group of tests that have nothing in common. */
static void find_groups(struct flaky_list *list, const struct failing *failing)
{
	VEC(size_t) leaders = VEC_INIT;

	for (size_t i = 0; i < list->tests.length; i++) {
		struct flaky_test *test = &list->tests.items[i];

		test->first = i;
		vec_each(&leaders, leader) {
			if (fail_together(failing, *leader, i)) {
				test->first = *leader;
				break;
			}
		}
		if (test->first == i)
			vec_push(&leaders, i);
	}
	vec_fini(&leaders);
}

/* Keeps in the leader's bits the runs in which all of its group failed, and counts them. */
static void count_groups(struct flaky_list *list, struct failing *failing)
{
	size_t words = failing->words;

	for (size_t i = 0; i < list->tests.length; i++) {
		size_t first = list->tests.items[i].first;

		list->tests.items[first].together++;
		for (size_t word = 0; word < words; word++)
			failing->failed[first * words + word] &= failing->failed[i * words + word];
	}
	for (size_t i = 0; i < list->tests.length; i++) {
		struct flaky_test *test = &list->tests.items[i];

		if (test->together == 1)
			test->together = 0;
		for (size_t word = 0; test->together > 0 && word < words; word++)
			test->common += (size_t)__builtin_popcountll(failing->failed[i * words + word]);
	}
}

/* A group stands where its first test does. */
static void move_together(struct flaky_list *list)
{
	size_t count = list->tests.length, at = 0;
	struct flaky_test *old = list->tests.items;
	/* Members of a group are chained in their order, so that each is looked at once. */
	size_t *next = alloc_zeroed(count + 1, sizeof(*next)), *last = alloc_zeroed(count + 1, sizeof(*last));

	list->tests.items = alloc_zeroed(count + 1, sizeof(*old));
	list->tests.capacity = count + 1;
	for (size_t i = 0; i < count; i++) {
		if (old[i].first != i)
			next[last[old[i].first]] = i;
		last[old[i].first] = i;
	}
	for (size_t i = 0; i < count; i++) {
		size_t first = at;

		if (old[i].first != i)
			continue;
		/* No test comes before a first one in its chain, so 0 ends it. */
		for (size_t member = i; at == first || member != 0; member = next[member]) {
			list->tests.items[at] = old[member];
			list->tests.items[at++].first = first;
		}
	}
	free(old);
	free(next);
	free(last);
}

void flaky_list_arrange(struct flaky_list *list)
{
	if (list->tests.length == 0)
		return;
	vec_each(&list->tests, test)
		test->first = test->together = test->common = 0;
	qsort(list->tests.items, list->tests.length, sizeof(*list->tests.items), by_rate);
	struct failing failing = find_failing(list);
	find_groups(list, &failing);
	count_groups(list, &failing);
	free(failing.failed);
	free(failing.ran);
	move_together(list);
}
