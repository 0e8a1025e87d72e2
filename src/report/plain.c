#include "report/report.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "event/codec.h"
#include "report/style.h"
#include "report/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum {
	BAR_CELLS = 20,
	BAR_FROM_WIDTH = 60,  /* narrower terminals have no bar */
	LINE_KEPT = 16 << 10, /* -s: longer lines are printed in parts */
};

static const uint64_t first_heartbeat = 10 * CLOCK_SECOND;
static const uint64_t second_heartbeat = 30 * CLOCK_SECOND;
static const uint64_t heartbeat_period = 60 * CLOCK_SECOND;
static const uint64_t redraw_period = 100 * CLOCK_MS;

struct plain {
	struct frontend base;
	struct plain_options options;
	char *root, *section_title, *section; /* what options.root points to */
	struct style style;
	struct str text;         /* what is about to be written */
	bool with_suite;         /* there is more than one */
	const char *first_suite; /* the model's */
	bool progress_shown;
	uint64_t drawn;             /* clock_now() of the last progress line */
	uint64_t next_heartbeat;    /* ns since the run began */
	VEC(struct str) unfinished; /* -s: by worker, its line without an end so far */
};

/* Progress */

static size_t terminal_width(const struct plain *plain)
{
	struct winsize size;

	if (ioctl(fileno(plain->options.out), TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	return plain->options.width ? plain->options.width : 80;
}

static void clear_progress(struct plain *plain)
{
	if (plain->progress_shown)
		fputs("\r\033[K", plain->options.out);
	plain->progress_shown = false;
}

static const struct worker *longest_running(const struct run *run)
{
	const struct worker *longest = NULL;

	for (size_t i = 0; i < run->workers.length; i++) {
		const struct worker *worker = &run->workers.items[i];

		if (worker->test && (!longest || worker->started < longest->started))
			longest = worker;
	}
	return longest;
}

/* "gw3 12.3s tests/slow.t" */
static void add_running(struct plain *plain, struct str *out, const struct model *model,
			const struct worker *worker, uint64_t now)
{
	str_add_format(out, "gw%u ", worker->slot);
	style_add_duration(out, now > worker->started ? now - worker->started : 0);
	str_add_char(out, ' ');
	style_add_name(out, model_test(model, worker->test), plain->with_suite);
}

struct line {
	struct str text;
	size_t width, limit;
};

/* Adds a piece with two spaces before it if there is room for it. */
static void add_piece(const struct plain *plain, struct line *line, enum style_role role, const char *piece)
{
	size_t width = utf8_text_width(piece, strlen(piece)) + (line->width ? 2 : 0);

	if (line->width + width > line->limit)
		return;
	if (line->width)
		str_add_text(&line->text, "  ");
	style_add(&plain->style, &line->text, role, piece);
	line->width += width;
}

static void add_count(const struct plain *plain, struct line *line, enum style_role role, const char *symbol,
		      uint32_t count, const char *word)
{
	char piece[64];

	snprintf(piece, sizeof(piece), "%s%s%" PRIu32 " %s", symbol, *symbol ? " " : "", count, word);
	if (count)
		add_piece(plain, line, role, piece);
}

static void add_bar(const struct plain *plain, struct line *line, const struct tally *tally, bool failed)
{
	struct str bar = STR_INIT;
	const char *full = plain->style.ascii ? "#" : "█";
	const char *empty = plain->style.ascii ? "." : "░";
	size_t done = tally->found ? (size_t)tally->done * BAR_CELLS / tally->found : 0;

	for (size_t i = 0; i < BAR_CELLS; i++)
		str_add_text(&bar, i < done ? full : empty);
	add_piece(plain, line, failed ? ROLE_BAD : ROLE_GOOD, bar.data);
	str_fini(&bar);
}

static void draw_progress(struct plain *plain, const struct model *model, uint64_t now)
{
	const struct run *run = model_run(model);
	const struct tally *tally = &run->tally;
	const struct worker *longest = longest_running(run);
	struct tally_summary sum = tally_sum(tally);
	size_t width = terminal_width(plain);
	/* The last column stays free: writing it makes some terminals wrap. */
	struct line line = { .text = STR_INIT, .limit = width - 1 };
	char piece[64];

	if (width >= BAR_FROM_WIDTH)
		add_bar(plain, &line, tally, sum.failed > 0);
	snprintf(piece, sizeof(piece), "%" PRIu32 "/%" PRIu32 "%s", tally->done, tally->found,
		 run->collected ? "" : "+");
	add_piece(plain, &line, ROLE_STRONG, piece);
	snprintf(piece, sizeof(piece), "%3u%%",
		 tally->found ? (unsigned)((uint64_t)tally->done * 100 / tally->found) : 0);
	add_piece(plain, &line, ROLE_PLAIN, piece);
	add_count(plain, &line, ROLE_BAD, style_symbol(&plain->style, OUTCOME_FAILED, false, false),
		  sum.failed, "failed");
	add_count(plain, &line, ROLE_WARN, style_symbol(&plain->style, OUTCOME_PASSED, true, false),
		  tally->flaky, "flaky");
	add_count(plain, &line, ROLE_PLAIN, "", tally->running, "running");
	snprintf(piece, sizeof(piece), "%" PRIu64 ":%02u", now / CLOCK_SECOND / 60,
		 (unsigned)(now / CLOCK_SECOND % 60));
	add_piece(plain, &line, ROLE_PLAIN, piece);
	if (longest && line.width + 12 < line.limit) {
		struct str running = STR_INIT;

		add_running(plain, &running, model, longest, now);
		style_cut(&plain->style, &running, 0, line.limit - line.width - 2);
		add_piece(plain, &line, ROLE_DIM, running.data);
		str_fini(&running);
	}
	fprintf(plain->options.out, "\r%s\033[K", line.text.data);
	fflush(plain->options.out);
	str_fini(&line.text);
	plain->progress_shown = true;
	plain->drawn = clock_now();
}

static bool wants_progress(const struct plain *plain)
{
	return plain->options.terminal && plain->options.verbosity >= 0 && !plain->options.collect_only;
}

/* Writes what stands in plain->text above the progress line. */
static void emit(struct plain *plain, const struct model *model)
{
	bool redraw = plain->progress_shown && clock_now() - plain->drawn >= redraw_period;

	if (!plain->text.length)
		return;
	clear_progress(plain);
	fwrite(plain->text.data, 1, plain->text.length, plain->options.out);
	str_clear(&plain->text);
	if (redraw)
		draw_progress(plain, model, model_run(model)->now);
}

static void heartbeat(struct plain *plain, const struct model *model, uint64_t now)
{
	const struct run *run = model_run(model);
	const struct tally *tally = &run->tally;
	const struct worker *longest = longest_running(run);
	struct tally_summary sum = tally_sum(tally);
	struct str *text = &plain->text;

	if (now < plain->next_heartbeat || run->finished)
		return;
	plain->next_heartbeat =
		now < second_heartbeat ? second_heartbeat : now - now % heartbeat_period + heartbeat_period;
	if (plain->options.terminal || plain->options.verbosity < 0 || plain->options.collect_only)
		return;
	str_add_text(text, "xtop: ");
	style_add_duration(text, now);
	str_add_format(text,
		       ": %" PRIu32 "/%" PRIu32 "%s tests, %u%%, %" PRIu32 " failed, %" PRIu32 " running",
		       tally->done, tally->found, run->collected ? "" : "+",
		       tally->found ? (unsigned)((uint64_t)tally->done * 100 / tally->found) : 0, sum.failed,
		       tally->running);
	if (longest) {
		str_add_text(text, ", longest ");
		add_running(plain, text, model, longest, now);
	}
	str_add_char(text, '\n');
	emit(plain, model);
	fflush(plain->options.out);
}

static void plain_tick(struct frontend *frontend, const struct model *model, uint64_t now)
{
	struct plain *plain = (struct plain *)frontend;

	heartbeat(plain, model, now);
	if (wants_progress(plain) && !model_run(model)->finished)
		draw_progress(plain, model, now);
	else
		fflush(plain->options.out);
}

/* Live output */

static void add_live_line(struct plain *plain, unsigned worker, struct str *line)
{
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "gw%u %s", worker, style_bar(&plain->style) + 2);
	if (line->length == 0 || (line->length == 1 && line->data[0] == '\r'))
		str_add_format(&plain->text, "%s\n", prefix);
	else
		style_add_block(&plain->style, &plain->text, prefix,
				(struct slice){ line->data, line->length });
	str_clear(line);
}

static void end_live_line(struct plain *plain, unsigned worker)
{
	if (worker < plain->unfinished.length && plain->unfinished.items[worker].length)
		add_live_line(plain, worker, &plain->unfinished.items[worker]);
}

static void add_live(struct plain *plain, const struct event *event)
{
	unsigned worker = (unsigned)event->worker;
	const char *at, *end;
	struct str *line;

	if (event->worker >= XTOP_SLOTS_MAX || !event->data.length)
		return;
	while (plain->unfinished.length <= worker)
		vec_push(&plain->unfinished, ((struct str)STR_INIT));
	line = &plain->unfinished.items[worker];
	at = event->data.data;
	end = at + event->data.length;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		str_add(line, at, (size_t)((newline ? newline : end) - at));
		if (newline || line->length > LINE_KEPT)
			add_live_line(plain, worker, line);
		at = newline ? newline + 1 : end;
	}
}

