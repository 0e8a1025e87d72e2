#include "tui/tests_tree.h"

#include "base/alloc.h"
#include "base/map.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* Tests that get their place in one call: a millisecond or two. */
#define AT_ONCE 4096

#define NOWHERE UINT32_MAX

struct heading {
	char *label; /* owned */
	enum tree_kind kind;
	uint32_t parent; /* 0: none */
	bool open;
	struct heading_sums sums;
	/* The newest list's: headings by number, tests by their place in the list. */
	bool listed;
	uint32_t first_heading, last_heading, next_heading;
	uint32_t first_test, last_test;
};

struct tree {
	VEC(struct heading) headings; /* the first is the root; a parent comes before what is below it */
	VEC(uint32_t) places;         /* of each test by number - 1: the heading right above it */
	struct map *names;            /* parent, kind and label → heading */
	struct map *paths;            /* suite and path → the heading of the file */
	const char *suite;            /* of the test before, and its heading */
	uint32_t suite_heading;
	struct str key;
	bool open;
	VEC(uint32_t) next;    /* by place in the list: the next test of the same heading */
	VEC(uint32_t) listed;  /* the list itself */
	VEC(uint32_t) ordered; /* headings, for the order by sums */
};

struct tree *tree_new(bool open)
{
	struct tree *tree = ALLOC_NEW(struct tree);
	const struct heading root = { .open = true };

	tree->names = map_new();
	tree->paths = map_new();
	tree->open = open;
	str_init(&tree->key);
	vec_push(&tree->headings, root);
	return tree;
}

void tree_free(struct tree *tree)
{
	if (!tree)
		return;
	vec_each(&tree->headings, heading)
		free(heading->label);
	vec_fini(&tree->headings);
	vec_fini(&tree->places);
	vec_fini(&tree->next);
	vec_fini(&tree->listed);
	vec_fini(&tree->ordered);
	map_free(tree->names);
	map_free(tree->paths);
	str_fini(&tree->key);
	free(tree);
}

/* --- where a test stands --- */

/* The parts of an id; what is not there has length 0. Parameters, in brackets, belong to the name. */
struct parts {
	struct slice directory, file, class;
	const char *name;
};

static const char *last_within(const char *begin, const char *end, char wanted)
{
	while (end > begin && end[-1] != wanted)
		end--;
	return end > begin ? end - 1 : NULL;
}

static void split_path(struct slice path, struct parts *parts)
{
	const char *slash = last_within(path.data, path.data + path.length, '/');

	if (slash)
		parts->directory = (struct slice){ path.data, (size_t)(slash + 1 - path.data) };
	parts->file =
		(struct slice){ path.data + parts->directory.length, path.length - parts->directory.length };
}

static void split(const struct test *test, struct parts *parts)
{
	const char *end = test->id + strcspn(test->id, "["), *colons, *at;

	*parts = (struct parts){ .name = test->id };
	colons = strstr(test->id, "::");
	if (!colons || colons >= end) {
		/* A program, or a name and nothing else: its file is then the place where it was told of. */
		struct parts path = { .name = NULL };

		if (memchr(test->id, '/', (size_t)(end - test->id))) {
			split_path((struct slice){ test->id, (size_t)(end - test->id) }, &path);
			parts->directory = path.directory;
			parts->name = test->id + path.directory.length;
		} else if (test->file && strcmp(test->file, test->id)) {
			split_path(slice_of(test->file), &path);
			parts->directory = path.directory;
			if (!slice_equal_text(path.file, test->id))
				parts->file = path.file;
		}
		return;
	}
	split_path((struct slice){ test->id, (size_t)(colons - test->id) }, parts);
	parts->name = colons + 2;
	for (at = strstr(parts->name, "::"); at && at < end; at = strstr(parts->name, "::")) {
		if (!parts->class.data)
			parts->class.data = colons + 2;
		parts->class.length = (size_t)(at - parts->class.data);
		parts->name = at + 2;
	}
	/* "Suite.Test" of GoogleTest. */
	if (!parts->class.length && test->scope && *test->scope &&
	    text_starts_with(parts->name, test->scope) && parts->name[strlen(test->scope)] == '.') {
		parts->class = slice_of(test->scope);
		parts->name += parts->class.length + 1;
	}
}

