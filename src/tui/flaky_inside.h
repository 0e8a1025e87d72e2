/* What the two halves of the pane of flaky tests share: what it knows and obeys (flaky.c), and how it looks
 * (flaky_draw.c). */
#ifndef XTOP_TUI_FLAKY_INSIDE_H
#define XTOP_TUI_FLAKY_INSIDE_H

#include "tui/flaky.h"
#include "tui/flaky_rows.h"
#include "tui/view.h"

enum flaky_list { LIST_FLAKY, LIST_HOLDS, LIST_COUNT };

struct flaky_pane {
	struct flaky_rows *rows;
	struct control_holds holds;
	bool flaky_outdated, holds_outdated;
	char flaky_problem[160], holds_problem[160]; /* why it is not known; "": it is, or nobody can tell */
	struct list_cursor cursors[LIST_COUNT];
	enum flaky_list current;
	int first_rows[LIST_COUNT]; /* where the lists begin on the screen, for the mouse */
};

/* What the cursor is on; NULL: nothing, or it is in the other list. Borrowed until the list changes. */
const struct flaky_row *flaky_selected_row(const struct app *app);
const struct control_hold *flaky_selected_hold(const struct app *app);
void flaky_refresh(struct app *app); /* asks for what is out of date */
void flaky_draw(struct app *app, struct area area, bool focused);

#endif
