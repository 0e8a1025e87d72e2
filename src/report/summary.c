#include "report/summary.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/utf8.h"
#include "event/codec.h"
#include "store/wilson.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEADING_WIDTH = 80,
	POINTS_SHOWN = 100, /* failing points of one test */
	REASONS_SHOWN = 5,  /* why tests did not run */
	LOG_SHOWN = 100,
};

struct summary {
	FILE *out;
	const struct plain_options *options;
	const struct style *style;
	const struct run *run;
	bool with_suite;
	size_t width; /* at which lines are cut, 0: not */
	struct str text;
};

static void flush(struct summary *summary)
{
	fwrite(summary->text.data, 1, summary->text.length, summary->out);
	str_clear(&summary->text);
}

static void rule(struct summary *summary, const char *title)
{
	const char *dash = summary->style->ascii ? "-" : "─";
	size_t width = summary->width && summary->width < HEADING_WIDTH ? summary->width : HEADING_WIDTH;
	struct str line = STR_INIT;
	size_t used;

	str_add_format(&line, "%s%s %s ", dash, dash, title);
	used = utf8_text_width(line.data, line.length);
	for (; used < width; used++)
		str_add_text(&line, dash);
	str_add_char(&summary->text, '\n');
	style_add(summary->style, &summary->text, ROLE_STRONG, line.data);
	str_add_char(&summary->text, '\n');
	str_fini(&line);
}

static void heading(struct summary *summary, const char *name, size_t count)
{
	char title[64];

	snprintf(title, sizeof(title), "%s (%zu)", name, count);
	rule(summary, title);
}

static bool is_failed(const struct test *test)
{
	return outcome_is_failure(test->outcome) && !test->quarantined;
}

static bool is_quarantined(const struct test *test)
{
	return outcome_is_failure(test->outcome) && test->quarantined;
}

static bool is_flaky(const struct test *test)
{
	return test->flaky && !outcome_is_failure(test->outcome);
}

static bool is_skipped(const struct test *test)
{
	return test->outcome == OUTCOME_SKIPPED || test->outcome == OUTCOME_XFAILED;
}

static bool is_xpassed(const struct test *test)
{
	return test->outcome == OUTCOME_XPASSED;
}

static bool is_notrun(const struct test *test)
{
	return test->outcome == OUTCOME_NOTRUN;
}

static size_t count(const struct run *run, bool (*is)(const struct test *))
{
	size_t found = 0;

	for (size_t i = 0; i < run->tests.length; i++)
		found += is(run->tests.items[i]);
	return found;
}

static void add_points(struct summary *summary, const struct attempt *attempt, const char *message)
{
	const struct style *style = summary->style;
	struct str *text = &summary->text;
	struct str prefix = STR_INIT;
	uint64_t all = (uint64_t)attempt->points_passed + attempt->points_failed + attempt->points_skipped;
	size_t shown = 0, left = 0;

	/* Its message may say it already. */
	if (attempt->points_failed && (!message || !strstr(message, "point")))
		str_add_format(text, "  %" PRIu32 " of %" PRIu64 " points failed\n", attempt->points_failed,
			       all);
	for (size_t i = 0; i < attempt->points.length; i++) {
		const struct point *point = &attempt->points.items[i];
		unsigned depth = point->depth < 20 ? point->depth : 20;

		if (!outcome_is_failure(point->outcome))
			continue;
		if (shown == POINTS_SHOWN) {
			left++;
			continue;
		}
		shown++;
		str_add_format(text, "  %*s", (int)(2 * depth), "");
		style_add(style, text, ROLE_BAD, style_symbol(style, point->outcome, false, false));
		if (point->number)
			str_add_format(text, " %" PRIu32, point->number);
		if (point->name) {
			str_add_char(text, ' ');
			style_add_first_line(text, point->name);
		}
		str_add_char(text, '\n');
		if (point->message) {
			str_clear(&prefix);
			str_add_format(&prefix, "  %*s%s", (int)(2 * depth), "", style_bar(style));
			style_add_block(style, text, prefix.data, slice_of(point->message));
		}
	}
	if (left)
		str_add_format(text, "  and %zu more failing points\n", left);
	str_fini(&prefix);
}

