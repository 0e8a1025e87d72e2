#include "tui/rows.h"

#include "base/alloc.h"
#include "event/codec.h"

#include <stdlib.h>
#include <string.h>

/* Names sorted in one call of rows_list: a millisecond or two. */
#define NAMES_AT_ONCE 1024

/* What a list needs to know of a test, kept small and side by side. */
struct row {
	uint32_t duration; /* 0.1 ms */
	uint32_t ended;    /* ms since the run began */
	uint8_t interest;  /* enum interest */
	uint8_t tabs;      /* bit n: in tab n */
	uint8_t worker;
	uint8_t tries;
	uint8_t outcome; /* NONE for a failure in quarantine, too */
};

struct sort_item {
	uint32_t key, test;
};

struct rows {
	VEC(struct row) rows; /* by number - 1 */
	uint32_t counts[TAB_COUNT];
	uint32_t outcomes[OUTCOME_COUNT];
	uint64_t revision;
	uint64_t slow_after; /* ns */
	VEC(uint32_t) names; /* numbers by name, so far */
	uint32_t *ranks;     /* by number - 1: place in names */
	size_t ranks_size;
	VEC(struct sort_item) items, other; /* for the radix sort */
};

const char *rows_tab_label(enum tab tab)
{
	static const char *const labels[TAB_COUNT] = {
#define X(name, label) label,
		ROWS_TABS(X)
#undef X
	};

	return labels[tab];
}

static const struct {
	const char *label, *text;
	bool down;
} columns[COLUMN_COUNT] = {
#define X(name, label, text, down) { label, text, down },
	ROWS_COLUMNS(X)
#undef X
};

const char *rows_column_label(enum column column)
{
	return columns[column].label;
}

const char *rows_column_text(enum column column)
{
	return columns[column].text;
}

bool rows_column_goes_down(enum column column)
{
	return columns[column].down;
}

struct rows *rows_new(uint64_t slow_after)
{
	struct rows *rows = ALLOC_NEW(struct rows);

	rows->slow_after = slow_after ? slow_after : ROWS_SLOW_AFTER;
	return rows;
}

void rows_free(struct rows *rows)
{
	if (!rows)
		return;
	vec_fini(&rows->rows);
	vec_fini(&rows->names);
	vec_fini(&rows->items);
	vec_fini(&rows->other);
	free(rows->ranks);
	free(rows);
}

static enum interest judge(const struct test *test)
{
	/* A failure that is run again stays where it is until it has another verdict. */
	if (outcome_is_failure(test->outcome))
		return test->quarantined ? INTEREST_QUARANTINED : INTEREST_FAILURE;
	if (test->state == TEST_RUNNING || test->state == TEST_RETRYING)
		return INTEREST_RUNNING;
	if (test->flaky)
		return INTEREST_FLAKY;
	switch (test->outcome) {
	case OUTCOME_NONE:
		return INTEREST_WAITING;
	case OUTCOME_NOTRUN:
		return INTEREST_NOTRUN;
	case OUTCOME_SKIPPED:
	case OUTCOME_XFAILED:
		return INTEREST_SKIPPED;
	default:
		return INTEREST_DONE;
	}
}

static uint32_t clamp(uint64_t value, uint32_t most)
{
	return value > most ? most : (uint32_t)value;
}

