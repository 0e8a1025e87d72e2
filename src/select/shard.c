#include "select/shard.h"

#include "base/alloc.h"
#include "base/str.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* By hash: FNV-1a as its authors describe it (Fowler, Noll, Vo, "The FNV Non-Cryptographic Hash
 * Algorithm"). */

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ at[i]) * UINT64_C(0x100000001B3);
	return hash;
}

/* With its NUL, so that "a" "bc" is not "ab" "c". */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	return hash_bytes(hash, text ? text : "", (text ? strlen(text) : 0) + 1);
}

bool shard_has(struct shard shard, const struct test_facts *facts)
{
	uint64_t hash = UINT64_C(0xCBF29CE484222325);
	unsigned char ordinal[4];

	if (shard.count == 0)
		return true;
	for (unsigned i = 0; i < 4; i++)
		ordinal[i] = (unsigned char)(facts->ordinal >> (8 * i));
	hash = hash_text(hash, facts->suite);
	hash = hash_text(hash, facts->id);
	hash = hash_bytes(hash, ordinal, sizeof(ordinal));
	/* The low bits, which the remainder is mostly made of, depend on the low bits of the text alone. */
	hash ^= hash >> 32;
	return hash % shard.count + 1 == shard.index;
}

/* By durations */

struct item {
	const struct test_facts *facts;
	size_t index;      /* in the caller's array */
	size_t order;      /* by suite, id and ordinal */
	uint64_t duration; /* clamped; UINT64_MAX: not known */
};

/* Tests that stay together: some of an array of items. */
struct unit {
	struct item **items;
	size_t count;
	uint64_t duration;
};

struct part {
	uint64_t duration;
	size_t count; /* of tests: it decides where durations are equal, nought above all */
	unsigned number;
};

struct balance {
	struct item *items;
	struct item **by_unit;
	struct unit *units;
	size_t item_count, unit_count;
	struct part *parts; /* in their order at first, a heap later */
	unsigned part_count;
	unsigned giants; /* how many parts at the front one giant test has */
	unsigned *result;
};

