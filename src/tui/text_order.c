#include "tui/text_order.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* Texts sorted in one call: a millisecond or two. */
#define AT_ONCE 1024

void text_order_fini(struct text_order *order)
{
	vec_fini(&order->numbers);
	free(order->ranks);
	order->ranks = NULL;
	order->ranks_size = 0;
}

uint32_t text_order_rank(const struct text_order *order, uint32_t index)
{
	return index < order->numbers.length ? order->ranks[index] : UINT32_MAX;
}

/* How many of the first `high` come before `test`. */
static size_t find_place(const struct text_order *order, const struct model *model, const struct test *test,
			 size_t high, text_order_compare *compare)
{
	size_t low = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(model_test(model, order->numbers.items[middle]), test) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Merge sort, because qsort can't be told which text is meant. */
static void sort(const struct test **tests, const struct test **spare, size_t length,
		 text_order_compare *compare)
{
	size_t half = length / 2, left = 0, right = half;

	if (length < 2)
		return;
	sort(tests, spare, half, compare);
	sort(tests + half, spare, length - half, compare);
	memcpy(spare, tests, length * sizeof(*spare));
	for (size_t i = 0; i < length; i++) {
		bool from_left = right == length || (left < half && compare(spare[left], spare[right]) < 0);

		tests[i] = from_left ? spare[left++] : spare[right++];
	}
}

bool text_order_learn(struct text_order *order, const struct model *model, size_t count,
		      text_order_compare *compare)
{
	size_t known = order->numbers.length, more = count > known ? count - known : 0;
	const struct test *fresh[AT_ONCE], *spare[AT_ONCE];
	size_t from, to;

	if (!more)
		return true;
	if (more > AT_ONCE)
		more = AT_ONCE;
	for (size_t i = 0; i < more; i++)
		fresh[i] = model_test(model, known + i + 1);
	sort(fresh, spare, more, compare);
	vec_reserve(&order->numbers, known + more);
	/* From behind, so that each piece of the old order moves once. */
	from = known;
	to = known + more;
	for (size_t i = more; i-- > 0;) {
		size_t place = find_place(order, model, fresh[i], from, compare);

		memmove(&order->numbers.items[to - (from - place)], &order->numbers.items[place],
			(from - place) * sizeof(*order->numbers.items));
		to -= from - place;
		from = place;
		order->numbers.items[--to] = (uint32_t)fresh[i]->number;
	}
	order->numbers.length = known + more;
	if (order->ranks_size < order->numbers.capacity) {
		order->ranks_size = order->numbers.capacity;
		order->ranks = alloc_resized(order->ranks, order->ranks_size, sizeof(*order->ranks));
	}
	for (size_t i = 0; i < order->numbers.length; i++)
		order->ranks[order->numbers.items[i] - 1] = (uint32_t)i;
	return order->numbers.length == count;
}
