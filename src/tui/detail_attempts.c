#include "tui/detail_inside.h"
#include "tui/format.h"

#include "base/map.h"
#include "base/utf8.h"
#include "event/codec.h"

#include <stdlib.h>
#include <string.h>

#define LABEL_WIDTH 10
#define COLUMN_WIDTH 24 /* the least that an attempt's column takes */
#define ONLY_SHOWN 20   /* lines of one attempt that no other has */

enum fact { FACT_OUTCOME, FACT_WORKER, FACT_TIME, FACT_SETUP, FACT_CALL, FACT_TEARDOWN, FACT_CPU, FACT_MEMORY, FACT_END,
	    FACT_CODE, FACT_MESSAGE, FACT_COUNT };

static const char *const labels[FACT_COUNT] = { "outcome", "worker", "time", "setup", "call", "teardown",
						"cpu", "memory", "ended by", "code", "message" };

static void add_time(struct str *out, uint64_t time)
{
	char text[FORMAT_SIZE];

	if (time)
		str_add_text(out, format_duration(text, time));
}

static void add_fact(const struct app *app, const struct attempt *attempt, enum fact fact, struct str *out)
{
	char text[32];

	switch (fact) {
	case FACT_OUTCOME:
		str_add_text(out, attempt->outcome == OUTCOME_NONE ? "running" : outcome_name(attempt->outcome));
		break;
	case FACT_WORKER:
		str_add_format(out, "gw%u", attempt->worker);
		break;
	case FACT_TIME:
		add_time(out, attempt->outcome != OUTCOME_NONE ? attempt->duration
			      : app->now > attempt->started    ? app->now - attempt->started
							       : 0);
		break;
	case FACT_SETUP:
		add_time(out, attempt->setup);
		break;
	case FACT_CALL:
		add_time(out, attempt->call);
		break;
	case FACT_TEARDOWN:
		add_time(out, attempt->teardown);
		break;
	case FACT_CPU:
		add_time(out, attempt->cpu);
		break;
	case FACT_MEMORY:
		if (attempt->rss)
			str_add_text(out, format_bytes(text, attempt->rss));
		break;
	case FACT_END:
		if (attempt->signal)
			str_add_text(out, event_signal_name(attempt->signal, text));
		else if (attempt->exit_code >= 0)
			str_add_format(out, "exit code %d", attempt->exit_code);
		break;
	case FACT_CODE:
		if (attempt->code)
			str_add_text(out, attempt->code);
		break;
	case FACT_MESSAGE:
		if (attempt->message)
			str_add(out, attempt->message, strcspn(attempt->message, "\n"));
		else if (attempt->reason)
			str_add(out, attempt->reason, strcspn(attempt->reason, "\n"));
		break;
	case FACT_COUNT:
		break;
	}
}

/* --- a row of cells --- */

typedef VEC(struct cell) cell_list;

static void put(cell_list *row, size_t column, size_t width, enum role role, const char *text)
{
	struct str visible = STR_INIT;
	size_t end = column + width;

	while (row->length < column)
		vec_push(row, ((struct cell){ .text = { ' ' }, .width = 1 }));
	utf8_add_visible(&visible, text, strlen(text), false);
	for (size_t position = 0; position < visible.length;) {
		uint32_t code_point = utf8_next(visible.data, visible.length, &position);
		int wide = utf8_width(code_point);

		if (wide <= 0)
			continue;
		if (row->length + (size_t)wide > end)
			break;
		vec_push(row, ((struct cell){ .text = { code_point }, .width = (uint8_t)wide, .role = (uint8_t)role }));
		if (wide == 2)
			vec_push(row, ((struct cell){ .width = 0, .role = (uint8_t)role }));
	}
	str_fini(&visible);
}

/* False: no attempt has such a fact. *differs: not all of them have the same. */
static bool look_at_fact(const struct app *app, const struct test *test, enum fact fact, bool *differs)
{
	struct str first = STR_INIT, other = STR_INIT;
	bool any = false;

	*differs = false;
	for (size_t i = 0; i < test->attempts.length; i++) {
		str_clear(&other);
		add_fact(app, test->attempts.items[i], fact, &other);
		any = any || other.length;
		if (i == 0)
			str_add(&first, other.data, other.length);
		else
			*differs = *differs || strcmp(first.data, other.data) != 0;
	}
	str_fini(&first);
	str_fini(&other);
	return any;
}

/* Times and memory always differ a little, which says nothing. */
static bool is_telling(enum fact fact)
{
	return fact == FACT_OUTCOME || fact == FACT_WORKER || fact == FACT_END || fact == FACT_CODE || fact == FACT_MESSAGE;
}

static void add_table(struct app *app, const struct test *test, size_t width)
{
	struct page *page = &app->detail.page;
	cell_list row = VEC_INIT;
	struct str text = STR_INIT;

	for (int fact = -1; fact < FACT_COUNT; fact++) {
		bool differs = false;

		if (fact >= 0 && !look_at_fact(app, test, (enum fact)fact, &differs))
			continue;
		vec_clear(&row);
		if (fact >= 0)
			put(&row, 0, LABEL_WIDTH, ROLE_DIM, labels[fact]);
		if (differs && is_telling((enum fact)fact))
			put(&row, LABEL_WIDTH, 1, ROLE_FLAKY, "*");
		for (size_t i = 0; i < test->attempts.length; i++) {
			const struct attempt *attempt = test->attempts.items[i];
			enum role role = fact < 0 ? ROLE_HEADING : ROLE_TEXT;

			str_clear(&text);
			if (fact < 0)
				str_add_format(&text, "attempt %u", attempt->number);
			else
				add_fact(app, attempt, (enum fact)fact, &text);
			if (fact == FACT_OUTCOME)
				role = status_of_outcome(attempt->outcome).role;
			put(&row, LABEL_WIDTH + 2 + i * width, width - 2, role, text.data);
		}
		page_add_cells(page, ROLE_TEXT, row.items, row.length);
	}
	str_fini(&text);
	vec_fini(&row);
}