const char *tree_name(const struct test *test)
{
	struct parts parts;

	split(test, &parts);
	return parts.name;
}

static void *look_up(struct tree *tree, const struct map *map, uint32_t parent, enum tree_kind kind,
		     struct slice label)
{
	str_clear(&tree->key);
	str_add(&tree->key, &parent, sizeof(parent));
	str_add_char(&tree->key, (char)kind);
	str_add(&tree->key, label.data, label.length);
	return map_get(map, tree->key.data, tree->key.length);
}

/* The heading of this name, made where there is none yet. */
static uint32_t find(struct tree *tree, uint32_t parent, enum tree_kind kind, struct slice label)
{
	void *known = look_up(tree, tree->names, parent, kind, label);

	if (!known) {
		struct heading heading = {
			.label = alloc_string_n(label.data, label.length),
			.kind = kind,
			.parent = parent,
			.open = tree->open || kind < TREE_FILE,
		};

		known = (void *)(uintptr_t)tree->headings.length;
		vec_push(&tree->headings, heading);
		map_put(tree->names, tree->key.data, tree->key.length, known);
	}
	return (uint32_t)(uintptr_t)known;
}

/* The same for directory and file at once: most tests are in a file that is known. */
static uint32_t find_file(struct tree *tree, uint32_t suite, const struct parts *parts)
{
	struct slice path = { parts->directory.length ? parts->directory.data : parts->file.data,
			      parts->directory.length + parts->file.length };
	void *known = path.length ? look_up(tree, tree->paths, suite, TREE_FILE, path) : NULL;
	uint32_t place = suite;

	if (known)
		return (uint32_t)(uintptr_t)known;
	if (parts->directory.length)
		place = find(tree, place, TREE_DIRECTORY, parts->directory);
	if (parts->file.length)
		place = find(tree, place, TREE_FILE, parts->file);
	if (path.length) {
		look_up(tree, tree->paths, suite, TREE_FILE, path);
		map_put(tree->paths, tree->key.data, tree->key.length, (void *)(uintptr_t)place);
	}
	return place;
}

bool tree_learn(struct tree *tree, const struct run *run)
{
	size_t end = run->tests.length;

	if (end > tree->places.length + AT_ONCE)
		end = tree->places.length + AT_ONCE;
	vec_reserve(&tree->places, end);
	for (size_t i = tree->places.length; i < end; i++) {
		const struct test *test = run->tests.items[i];
		struct parts parts;
		uint32_t place;

		if (test->suite != tree->suite) {
			tree->suite = test->suite;
			tree->suite_heading = find(tree, 0, TREE_SUITE, slice_of(test->suite));
		}
		split(test, &parts);
		place = find_file(tree, tree->suite_heading, &parts);
		if (parts.class.length)
			place = find(tree, place, TREE_CLASS, parts.class);
		vec_push(&tree->places, place);
	}
	return tree->places.length == run->tests.length;
}

/* --- lines --- */

static void add_test(struct heading_sums *sums, const struct row *row)
{
	sums->tests++;
	sums->time += row->duration;
	sums->cpu += row->cpu;
	if (row->interest == INTEREST_FAILURE)
		sums->failed++;
	else if (row->interest == INTEREST_QUARANTINED)
		sums->quarantined++;
	else if (row->outcome == OUTCOME_PASSED || row->outcome == OUTCOME_XPASSED)
		sums->passed++;
	else if (row->outcome != OUTCOME_NONE)
		sums->other++;
	if (row->state == TEST_RUNNING || row->state == TEST_RETRYING)
		sums->running++;
	else if (row->outcome == OUTCOME_NONE || row->state == TEST_WAITING)
		sums->left++;
}