/* What is told as it happens */

static void tell_found(struct plain *plain, const struct test *test)
{
	if (!plain->first_suite)
		plain->first_suite = test->suite;
	else if (plain->first_suite != test->suite)
		plain->with_suite = true;
	if (plain->options.collect_only) {
		style_add_name(&plain->text, test, false);
		str_add_char(&plain->text, '\n');
	}
}

static void tell_collected(struct plain *plain, const struct run *run)
{
	if (plain->options.verbosity < 0 || plain->options.collect_only || !run->tally.found)
		return;
	str_add_text(&plain->text, "xtop: ");
	style_add_count(&plain->text, run->tally.found, "test");
	if (run->workers_wanted) {
		str_add_text(&plain->text, " on ");
		style_add_count(&plain->text, run->workers_wanted, "worker");
	}
	if (run->dist && run->workers_wanted > 1 && strcmp(run->dist, "load") != 0)
		str_add_format(&plain->text, ", %s", run->dist);
	if (run->shard)
		str_add_format(&plain->text, ", shard %s", run->shard);
	str_add_char(&plain->text, '\n');
}

/* Who waits for the tests wants to know it now. */
static bool is_urgent(const struct plain *plain, const struct run *run, const struct log_line *line)
{
	return line->level > LEVEL_NOTE && plain->options.verbosity >= 0 &&
	       (!run->collected || run->tally.done < run->tally.found);
}