static void add_attempts(struct summary *summary, const struct test *test)
{
	const struct style *style = summary->style;
	struct str *text = &summary->text;
	struct str duration = STR_INIT;

	for (size_t i = 0; i < test->attempts.length; i++) {
		const struct attempt *attempt = test->attempts.items[i];
		const char *word = style_word(attempt->outcome, false);
		size_t end;

		str_clear(&duration);
		style_add_duration(&duration, attempt->duration);
		str_add_format(text, "  attempt %" PRIu32 " ", attempt->number);
		style_add(style, text, style_role_of(attempt->outcome, false, false), word);
		str_add_format(text, "%*s%7s gw%-3u ", (int)(7 - strlen(word)), "", duration.data,
			       attempt->worker);
		end = text->length;
		style_add_ending(text, attempt, attempt->message);
		if (attempt->message) {
			if (text->length > end)
				str_add_text(text, ": ");
			style_add_first_line(text, attempt->message);
		}
		while (text->data[text->length - 1] == ' ')
			text->length--;
		str_add_char(text, '\n');
	}
	str_fini(&duration);
}

static void add_place(struct summary *summary, const struct test *test)
{
	const char *root = summary->options->root;
	char *file;

	if (!test->file)
		return;
	file = root && test->file[0] == '/' ? fs_relative(test->file, root) : alloc_string(test->file);
	/* The id of a test that is a program says it already. */
	if (strcmp(file, test->id) != 0 || test->line) {
		str_add_text(&summary->text, "  in ");
		utf8_add_visible(&summary->text, file, strlen(file), false);
		if (test->line)
			str_add_format(&summary->text, ":%" PRIu32, test->line);
		str_add_char(&summary->text, '\n');
	}
	free(file);
}

/* What the newest attempt that printed something printed. */
static void add_output(struct summary *summary, const struct test *test)
{
	struct str *text = &summary->text;
	size_t newest = test->attempts.length - 1;
	size_t place = newest;
	const struct output *output = &test->attempts.items[place]->output;

	while (!output->total && !output->dropped) {
		if (!place--) {
			str_add_text(text, "  it printed nothing\n");
			return;
		}
		output = &test->attempts.items[place]->output;
	}
	str_add_text(text, "  output");
	if (place != newest)
		str_add_format(text, " of attempt %" PRIu32, test->attempts.items[place]->number);
	str_add_text(text, ", ");
	style_add_size(text, output->total + output->dropped);
	if (output->path) {
		str_add_text(text, ", in ");
		utf8_add_visible(text, output->path, strlen(output->path), false);
	}
	str_add_text(text, ":\n");
	style_add_output(summary->style, text, style_bar(summary->style), output);
}

static void add_words(struct summary *summary, const char *label, const char *words)
{
	if (!words || !*words)
		return;
	str_add_format(&summary->text, "  %s:\n", label);
	style_add_block(summary->style, &summary->text, style_bar(summary->style), slice_of(words));
}

/* What the code of its end means here, and where more is told. */
static void add_diagnosis(struct summary *summary, const struct attempt *attempt)
{
	struct str text = STR_INIT;

	style_add_diagnosis(&text, attempt);
	if (text.length && attempt->code)
		str_add_format(&text, "\nwhat to do: xtop explain %s", attempt->code);
	add_words(summary, "diagnosis", text.length ? text.data : NULL);
	str_fini(&text);
}

/* All that is known of a failed test. Its first line has the first line of the message. */
static void add_failure(struct summary *summary, const struct test *test)
{
	const struct attempt *last = test_last_attempt(test);
	const char *message = test_message(test);

	style_add_test_line(summary->style, &summary->text, test, summary->with_suite, 0);
	add_place(summary, test);
	if (message && strchr(message, '\n'))
		add_words(summary, "message", message);
	add_words(summary, "reason", test_reason(test));
	if (test->attempts.length > 1)
		add_attempts(summary, test);
	if (last) {
		add_diagnosis(summary, last);
		add_points(summary, last, message);
		if (!summary->options->live_output)
			add_output(summary, test);
	}
	flush(summary);
}

