/* The log: what xtop and the suites' own processes had to say, oldest first, on the whole screen. */
#include "tui/format.h"
#include "tui/view.h"

#include "base/utf8.h"
#include "event/codec.h"

#include <string.h>

#define WIDTH_FOR_COLUMNS 60 /* in narrower terminals what does not fit goes on below the time */
#define NARROW_INDENT 2

void log_init(struct app *app)
{
	page_init(&app->log.page);
}

void log_fini(struct app *app)
{
	page_fini(&app->log.page);
	vec_fini(&app->log.begins);
}

void log_open(struct app *app)
{
	app_cover(app, PANE_LOG);
	app->log.follow = true;
}

/* --- lines --- */

static enum role role_of(int level)
{
	return level == LEVEL_ERROR ? ROLE_ERROR : level == LEVEL_WARNING ? ROLE_FLAKY : ROLE_TEXT;
}

static const char *sign_of(const struct app *app, int level)
{
	return level == LEVEL_WARNING
		       ? "!"
		       : screen_glyph_text(app->screen, level == LEVEL_ERROR ? GLYPH_ERROR : GLYPH_WAITING);
}

static void add_entry(struct app *app, const struct log_line *line)
{
	struct page *page = &app->log.page;
	struct str plain = STR_INIT, first = STR_INIT;
	char clock[FORMAT_SIZE];
	struct slice text;
	const char *newline;

	utf8_add_without_escapes(&plain, line->text, strlen(line->text));
	/* Blanks before the first word stay: what is centred begins with them. */
	str_cut_front(&plain, strspn(plain.data, "\r\n"));
	text = (struct slice){ plain.data, plain.length };
	while (text.length && strchr(" \t\r\n", text.data[text.length - 1]))
		text.length--;
	newline = text.length ? memchr(text.data, '\n', text.length) : NULL;
	str_add_format(&first, "%5s %s %-7s ", format_clock(clock, line->t), sign_of(app, line->level),
		       event_level_name(line->level));
	page->column = 0;
	page->indent = page->width < WIDTH_FOR_COLUMNS ? NARROW_INDENT
						       : (int)utf8_text_width(first.data, first.length);
	if (line->name)
		str_add_format(&first, "%s: ", line->name);
	if (line->name && newline) {
		/* What somebody laid out needs the whole width, and its first line stands above the second. */
		page_add_line(page, role_of(line->level), first.data, first.length);
		page->indent = 0;
		page_add_text(page, ROLE_TEXT, text.data, text.length);
	} else {
		size_t length = newline ? (size_t)(newline - text.data) : text.length;

		str_add(&first, text.data, length);
		page_add_line(page, role_of(line->level), first.data, first.length);
		page->column = page->indent;
		if (newline)
			page_add_text(page, ROLE_TEXT, newline + 1, text.length - length - 1);
	}
	str_fini(&first);
	str_fini(&plain);
}

/* Which message of the run, counted from the first, stands at the top, and how many of its lines are above. */
static uint64_t message_at_top(const struct log_pane *pane, size_t *above)
{
	size_t top = (size_t)pane->page.scroll.top, i = pane->begins.length;

	*above = 0;
	while (i > 0 && pane->begins.items[i - 1] > top)
		i--;
	if (!i)
		return 0;
	*above = top - pane->begins.items[i - 1];
	return pane->dropped + i - 1;
}

static void add_new(struct app *app)
{
	struct log_pane *pane = &app->log;

	while (pane->begins.length < app->run->log.length) {
		const struct log_line *line = &app->run->log.items[pane->begins.length];

		vec_push(&pane->begins, pane->page.lines.length);
		add_entry(app, line);
	}
}

static void make_lines(struct app *app, int width)
{
	struct log_pane *pane = &app->log;
	uint64_t message;
	size_t above, place, next;

	if (pane->page.width == width && pane->dropped == app->run->log_dropped) {
		add_new(app);
		return;
	}
	/* All is made anew, and what stood at the top stays there. */
	message = message_at_top(pane, &above);
	page_clear(&pane->page, width);
	vec_clear(&pane->begins);
	pane->dropped = app->run->log_dropped;
	if (pane->dropped)
		page_add_format(&pane->page, ROLE_NOTE, " %llu older messages were not kept ",
				(unsigned long long)pane->dropped);
	add_new(app);
	pane->page.scroll.top = 0;
	if (message < pane->dropped || message - pane->dropped >= pane->begins.length)
		return;
	place = (size_t)(message - pane->dropped);
	next = place + 1 < pane->begins.length ? pane->begins.items[place + 1] : pane->page.lines.length;
	place = pane->begins.items[place];
	pane->page.scroll.top = (long)(place + above < next ? place + above : next - 1);
}

/* --- the screen --- */

static void log_draw(struct app *app, struct area area, bool focused)
{
	struct log_pane *pane = &app->log;
	struct scroll *scroll = &pane->page.scroll;
	/* No frame at the side: tables of eighty columns are common. */
	struct area title = { area.row, area.column, 1, area.width };
	struct area page = { area.row + 1, area.column, area.height - 1, area.width };

	pane_draw_title(app, title, GLYPH_HORIZONTAL, focused, "Log");
	scroll->height = page.height;
	make_lines(app, page.width);
	if (pane->follow)
		scroll->top = scroll_end(scroll);
	scroll_clamp(scroll);
	if (!scroll->length)
		screen_text(app->screen, page.row, page.column + 1, page.width - 1, ROLE_DIM,
			    "Nothing was said yet.");
	page_draw(app, &pane->page, page, true);
	page_draw_position(app, &pane->page, area.row, pane->follow);
}

/* --- keys and mouse --- */

static void follow_at_end(struct log_pane *pane)
{
	pane->follow = pane->page.scroll.top >= scroll_end(&pane->page.scroll);
}

static bool log_request(struct app *app, enum request request)
{
	struct log_pane *pane = &app->log;

	if (request == REQUEST_FOLLOW)
		pane->follow = !pane->follow;
	else if (scroll_request(&pane->page.scroll, request))
		follow_at_end(pane);
	else
		return false;
	return true;
}

static bool log_search(struct app *app, int direction, bool from_next)
{
	if (!page_search(&app->log.page, app->search.data, direction, from_next))
		return false;
	app->log.follow = false;
	return true;
}

static void log_mouse(struct app *app, enum mouse mouse, int row, int column)
{
	(void)row;
	(void)column;
	if (scroll_mouse(&app->log.page.scroll, mouse))
		follow_at_end(&app->log);
}

const struct view_ops log_view = { "log", log_draw, log_request, log_mouse, log_search, NULL };