/* The line that the event left in the log, if it did. */
static void tell_log(struct plain *plain, const struct run *run, const struct event *event)
{
	const struct log_line *line = run->log.length ? &run->log.items[run->log.length - 1] : NULL;

	if (!line || line->type != event->type || line->t != event->t)
		return;
	if (plain->options.verbosity < 0 && line->level < LEVEL_ERROR)
		return;
	/* Somebody's summary stands in ours, where there is one. */
	if (style_is_laid_out(line) && !plain->options.collect_only && !is_urgent(plain, run, line))
		return;
	style_add_log_line(&plain->style, &plain->text, line);
}

static void tell_retry(struct plain *plain, const struct test *test)
{
	const struct attempt *before;
	struct str why = STR_INIT;

	if (plain->options.verbosity < 1 || test->attempts.length < 2)
		return;
	before = test->attempts.items[test->attempts.length - 2];
	style_add(&plain->style, &plain->text, ROLE_WARN,
		  style_symbol(&plain->style, OUTCOME_PASSED, true, false));
	str_add_char(&plain->text, ' ');
	style_add(&plain->style, &plain->text, ROLE_WARN, "retry");
	style_add_duration(&why, before->duration);
	str_add_format(&plain->text, "  %7s gw%-3u ", why.data, before->worker);
	style_add_name(&plain->text, test, plain->with_suite);
	str_clear(&why);
	style_add_ending(&why, before, before->message);
	if (before->message) {
		str_add_text(&why, why.length ? ": " : "");
		style_add_first_line(&why, before->message);
	}
	str_add_format(&plain->text, "  attempt %" PRIu32 " %s%s%s\n", before->number,
		       style_word(before->outcome, false), why.length ? ": " : "", why.data);
	str_fini(&why);
}

static void tell_verdict(struct plain *plain, const struct test *test)
{
	const struct plain_options *options = &plain->options;
	bool failed = outcome_is_failure(test->outcome) && !test->quarantined;
	const struct attempt *last = test_last_attempt(test);

	if (options->collect_only || options->verbosity < 0 ||
	    (!failed && options->verbosity < 1 && test->verdicts < 2))
		return;
	/* It could not be collected, which was told just now. */
	if (test->outcome == OUTCOME_ERROR && !last)
		return;
	style_add_test_line(&plain->style, &plain->text, test, plain->with_suite,
			    options->terminal ? terminal_width(plain) : 0);
	/* Failures show their output at the end. */
	if (options->verbosity > 1 && !options->live_output && !failed && last && last->output.total)
		style_add_output(&plain->style, &plain->text, style_bar(&plain->style), &last->output);
}