/* Runs of one test stand one after the other. */
static size_t runs_of_same(const struct run *run, size_t first)
{
	const struct test *test = run->tests.items[first];
	size_t end = first + 1;

	while (end < run->tests.length) {
		const struct test *other = run->tests.items[end];

		if (!other->iteration || other->suite != test->suite || other->ordinal != test->ordinal ||
		    strcmp(other->id, test->id) != 0)
			break;
		end++;
	}
	return end;
}

/* --stress: how often each test failed. */
static void stress(struct summary *summary)
{
	const struct run *run = summary->run;
	size_t end;

	if (run->tests.length == 0 || !run->tests.items[0]->iteration)
		return;
	rule(summary, "stress");
	for (size_t first = 0; first < run->tests.length; first = end) {
		const struct test *test = run->tests.items[first];
		size_t runs = 0, failed = 0;

		end = runs_of_same(run, first);
		for (size_t i = first; i < end; i++) {
			enum outcome outcome = run->tests.items[i]->outcome;

			runs += outcome != OUTCOME_NONE && outcome != OUTCOME_NOTRUN;
			failed += outcome_is_failure(outcome);
		}
		struct wilson rate = wilson_interval(failed, runs, WILSON_Z_95);

		str_add_format(&summary->text, "%5.1f %% failed, %zu of %zu (%.0f to %.0f %%)  ",
			       runs ? 100.0 * (double)failed / (double)runs : 0, failed, runs, 100 * rate.low,
			       100 * rate.high);
		if (summary->with_suite)
			str_add_format(&summary->text, "%s: ", test->suite);
		utf8_add_visible(&summary->text, test->id, strlen(test->id), false);
		if (test->ordinal > 1)
			str_add_format(&summary->text, " #%" PRIu32, test->ordinal);
		str_add_char(&summary->text, '\n');
	}
	flush(summary);
}

static void failures(struct summary *summary)
{
	size_t number = count(summary->run, is_failed);

	if (!number)
		return;
	heading(summary, "failures", number);
	for (size_t i = 0, shown = 0; i < summary->run->tests.length; i++) {
		if (!is_failed(summary->run->tests.items[i]))
			continue;
		if (shown++)
			str_add_char(&summary->text, '\n');
		add_failure(summary, summary->run->tests.items[i]);
	}
}

static void list(struct summary *summary, const char *name, bool (*is)(const struct test *), bool attempts)
{
	const struct run *run = summary->run;
	size_t number = count(run, is);

	if (!number)
		return;
	heading(summary, name, number);
	for (size_t i = 0; i < run->tests.length; i++) {
		const struct test *test = run->tests.items[i];

		if (!is(test))
			continue;
		style_add_test_line(summary->style, &summary->text, test, summary->with_suite,
				    summary->width);
		if (attempts && test->attempts.length > 1)
			add_attempts(summary, test);
		flush(summary);
	}
}

static int by_duration(const void *a, const void *b)
{
	const struct test *left = *(const struct test *const *)a;
	const struct test *right = *(const struct test *const *)b;

	if (left->duration != right->duration)
		return left->duration > right->duration ? -1 : 1;
	return left->number < right->number ? -1 : 1;
}

static void durations(struct summary *summary)
{
	const struct run *run = summary->run;
	VEC(const struct test *) tests = VEC_INIT;

	if (!summary->options->durations)
		return;
	for (size_t i = 0; i < run->tests.length; i++)
		if (run->tests.items[i]->attempts.length && run->tests.items[i]->outcome &&
		    !is_notrun(run->tests.items[i]))
			vec_push(&tests, run->tests.items[i]);
	if (tests.length) {
		qsort(tests.items, tests.length, sizeof(tests.items[0]), by_duration);
		if (tests.length > summary->options->durations)
			tests.length = summary->options->durations;
		heading(summary, "slowest tests", tests.length);
		vec_each(&tests, it)
			style_add_test_line(summary->style, &summary->text, *it, summary->with_suite,
					    summary->width);
	}
	vec_fini(&tests);
	flush(summary);
}