static void add_sums(struct heading_sums *to, const struct heading_sums *from)
{
	to->tests += from->tests;
	to->passed += from->passed;
	to->failed += from->failed;
	to->quarantined += from->quarantined;
	to->running += from->running;
	to->left += from->left;
	to->other += from->other;
	to->tagged += from->tagged;
	to->time += from->time;
	to->cpu += from->cpu;
}

static void forget_list(struct tree *tree)
{
	vec_each(&tree->headings, heading) {
		memset(&heading->sums, 0, sizeof(heading->sums));
		heading->listed = false;
		heading->first_heading = heading->last_heading = heading->next_heading = 0;
		heading->first_test = heading->last_test = NOWHERE;
	}
}

static void link_behind(struct tree *tree, uint32_t number)
{
	struct heading *parent = &tree->headings.items[tree->headings.items[number].parent];

	if (parent->last_heading)
		tree->headings.items[parent->last_heading].next_heading = number;
	else
		parent->first_heading = number;
	parent->last_heading = number;
}

/* In the order of the list: a heading comes behind its siblings when its first test does, and so does what is above
 * it. */
static void link_as_listed(struct tree *tree)
{
	vec_each(&tree->listed, test) {
		uint32_t number = tree->places.items[*test - 1];

		for (; number && !tree->headings.items[number].listed;
		     number = tree->headings.items[number].parent) {
			tree->headings.items[number].listed = true;
			link_behind(tree, number);
		}
	}
}

static void take_list(struct tree *tree, const struct rows *rows, const struct tags *tags,
		      const struct rows_list *list)
{
	vec_clear(&tree->listed);
	vec_clear(&tree->next);
	vec_reserve(&tree->listed, list->tests.length);
	vec_reserve(&tree->next, list->tests.length);
	vec_each(&list->tests, test) {
		uint32_t at = (uint32_t)tree->listed.length;
		struct heading *heading;

		if (*test > tree->places.length)
			continue;
		heading = &tree->headings.items[tree->places.items[*test - 1]];
		vec_push(&tree->listed, *test);
		vec_push(&tree->next, NOWHERE);
		if (heading->last_test == NOWHERE)
			heading->first_test = at;
		else
			tree->next.items[heading->last_test] = at;
		heading->last_test = at;
		add_test(&heading->sums, rows_row(rows, *test));
		heading->sums.tagged += tags_have(tags, *test);
	}
	for (size_t i = tree->headings.length; i-- > 1;)
		add_sums(&tree->headings.items[tree->headings.items[i].parent].sums,
			 &tree->headings.items[i].sums);
}

static int compare_sums(uint64_t left, uint64_t right, uint32_t a, uint32_t b)
{
	if (left != right)
		return left < right ? 1 : -1;
	return (a > b) - (a < b);
}

static uint64_t sum_of(const struct tree *tree, uint32_t number, bool by_cpu)
{
	const struct heading_sums *sums = &tree->headings.items[number].sums;

	return by_cpu ? sums->cpu : sums->time;
}

static int compare_time(const void *a, const void *b, void *context)
{
	const struct tree *tree = context;
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return compare_sums(sum_of(tree, left, false), sum_of(tree, right, false), left, right);
}

static int compare_cpu(const void *a, const void *b, void *context)
{
	const struct tree *tree = context;
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return compare_sums(sum_of(tree, left, true), sum_of(tree, right, true), left, right);
}

static void link_by_sums(struct tree *tree, bool by_cpu, bool inverted)
{
	size_t valued;

	vec_clear(&tree->ordered);
	for (uint32_t i = 1; i < tree->headings.length; i++)
		if (tree->headings.items[i].sums.tests)
			vec_push(&tree->ordered, i);
	if (tree->ordered.length)
		qsort_r(tree->ordered.items, tree->ordered.length, sizeof(*tree->ordered.items),
			by_cpu ? compare_cpu : compare_time, tree);
	/* As in the list itself those without a value are last in any case. */
	valued = tree->ordered.length;
	while (valued > 0 && !sum_of(tree, tree->ordered.items[valued - 1], by_cpu))
		valued--;
	for (size_t i = 0; i < tree->ordered.length; i++)
		link_behind(tree, tree->ordered.items[inverted && i < valued ? valued - 1 - i : i]);
}

