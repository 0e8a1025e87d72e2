/* What timeline.c and timeline_draw.c share. */
#ifndef XTOP_TUI_TIMELINE_INSIDE_H
#define XTOP_TUI_TIMELINE_INSIDE_H

#include "tui/spans.h"
#include "tui/timeline.h"
#include "tui/view.h"

#define LABEL_WIDTH 8 /* the worker's name, and where it ends last a mark */
#define NO_ROW XTOP_SLOTS_MAX

struct timeline {
	struct spans *spans;
	struct spans_tail tail; /* at the run's end; what is run again behind it makes no other */
	bool ended;
	uint64_t scale; /* ns a column; 0: as much as shows the whole run */
	uint64_t left;  /* ns at the left edge; a multiple of the scale */
	bool follow;    /* the newest stays in view, and is selected */
	unsigned slot;  /* of the selected row */
	size_t index;   /* of the selected attempt there, SIZE_MAX: none */
	struct list_cursor rows;
	/* As it was drawn last. */
	uint64_t drawn_scale;
	int chart_width;
};

uint64_t timeline_end(const struct app *app);   /* ns: how far the run went */
uint64_t timeline_scale(const struct app *app); /* ns a column */
void timeline_count_rows(struct app *app);
unsigned timeline_slot(const struct app *app, long row); /* NO_ROW: there are not so many rows */
const struct span *timeline_span(const struct app *app); /* that is selected, NULL: none */
/* Brings window and selection up to date with what happened. */
void timeline_follow(struct app *app);

/* --- timeline_draw.c --- */
void timeline_draw(struct app *app, struct area area, bool focused);

#endif