/* --- what differs in texts --- */

/* In how many attempts' texts each line is: the number of the last attempt that has it, or SHARED. */
#define SHARED UINTPTR_MAX

static void add_kept(const struct attempt *attempt, struct str *out)
{
	struct slice tail = output_tail(&attempt->output);

	str_add(out, attempt->output.head.data, attempt->output.head.length);
	str_add(out, tail.data, tail.length);
}

static void each_line(const struct str *text, void (*line)(void *context, const char *data, size_t length), void *context)
{
	const char *at = text->data, *end = at + text->length;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((newline ? newline : end) - at);

		line(context, at, length);
		at += length + (newline != NULL);
	}
}

struct comparison {
	struct map *owners; /* line → attempt + 1, or SHARED */
	uintptr_t attempt;
	struct page *page;
	unsigned shown, only;
};

static void note_owner(void *context, const char *data, size_t length)
{
	struct comparison *comparison = context;
	uintptr_t owner = (uintptr_t)map_get(comparison->owners, data, length);

	if (owner != comparison->attempt)
		map_put(comparison->owners, data, length, (void *)(owner ? SHARED : comparison->attempt));
}

static void show_own(void *context, const char *data, size_t length)
{
	struct comparison *comparison = context;

	if ((uintptr_t)map_get(comparison->owners, data, length) != comparison->attempt)
		return;
	comparison->only++;
	if (comparison->shown >= ONLY_SHOWN)
		return;
	comparison->shown++;
	comparison->page->column = comparison->page->indent = 4;
	page_add_printed(comparison->page, ROLE_TEXT, data, length);
	comparison->page->column = comparison->page->indent = 0;
}

static void get_text(const struct attempt *attempt, bool messages, struct str *out)
{
	str_clear(out);
	if (!messages)
		add_kept(attempt, out);
	else if (attempt->message)
		str_add_text(out, attempt->message);
}

static void add_differences(struct app *app, const struct test *test, const char *what, bool messages)
{
	struct comparison comparison = { .owners = map_new(), .page = &app->detail.page };
	struct str text = STR_INIT, first = STR_INIT;
	bool same = true;

	get_text(test->attempts.items[0], messages, &first);
	for (size_t i = 0; i < test->attempts.length; i++) {
		get_text(test->attempts.items[i], messages, &text);
		same = same && !strcmp(text.data, first.data);
		comparison.attempt = i + 1;
		each_line(&text, note_owner, &comparison);
	}
	if (same && first.length)
		page_add_format(comparison.page, ROLE_DIM, "The %s is the same in all of them.", what);
	for (size_t i = 0; i < test->attempts.length && !same; i++) {
		get_text(test->attempts.items[i], messages, &text);
		if (!text.length)
			continue;
		comparison.attempt = i + 1;
		comparison.shown = comparison.only = 0;
		page_add_format(comparison.page, ROLE_HEADING, "Only in the %s of attempt %u:", what,
				test->attempts.items[i]->number);
		each_line(&text, show_own, &comparison);
		if (!comparison.only)
			page_add_format(comparison.page, ROLE_DIM, "    nothing");
		else if (comparison.only > comparison.shown)
			page_add_format(comparison.page, ROLE_NOTE, " %u lines more ",
					comparison.only - comparison.shown);
	}
	map_free(comparison.owners);
	str_fini(&text);
	str_fini(&first);
}

void detail_make_attempts(struct app *app, const struct test *test)
{
	struct page *page = &app->detail.page;
	size_t count = test->attempts.length, width;

	if (test->file && test->line)
		page_add_format(page, ROLE_DIM, "suite %s, %s:%u", test->suite, test->file, test->line);
	else
		page_add_format(page, ROLE_DIM, "suite %s%s%s", test->suite, test->file ? ", " : "",
				test->file ? test->file : "");
	if (test->quarantined)
		page_add_format(page, ROLE_QUARANTINED, "In quarantine: it runs, and does not make the run fail.");
	if (test->verdicts > 1)
		page_add_format(page, ROLE_DIM, "This is the verdict of rerun %u.", test->verdicts - 1);
	if (!count) {
		page_add_format(page, ROLE_DIM, "It has not started yet.");
		return;
	}
	width = page->width > LABEL_WIDTH + 2 ? ((size_t)page->width - LABEL_WIDTH - 2) / count : 0;
	if (count > 1 && width > 48)
		width = 48;
	if (width >= COLUMN_WIDTH) {
		add_table(app, test, width);
	} else {
		vec_each(&test->attempts, it) {
			const struct attempt *attempt = *it;

			detail_add_attempt_line(app, test, attempt);
			if (attempt->message)
				page_add_printed(page, ROLE_TEXT, attempt->message, strcspn(attempt->message, "\n"));
		}
	}
	if (count < 2)
		return;
	add_differences(app, test, "message", true);
	add_differences(app, test, "output", false);
}