void rows_update(struct rows *rows, const struct test *test)
{
	struct row row = { 0 }, *old;
	size_t index = (size_t)test->number - 1;
	unsigned tabs = 1u << TAB_ALL;

	if (!test->number || test->number >= UINT32_MAX)
		return;
	while (rows->rows.length <= index) {
		vec_push(&rows->rows, row);
		rows->outcomes[OUTCOME_NONE]++;
	}
	old = &rows->rows.items[index];
	row.interest = (uint8_t)judge(test);
	if (test->state == TEST_RUNNING || test->state == TEST_RETRYING)
		tabs |= 1u << TAB_RUNNING;
	if (row.interest == INTEREST_FAILURE)
		tabs |= 1u << TAB_FAILED;
	if (test->flaky)
		tabs |= 1u << TAB_FLAKY;
	if (test->outcome != OUTCOME_NONE && test->duration >= rows->slow_after)
		tabs |= 1u << TAB_SLOW;
	if (test->quarantined)
		tabs |= 1u << TAB_QUARANTINED;
	row.tabs = (uint8_t)tabs;
	row.duration = clamp(test->duration / 100000, UINT32_MAX);
	row.ended = clamp(test->verdict_at / 1000000, (1u << 29) - 1);
	row.worker = (uint8_t)clamp(test->worker, UINT8_MAX);
	row.tries = (uint8_t)clamp(test->attempts.length, UINT8_MAX);
	row.outcome = (uint8_t)(row.interest == INTEREST_QUARANTINED ? OUTCOME_NONE : test->outcome);
	rows->outcomes[old->outcome]--;
	rows->outcomes[row.outcome]++;
	for (unsigned tab = 0; tab < TAB_COUNT; tab++)
		rows->counts[tab] += ((tabs >> tab) & 1u) - (((unsigned)old->tabs >> tab) & 1u);
	*old = row;
	rows->revision++;
}

uint32_t rows_count(const struct rows *rows, enum tab tab)
{
	return rows->counts[tab];
}

uint32_t rows_outcomes(const struct rows *rows, enum outcome outcome)
{
	return rows->outcomes[outcome];
}

bool rows_in(const struct rows *rows, uint64_t test, enum tab tab)
{
	return test && test <= rows->rows.length && ((rows->rows.items[test - 1].tabs >> tab) & 1);
}

enum interest rows_interest(const struct rows *rows, uint64_t test)
{
	return test && test <= rows->rows.length ? (enum interest)rows->rows.items[test - 1].interest
						 : INTEREST_WAITING;
}

uint64_t rows_revision(const struct rows *rows)
{
	return rows->revision;
}

/* --- the order by name --- */

static int compare_tests(const struct test *a, const struct test *b)
{
	int order = strcmp(a->id, b->id);

	if (!order)
		order = strcmp(a->suite, b->suite);
	if (!order)
		order = (a->number > b->number) - (a->number < b->number);
	return order;
}

struct named {
	const struct test *test;
};

static int compare_named(const void *a, const void *b)
{
	return compare_tests(((const struct named *)a)->test, ((const struct named *)b)->test);
}

