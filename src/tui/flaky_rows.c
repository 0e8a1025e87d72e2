#include "tui/flaky_rows.h"

#include "base/alloc.h"
#include "base/map.h"
#include "base/vec.h"
#include "report/flaky.h"

#include <stdlib.h>
#include <string.h>

struct flaky_rows {
	struct control_flaky known;
	struct flaky_list list; /* those of it that are flaky, arranged; its table is known.table */
	bool is_known;
	struct map *places;        /* names of the table's tests: their places from 1; NULL: to be made */
	uint64_t *tests;           /* by these places - 1: number in this run, 0: not in it */
	VEC(uint64_t) seen;        /* tests that were flaky in this run, or are; each once */
	VEC(uint64_t) quarantined; /* likewise */
	VEC(uint8_t) marks;        /* by number - 1: in which of the two it is */
	VEC(struct flaky_row) rows;
	unsigned now;
	bool changed;
};

enum { MARK_SEEN = 1, MARK_QUARANTINED = 2 };

static void look_at(struct flaky_rows *rows, const struct test *test)
{
	uint8_t *mark;

	if (!test->flaky && !test->quarantined)
		return;
	while (rows->marks.length < test->number)
		vec_push(&rows->marks, 0);
	mark = &rows->marks.items[test->number - 1];
	if (test->flaky && !(*mark & MARK_SEEN)) {
		vec_push(&rows->seen, test->number);
		*mark |= MARK_SEEN;
		rows->changed = true;
	}
	if (test->quarantined && !(*mark & MARK_QUARANTINED)) {
		vec_push(&rows->quarantined, test->number);
		*mark |= MARK_QUARANTINED;
	}
}

struct flaky_rows *flaky_rows_new(const struct run *run)
{
	struct flaky_rows *rows = ALLOC_NEW(struct flaky_rows);

	rows->changed = true;
	vec_each(&run->tests, test)
		look_at(rows, *test);
	return rows;
}

static void forget_places(struct flaky_rows *rows)
{
	map_free(rows->places);
	free(rows->tests);
	rows->places = NULL;
	rows->tests = NULL;
}

static void forget(struct flaky_rows *rows)
{
	forget_places(rows);
	if (!rows->is_known)
		return;
	flaky_list_fini(&rows->list);
	control_flaky_fini(&rows->known);
	rows->is_known = false;
}

void flaky_rows_free(struct flaky_rows *rows)
{
	if (!rows)
		return;
	forget(rows);
	vec_fini(&rows->seen);
	vec_fini(&rows->quarantined);
	vec_fini(&rows->marks);
	vec_fini(&rows->rows);
	free(rows);
}

void flaky_rows_hear(struct flaky_rows *rows, const struct event *event, const struct test *test)
{
	if (event->type == EVENT_TEST_VERDICT && test) {
		look_at(rows, test);
		/* A verdict that replaces another: it may be flaky no longer. */
		rows->changed = rows->changed || test->verdicts > 1;
	} else if (event->type == EVENT_RUN_COLLECTED) {
		/* Tests were found since the names were looked up. */
		forget_places(rows);
		rows->changed = true;
	}
}

void flaky_rows_take(struct flaky_rows *rows, struct control_flaky *known)
{
	vec_clear(&rows->rows); /* they point into what goes */
	forget(rows);
	rows->changed = true;
	if (!known)
		return;
	rows->known = *known;
	rows->is_known = true;
	*known = (struct control_flaky){ .held = NULL };
	flaky_list_init(&rows->list, &rows->known.table, &rows->known.steadiness);
	for (size_t i = 0; i < rows->known.table.test_count; i++) {
		const struct history_evidence *evidence = &rows->known.table.tests[i];

		if (history_is_flaky(evidence, &rows->known.steadiness))
			flaky_list_add(&rows->list, evidence, rows->known.held[i] ? FLAKY_HELD : FLAKY_FREE);
	}
	flaky_list_arrange(&rows->list);
}

/* --- putting together --- */

/* Suite, id and ordinal, with a NUL behind each text. */
static void make_key(struct str *key, const char *suite, const char *id, uint32_t ordinal)
{
	str_clear(key);
	str_add(key, suite, strlen(suite) + 1);
	str_add(key, id, strlen(id) + 1);
	str_add(key, &ordinal, sizeof(ordinal));
}

/* The test's place in the table, from 1; 0: it is not in it. */
static size_t place_of(const struct flaky_rows *rows, struct str *key, const struct test *test)
{
	make_key(key, test->suite, test->id, test->ordinal);
	return (size_t)map_get(rows->places, key->data, key->length);
}