/* What could not be collected stands among the failures, and what somebody laid out in a section of its own. */
static bool is_warning(const struct log_line *line)
{
	return line->level > LEVEL_NOTE && line->type != EVENT_COLLECT_ERROR && !style_is_laid_out(line);
}

static void warnings(struct summary *summary)
{
	const struct run *run = summary->run;
	size_t number = 0, shown = 0;

	for (size_t i = 0; i < run->log.length; i++)
		number += is_warning(&run->log.items[i]);
	if (!number)
		return;
	heading(summary, "warnings and errors", number);
	if (run->log_dropped)
		str_add_format(&summary->text, "(%" PRIu64 " older messages were not kept)\n",
			       run->log_dropped);
	for (size_t i = 0; i < run->log.length && shown < LOG_SHOWN; i++) {
		if (is_warning(&run->log.items[i])) {
			style_add_log_line(summary->style, &summary->text, &run->log.items[i]);
			shown++;
		}
	}
	if (number > shown)
		str_add_format(&summary->text, "and %zu more\n", number - shown);
	flush(summary);
}

/* Near the end, where pytest has its summaries and people look for them. */
static void laid_out(struct summary *summary, int level)
{
	vec_each(&summary->run->log, line) {
		struct str title = STR_INIT;

		if (line->level < level || !style_is_laid_out(line))
			continue;
		utf8_add_visible(&title, line->name, strlen(line->name), false);
		if (line->level > LEVEL_NOTE)
			str_add_format(&title, ": %s", event_level_name(line->level));
		rule(summary, title.data);
		style_add_laid_out(summary->style, &summary->text, line);
		flush(summary);
		str_fini(&title);
	}
}

/* Somebody asked for it by name, so it stands in a quiet report too. */
static void section(struct summary *summary)
{
	if (!summary->options->section)
		return;
	rule(summary, summary->options->section_title);
	str_add_text(&summary->text, summary->options->section);
	flush(summary);
}

static void numbers(struct summary *summary)
{
	const struct run *run = summary->run;
	const struct tally *tally = &run->tally;
	struct str *text = &summary->text;
	uint64_t wall = run->finished ? run->duration : run->now;
	uint64_t points = tally->points_passed + tally->points_failed + tally->points_skipped;
	size_t flaky = count(run, is_flaky);

	str_add_char(text, '\n');
	if (points)
		str_add_format(text,
			       "%" PRIu64 " point%s: %" PRIu64 " passed, %" PRIu64 " failed, %" PRIu64
			       " skipped\n",
			       points, points == 1 ? "" : "s", tally->points_passed, tally->points_failed,
			       tally->points_skipped);
	if (flaky)
		str_add_format(text, "%zu flaky, among the passed\n", flaky);
	if (tally->quarantined) {
		style_add_count(text, tally->quarantined, "quarantined failure");
		str_add_text(text, ", among the skipped\n");
	}
	str_add_text(text, "wall time ");
	style_add_duration(text, wall);
	if (run->sum_of_durations) {
		str_add_text(text, ", sum of the tests ");
		style_add_duration(text, run->sum_of_durations);
		if (wall)
			str_add_format(text, ", speed-up %.1f%s",
				       (double)run->sum_of_durations / (double)wall,
				       summary->style->ascii ? "x" : "×");
	}
	str_add_char(text, '\n');
}

struct reason {
	const char *text;
	size_t count;
};

static int by_count(const void *a, const void *b)
{
	const struct reason *left = a, *right = b;

	if (left->count != right->count)
		return left->count > right->count ? -1 : 1;
	return strcmp(left->text, right->text);
}