/* How many of the names so far come before `test`. */
static size_t find_place(const struct rows *rows, const struct model *model, const struct test *test,
			 size_t low, size_t high)
{
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_tests(model_test(model, rows->names.items[middle]), test) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Takes the next tests that were found into the order by name. true: that was all. */
static bool learn_names(struct rows *rows, const struct model *model)
{
	size_t known = rows->names.length, more = rows->rows.length - known;
	struct named *named;
	size_t from, to;

	if (!more)
		return true;
	if (more > NAMES_AT_ONCE)
		more = NAMES_AT_ONCE;
	named = alloc_zeroed(more, sizeof(*named));
	for (size_t i = 0; i < more; i++)
		named[i].test = model_test(model, known + i + 1);
	qsort(named, more, sizeof(*named), compare_named);
	vec_reserve(&rows->names, known + more);
	/* From behind, so that each piece of the old order moves once. */
	from = known;
	to = known + more;
	for (size_t i = more; i-- > 0;) {
		size_t place = find_place(rows, model, named[i].test, 0, from);

		memmove(&rows->names.items[to - (from - place)], &rows->names.items[place],
			(from - place) * sizeof(*rows->names.items));
		to -= from - place;
		from = place;
		rows->names.items[--to] = (uint32_t)named[i].test->number;
	}
	free(named);
	rows->names.length = known + more;
	if (rows->ranks_size < rows->names.capacity) {
		rows->ranks_size = rows->names.capacity;
		rows->ranks = alloc_resized(rows->ranks, rows->ranks_size, sizeof(*rows->ranks));
	}
	for (size_t i = 0; i < rows->names.length; i++)
		rows->ranks[rows->names.items[i] - 1] = (uint32_t)i;
	return rows->names.length == rows->rows.length;
}

/* --- lists --- */

/* Stable, by 11 bits at a time; digits that are the same everywhere are skipped. */
static void radix_sort(struct rows *rows)
{
	size_t length = rows->items.length;

	vec_reserve(&rows->other, length);
	for (unsigned shift = 0; shift < 32; shift += 11) {
		size_t starts[2048] = { 0 }, sum = 0;
		struct sort_item *from = rows->items.items, *to = rows->other.items;

		for (size_t i = 0; i < length; i++)
			starts[(from[i].key >> shift) & 2047]++;
		if (length && starts[(from[0].key >> shift) & 2047] == length)
			continue;
		for (size_t digit = 0; digit < 2048; digit++) {
			size_t count = starts[digit];

			starts[digit] = sum;
			sum += count;
		}
		for (size_t i = 0; i < length; i++)
			to[starts[(from[i].key >> shift) & 2047]++] = from[i];
		rows->items.items = to;
		rows->other.items = from;
		{
			size_t capacity = rows->items.capacity;

			rows->items.capacity = rows->other.capacity;
			rows->other.capacity = capacity;
		}
	}
}

static uint32_t status_key(const struct row *row)
{
	uint32_t time = 0;

	if (row->interest <= INTEREST_FLAKY)
		time = row->ended;
	else if (row->interest == INTEREST_DONE)
		time = (1u << 29) - 1 - row->ended; /* the newest first */
	return (uint32_t)row->interest << 29 | time;
}

static uint32_t key_of(const struct rows *rows, const struct model *model, enum column column, uint32_t index,
		       uint64_t now)
{
	const struct row *row = &rows->rows.items[index];

	switch (column) {
	case COLUMN_STATUS:
		return status_key(row);
	case COLUMN_TIME: {
		uint32_t duration = row->duration;

		if ((row->tabs >> TAB_RUNNING) & 1) {
			const struct test *test = model_test(model, (uint64_t)index + 1);
			const struct attempt *attempt = test ? test_last_attempt(test) : NULL;

			if (attempt && now > attempt->started)
				duration = clamp((now - attempt->started) / 100000, UINT32_MAX);
		}
		return UINT32_MAX - duration;
	}
	case COLUMN_WORKER:
		return row->tries ? row->worker : UINT32_MAX;
	case COLUMN_TRIES:
		return UINT32_MAX - row->tries;
	case COLUMN_TEST:
		return index < rows->names.length ? rows->ranks[index] : UINT32_MAX;
	default:
		return index;
	}
}

bool rows_list(struct rows *rows, const struct model *model, enum tab tab, enum column column, bool inverted,
	       uint64_t now, struct rows_list *list)
{
	bool whole = column != COLUMN_TEST || learn_names(rows, model);
	size_t length;

	vec_clear(&rows->items);
	vec_reserve(&rows->items, rows->counts[tab]);
	for (size_t i = 0; i < rows->rows.length; i++) {
		struct sort_item item;

		if (!((rows->rows.items[i].tabs >> tab) & 1))
			continue;
		item.test = (uint32_t)i + 1;
		item.key = key_of(rows, model, column, (uint32_t)i, now);
		rows->items.items[rows->items.length++] = item;
	}
	if (column != COLUMN_FOUND)
		radix_sort(rows);
	length = rows->items.length;
	vec_clear(&list->tests);
	vec_reserve(&list->tests, length);
	for (size_t i = 0; i < length; i++)
		list->tests.items[i] = rows->items.items[inverted ? length - 1 - i : i].test;
	list->tests.length = length;
	return whole;
}