/* Which tests of the table are which of this run. */
static void find_places(struct flaky_rows *rows, const struct run *run, struct str *key)
{
	size_t count = rows->is_known ? rows->known.table.test_count : 0;

	rows->places = map_new();
	rows->tests = alloc_zeroed(count + 1, sizeof(*rows->tests));
	for (size_t i = 0; i < count; i++) {
		const struct history_evidence *evidence = &rows->known.table.tests[i];

		make_key(key, evidence->suite, evidence->id, evidence->ordinal);
		map_put(rows->places, key->data, key->length, (void *)(i + 1));
	}
	for (size_t i = 0; count && i < run->tests.length; i++) {
		size_t place = place_of(rows, key, run->tests.items[i]);

		if (place && !rows->tests[place - 1])
			rows->tests[place - 1] = run->tests.items[i]->number;
	}
}

static void add_row(struct flaky_rows *rows, uint64_t test, const struct history_evidence *evidence, bool now)
{
	struct flaky_row row = { .test = test, .evidence = evidence, .now = now };

	if (evidence) {
		row.held = rows->known.held[evidence - rows->known.table.tests];
		row.advised =
			!row.held && history_advise(evidence, &rows->known.steadiness) == HISTORY_QUARANTINE;
	}
	vec_push(&rows->rows, row);
}

void flaky_rows_refresh(struct flaky_rows *rows, const struct model *model)
{
	struct str key = STR_INIT;
	bool *shown;

	if (!rows->changed)
		return;
	rows->changed = false;
	rows->now = 0;
	vec_clear(&rows->rows);
	if (!rows->places)
		find_places(rows, model_run(model), &key);
	shown = alloc_zeroed((rows->is_known ? rows->known.table.test_count : 0) + 1, sizeof(*shown));
	vec_each(&rows->seen, number) {
		const struct test *test = model_test(model, *number);
		size_t place = test ? place_of(rows, &key, test) : 0;

		if (!test || !test->flaky || (place && shown[place - 1]))
			continue;
		add_row(rows, *number, place ? &rows->known.table.tests[place - 1] : NULL, true);
		rows->now++;
		if (place)
			shown[place - 1] = true;
	}
	for (size_t i = 0; rows->is_known && i < rows->list.tests.length; i++) {
		const struct history_evidence *evidence = rows->list.tests.items[i].evidence;
		size_t place = (size_t)(evidence - rows->known.table.tests);

		if (!shown[place])
			add_row(rows, rows->tests[place], evidence, false);
	}
	str_fini(&key);
	free(shown);
}

/* --- asking --- */

size_t flaky_rows_count(const struct flaky_rows *rows)
{
	return rows->rows.length;
}

const struct flaky_row *flaky_rows_get(const struct flaky_rows *rows, size_t index)
{
	return index < rows->rows.length ? &rows->rows.items[index] : NULL;
}

size_t flaky_rows_runs(const struct flaky_rows *rows)
{
	return rows->is_known ? rows->known.table.run_count : 0;
}

unsigned flaky_rows_now(const struct flaky_rows *rows)
{
	return rows->now;
}

unsigned flaky_rows_recent(const struct flaky_rows *rows, const struct flaky_row *row,
			   history_mark recent[HISTORY_RECENT])
{
	unsigned count = 0;

	for (size_t i = 0; row->evidence && i < flaky_rows_runs(rows) && count < HISTORY_RECENT; i++)
		if (history_mark_counts(row->evidence->marks[i]))
			recent[count++] = row->evidence->marks[i];
	return count;
}

void flaky_rows_add_why(struct str *out, const struct flaky_rows *rows, const struct flaky_row *row)
{
	const char *advice;

	if (!row->evidence) {
		str_add_text(out, "it passed only at a later attempt; earlier runs tell nothing of it");
		return;
	}
	flaky_add_why(out, row->evidence, &rows->known.steadiness);
	advice = flaky_advice(row->evidence, row->held ? FLAKY_HELD : FLAKY_FREE, &rows->known.steadiness);
	if (advice)
		str_add_format(out, ": %s", advice);
}

void flaky_rows_add_first_seen(struct str *out, const struct flaky_row *row)
{
	if (row->evidence)
		style_add_date(out, row->evidence->first_seen, false);
}

const uint64_t *flaky_rows_quarantined(const struct flaky_rows *rows, size_t *count)
{
	*count = rows->quarantined.length;
	return rows->quarantined.items;
}
