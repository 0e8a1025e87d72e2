#include "report/style.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "diagnose/codes.h"
#include "event/codec.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { CUT_LINE = 1024 }; /* a cut line of up to this many bytes is left out, a longer one is shown in part */

static const char *sgr_of(enum style_role role)
{
	switch (role) {
	case ROLE_PLAIN:
		break;
	case ROLE_GOOD:
		return "32";
	case ROLE_BAD:
		return "31";
	case ROLE_WARN:
		return "33";
	case ROLE_DIM:
		return "2";
	case ROLE_STRONG:
		return "1";
	}
	return NULL;
}

void style_add(const struct style *style, struct str *out, enum style_role role, const char *text)
{
	const char *sgr = style->color ? sgr_of(role) : NULL;

	if (sgr && *text)
		str_add_format(out, "\033[%sm%s\033[0m", sgr, text);
	else
		str_add_text(out, text);
}

const char *style_symbol(const struct style *style, enum outcome outcome, bool flaky, bool quarantined)
{
	bool ascii = style->ascii;

	if (quarantined && outcome_is_failure(outcome))
		return ascii ? "#" : "▣";
	if (flaky)
		return ascii ? "~" : "↻";
	switch (outcome) {
	case OUTCOME_PASSED:
	case OUTCOME_XPASSED:
		return ascii ? "+" : "✔";
	case OUTCOME_FAILED:
	case OUTCOME_ERROR:
		return ascii ? "x" : "✘";
	case OUTCOME_TIMEOUT:
		return ascii ? "T" : "⏱";
	case OUTCOME_CRASHED:
		return ascii ? "!" : "☠";
	case OUTCOME_SKIPPED:
	case OUTCOME_XFAILED:
	case OUTCOME_NOTRUN:
		return ascii ? "-" : "⊘";
	case OUTCOME_NONE:
	case OUTCOME_COUNT:
		break;
	}
	return ascii ? "." : "·";
}

enum style_role style_role_of(enum outcome outcome, bool flaky, bool quarantined)
{
	if (outcome_is_failure(outcome))
		return quarantined ? ROLE_WARN : ROLE_BAD;
	if (flaky || outcome == OUTCOME_XPASSED || outcome == OUTCOME_NOTRUN)
		return ROLE_WARN;
	if (outcome == OUTCOME_PASSED)
		return ROLE_GOOD;
	return ROLE_DIM;
}

const char *style_word(enum outcome outcome, bool flaky)
{
	const char *name;

	if (flaky && !outcome_is_failure(outcome))
		return "flaky";
	name = outcome_name(outcome);
	return name && *name ? name : "running";
}

void style_add_duration(struct str *out, uint64_t nanoseconds)
{
	uint64_t seconds = nanoseconds / CLOCK_SECOND;
	unsigned hundredths = (unsigned)(nanoseconds % CLOCK_SECOND / (10 * CLOCK_MS));

	if (seconds < 10)
		str_add_format(out, "%" PRIu64 ".%02us", seconds, hundredths);
	else if (seconds < 60)
		str_add_format(out, "%" PRIu64 ".%us", seconds, hundredths / 10);
	else if (seconds < 3600)
		str_add_format(out, "%" PRIu64 ":%02u", seconds / 60, (unsigned)(seconds % 60));
	else
		str_add_format(out, "%" PRIu64 ":%02u:%02u", seconds / 3600, (unsigned)(seconds / 60 % 60),
			       (unsigned)(seconds % 60));
}

static struct tm utc_of(uint64_t wall)
{
	time_t seconds = (time_t)(wall / CLOCK_SECOND);
	struct tm tm = { .tm_mday = 1, .tm_year = 70 };

	gmtime_r(&seconds, &tm);
	return tm;
}

