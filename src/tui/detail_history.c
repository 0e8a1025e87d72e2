#include "tui/detail_inside.h"
#include "tui/format.h"

#include "base/utf8.h"
#include "event/codec.h"
#include "store/wilson.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define VERDICTS_READ 100
#define SPARK 40

/* Once for each test, and again when it has a new verdict. False: it can't be told, and the page says why. */
static bool load(struct app *app, const struct test *test)
{
	struct detail_pane *pane = &app->detail;
	struct error error = ERROR_INIT;

	if (app->options.replay || !app->control || !app->control->history) {
		page_add_format(&pane->page, ROLE_DIM, "This is a recorded run: `xtop history` tells what is known here.");
		return false;
	}
	if (pane->past_of != test->number || pane->past_verdicts != test->verdicts) {
		history_verdicts_fini(&pane->past);
		pane->past = (struct history_verdicts){ .items = NULL };
		pane->past_problem[0] = '\0';
		pane->past_of = test->number;
		pane->past_verdicts = test->verdicts;
		if (app->control->history(app->control->context, test->number, VERDICTS_READ, &pane->past, &error))
			snprintf(pane->past_problem, sizeof(pane->past_problem), "%.250s", error.message);
	}
	if (pane->past_problem[0])
		page_add_format(&pane->page, ROLE_DIM, "No history: %s.", pane->past_problem);
	return !pane->past_problem[0];
}

static bool counts(const struct history_verdict *verdict)
{
	return verdict->outcome != OUTCOME_SKIPPED && verdict->outcome != OUTCOME_NOTRUN;
}

static bool has_failed(const struct history_verdict *verdict)
{
	return verdict->flaky || outcome_is_failure(verdict->outcome);
}

static struct status status_of(const struct history_verdict *verdict)
{
	if (verdict->flaky)
		return (struct status){ ROLE_FLAKY, GLYPH_FLAKY, "flaky" };
	return status_of_outcome(verdict->outcome);
}

static int by_size(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static void add_rate(struct page *page, const struct history_verdicts *past)
{
	uint64_t failures = 0, runs = 0, flaky = 0;
	struct wilson rate;

	for (size_t i = 0; i < past->length; i++) {
		runs += counts(&past->items[i]);
		failures += counts(&past->items[i]) && has_failed(&past->items[i]);
		flaky += past->items[i].flaky;
	}
	if (!runs) {
		page_add_format(page, ROLE_DIM, "It was only skipped.");
		return;
	}
	rate = wilson_interval(failures, runs, WILSON_Z_95);
	page_add_format(page, failures ? ROLE_FAILED : ROLE_PASSED,
			"%llu of its last %llu runs failed: %.0f %% (%.0f %% to %.0f %%)", (unsigned long long)failures,
			(unsigned long long)runs, 100.0 * (double)failures / (double)runs, 100 * rate.low,
			100 * rate.high);
	if (flaky)
		page_add_format(page, ROLE_FLAKY, "%llu of these passed when rerun", (unsigned long long)flaky);
}

/* The oldest at the left, as `xtop flaky` has it. */
static void add_spark(struct app *app, const struct history_verdicts *past)
{
	struct cell cells[SPARK + 2];
	size_t count = past->length < SPARK ? past->length : SPARK, at = 0;

	for (size_t i = count; i > 0; i--) {
		struct status status = status_of(&past->items[i - 1]);
		const char *text = screen_glyph_text(app->screen, status.glyph);
		size_t position = 0;

		cells[at++] = (struct cell){ .text = { utf8_next(text, strlen(text), &position) },
					     .width = 1,
					     .role = (uint8_t)status.role };
	}
	page_add_cells(&app->detail.page, ROLE_TEXT, cells, at);
}

static void add_durations(struct page *page, const struct history_verdicts *past)
{
	uint64_t all[VERDICTS_READ];
	char median[FORMAT_SIZE], low[FORMAT_SIZE], high[FORMAT_SIZE], last[FORMAT_SIZE];
	size_t count = 0;
	struct str text = STR_INIT;

	str_add_text(&text, "last ten: ");
	for (size_t i = 0; i < past->length && count < VERDICTS_READ; i++) {
		if (!counts(&past->items[i]) || !past->items[i].duration)
			continue;
		if (count < 10)
			str_add_format(&text, "%s%s", count ? ", " : "", format_duration(last, past->items[i].duration));
		all[count++] = past->items[i].duration;
	}
	if (count) {
		qsort(all, count, sizeof(*all), by_size);
		page_add_format(page, ROLE_TEXT, "takes %s (half of the runs %s to %s)", format_duration(median, all[count / 2]),
				format_duration(low, all[count / 4]), format_duration(high, all[count - 1 - count / 4]));
		page_add_text(page, ROLE_DIM, text.data, text.length);
	}
	str_fini(&text);
}

static void add_verdict(struct app *app, const struct history_verdict *verdict)
{
	struct status status = status_of(verdict);
	time_t seconds = (time_t)(verdict->wall / UINT64_C(1000000000));
	char when[32] = "", duration[FORMAT_SIZE];
	struct tm parts;
	struct str text = STR_INIT;

	if (gmtime_r(&seconds, &parts))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &parts);
	str_add_format(&text, "%s %s %-10s %8s  gw%-3u %s", screen_glyph_text(app->screen, status.glyph), when,
		       verdict->flaky ? "flaky" : outcome_name(verdict->outcome), format_duration(duration, verdict->duration),
		       verdict->worker, verdict->commit ? "" : "-");
	if (verdict->commit)
		str_add_format(&text, "%.10s", verdict->commit);
	if (verdict->attempts > 1)
		str_add_format(&text, "  %u attempts", verdict->attempts);
	if (verdict->message)
		str_add_format(&text, "  %.200s", verdict->message);
	app->detail.page.indent = 4;
	page_add_text(&app->detail.page, status.role, text.data, text.length);
	app->detail.page.indent = 0;
	str_fini(&text);
}

void detail_make_history(struct app *app, const struct test *test)
{
	struct page *page = &app->detail.page;
	const struct history_verdicts *past = &app->detail.past;

	if (!load(app, test))
		return;
	if (!past->length) {
		page_add_format(page, ROLE_DIM, "No earlier run has its verdict.");
		return;
	}
	add_spark(app, past);
	add_rate(page, past);
	add_durations(page, past);
	page_add_line(page, ROLE_TEXT, "", 0);
	page_add_format(page, ROLE_HEADING, "  when (UTC)       verdict     took     on    commit");
	for (size_t i = 0; i < past->length; i++)
		add_verdict(app, &past->items[i]);
}