/* The first test below a heading, open or not. */
static uint32_t first_below(const struct tree *tree, uint32_t number)
{
	const struct heading *heading = &tree->headings.items[number];

	while (heading->first_heading)
		heading = &tree->headings.items[heading->first_heading];
	return heading->first_test == NOWHERE ? 0 : tree->listed.items[heading->first_test];
}

static void emit(const struct tree *tree, uint32_t number, uint32_t depth, struct entries *entries)
{
	const struct heading *heading = &tree->headings.items[number];

	for (uint32_t below = heading->first_heading; below;
	     below = tree->headings.items[below].next_heading) {
		const struct entry entry = { first_below(tree, below), below, depth };

		/* A suite that is the only one says nothing. */
		if (!number && !tree->headings.items[below].next_heading &&
		    tree->headings.items[0].first_heading == below) {
			emit(tree, below, depth, entries);
			continue;
		}
		vec_push(&entries->list, entry);
		if (tree->headings.items[below].open)
			emit(tree, below, depth + 1, entries);
	}
	for (uint32_t at = heading->first_test; at != NOWHERE; at = tree->next.items[at]) {
		const struct entry entry = { tree->listed.items[at], 0, depth };

		vec_push(&entries->list, entry);
	}
}

void tree_fill(struct tree *tree, const struct rows *rows, const struct tags *tags,
	       const struct rows_list *list, enum column order, bool inverted, struct entries *entries)
{
	forget_list(tree);
	take_list(tree, rows, tags, list);
	if (order == COLUMN_TIME || order == COLUMN_CPU)
		link_by_sums(tree, order == COLUMN_CPU, inverted);
	else
		link_as_listed(tree);
	vec_clear(&entries->list);
	emit(tree, 0, 0, entries);
}

/* --- headings --- */

const char *tree_label(const struct tree *tree, uint32_t heading)
{
	return tree->headings.items[heading].label;
}

enum tree_kind tree_kind(const struct tree *tree, uint32_t heading)
{
	return tree->headings.items[heading].kind;
}

const struct heading_sums *tree_sums(const struct tree *tree, uint32_t heading)
{
	return &tree->headings.items[heading].sums;
}

void tree_each(const struct tree *tree, uint32_t number, void (*visit)(void *context, uint64_t test),
	       void *context)
{
	const struct heading *heading = &tree->headings.items[number];

	for (uint32_t below = heading->first_heading; below; below = tree->headings.items[below].next_heading)
		tree_each(tree, below, visit, context);
	for (uint32_t at = heading->first_test; at != NOWHERE; at = tree->next.items[at])
		visit(context, tree->listed.items[at]);
}

bool tree_is_open(const struct tree *tree, uint32_t heading)
{
	return tree->headings.items[heading].open;
}

void tree_open(struct tree *tree, uint32_t heading, bool open)
{
	if (heading)
		tree->headings.items[heading].open = open;
}

void tree_open_all(struct tree *tree, uint32_t number, bool open)
{
	for (uint32_t i = 1; i < tree->headings.length; i++) {
		uint32_t above = i;

		while (above && above != number)
			above = tree->headings.items[above].parent;
		if (above == number)
			tree->headings.items[i].open = open;
	}
}

uint32_t tree_above_test(const struct tree *tree, uint64_t test)
{
	return test && test <= tree->places.length ? tree->places.items[test - 1] : 0;
}

uint32_t tree_above(const struct tree *tree, uint32_t heading)
{
	return tree->headings.items[heading].parent;
}
