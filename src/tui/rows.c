#include "tui/rows.h"

#include "base/alloc.h"
#include "base/map.h"
#include "event/codec.h"
#include "report/cause.h"
#include "tui/text_order.h"

#include <stdlib.h>
#include <string.h>

struct sort_item {
	uint32_t key, test;
};

struct rows {
	VEC(struct row) rows; /* by number - 1 */
	uint32_t counts[TAB_COUNT];
	uint32_t outcomes[OUTCOME_COUNT];
	uint64_t revision;
	uint64_t slow_after; /* ns */
	struct text_order names, suites, files;
	struct map *causes;                 /* what they say → the number of the cause */
	VEC(uint32_t) cause_tests;          /* by number of the cause - 1: how many tests have it */
	struct str text;                    /* for one cause at a time */
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
	rows->causes = map_new();
	str_init(&rows->text);
	return rows;
}

void rows_free(struct rows *rows)
{
	if (!rows)
		return;
	vec_fini(&rows->rows);
	vec_fini(&rows->items);
	vec_fini(&rows->other);
	vec_fini(&rows->cause_tests);
	text_order_fini(&rows->names);
	text_order_fini(&rows->suites);
	text_order_fini(&rows->files);
	map_free(rows->causes);
	str_fini(&rows->text);
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

static unsigned tabs_of(const struct rows *rows, const struct test *test, enum interest interest)
{
	unsigned tabs = 1u << TAB_ALL;

	if (test->state == TEST_RUNNING || test->state == TEST_RETRYING)
		tabs |= 1u << TAB_RUNNING;
	if (interest == INTEREST_FAILURE)
		tabs |= 1u << TAB_FAILED;
	if (test->flaky)
		tabs |= 1u << TAB_FLAKY;
	if (test->outcome != OUTCOME_NONE && test->duration >= rows->slow_after)
		tabs |= 1u << TAB_SLOW;
	if (test->quarantined)
		tabs |= 1u << TAB_QUARANTINED;
	return tabs;
}

/* The number of what the test says of its cause. */
static uint32_t find_cause(struct rows *rows, const struct test *test)
{
	void *known;

	str_clear(&rows->text);
	if (test->outcome == OUTCOME_PASSED || !cause_of(test, &rows->text))
		return 0;
	known = map_get(rows->causes, rows->text.data, rows->text.length);
	if (!known) {
		uint32_t none = 0;

		vec_push(&rows->cause_tests, none);
		known = (void *)(uintptr_t)rows->cause_tests.length;
		map_put(rows->causes, rows->text.data, rows->text.length, known);
	}
	return (uint32_t)(uintptr_t)known;
}

static uint16_t code_of(const struct test *test)
{
	const char *code = test_code(test);

	return code && text_starts_with(code, "XT") ? (uint16_t)strtoul(code + 2, NULL, 10) : 0;
}

/* A failure in quarantine counts as none. */
static enum outcome counted(const struct row *row)
{
	return row->interest == INTEREST_QUARANTINED ? OUTCOME_NONE : (enum outcome)row->outcome;
}

static void count(struct rows *rows, const struct row *row, uint32_t step)
{
	rows->outcomes[counted(row)] += step;
	if (row->cause)
		rows->cause_tests.items[row->cause - 1] += step;
	for (unsigned tab = 0; tab < TAB_COUNT && !row->hidden; tab++)
		rows->counts[tab] += ((unsigned)row->tabs >> tab & 1) * step;
}

void rows_update(struct rows *rows, const struct test *test)
{
	const struct attempt *attempt = test_last_attempt(test);
	struct row row = { .interest = INTEREST_WAITING }, *old;
	size_t index = (size_t)test->number - 1;

	if (!test->number || test->number >= UINT32_MAX)
		return;
	while (rows->rows.length <= index) {
		vec_push(&rows->rows, row);
		count(rows, &row, 1);
	}
	old = &rows->rows.items[index];
	row.interest = (uint8_t)judge(test);
	row.tabs = (uint8_t)tabs_of(rows, test, (enum interest)row.interest);
	row.duration = clamp(test->duration / 100000, UINT32_MAX);
	row.ended = clamp(test->verdict_at / 1000000, (1u << 29) - 1);
	row.worker = (uint8_t)clamp(test->worker, UINT8_MAX);
	row.tries = (uint8_t)clamp(test->attempts.length, UINT8_MAX);
	row.state = (uint8_t)test->state;
	row.outcome = (uint8_t)test->outcome;
	row.flaky = test->flaky;
	row.quarantined = test->quarantined;
	row.hidden = old->hidden;
	if (attempt) {
		row.started = clamp(attempt->started / 100000, UINT32_MAX);
		row.cpu = clamp(attempt->cpu / 100000, UINT32_MAX);
		row.rss = clamp(attempt->rss / 1024, UINT32_MAX);
	}
	row.verdicts = (uint8_t)test->verdicts;
	/* Only a verdict has a cause, and only a new one another; a diagnosis may come behind it. */
	row.cause = row.verdicts != old->verdicts ? find_cause(rows, test) : old->cause;
	row.code = test->outcome != OUTCOME_NONE ? code_of(test) : 0;
	count(rows, old, UINT32_MAX);
	count(rows, &row, 1);
	*old = row;
	rows->revision++;
}

void rows_hide(struct rows *rows, uint64_t test, bool hidden)
{
	struct row *row;

	if (!test || test > rows->rows.length)
		return;
	row = &rows->rows.items[test - 1];
	if (row->hidden == hidden)
		return;
	count(rows, row, UINT32_MAX);
	row->hidden = hidden;
	count(rows, row, 1);
	rows->revision++;
}

uint32_t rows_length(const struct rows *rows)
{
	return (uint32_t)rows->rows.length;
}

const struct row *rows_row(const struct rows *rows, uint64_t test)
{
	return test && test <= rows->rows.length ? &rows->rows.items[test - 1] : NULL;
}

uint32_t rows_cause(const struct rows *rows, uint64_t test)
{
	const struct row *row = rows_row(rows, test);

	return row ? row->cause : 0;
}

uint32_t rows_cause_count(const struct rows *rows)
{
	return (uint32_t)rows->cause_tests.length;
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

/* --- orders by text --- */

static int compare_names(const struct test *a, const struct test *b)
{
	int order = strcmp(a->id, b->id);

	if (!order)
		order = strcmp(a->suite, b->suite);
	if (!order)
		order = (a->number > b->number) - (a->number < b->number);
	return order;
}

static int compare_suites(const struct test *a, const struct test *b)
{
	int order = a->suite == b->suite ? 0 : strcmp(a->suite, b->suite);

	return order ? order : compare_names(a, b);
}

static int compare_files(const struct test *a, const struct test *b)
{
	int order = a->file == b->file ? 0 : strcmp(a->file ? a->file : a->id, b->file ? b->file : b->id);

	if (!order)
		order = (a->line > b->line) - (a->line < b->line);
	return order ? order : compare_names(a, b);
}

static struct text_order *order_of(struct rows *rows, enum column column, text_order_compare **compare)
{
	switch (column) {
	case COLUMN_TEST:
		*compare = compare_names;
		return &rows->names;
	case COLUMN_SUITE:
		*compare = compare_suites;
		return &rows->suites;
	case COLUMN_FILE:
		*compare = compare_files;
		return &rows->files;
	default:
		return NULL;
	}
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

/* The cause that most tests have first (from 4095 on they are alike), then the one that was seen first. */
static uint32_t message_key(const struct rows *rows, const struct row *row)
{
	const uint32_t most = (1u << 12) - 1;

	if (!row->cause)
		return UINT32_MAX;
	return (most - clamp(rows->cause_tests.items[row->cause - 1], most)) << 20 |
	       clamp(row->cause, (1u << 20) - 1);
}

static uint32_t key_of(const struct rows *rows, enum column column, const struct text_order *order,
		       uint32_t index, uint32_t now)
{
	const struct row *row = &rows->rows.items[index];

	switch (column) {
	case COLUMN_STATUS:
		return status_key(row);
	case COLUMN_TIME:
		if ((row->tabs >> TAB_RUNNING) & 1)
			return UINT32_MAX - (now > row->started ? now - row->started : row->duration);
		return UINT32_MAX - row->duration;
	case COLUMN_CPU:
		return UINT32_MAX - row->cpu;
	case COLUMN_MEM:
		return UINT32_MAX - row->rss;
	case COLUMN_WORKER:
		return row->tries ? row->worker : UINT32_MAX;
	case COLUMN_TRIES:
		return UINT32_MAX - row->tries;
	case COLUMN_TEST:
	case COLUMN_SUITE:
	case COLUMN_FILE:
		return text_order_rank(order, index);
	case COLUMN_CODE:
		return row->code ? row->code : UINT32_MAX;
	case COLUMN_MESSAGE:
		return message_key(rows, row);
	default:
		return index;
	}
}

bool rows_list(struct rows *rows, const struct model *model, enum tab tab, enum column column, bool inverted,
	       uint64_t now, struct rows_list *list)
{
	text_order_compare *compare = NULL;
	struct text_order *order = order_of(rows, column, &compare);
	bool whole = !order || text_order_learn(order, model, rows->rows.length, compare);
	uint32_t time = clamp(now / 100000, UINT32_MAX);
	size_t length, valued;

	vec_clear(&rows->items);
	vec_reserve(&rows->items, rows->counts[tab]);
	for (size_t i = 0; i < rows->rows.length; i++) {
		const struct row *row = &rows->rows.items[i];
		struct sort_item item;

		if (row->hidden || !((row->tabs >> tab) & 1))
			continue;
		item.test = (uint32_t)i + 1;
		item.key = key_of(rows, column, order, (uint32_t)i, time);
		rows->items.items[rows->items.length++] = item;
	}
	if (column != COLUMN_FOUND)
		radix_sort(rows);
	length = rows->items.length;
	/* What has no value stays at the end: nobody who asks for the shortest means those that have not run. */
	for (valued = length; valued > 0 && rows->items.items[valued - 1].key == UINT32_MAX;)
		valued--;
	vec_clear(&list->tests);
	vec_reserve(&list->tests, length);
	for (size_t i = 0; i < length; i++)
		list->tests.items[i] = rows->items.items[inverted && i < valued ? valued - 1 - i : i].test;
	list->tests.length = length;
	return whole;
}