void style_add_date(struct str *out, uint64_t wall, bool with_time)
{
	struct tm tm = utc_of(wall);

	str_add_format(out, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	if (with_time)
		str_add_format(out, " %02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void style_add_timestamp(struct str *out, uint64_t wall)
{
	size_t from = out->length;

	style_add_date(out, wall, true);
	out->data[from + strlen("2026-11-22")] = 'T';
	str_add_char(out, 'Z');
}

void style_add_size(struct str *out, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double size = (double)bytes;
	size_t unit = 0;

	if (bytes < 1024) {
		style_add_count(out, bytes, "byte");
		return;
	}
	for (size /= 1024; size >= 1024 && unit < 3; unit++)
		size /= 1024;
	str_add_format(out, "%.1f %s", size, units[unit]);
}

void style_add_count(struct str *out, uint64_t count, const char *noun)
{
	str_add_format(out, "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
}

void style_add_ending(struct str *out, const struct attempt *attempt, const char *but)
{
	char buffer[32];
	char text[64];

	/* After a deadline the signal was ours. */
	if (attempt->signal && attempt->outcome != OUTCOME_TIMEOUT)
		snprintf(text, sizeof(text), "%s", event_signal_name(attempt->signal, buffer));
	else if (attempt->exit_code > 0)
		snprintf(text, sizeof(text), "exit code %d", attempt->exit_code);
	else
		return;
	if (!but || !strstr(but, text))
		str_add_text(out, text);
}

void style_add_name(struct str *out, const struct test *test, bool with_suite)
{
	if (with_suite && *test->suite) {
		utf8_add_visible(out, test->suite, strlen(test->suite), false);
		str_add_text(out, ": ");
	}
	utf8_add_visible(out, test->id, strlen(test->id), false);
	if (test->ordinal > 1)
		str_add_format(out, " #%" PRIu32, test->ordinal);
	if (test->iteration)
		str_add_format(out, " (run %" PRIu32 ")", test->iteration);
	if (test->only_worker >= 0)
		str_add_format(out, " [gw%d]", test->only_worker);
}

void style_add_diagnosis(struct str *out, const struct attempt *attempt)
{
	const struct code *code = attempt->code ? code_find(attempt->code) : NULL;

	if (!attempt->diagnosis)
		return;
	if (attempt->code)
		str_add_format(out, "%s ", attempt->code);
	if (code)
		str_add_format(out, "%s: ", code->name);
	str_add_text(out, attempt->diagnosis);
}

void style_add_why(struct str *out, const struct test *test)
{
	const struct attempt *last = test_last_attempt(test);
	const char *message = test_message(test);
	const char *code = test_code(test);
	size_t start = out->length;

	if (outcome_is_failure(test->outcome)) {
		if (last)
			style_add_ending(out, last, message);
	} else if (test_reason(test)) {
		message = test_reason(test);
	}
	if (message && *message) {
		if (out->length > start)
			str_add_text(out, ": ");
		style_add_first_line(out, message);
	}
	if (code) {
		str_add_text(out, out->length > start ? " [" : "[");
		style_add_first_line(out, code);
		str_add_char(out, ']');
	}
}

void style_add_test_line(const struct style *style, struct str *out, const struct test *test, bool with_suite,
			 size_t width)
{
	enum style_role role = style_role_of(test->outcome, test->flaky, test->quarantined);
	const char *word = style_word(test->outcome, test->flaky);
	struct str line = STR_INIT; /* without colours, for its width */
	struct str duration = STR_INIT;
	size_t why;

	style_add(style, out, role, style_symbol(style, test->outcome, test->flaky, test->quarantined));
	str_add_char(out, ' ');
	style_add(style, out, role, word);
	style_add_duration(&duration, test->duration);
	str_add_format(&line, "%*s%7s ", (int)(7 - strlen(word)), "",
		       test->attempts.length ? duration.data : "-");
	if (test->attempts.length)
		str_add_format(&line, "gw%-3u ", test->worker);
	else
		str_add_text(&line, "      ");
	style_add_name(&line, test, with_suite);
	str_add(out, line.data, line.length);
	why = line.length;
	if (test->quarantined && outcome_is_failure(test->outcome))
		str_add_text(&line, " (quarantined)");
	if (test->attempts.length > 1)
		str_add_format(&line, " (%zu attempts)", test->attempts.length);
	str_add_text(&line, "  ");
	style_add_why(&line, test);
	while (line.length > why && line.data[line.length - 1] == ' ')
		line.data[--line.length] = '\0';
	if (width) {
		size_t used = 2 + strlen(word) + utf8_text_width(line.data, why);

		style_cut(style, &line, why, width > used ? width - used : 0);
	}
	style_add(style, out, ROLE_DIM, line.data + why);
	str_add_char(out, '\n');
	str_fini(&line);
	str_fini(&duration);
}

/* White space at the end of a line says nothing, and a carriage return there is only DOS's line end. */
static size_t without_end(const char *bytes, size_t length)
{
	while (length && (bytes[length - 1] == '\r' || bytes[length - 1] == ' ' || bytes[length - 1] == '\t'))
		length--;
	return length;
}

void style_add_first_line(struct str *out, const char *text)
{
	struct str plain = STR_INIT;
	struct slice line;
	const char *end;

	if (!text)
		return;
	utf8_add_without_escapes(&plain, text, strlen(text));
	line = slice_trim((struct slice){ plain.data, plain.length });
	end = line.length ? memchr(line.data, '\n', line.length) : NULL;
	if (end)
		line.length = without_end(line.data, (size_t)(end - line.data));
	utf8_add_visible(out, line.data, line.length, false);
	str_fini(&plain);
}

void style_add_block(const struct style *style, struct str *out, const char *prefix, struct slice text)
{
	struct str plain = STR_INIT;
	const char *at, *end;

	utf8_add_without_escapes(&plain, text.data, text.length);
	while (plain.length && (plain.data[plain.length - 1] == '\n' || plain.data[plain.length - 1] == '\r'))
		plain.length--;
	at = plain.data;
	end = plain.data + plain.length;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *line_end = newline ? newline : end;

		style_add(style, out, ROLE_DIM, prefix);
		utf8_add_visible(out, at, without_end(at, (size_t)(line_end - at)), true);
		str_add_char(out, '\n');
		at = line_end + 1;
	}
	str_fini(&plain);
}

void style_add_log_line(const struct style *style, struct str *out, const struct log_line *line)
{
	enum style_role role = line->level == LEVEL_ERROR     ? ROLE_BAD
			       : line->level == LEVEL_WARNING ? ROLE_WARN
							      : ROLE_PLAIN;
	struct slice text = slice_trim(slice_of(line->text));
	const char *newline = text.length ? memchr(text.data, '\n', text.length) : NULL;

	if (line->name)
		utf8_add_visible(out, line->name, strlen(line->name), false);
	str_add_text(out, line->name ? ": " : "xtop: ");
	if (line->level != LEVEL_NOTE) {
		style_add(style, out, role, event_level_name(line->level));
		str_add_text(out, ": ");
	}
	/* A line among others of somebody else's, of a traceback for example. */
	if (line->name)
		str_add(out, line->text, strspn(line->text, " "));
	style_add_first_line(out, line->text);
	out->length = without_end(out->data, out->length);
	str_add_char(out, '\n');
	if (newline) {
		size_t rest = (size_t)(text.data + text.length - (newline + 1));

		style_add_block(style, out, style_bar(style), (struct slice){ newline + 1, rest });
	}
}

bool style_is_laid_out(const struct log_line *line)
{
	struct slice text = slice_trim(slice_of(line->text));

	return line->name && text.length && memchr(text.data, '\n', text.length);
}

void style_add_laid_out(const struct style *style, struct str *out, const struct log_line *line)
{
	/* Blanks before the first word stay: what is centred begins with them. */
	style_add_block(style, out, "", slice_of(line->text + strspn(line->text, "\r\n")));
}

/* Without the line, or at least the character, that was cut at the end. */
static struct slice whole_begin(struct slice text)
{
	const char *bytes = text.data;
	size_t length = text.length;
	const char *newline;
	size_t back = 0;

	if (!length)
		return text;
	newline = memrchr(bytes, '\n', length);
	if (newline && (size_t)(bytes + length - newline) <= CUT_LINE)
		return (struct slice){ bytes, (size_t)(newline + 1 - bytes) };
	while (back < 3 && back < length && ((unsigned char)bytes[length - 1 - back] & 0xC0) == 0x80)
		back++;
	if (back < length && (unsigned char)bytes[length - 1 - back] >= 0xC0) {
		unsigned char lead = (unsigned char)bytes[length - 1 - back];
		size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;

		if (back + 1 < size)
			length -= back + 1;
	}
	return (struct slice){ bytes, length };
}

/* The same at the begin. */
static struct slice whole_end(struct slice text)
{
	size_t reach = text.length < CUT_LINE ? text.length : CUT_LINE;
	const char *newline;
	size_t skip = 0;

	if (!text.length)
		return text;
	newline = memchr(text.data, '\n', reach);
	if (newline && newline + 1 < text.data + text.length)
		skip = (size_t)(newline + 1 - text.data);
	else
		while (skip < 3 && skip < text.length && ((unsigned char)text.data[skip] & 0xC0) == 0x80)
			skip++;
	return (struct slice){ text.data + skip, text.length - skip };
}

static void add_missing(const struct style *style, struct str *out, uint64_t gap, const struct output *output)
{
	str_add_text(out, style->ascii ? "[... " : "[… ");
	if (gap) {
		style_add_size(out, gap);
		str_add_text(out, output->path ? " only in the file" : " not kept");
	}
	if (output->dropped) {
		str_add_text(out, gap ? ", " : "");
		style_add_size(out, output->dropped);
		str_add_text(out, " beyond --output-limit not kept");
	}
	str_add_char(out, ']');
}

void style_split_output(const struct style *style, const struct output *output, struct str *before,
			struct str *missing, struct str *after)
{
	struct slice head = { output->head.data, output->head.length };
	struct slice tail = output_tail(output);
	size_t first; /* bytes of the head that are before */

	if (output_gap(output)) {
		head = whole_begin(head);
		tail = whole_end(tail);
		str_add(before, head.data, head.length);
		str_add(after, tail.data, tail.length);
		add_missing(style, missing, output->total - head.length - tail.length, output);
		return;
	}
	if (!output->dropped) {
		str_add(before, head.data, head.length);
		str_add(before, tail.data, tail.length);
		return;
	}
	/* What a worker keeps of the end of a too long output is as long as the model's tail. */
	first = output->total > OUTPUT_TAIL ? (size_t)output->total - OUTPUT_TAIL : (size_t)output->total;
	if (first > head.length)
		first = head.length;
	str_add(before, head.data, first);
	str_add(after, head.data + first, head.length - first);
	str_add(after, tail.data, tail.length);
	add_missing(style, missing, 0, output);
}

void style_add_output(const struct style *style, struct str *out, const char *prefix,
		      const struct output *output)
{
	struct str before = STR_INIT, missing = STR_INIT, after = STR_INIT;

	style_split_output(style, output, &before, &missing, &after);
	style_add_block(style, out, prefix, (struct slice){ before.data, before.length });
	if (missing.length) {
		style_add(style, out, ROLE_DIM, prefix);
		str_add(out, missing.data, missing.length);
		str_add_char(out, '\n');
		style_add_block(style, out, prefix, (struct slice){ after.data, after.length });
	}
	str_fini(&before);
	str_fini(&missing);
	str_fini(&after);
}

const char *style_bar(const struct style *style)
{
	return style->ascii ? "  | " : "  │ ";
}

void style_cut(const struct style *style, struct str *text, size_t from, size_t columns)
{
	size_t width = 0;
	size_t fits = from; /* end of what fits together with the ellipsis */

	for (size_t i = from; i < text->length;) {
		size_t next = i;

		width += (size_t)utf8_width(utf8_next(text->data, text->length, &next));
		if (width > columns) {
			text->length = fits;
			text->data[fits] = '\0';
			if (columns)
				str_add_text(text, style->ascii ? "~" : "…");
			return;
		}
		if (width < columns)
			fits = next;
		i = next;
	}
}
