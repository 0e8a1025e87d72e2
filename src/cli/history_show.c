#include "cli/history_show.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/frontends.h"
#include "cli/known.h"
#include "event/codec.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define RUNS_SHOWN 20  /* without -v, so that what stands above them stays on the screen */
#define NAMES_SHOWN 10 /* of tests that a word may mean */
#define COMMIT_SHOWN 8

struct show {
	const struct known *known;
	const struct history_evidence *evidence;
	struct history_verdicts verdicts;
	struct history_steadiness steadiness;
	enum flaky_hold hold;
	uint64_t expected; /* ns; 0: not known */
	struct style style;
	unsigned width; /* of the terminal; 0: there is none */
};

/* ---- text ---- */

static void begin_line(struct str *out, const char *name)
{
	str_add_format(out, "  %-12s", name);
}

static void add_rate(const struct show *show, struct str *out)
{
	const struct history_evidence *evidence = show->evidence;
	struct wilson rate = wilson_interval(evidence->failures, evidence->runs, WILSON_Z_95);

	begin_line(out, "failed");
	str_add_format(out, "%u of %u run%s", (unsigned)evidence->failures, (unsigned)evidence->runs,
		       evidence->runs == 1 ? "" : "s");
	if (evidence->runs > 0)
		str_add_format(out, ", %.0f %% (%.0f to %.0f %%)",
			       100.0 * evidence->failures / evidence->runs, rate.low * 100, rate.high * 100);
	str_add_char(out, '\n');
}

/* The command, where a shell can be told the name as it is shown. */
static void add_quarantining(const struct history_evidence *evidence, struct str *out)
{
	struct str shown = STR_INIT;

	str_add_text(out, "put it into quarantine: xtop quarantine add");
	utf8_add_visible(&shown, evidence->id, strlen(evidence->id), false);
	if (strcmp(shown.data, evidence->id) == 0) {
		str_add_char(out, ' ');
		str_add_shell_quoted(out, evidence->id);
	}
	str_fini(&shown);
}

static void add_advice(const struct show *show, struct str *out)
{
	const char *advice = flaky_advice(show->evidence, show->hold, &show->steadiness);

	if (!advice)
		return;
	begin_line(out, "advice");
	if (show->hold == FLAKY_FREE &&
	    history_advise(show->evidence, &show->steadiness) == HISTORY_QUARANTINE)
		add_quarantining(show->evidence, out);
	else
		str_add_text(out, advice);
	str_add_char(out, '\n');
}

static void add_head(const struct show *show, struct str *out)
{
	const struct history_evidence *evidence = show->evidence;
	struct str name = STR_INIT;

	flaky_add_name(&name, evidence, false);
	style_add(&show->style, out, ROLE_STRONG, name.data);
	str_add_char(out, '\n');
	begin_line(out, "suite");
	utf8_add_visible(out, evidence->suite, strlen(evidence->suite), false);
	str_add_char(out, '\n');
	add_rate(show, out);
	begin_line(out, "flaky");
	str_add_text(out, history_is_flaky(evidence, &show->steadiness) ? "yes: " : "no: ");
	flaky_add_why(out, evidence, &show->steadiness);
	str_add_char(out, '\n');
	begin_line(out, "expected");
	if (show->expected)
		style_add_duration(out, show->expected);
	else
		str_add_text(out, "not known");
	str_add_char(out, '\n');
	begin_line(out, "first seen");
	style_add_date(out, evidence->first_seen, true);
	str_add_char(out, '\n');
	add_advice(show, out);
	str_fini(&name);
}

/* Blanks behind what took `visible` columns. */
static void pad(struct str *out, size_t visible, size_t columns)
{
	str_add_format(out, "%*s", visible < columns ? (int)(columns - visible) : 0, "");
}