static void notrun(struct summary *summary)
{
	const struct run *run = summary->run;
	struct str *text = &summary->text;
	VEC(struct reason) reasons = VEC_INIT;
	struct map *places = map_new(); /* reason to its place in `reasons`, plus one */
	size_t number = 0, others = 0;

	for (size_t i = 0; i < run->tests.length; i++) {
		const struct test *test = run->tests.items[i];
		const char *why;
		size_t place;

		if (!is_notrun(test))
			continue;
		number++;
		why = test_reason(test) ? test_reason(test) : test_message(test);
		if (!why)
			why = "no reason given";
		place = (size_t)(uintptr_t)map_get(places, why, strlen(why));
		if (!place) {
			vec_push(&reasons, ((struct reason){ .text = why }));
			place = reasons.length;
			map_put(places, why, strlen(why), (void *)(uintptr_t)place);
		}
		reasons.items[place - 1].count++;
	}
	if (number) {
		qsort(reasons.items, reasons.length, sizeof(reasons.items[0]), by_count);
		str_add_text(text, "xtop: ");
		style_add_count(text, number, "test");
		str_add_text(text, " not run: ");
		for (size_t i = 0; i < reasons.length; i++) {
			if (i >= REASONS_SHOWN) {
				others += reasons.items[i].count;
				continue;
			}
			if (i)
				str_add_text(text, "; ");
			if (reasons.length > 1)
				str_add_format(text, "%zu ", reasons.items[i].count);
			style_add_first_line(text, reasons.items[i].text);
		}
		if (others)
			str_add_format(text, "; %zu for other reasons", others);
		str_add_char(text, '\n');
	}
	map_free(places);
	vec_fini(&reasons);
}

void summary_write(FILE *out, const struct plain_options *options, const struct style *style,
		   const struct run *run, bool with_suite)
{
	struct summary summary = {
		.out = out,
		.options = options,
		.style = style,
		.run = run,
		.with_suite = with_suite,
		.width = options->terminal ? options->width : 0,
		.text = STR_INIT,
	};

	if (options->verbosity < 0) {
		for (size_t i = 0; i < run->tests.length; i++) {
			const struct test *test = run->tests.items[i];

			if (!is_failed(test))
				continue;
			style_add(style, &summary.text, ROLE_BAD,
				  style_symbol(style, test->outcome, false, false));
			str_add_format(&summary.text, " %-7s ", style_word(test->outcome, test->flaky));
			style_add_name(&summary.text, test, with_suite);
			str_add_char(&summary.text, '\n');
		}
		laid_out(&summary, LEVEL_WARNING);
		section(&summary);
	} else {
		failures(&summary);
		stress(&summary);
		list(&summary, "flaky", is_flaky, true);
		list(&summary, "quarantined failures", is_quarantined, false);
		if (options->verbosity > 0) {
			list(&summary, "skipped", is_skipped, false);
			list(&summary, "passed though expected to fail", is_xpassed, false);
			list(&summary, "not run", is_notrun, false);
		}
		durations(&summary);
		warnings(&summary);
		laid_out(&summary, LEVEL_NOTE);
		section(&summary);
		if (count(run, is_failed) > 1)
			list(&summary, "failed tests", is_failed, false);
		numbers(&summary);
	}
	notrun(&summary);
	if (!run->finished && run->tally.done < run->tally.found) {
		str_add_text(&summary.text, "xtop: the run did not end: ");
		style_add_count(&summary.text, run->tally.found - run->tally.done, "test");
		str_add_text(&summary.text, " without a verdict\n");
	} else if (!run->tally.found) {
		str_add_text(&summary.text, "xtop: no tests\n");
	}
	flush(&summary);
	str_fini(&summary.text);
}

void report_closing_line(FILE *out, const struct run *run)
{
	struct tally_summary sum = tally_sum(&run->tally);

	fprintf(out, "xtop: %" PRIu32 " passed, %" PRIu32 " failed, %" PRIu32 " skipped\n", sum.passed,
		sum.failed, sum.skipped);
}
