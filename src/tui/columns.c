#include "tui/columns.h"

#include <string.h>

struct choice {
	const char *name, *text;
	bool shown;
};

static const struct choice of_tests[] = {
#define X(name, word, text, shown) { word, text, shown },
	TESTS_COLUMNS(X)
#undef X
};

static const struct choice of_workers[] = {
#define X(name, word, text, shown) { word, text, shown },
	WORKERS_COLUMNS(X)
#undef X
};

_Static_assert(TESTS_COLUMN_COUNT <= COLUMNS_MAX, "COLUMNS_MAX");
_Static_assert(WORKERS_COLUMN_COUNT <= COLUMNS_MAX, "COLUMNS_MAX");

static const struct {
	const char *name;
	const struct choice *choices;
	unsigned count;
} panes[COLUMNS_PANE_COUNT] = {
	[COLUMNS_TESTS] = { "tests", of_tests, TESTS_COLUMN_COUNT },
	[COLUMNS_WORKERS] = { "workers", of_workers, WORKERS_COLUMN_COUNT },
};

void columns_init(struct columns_shown *shown, enum columns_pane pane)
{
	memset(shown, 0, sizeof(*shown));
	for (unsigned i = 0; i < panes[pane].count; i++)
		if (panes[pane].choices[i].shown)
			shown->columns[shown->count++] = (uint8_t)i;
}

bool columns_has(const struct columns_shown *shown, unsigned column)
{
	for (unsigned i = 0; i < shown->count; i++)
		if (shown->columns[i] == column)
			return true;
	return false;
}

const char *columns_pane_name(enum columns_pane pane)
{
	return panes[pane].name;
}

unsigned columns_count(enum columns_pane pane)
{
	return panes[pane].count;
}

const char *columns_name(enum columns_pane pane, unsigned column)
{
	return panes[pane].choices[column].name;
}

const char *columns_text(enum columns_pane pane, unsigned column)
{
	return panes[pane].choices[column].text;
}

int columns_by_name(enum columns_pane pane, const char *name)
{
	for (unsigned i = 0; i < panes[pane].count; i++)
		if (!strcmp(panes[pane].choices[i].name, name))
			return (int)i;
	return -1;
}