static void add_row(const struct show *show, const struct history_verdict *verdict, struct str *out)
{
	const struct style *style = &show->style;
	const char *sign = style_symbol(style, verdict->outcome, verdict->flaky, verdict->quarantined);
	const char *word = style_word(verdict->outcome, verdict->flaky);
	enum style_role role = style_role_of(verdict->outcome, verdict->flaky, verdict->quarantined);
	struct str duration = STR_INIT, commit = STR_INIT, message = STR_INIT;

	style_add_date(out, verdict->wall, true);
	if (verdict->commit)
		utf8_add_visible(&commit, verdict->commit, strnlen(verdict->commit, COMMIT_SHOWN), false);
	str_add_format(out, "  %s", commit.length ? commit.data : "-");
	pad(out, commit.length ? utf8_text_width(commit.data, commit.length) : 1, COMMIT_SHOWN);
	str_add_text(out, "  ");
	style_add(style, out, role, sign);
	str_add_char(out, ' ');
	style_add(style, out, role, word);
	pad(out, strlen(word), 7);
	style_add_duration(&duration, verdict->duration);
	str_add_format(out, "  %8u  %8s  gw%-4u", (unsigned)verdict->attempts, duration.data,
		       verdict->worker);
	style_add_first_line(&message, verdict->message);
	if (message.length > 0) {
		/* 19 + 2 + 8 + 2 + 9 + 2 + 8 + 2 + 8 + 2 + 6 columns stand before it, and 2 spaces. */
		if (show->width > 90)
			style_cut(style, &message, 0, show->width - 70);
		str_add_format(out, "  %s", message.data);
	}
	while (out->length > 0 && out->data[out->length - 1] == ' ')
		out->data[--out->length] = '\0';
	str_add_char(out, '\n');
	str_fini(&message);
	str_fini(&commit);
	str_fini(&duration);
}

static void print_text(const struct show *show)
{
	size_t count = show->verdicts.length, shown = count;
	struct str out = STR_INIT;

	if (show->known->config->verbosity < 1 && shown > RUNS_SHOWN)
		shown = RUNS_SHOWN;
	add_head(show, &out);
	str_add_char(&out, '\n');
	style_add(&show->style, &out, ROLE_STRONG,
		  "when (UTC)           commit    outcome    attempts  duration  worker  message");
	str_add_char(&out, '\n');
	for (size_t i = 0; i < shown; i++)
		add_row(show, &show->verdicts.items[i], &out);
	if (count > shown) {
		str_add_text(&out, "and ");
		style_add_count(&out, count - shown, "older run");
		str_add_text(&out, " (-v shows all)\n");
	}
	fwrite(out.data, 1, out.length, stdout);
	str_fini(&out);
}

/* ---- JSON ---- */

static void put_text(struct json *object, const char *key, const char *text)
{
	if (text)
		json_put_text(object, key, slice_of(text));
	else
		json_put_null(object, key);
}

static struct json *json_of(const struct history_verdict *verdict)
{
	struct json *object = json_new_object();
	struct str started = STR_INIT;

	style_add_timestamp(&started, verdict->wall);
	put_text(object, "run_id", verdict->run_id);
	put_text(object, "started", started.data);
	put_text(object, "commit", verdict->commit);
	put_text(object, "outcome", outcome_name(verdict->outcome));
	json_put_bool(object, "flaky", verdict->flaky);
	json_put_bool(object, "quarantined", verdict->quarantined);
	json_put_int(object, "attempts", verdict->attempts);
	json_put_real(object, "duration", clock_seconds(verdict->duration));
	json_put_int(object, "worker", verdict->worker);
	json_put_int(object, "position", verdict->position);
	if (verdict->rss)
		json_put_int(object, "rss", (int64_t)verdict->rss);
	else
		json_put_null(object, "rss");
	put_text(object, "message", verdict->message);
	str_fini(&started);
	return object;
}

static void print_json(const struct show *show)
{
	struct json *object = json_new_object(), *results = json_new_array();

	json_put_int(object, "v", 1);
	flaky_put(object, &show->known->table, show->evidence, show->hold, &show->steadiness);
	if (show->expected)
		json_put_real(object, "expected", clock_seconds(show->expected));
	else
		json_put_null(object, "expected");
	vec_each(&show->verdicts, verdict)
		json_push(results, json_of(verdict));
	json_put(object, "results", results);
	known_print_json(object);
}

