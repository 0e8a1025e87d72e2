#include "sched/expect.h"

#include "base/alloc.h"
#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

#define NO_FILE UINT32_MAX
#define NAME_OVERHEAD 96 /* about what a name takes in a map beside its bytes */

struct file {
	float median; /* seconds, 0: nothing is known of its tests */
	uint32_t suite;
};

struct expect {
	struct map *names; /* of suites and files: number + 1 */
	VEC(struct file) files;
	VEC(float) suites;     /* medians */
	VEC(uint32_t) file_of; /* of each item, until they are filled */
	float median;          /* of all tests */
	bool filled;
	uint32_t last_file; /* tests come file by file: the name of the last is kept */
	struct str last, name;
	size_t name_bytes;
};

struct expect *expect_new(void)
{
	struct expect *expect = ALLOC_NEW(struct expect);

	expect->names = map_new();
	str_init(&expect->last);
	str_init(&expect->name);
	return expect;
}

void expect_free(struct expect *expect)
{
	if (!expect)
		return;
	map_free(expect->names);
	vec_fini(&expect->files);
	vec_fini(&expect->suites);
	vec_fini(&expect->file_of);
	str_fini(&expect->last);
	str_fini(&expect->name);
	free(expect);
}

/* The number that a name has, or gets: `next`. */
static uint32_t number_of(struct expect *expect, uint32_t next)
{
	const struct str *name = &expect->name;
	void *value = map_get(expect->names, name->data, name->length);

	if (value)
		return (uint32_t)((uintptr_t)value - 1);
	map_put(expect->names, name->data, name->length, (void *)((uintptr_t)next + 1));
	expect->name_bytes += name->length + NAME_OVERHEAD;
	return next;
}

/* A suite's name ends where the string does, a file's has a newline between: they never meet in the map. */
static uint32_t find_file(struct expect *expect, const struct sched_test *test)
{
	uint32_t suite, file;

	str_clear(&expect->name);
	str_add_text(&expect->name, test->suite ? test->suite : "");
	suite = number_of(expect, (uint32_t)expect->suites.length);
	if (suite == expect->suites.length)
		vec_push(&expect->suites, 0.0F);
	str_add_char(&expect->name, '\n');
	str_add_text(&expect->name, test->file ? test->file : "");
	file = number_of(expect, (uint32_t)expect->files.length);
	if (file == expect->files.length) {
		struct file new = { 0, suite };

		vec_push(&expect->files, new);
	}
	return file;
}

static uint32_t file_of(struct expect *expect, const struct sched_test *test)
{
	const char *suite = test->suite ? test->suite : "", *file = test->file ? test->file : "";
	size_t suite_length = strlen(suite);

	if (expect->last.length > suite_length && memcmp(expect->last.data, suite, suite_length) == 0 &&
	    expect->last.data[suite_length] == '\n' &&
	    strcmp(expect->last.data + suite_length + 1, file) == 0)
		return expect->last_file;
	expect->last_file = find_file(expect, test);
	str_clear(&expect->last);
	str_add(&expect->last, expect->name.data, expect->name.length);
	return expect->last_file;
}

static float guess(const struct expect *expect, uint32_t file)
{
	if (file != NO_FILE && expect->files.items[file].median > 0)
		return expect->files.items[file].median;
	if (file != NO_FILE && expect->suites.items[expect->files.items[file].suite] > 0)
		return expect->suites.items[expect->files.items[file].suite];
	return expect->median > 0 ? expect->median : 1;
}

void expect_added(struct expect *expect, struct sched *sched, const struct sched_test *test)
{
	size_t index = test->number - 1;
	uint32_t file = file_of(expect, test);
	struct item *item = &sched_items(sched)[index];

	if (expect->filled) {
		if (item->expected <= 0) {
			item->expected = guess(expect, file);
			sched_units(sched)[item->unit].expected += (double)item->expected;
		}
		return;
	}
	while (expect->file_of.length <= index)
		vec_push(&expect->file_of, NO_FILE);
	expect->file_of.items[index] = file;
}

/* The value that would stand in the middle, were they sorted (Hoare's selection). Changes their order. */
static float middle_of(float *values, size_t count)
{
	ptrdiff_t low = 0, high = (ptrdiff_t)count - 1, middle = (ptrdiff_t)count / 2;

	while (low < high) {
		float pivot = values[middle];
		ptrdiff_t left = low, right = high;

		while (left <= right) {
			while (values[left] < pivot)
				left++;
			while (values[right] > pivot)
				right--;
			if (left > right)
				break;
			float value = values[left];
			values[left++] = values[right];
			values[right--] = value;
		}
		if (right < middle)
			low = left;
		if (left > middle)
			high = right;
	}
	return values[middle];
}

enum kind { OF_FILES, OF_SUITES, OF_ALL };

static size_t count_of(const struct expect *expect, enum kind kind)
{
	return kind == OF_FILES ? expect->files.length : kind == OF_SUITES ? expect->suites.length : 1;
}

static size_t key_of(const struct expect *expect, size_t index, enum kind kind)
{
	uint32_t file = expect->file_of.items[index];

	return kind == OF_FILES ? file : kind == OF_SUITES ? expect->files.items[file].suite : 0;
}

static void set_median(struct expect *expect, size_t key, enum kind kind, float median)
{
	if (kind == OF_FILES)
		expect->files.items[key].median = median;
	else if (kind == OF_SUITES)
		expect->suites.items[key] = median;
	else
		expect->median = median;
}

static bool is_known(const struct expect *expect, const struct item *items, size_t index)
{
	return items[index].expected > 0 && expect->file_of.items[index] != NO_FILE;
}

static void find_medians(struct expect *expect, const struct item *items, enum kind kind)
{
	size_t count = count_of(expect, kind), known = 0, begin = 0;
	size_t *places = alloc_zeroed(count + 1, sizeof(*places));
	float *values;

	for (size_t i = 0; i < expect->file_of.length; i++)
		if (is_known(expect, items, i))
			places[key_of(expect, i, kind)]++;
	for (size_t key = 0; key < count; key++) {
		size_t here = places[key];

		places[key] = known;
		known += here;
	}
	values = alloc_zeroed(known + 1, sizeof(*values));
	for (size_t i = 0; i < expect->file_of.length; i++)
		if (is_known(expect, items, i))
			values[places[key_of(expect, i, kind)]++] = items[i].expected;
	for (size_t key = 0; key < count; begin = places[key++])
		if (places[key] > begin)
			set_median(expect, key, kind, middle_of(values + begin, places[key] - begin));
	free(values);
	free(places);
}

void expect_fill(struct expect *expect, struct sched *sched)
{
	struct item *items = sched_items(sched);
	size_t count = sched_item_count(sched);

	find_medians(expect, items, OF_ALL);
	find_medians(expect, items, OF_SUITES);
	find_medians(expect, items, OF_FILES);
	for (size_t i = 0; i < count; i++)
		if (items[i].expected <= 0)
			items[i].expected = guess(
				expect, i < expect->file_of.length ? expect->file_of.items[i] : NO_FILE);
	vec_fini(&expect->file_of);
	expect->filled = true;
}

bool expect_knows(const struct expect *expect)
{
	return expect->median > 0;
}

size_t expect_memory(const struct expect *expect)
{
	return sizeof(*expect) + expect->files.capacity * sizeof(struct file) +
	       expect->suites.capacity * sizeof(float) + expect->file_of.capacity * sizeof(uint32_t) +
	       expect->name_bytes + expect->name.capacity + expect->last.capacity;
}
