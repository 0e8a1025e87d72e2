#include "adapter/tap.h"

#include "adapter/tap_line.h"
#include "base/alloc.h"
#include "base/vec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	OLDEST_VERSION = 12, /* what is spoken where no version line says otherwise */
	NEWEST_VERSION = 14,
	LEVELS = 64, /* subtests that are nested deeper count as that deep */
};

/* An indentation at which TAP was seen. */
struct level {
	size_t indent;
	uint64_t run; /* points so far, for those without a number */
};

/* A point that waits for its diagnostics. */
struct held {
	bool is_there;
	struct tap_point point; /* its texts are in the strs below */
	size_t indent;
	struct str name, reason, diagnostics;
};

struct tap {
	tap_take *take;
	void *context;
	struct tap_summary summary;

	struct str line; /* the beginning of a line whose end has not come */
	bool joined;     /* `line` began with a line that was only "not" */
	struct str name; /* scratch: unescaped */
	struct held held;

	unsigned version;
	bool version_seen, strict;
	bool plan_was_last; /* the plan came behind points: no more may follow */
	VEC(uint64_t) planned_todo;
	struct str skip_reason, bail_reason, first_parse_error;

	struct level levels[LEVELS];
	unsigned depth;        /* of the innermost level */
	bool subtest_follows;  /* it was announced */
	size_t subtest_indent; /* and lies deeper than this */

	bool after_point; /* a YAML block may begin in any version */
	bool in_yaml;
	size_t yaml_indent;
};

struct tap *tap_new(tap_take *take, void *context)
{
	struct tap *tap = ALLOC_NEW(struct tap);

	tap->take = take;
	tap->context = context;
	tap->version = OLDEST_VERSION;
	str_init(&tap->line);
	str_init(&tap->name);
	str_init(&tap->held.name);
	str_init(&tap->held.reason);
	str_init(&tap->held.diagnostics);
	str_init(&tap->skip_reason);
	str_init(&tap->bail_reason);
	str_init(&tap->first_parse_error);
	return tap;
}

void tap_free(struct tap *tap)
{
	if (!tap)
		return;
	str_fini(&tap->line);
	str_fini(&tap->name);
	str_fini(&tap->held.name);
	str_fini(&tap->held.reason);
	str_fini(&tap->held.diagnostics);
	str_fini(&tap->skip_reason);
	str_fini(&tap->bail_reason);
	str_fini(&tap->first_parse_error);
	vec_fini(&tap->planned_todo);
	free(tap);
}