/* ---- finding it ---- */

static unsigned terminal_width(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static int show(const struct known *known, const struct history_evidence *evidence, struct error *error)
{
	struct show show = {
		.known = known,
		.evidence = evidence,
		.steadiness = known_steadiness(known->config),
		.style = frontends_style(known->config, stdout),
		.width = terminal_width(),
	};

	if (known_hold(known, evidence, &show.hold, error) != 0 || history_load(known->history, error) != 0)
		return -1;
	const struct history_fact *fact =
		history_find(known->history, evidence->suite, evidence->id, evidence->ordinal);
	show.expected = fact ? fact->expected : 0;
	if (history_verdicts_read(known->history, evidence->suite, evidence->id, evidence->ordinal, 0,
				  &show.verdicts, error) != 0)
		return -1;
	if (known->config->json)
		print_json(&show);
	else
		print_text(&show);
	history_verdicts_fini(&show.verdicts);
	return 0;
}

/* Names them with what tells them apart: the suite, or the place among equal ids. */
static int refuse_several(const char *word, const struct known_tests *tests, struct error *error)
{
	size_t count = tests->found.length, shown = count > NAMES_SHOWN ? NAMES_SHOWN : count;
	struct str text = STR_INIT;
	bool with_suite = false, with_ordinal = false;

	for (size_t i = 0; i < count; i++) {
		with_suite |= strcmp(tests->found.items[0]->suite, tests->found.items[i]->suite) != 0;
		with_ordinal |= tests->found.items[i]->ordinal > 1;
	}
	str_add_format(&text, "%zu tests %s '", count, tests->exact ? "are called" : "have in their names");
	utf8_add_visible(&text, word, strlen(word), false);
	str_add_format(&text, "': name one%s", with_suite ? ", with its --suite" : "");
	for (size_t i = 0; i < shown; i++) {
		const struct history_evidence *evidence = tests->found.items[i];

		str_add_text(&text, "\n  ");
		flaky_add_name(&text, evidence, with_suite);
		/* The first of equal ones needs it too. */
		if (with_ordinal && tests->exact && evidence->ordinal == 1)
			str_add_text(&text, " #1");
	}
	if (count > shown)
		str_add_format(&text, "\n  and %zu more", count - shown);
	error_set(error, "%s", text.data);
	str_fini(&text);
	return -1;
}

/* Reading one id's results is quick; all are read only where the word is no id. */
static int find(struct known *known, const char *word, struct known_tests *out, struct error *error)
{
	const char *ordinal = strstr(word, " #");
	int status = known_read(known, word, error);

	if (status == 0)
		known_find(known, word, out);
	for (; status == 0 && out->found.length == 0 && ordinal; ordinal = strstr(ordinal + 1, " #")) {
		char *id = alloc_string_n(word, (size_t)(ordinal - word));
		status = known_read(known, id, error);
		if (status == 0)
			known_find(known, word, out);
		free(id);
	}
	if (status != 0 || out->found.length > 0)
		return status;
	if (known_read(known, NULL, error) != 0)
		return -1;
	known_find(known, word, out);
	if (out->found.length == 0)
		return known_missing(known, word, error);
	return 0;
}

int cli_history_show(const struct config *config, const char *word)
{
	struct error error = ERROR_INIT;
	struct known known;
	struct known_tests tests = { .found = VEC_INIT };

	if (known_open(&known, config, config->history_file, &error) != 0)
		return cli_fail(EXIT_USAGE, error.message);
	int status = find(&known, word, &tests, &error);
	if (status == 0)
		status = tests.found.length == 1 ? show(&known, tests.found.items[0], &error)
						 : refuse_several(word, &tests, &error);
	vec_fini(&tests.found);
	known_close(&known);
	return status == 0 ? cli_close_output(EXIT_OK) : cli_fail(EXIT_USAGE, error.message);
}