static void plain_hear(struct frontend *frontend, const struct model *model, const struct event *event)
{
	struct plain *plain = (struct plain *)frontend;
	const struct run *run = model_run(model);
	const struct test *test = model_test(model, event->test);
	bool at_once = false; /* the one who waits for it should not wait for more */

	switch (event->type) {
	case EVENT_TEST_FOUND:
		if (test)
			tell_found(plain, test);
		break;
	case EVENT_RUN_COLLECTED:
		tell_collected(plain, run);
		break;
	case EVENT_COLLECT_ERROR:
	case EVENT_WORKER_DIED:
	case EVENT_LOG:
		tell_log(plain, run, event);
		at_once = true;
		break;
	case EVENT_TEST_STARTED:
		if (test)
			tell_retry(plain, test);
		break;
	case EVENT_TEST_OUTPUT:
		if (plain->options.live_output)
			add_live(plain, event);
		at_once = true;
		break;
	case EVENT_TEST_FINISHED:
		end_live_line(plain, (unsigned)event->worker);
		break;
	case EVENT_TEST_VERDICT:
		if (test) {
			tell_verdict(plain, test);
			at_once = outcome_is_failure(test->outcome);
		}
		break;
	case EVENT_RUN_STARTED:
	case EVENT_WORKER_STARTED:
	case EVENT_WORKER_LEFT:
	case EVENT_TEST_POINT:
	case EVENT_WORKER_SAMPLE:
	case EVENT_DIAGNOSIS:
	case EVENT_RUN_FINISHED:
		break;
	}
	if (plain->text.length) {
		emit(plain, model);
		if (at_once)
			fflush(plain->options.out);
	}
	heartbeat(plain, model, run->now);
}

/* Whoever reads a pipe may leave when they saw enough, as head(1) does: no fault of anybody's. */
static bool reader_left(FILE *out)
{
	int number = errno;
	struct pollfd pipe = { .fd = fileno(out), .events = POLLOUT };
	bool left = poll(&pipe, 1, 0) == 1 && (pipe.revents & POLLERR);

	errno = number;
	return left;
}

static int plain_finish(struct frontend *frontend, const struct model *model, struct error *error)
{
	struct plain *plain = (struct plain *)frontend;
	const struct run *run = model_run(model);
	FILE *out = plain->options.out;

	for (unsigned i = 0; i < plain->unfinished.length; i++)
		end_live_line(plain, i);
	emit(plain, model);
	clear_progress(plain);
	if (plain->options.collect_only) {
		if (plain->options.verbosity >= 0)
			fprintf(out, "xtop: %" PRIu32 " test%s found\n", run->tally.found,
				run->tally.found == 1 ? "" : "s");
	} else {
		summary_write(out, &plain->options, &plain->style, run, plain->with_suite);
		report_closing_line(out, run);
	}
	errno = 0;
	if (fflush(out) == 0 && !ferror(out))
		return 0;
	if (reader_left(out))
		return 0;
	if (errno)
		return error_set_errno(error, errno, "the report could not be written");
	return error_set(error, "the report could not be written");
}

static void plain_free(struct frontend *frontend)
{
	struct plain *plain = (struct plain *)frontend;

	vec_each(&plain->unfinished, line)
		str_fini(line);
	vec_fini(&plain->unfinished);
	str_fini(&plain->text);
	free(plain->root);
	free(plain->section_title);
	free(plain->section);
	free(plain);
}

static const struct frontend_ops plain_ops = {
	.name = "plain",
	.hear = plain_hear,
	.tick = plain_tick,
	.finish = plain_finish,
	.free = plain_free,
};

struct frontend *report_plain_new(const struct plain_options *options)
{
	struct plain *plain = ALLOC_NEW(struct plain);

	plain->base.ops = &plain_ops;
	plain->options = *options;
	plain->options.root = plain->root = options->root ? alloc_string(options->root) : NULL;
	plain->options.section_title = plain->options.section = NULL;
	plain->style = (struct style){ .color = options->color, .ascii = options->ascii };
	str_init(&plain->text);
	plain->next_heartbeat = first_heartbeat;
	return &plain->base;
}

void report_plain_list_durations(struct frontend *frontend, unsigned count)
{
	struct plain *plain = (struct plain *)frontend;

	plain->options.durations = count;
}

void report_plain_add_section(struct frontend *frontend, const char *title, const char *text)
{
	struct plain *plain = (struct plain *)frontend;

	free(plain->section_title);
	free(plain->section);
	plain->options.section_title = plain->section_title = alloc_string(title);
	plain->options.section = plain->section = alloc_string(text);
}