static void parse_error(struct tap *tap, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void parse_error(struct tap *tap, const char *format, ...)
{
	va_list args;

	if (tap->summary.parse_errors++ > 0)
		return;
	va_start(args, format);
	str_add_vformat(&tap->first_parse_error, format, args);
	va_end(args);
}

static void give_held(struct tap *tap)
{
	struct held *held = &tap->held;

	if (!held->is_there)
		return;
	held->is_there = false;
	held->point.name = (struct slice){held->name.data, held->name.length};
	held->point.reason = (struct slice){held->reason.data, held->reason.length};
	held->point.diagnostics = (struct slice){held->diagnostics.data, held->diagnostics.length};
	tap->take(tap->context, &held->point);
}

static void add_diagnostic(struct tap *tap, struct slice line)
{
	struct str *to = &tap->held.diagnostics;
	size_t room = TAP_DIAGNOSTICS_LIMIT - to->length;

	if (!tap->held.is_there || room < 2)
		return;
	if (to->length > 0) {
		str_add_char(to, '\n');
		room--;
	}
	str_add(to, line.data, line.length < room ? line.length : room);
}

/* Whether a line without a number may be a point: there are many indented lines that begin with "ok". */
static bool is_subtest(const struct tap *tap, size_t indent)
{
	for (unsigned i = 0; i <= tap->depth; i++) {
		if (tap->levels[i].indent == indent)
			return true;
	}
	return tap->subtest_follows && indent > tap->subtest_indent;
}

static struct level *enter_level(struct tap *tap, size_t indent)
{
	while (tap->levels[tap->depth].indent > indent)
		tap->depth--;
	if (tap->levels[tap->depth].indent < indent && tap->depth < LEVELS - 1)
		tap->levels[++tap->depth] = (struct level){.indent = indent};
	tap->subtest_follows = false;
	return &tap->levels[tap->depth];
}

static struct slice unescaped(struct tap *tap, struct slice name)
{
	const char *backslash = name.length > 0 ? memchr(name.data, '\\', name.length) : NULL;

	if (!backslash)
		return name;
	str_clear(&tap->name);
	for (size_t i = 0; i < name.length; i++) {
		if (name.data[i] == '\\' && i + 1 < name.length &&
		    (name.data[i + 1] == '#' || name.data[i + 1] == '\\'))
			i++;
		str_add_char(&tap->name, name.data[i]);
	}
	return (struct slice){tap->name.data, tap->name.length};
}

static void give_point(struct tap *tap, const struct tap_point *point, size_t indent)
{
	struct held *held = &tap->held;

	if (point->ok && !point->unplanned) {
		tap->take(tap->context, point);
		return;
	}
	held->is_there = true;
	held->point = *point;
	held->indent = indent;
	str_clear(&held->name);
	str_clear(&held->reason);
	str_clear(&held->diagnostics);
	str_add(&held->name, point->name.data, point->name.length);
	str_add(&held->reason, point->reason.data, point->reason.length);
}

/* Whether the plan said "todo" of this point; it says so once. */
static bool take_planned_todo(struct tap *tap, uint64_t number)
{
	for (size_t i = 0; i < tap->planned_todo.length; i++) {
		if (tap->planned_todo.items[i] == number) {
			vec_remove(&tap->planned_todo, i);
			return true;
		}
	}
	return false;
}

/* The part of a point that decides about the program: its state, the plan, the counts. */
static void count_point(struct tap *tap, const struct tap_line *line, struct tap_point *point)
{
	struct tap_summary *summary = &tap->summary;
	uint64_t run = ++summary->run;

	if (tap->plan_was_last) {
		parse_error(tap, "the plan (1..%" PRIu64 ") must be at the beginning or the end",
			    summary->planned);
		tap->plan_was_last = false;
	}
	if (line->has_number && line->number != run)
		parse_error(tap, "point %" PRIu64 " came where %" PRIu64 " was expected", line->number, run);
	if (!line->has_number)
		point->number = run;
	if (line->has_number && take_planned_todo(tap, line->number)) {
		point->todo = true;
		point->skip = false;
	}
	point->unplanned = summary->has_plan && run > summary->planned;

	summary->skipped += point->skip;
	summary->todo += point->todo;
	summary->todo_passed += point->todo && point->ok;
	if (!point->unplanned && (point->ok || point->todo)) {
		summary->passed++;
		return;
	}
	if (summary->failed < sizeof(summary->first_failed) / sizeof(summary->first_failed[0]))
		summary->first_failed[summary->failed] = point->number;
	summary->failed++;
}

static void take_point(struct tap *tap, const struct tap_line *line)
{
	struct level *level = enter_level(tap, line->indent);
	struct tap_point point = {
		.ok = line->ok,
		.todo = line->todo,
		.skip = line->skip,
		.depth = tap->depth,
		.name = unescaped(tap, line->text),
		.reason = line->reason,
	};

	level->run++;
	point.number = line->has_number ? line->number : level->run;
	if (tap->depth == 0)
		count_point(tap, line, &point);
	give_point(tap, &point, line->indent);
	tap->after_point = true;
}

static void take_plan(struct tap *tap, const struct tap_line *line)
{
	struct tap_summary *summary = &tap->summary;
	struct slice list = line->text;
	uint64_t number;

	enter_level(tap, line->indent);
	if (line->indent > 0)
		return;
	if (summary->has_plan) {
		parse_error(tap, "more than one plan");
		/* Of two at the end the last counts, else the first, as `prove` has it. */
		if (!tap->plan_was_last)
			return;
	}
	tap->plan_was_last = !summary->has_plan && summary->run > 0;
	summary->has_plan = true;
	summary->planned = line->number;
	summary->skip_all = line->skip && line->number == 0;
	str_clear(&tap->skip_reason);
	if (summary->skip_all)
		str_add(&tap->skip_reason, line->reason.data, line->reason.length);
	while (line->todo && tap_line_next_number(&list, &number))
		vec_push(&tap->planned_todo, number);
}

static void take_version(struct tap *tap, uint64_t number)
{
	if (tap->version_seen || tap->summary.has_plan || tap->summary.run > 0) {
		parse_error(tap, "the TAP version must be the first line");
		return;
	}
	tap->version_seen = true;
	if (number <= OLDEST_VERSION)
		parse_error(tap, "TAP version %" PRIu64 ": only 13 and newer are announced", number);
	else if (number > NEWEST_VERSION)
		parse_error(tap, "TAP version %" PRIu64 ": the newest known is %d", number, NEWEST_VERSION);
	if (number < OLDEST_VERSION)
		number = OLDEST_VERSION;
	if (number > NEWEST_VERSION)
		number = NEWEST_VERSION;
	tap->version = (unsigned)number;
}

static void take_pragmas(struct tap *tap, struct slice list)
{
	struct slice name;
	bool on;

	while (tap_line_next_pragma(&list, &on, &name)) {
		if (slice_equal_text(name, "strict"))
			tap->strict = on;
	}
}

static void take_bail_out(struct tap *tap, struct slice reason)
{
	tap->summary.bailed_out = true;
	tap->in_yaml = false;
	str_add(&tap->bail_reason, reason.data, reason.length);
}

static void take_unknown(struct tap *tap, struct slice line)
{
	enum { SHOWN = 100 };

	if (tap->strict)
		parse_error(tap, "unknown line (pragma +strict): %.*s",
			    line.length < SHOWN ? (int)line.length : SHOWN, line.data);
}

static void missing_yaml_end(struct tap *tap)
{
	tap->in_yaml = false;
	if (tap->version > OLDEST_VERSION && tap->depth == 0)
		parse_error(tap, "a YAML block has no closing \"...\"");
}

/* Whether the line is part of the open YAML block. */
static bool take_yaml(struct tap *tap, struct slice line)
{
	size_t bytes;
	size_t indent = tap_line_indent(line, &bytes);
	struct slice text = slice_trim(line);
	struct tap_line read;

	if (text.length > 0 && indent < tap->yaml_indent) {
		missing_yaml_end(tap);
		return false;
	}
	if (indent == tap->yaml_indent && slice_equal_text(text, "...")) {
		tap->in_yaml = false;
		return true;
	}
	/* TAP 12 has no such blocks: this one is a guess, and the program's own end has to be heard. */
	if (tap->version == OLDEST_VERSION) {
		tap_line_read(line, tap->version, &read);
		if (read.kind == TAP_BAIL_OUT) {
			take_bail_out(tap, read.reason);
			return true;
		}
	}
	while (line.length > 0 && (line.data[line.length - 1] == '\r' || line.data[line.length - 1] == ' '))
		line.length--;
	if (text.length > 0) {
		/* A tab is four columns: one that reaches over the block's edge goes as a whole. */
		for (size_t columns = 0; columns < tap->yaml_indent;) {
			columns += line.data[0] == '\t' ? 4 : 1;
			line.data++;
			line.length--;
		}
	}
	add_diagnostic(tap, line);
	return true;
}

static bool belongs_to_held(const struct tap *tap, const struct tap_line *line)
{
	return line->kind == TAP_COMMENT && line->indent == tap->held.indent;
}

static bool opens_yaml(const struct tap *tap, const struct tap_line *line)
{
	return line->kind == TAP_YAML && line->indent > tap->levels[tap->depth].indent &&
	       (tap->after_point || tap->version > OLDEST_VERSION);
}

static void take_line(struct tap *tap, struct slice bytes)
{
	struct tap_line line;

	if (tap->summary.bailed_out)
		return;
	if (tap->in_yaml && take_yaml(tap, bytes))
		return;
	tap_line_read(bytes, tap->version, &line);
	if (line.kind == TAP_POINT && line.indent > 0 && !line.has_number && !is_subtest(tap, line.indent))
		line.kind = TAP_UNKNOWN;
	if (opens_yaml(tap, &line)) {
		tap->in_yaml = true;
		tap->yaml_indent = line.indent;
		return;
	}
	if (tap->held.is_there && !belongs_to_held(tap, &line))
		give_held(tap);
	if (line.kind != TAP_COMMENT)
		tap->after_point = false;
	if (line.indent == 0 && (line.kind == TAP_PLAN || line.kind == TAP_POINT || line.kind == TAP_VERSION))
		tap->summary.anything = true;

	switch (line.kind) {
	case TAP_POINT:
		take_point(tap, &line);
		break;
	case TAP_PLAN:
		take_plan(tap, &line);
		break;
	case TAP_COMMENT:
		add_diagnostic(tap, line.text);
		break;
	case TAP_SUBTEST:
		enter_level(tap, line.indent);
		tap->subtest_follows = true;
		tap->subtest_indent = line.indent;
		break;
	case TAP_VERSION:
		take_version(tap, line.number);
		break;
	case TAP_BAIL_OUT:
		tap->summary.anything = true;
		take_bail_out(tap, line.reason);
		break;
	case TAP_PRAGMA:
		take_pragmas(tap, line.text);
		break;
	case TAP_BLANK:
		if (tap->version < NEWEST_VERSION)
			take_unknown(tap, bytes);
		break;
	case TAP_YAML:
	case TAP_UNKNOWN:
		take_unknown(tap, bytes);
		break;
	}
}

/* A line that is only "not": its "ok" may come in the next, say the producers that flush between the two. */
static bool is_only_not(struct slice line)
{
	/* Most lines are shorter or don't look like it. */
	return line.length >= 3 && line.length < 64 && slice_equal_text(slice_trim(line), "not");
}

static void end_line(struct tap *tap, struct slice line)
{
	if (!tap->joined && is_only_not(line)) {
		if (tap->line.length == 0)
			str_add(&tap->line, line.data, line.length);
		tap->joined = true;
		return;
	}
	tap->joined = false;
	take_line(tap, line);
	str_clear(&tap->line);
}

static struct slice within_limit(const char *bytes, size_t length)
{
	return (struct slice){bytes, length < TAP_LINE_LIMIT ? length : TAP_LINE_LIMIT};
}

static void keep_piece(struct tap *tap, const char *bytes, size_t length)
{
	size_t room = TAP_LINE_LIMIT - tap->line.length;

	str_add(&tap->line, bytes, length < room ? length : room);
}

void tap_feed(struct tap *tap, const char *bytes, size_t length)
{
	while (length > 0) {
		const char *newline = memchr(bytes, '\n', length);
		size_t piece = newline ? (size_t)(newline - bytes) : length;

		if (newline && tap->line.length == 0) {
			end_line(tap, within_limit(bytes, piece));
		} else {
			keep_piece(tap, bytes, piece);
			if (newline)
				end_line(tap, (struct slice){tap->line.data, tap->line.length});
		}
		piece += newline != NULL;
		bytes += piece;
		length -= piece;
	}
}

void tap_end(struct tap *tap)
{
	struct tap_summary *summary = &tap->summary;

	if (tap->line.length > 0)
		take_line(tap, (struct slice){tap->line.data, tap->line.length});
	str_clear(&tap->line);
	if (tap->in_yaml)
		missing_yaml_end(tap);
	give_held(tap);
	if (!summary->has_plan)
		parse_error(tap, "no plan found in TAP output");
	else if (summary->run != summary->planned)
		parse_error(tap, "planned %" PRIu64 " points but ran %" PRIu64, summary->planned,
			    summary->run);
	summary->skip_reason = tap->skip_reason.data;
	summary->bail_reason = tap->bail_reason.data;
	summary->first_parse_error = summary->parse_errors > 0 ? tap->first_parse_error.data : NULL;
}

const struct tap_summary *tap_summary(const struct tap *tap)
{
	return &tap->summary;
}