static int compare_texts(const char *a, const char *b)
{
	if (a == b)
		return 0;
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Tests of one name differ in what decides about them, or it does not matter which is which. */
static int compare_identity(const void *left, const void *right)
{
	const struct item *a = left;
	const struct item *b = right;
	int result = compare_texts(a->facts->suite, b->facts->suite);

	if (result == 0)
		result = compare_texts(a->facts->id, b->facts->id);
	if (result == 0)
		result = compare_numbers(a->facts->ordinal, b->facts->ordinal);
	if (result == 0)
		result = compare_texts(a->facts->scope, b->facts->scope);
	if (result == 0)
		result = compare_texts(a->facts->file, b->facts->file);
	return result ? result : compare_numbers(a->duration, b->duration);
}

static int compare_files(const struct item *a, const struct item *b)
{
	int result = compare_texts(a->facts->suite, b->facts->suite);

	return result ? result : compare_texts(a->facts->file, b->facts->file);
}

static int compare_file_and_duration(const void *left, const void *right)
{
	const struct item *a = *(struct item *const *)left;
	const struct item *b = *(struct item *const *)right;
	int result = compare_files(a, b);

	return result ? result : compare_numbers(a->duration, b->duration);
}

static int compare_durations(const void *left, const void *right)
{
	const struct item *a = *(struct item *const *)left;
	const struct item *b = *(struct item *const *)right;

	return compare_numbers(a->duration, b->duration);
}

static int compare_units(const struct item *a, const struct item *b)
{
	const struct test_facts *left = a->facts;
	const struct test_facts *right = b->facts;

	if (!left->scope != !right->scope)
		return left->scope ? -1 : 1;
	if (left->scope) {
		int result = compare_texts(left->suite, right->suite);

		return result ? result : compare_texts(left->scope, right->scope);
	}
	if (!left->file != !right->file)
		return left->file ? -1 : 1;
	return left->file ? compare_files(a, b) : compare_numbers(a->order, b->order);
}

static int compare_unit_and_order(const void *left, const void *right)
{
	const struct item *a = *(struct item *const *)left;
	const struct item *b = *(struct item *const *)right;
	int result = compare_units(a, b);

	return result ? result : compare_numbers(a->order, b->order);
}

/* Longest first. */
static int compare_unit_durations(const void *left, const void *right)
{
	const struct unit *a = left;
	const struct unit *b = right;
	int result = compare_numbers(b->duration, a->duration);

	return result ? result : compare_numbers(a->items[0]->order, b->items[0]->order);
}

/* Gives the tests of one file whose duration is not known the median of those whose is. */
static void fill_file(struct item **items, size_t count)
{
	size_t known = 0;

	while (known < count && items[known]->duration != UINT64_MAX)
		known++;
	for (size_t i = known; i < count && known > 0 && items[0]->facts->file; i++)
		items[i]->duration = items[(known - 1) / 2]->duration;
}

static void fill_durations(struct balance *balance)
{
	struct item **sorted = alloc_zeroed(balance->item_count, sizeof(struct item *));
	uint64_t median = 1;
	size_t known = 0;

	for (size_t i = 0; i < balance->item_count; i++)
		sorted[i] = &balance->items[i];
	qsort(sorted, balance->item_count, sizeof(struct item *), compare_durations);
	while (known < balance->item_count && sorted[known]->duration != UINT64_MAX)
		known++;
	if (known > 0)
		median = sorted[(known - 1) / 2]->duration;
	qsort(sorted, balance->item_count, sizeof(struct item *), compare_file_and_duration);
	for (size_t i = 0, end; i < balance->item_count; i = end) {
		for (end = i + 1; end < balance->item_count && compare_files(sorted[i], sorted[end]) == 0;)
			end++;
		fill_file(sorted + i, end - i);
	}
	for (size_t i = 0; i < balance->item_count; i++) {
		if (balance->items[i].duration == UINT64_MAX)
			balance->items[i].duration = median;
	}
	free(sorted);
}

static void make_items(struct balance *balance, const struct test_facts *tests)
{
	/* No sum of all durations overflows. */
	uint64_t longest = UINT64_MAX / 2 / balance->item_count;

	for (size_t i = 0; i < balance->item_count; i++) {
		uint64_t duration = tests[i].duration;

		if (duration != UINT64_MAX && duration > longest)
			duration = longest;
		balance->items[i] = (struct item){ .facts = &tests[i], .index = i, .duration = duration };
	}
	qsort(balance->items, balance->item_count, sizeof(struct item), compare_identity);
	for (size_t i = 0; i < balance->item_count; i++)
		balance->items[i].order = i;
}

static void make_units(struct balance *balance)
{
	struct item **sorted = balance->by_unit;

	for (size_t i = 0; i < balance->item_count; i++)
		sorted[i] = &balance->items[i];
	qsort(sorted, balance->item_count, sizeof(struct item *), compare_unit_and_order);
	for (size_t i = 0; i < balance->item_count; i++) {
		if (i == 0 || compare_units(sorted[i - 1], sorted[i]) != 0)
			balance->units[balance->unit_count++] = (struct unit){ .items = sorted + i };
		balance->units[balance->unit_count - 1].count++;
		balance->units[balance->unit_count - 1].duration += sorted[i]->duration;
	}
	qsort(balance->units, balance->unit_count, sizeof(struct unit), compare_unit_durations);
}

static void put(struct balance *balance, struct part *part, const struct item *item)
{
	part->duration += item->duration;
	part->count++;
	balance->result[item->index] = part->number;
}

/* A test that is as long as a part gets one of its own. */
static uint64_t put_giants(struct balance *balance, size_t long_units, uint64_t total)
{
	uint64_t share = total / balance->part_count + (total % balance->part_count > 0);

	for (size_t i = 0; i < long_units; i++) {
		const struct unit *unit = &balance->units[i];

		for (size_t j = 0; j < unit->count; j++) {
			if (unit->items[j]->duration < share)
				continue;
			put(balance, &balance->parts[balance->giants++], unit->items[j]);
			total -= unit->items[j]->duration;
		}
	}
	return total;
}

/* Lays the tests of the long units behind each other and cuts the row where a part is full. */
static void put_runs(struct balance *balance, size_t long_units, uint64_t total)
{
	unsigned parts = balance->part_count - balance->giants;
	uint64_t share = parts > 0 ? total / parts + (total % parts > 0) : 0;
	uint64_t before = 0;

	for (size_t i = 0; i < long_units; i++) {
		const struct unit *unit = &balance->units[i];

		for (size_t j = 0; j < unit->count; j++) {
			const struct item *item = unit->items[j];
			unsigned number = balance->giants;

			if (balance->result[item->index])
				continue;
			/* It goes where the middle of it is, so a part is never off by more than half a
			 * test. */
			if (share > 0)
				number += (unsigned)((before + item->duration / 2) / share);
			before += item->duration;
			/* Behind the last part there are tests that take no time only. */
			if (number >= balance->part_count)
				number = balance->part_count - 1;
			put(balance, &balance->parts[number], item);
		}
	}
}

static bool has_less(const struct part *a, const struct part *b)
{
	if (a->duration != b->duration)
		return a->duration < b->duration;
	return a->count != b->count ? a->count < b->count : a->number < b->number;
}

static void sift_down(struct balance *balance, unsigned at)
{
	for (;;) {
		size_t least = at;
		struct part moved;

		for (size_t child = (size_t)at * 2 + 1; child <= (size_t)at * 2 + 2; child++) {
			if (child < balance->part_count &&
			    has_less(&balance->parts[child], &balance->parts[least]))
				least = child;
		}
		if (least == at)
			return;
		moved = balance->parts[at];
		balance->parts[at] = balance->parts[least];
		balance->parts[least] = moved;
		at = (unsigned)least;
	}
}

static void put_longest_first(struct balance *balance, size_t first)
{
	for (unsigned i = balance->part_count / 2; i > 0; i--)
		sift_down(balance, i - 1);
	for (size_t i = first; i < balance->unit_count; i++) {
		const struct unit *unit = &balance->units[i];

		for (size_t j = 0; j < unit->count; j++)
			put(balance, &balance->parts[0], unit->items[j]);
		sift_down(balance, 0);
	}
}

static void put_all(struct balance *balance)
{
	uint64_t total = 0;
	size_t long_units = 0;

	for (size_t i = 0; i < balance->item_count; i++)
		total += balance->items[i].duration;
	while (long_units < balance->unit_count &&
	       balance->units[long_units].duration > total / balance->part_count)
		long_units++;
	put_runs(balance, long_units, put_giants(balance, long_units, total));
	put_longest_first(balance, long_units);
}

void shard_balance(unsigned count, const struct test_facts *tests, size_t test_count, unsigned *part)
{
	struct balance balance = { .item_count = test_count, .part_count = count, .result = part };

	for (size_t i = 0; i < test_count; i++)
		part[i] = count == 0 ? 1 : 0; /* 0: it has none yet */
	if (count == 0 || test_count == 0)
		return;
	balance.items = alloc_zeroed(test_count, sizeof(*balance.items));
	balance.by_unit = alloc_zeroed(test_count, sizeof(struct item *));
	balance.units = alloc_zeroed(test_count, sizeof(*balance.units));
	balance.parts = alloc_zeroed(count, sizeof(*balance.parts));
	for (unsigned i = 0; i < count; i++)
		balance.parts[i].number = i + 1;
	make_items(&balance, tests);
	fill_durations(&balance);
	make_units(&balance);
	put_all(&balance);
	free(balance.parts);
	free(balance.units);
	free(balance.by_unit);
	free(balance.items);
}
