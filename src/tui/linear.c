#include "tui/linear_view.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "event/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Without anything else to tell, progress is told so often: often enough to know that it lives, seldom enough to be
 * listened to. */
#define PROGRESS_PERIOD (30 * CLOCK_SECOND)
/* Nor are tenths of a short run told, which come one behind the other. */
#define TENTHS_APART (5 * CLOCK_SECOND)
#define LINE_MAX_READ ((size_t)64 << 10)

/* Handles outlive the frontend until the loop has closed them. */
struct linear_handles {
	uv_poll_t input;
	uv_timer_t turn; /* commands that wait, and leaving: never from within a call of the engine's */
	unsigned open;
	bool polls; /* a regular file can't be polled: it was read whole */
	struct linear *linear;
};

/* --- telling --- */

void linear_write(struct linear *linear, const struct str *text)
{
	fwrite(text->data, 1, text->length, linear->options.out);
	fflush(linear->options.out);
}

void linear_say(struct linear *linear, const char *format, ...)
{
	struct str line = STR_INIT;
	va_list args;

	va_start(args, format);
	str_add_vformat(&line, format, args);
	va_end(args);
	str_add_char(&line, '\n');
	linear_write(linear, &line);
	str_fini(&line);
}

/* A person is asked for the next command where nothing else will be told for a while. */
static void prompt(struct linear *linear)
{
	if (!linear->terminal || !linear_is_idle(linear) || linear->told)
		return;
	fputs("> ", linear->options.out);
	fflush(linear->options.out);
}

bool linear_is_idle(const struct linear *linear)
{
	if (linear->options.replay || !linear->control)
		return linear->run->finished;
	return linear->control->idle(linear->control->context);
}

static void add_outcome(struct str *out, const struct test *test)
{
	const struct attempt *attempt = test_last_attempt(test);

	switch (test->state) {
	case TEST_WAITING:
		str_add_text(out, "waits");
		return;
	case TEST_RUNNING:
		str_add_format(out, "runs on worker %u", test->worker);
		return;
	case TEST_RETRYING:
		str_add_format(out, "failed %zu times, is to run again", test->attempts.length);
		return;
	case TEST_DONE:
		break;
	}
	str_add_text(out, style_word(test->outcome, test->flaky));
	if (test->quarantined)
		str_add_text(out, " in quarantine");
	if (attempt) {
		str_add_text(out, " after ");
		style_add_duration(out, test->duration);
		str_add_format(out, " on worker %u", test->worker);
	}
	if (test->attempts.length > 1)
		str_add_format(out, " in %zu attempts", test->attempts.length);
}

void linear_add_test(const struct linear *linear, struct str *out, const struct test *test)
{
	struct str why = STR_INIT;

	str_add_format(out, "%" PRIu64 ". ", test->number);
	add_outcome(out, test);
	str_add_text(out, ": ");
	style_add_name(out, test, linear->with_suite);
	if (test->state == TEST_DONE && test->outcome != OUTCOME_PASSED)
		style_add_why(&why, test);
	if (why.length)
		str_add_format(out, ": %s", why.data);
	str_add_char(out, '\n');
	str_fini(&why);
}

void linear_add_progress(const struct linear *linear, struct str *out)
{
	const struct tally *tally = &linear->run->tally;
	struct tally_summary sum = tally_sum(tally);

	str_add_format(out, "%" PRIu32 " of %" PRIu32 " done, %" PRIu32 " failed", tally->done, tally->found, sum.failed);
	if (tally->flaky)
		str_add_format(out, ", %" PRIu32 " flaky", tally->flaky);
	if (tally->running)
		str_add_format(out, ", %" PRIu32 " run now", tally->running);
	if (linear->control && linear->control->paused && !linear->ended &&
	    linear->control->paused(linear->control->context))
		str_add_text(out, ", paused");
	str_add_text(out, ", ");
	style_add_duration(out, linear->run->finished ? linear->run->duration : linear->run->now);
	str_add_text(out, linear->run->finished ? " in all" : " so far");
}

static void tell_progress(struct linear *linear, uint64_t now)
{
	struct str line = STR_INIT;

	linear->told_at = now;
	linear_add_progress(linear, &line);
	linear_say(linear, "%s", line.data);
	str_fini(&line);
}

static void tell_verdict(struct linear *linear, const struct test *test)
{
	struct str line = STR_INIT;

	if (linear->quiet || !(outcome_is_failure(test->outcome) || test->flaky))
		return;
	linear_add_test(linear, &line, test);
	linear_write(linear, &line);
	str_fini(&line);
}

static void tell_tenth(struct linear *linear, uint64_t now)
{
	const struct tally *tally = &linear->run->tally;
	uint32_t tenths = tally->found ? (uint32_t)((uint64_t)tally->done * 10 / tally->found) : 0;

	if (linear->quiet || !linear->run->collected || tenths <= linear->told_tenths || tenths >= 10 ||
	    now < linear->told_at + TENTHS_APART)
		return;
	linear->told_tenths = tenths;
	tell_progress(linear, now);
}

static void tell_log(struct linear *linear, const struct event *event)
{
	const struct log_line *line =
		linear->run->log.length ? &linear->run->log.items[linear->run->log.length - 1] : NULL;
	struct str text = STR_INIT;

	if (!line || line->type != event->type || line->t != event->t || (linear->quiet && line->level < LEVEL_ERROR))
		return;
	style_add_log_line(&linear->style, &text, line);
	linear_write(linear, &text);
	str_fini(&text);
}

static void tell_end(struct linear *linear)
{
	struct tally_summary sum = tally_sum(&linear->run->tally);

	linear_say(linear, "The run is over: %" PRIu32 " passed, %" PRIu32 " failed, %" PRIu32 " skipped%s.", sum.passed,
		   sum.failed, sum.skipped, sum.notrun ? ", some were not run" : "");
	if (linear->terminal && (sum.failed || sum.notrun || linear->touched || linear->options.stay))
		linear_say(linear, "%s", sum.failed ? "\"next\" shows the first failure, \"help\" lists the commands, "
						      "\"quit\" leaves."
						    : "\"help\" lists the commands, \"quit\" leaves.");
}

/* --- leaving, and commands that wait --- */

static void leave(struct linear *linear)
{
	if (linear->told)
		return;
	linear->told = true;
	uv_timer_stop(&linear->handles->turn);
	if (linear->leave)
		linear->leave(linear->leave_context);
}

/* A line of the input, if one is to be taken now. */
static bool take_line(struct linear *linear, struct str *line)
{
	const char *newline;
	size_t length;

	if (!linear->input.length || (!linear->terminal && !linear_is_idle(linear)))
		return false;
	newline = memchr(linear->input.data, '\n', linear->input.length);
	if (!newline && !linear->ended_input)
		return false;
	length = newline ? (size_t)(newline - linear->input.data) : linear->input.length;
	str_clear(line);
	str_add(line, linear->input.data, length);
	str_cut_front(&linear->input, newline ? length + 1 : length);
	return true;
}

/* Nobody will say more, and nothing is left to do. */
static bool is_done(const struct linear *linear)
{
	struct tally_summary sum = tally_sum(&linear->run->tally);

	if (!linear_is_idle(linear))
		return false;
	if (linear->leaving || (linear->options.leave && linear->ended) || (linear->ended_input && !linear->input.length))
		return true;
	return linear->terminal && !linear->touched && !linear->options.stay && !linear->options.replay &&
	       !sum.failed && !sum.notrun && linear->run->exit_code == 0 && linear->run->finished;
}

static void on_turn(uv_timer_t *timer)
{
	struct linear *linear = ((struct linear_handles *)timer->data)->linear;
	struct str line = STR_INIT;
	bool any = false;

	while (!linear->leaves_now && !linear->leaving && take_line(linear, &line)) {
		linear->touched = any = true;
		if (!linear->terminal)
			linear_say(linear, "> %s", line.data); /* a record of what was asked */
		linear_command(linear, slice_trim((struct slice){ line.data, line.length }));
	}
	str_fini(&line);
	if (linear->leaves_now || is_done(linear)) {
		leave(linear);
		return;
	}
	if (any)
		prompt(linear);
}

static void wake(struct linear *linear)
{
	if (!linear->told)
		uv_timer_start(&linear->handles->turn, on_turn, 0, 0);
}

static void look_at_state(struct linear *linear)
{
	bool ended = linear_is_idle(linear) && (linear->run->finished || linear->options.replay);

	if (ended == linear->ended)
		return;
	linear->ended = ended;
	if (!ended)
		return;
	tell_end(linear);
	prompt(linear);
	wake(linear);
}

/* --- the frontend --- */

static void tell_beginning(struct linear *linear)
{
	struct str line = STR_INIT;

	for (size_t i = 1; i < linear->run->tests.length && !linear->with_suite; i++)
		linear->with_suite = linear->run->tests.items[i]->suite != linear->run->tests.items[0]->suite;
	style_add_count(&line, linear->run->tally.found, "test");
	str_add_text(&line, " on ");
	style_add_count(&line, linear->run->workers_wanted, "worker");
	linear_say(linear, "%s.%s", line.data, linear->terminal ? " \"help\" and Enter lists the commands." : "");
	str_fini(&line);
}

static void linear_hear(struct frontend *frontend, const struct model *model, const struct event *event)
{
	struct linear *linear = (struct linear *)frontend;
	const struct test *test = event_has(event, test) ? model_test(model, event->test) : NULL;

	switch (event->type) {
	case EVENT_RUN_COLLECTED:
		tell_beginning(linear);
		break;
	case EVENT_TEST_VERDICT:
		if (test)
			tell_verdict(linear, test);
		tell_tenth(linear, event->t);
		break;
	case EVENT_LOG:
	case EVENT_COLLECT_ERROR:
	case EVENT_WORKER_DIED:
		tell_log(linear, event);
		break;
	default:
		break;
	}
	look_at_state(linear);
}

static void linear_tick(struct frontend *frontend, const struct model *model, uint64_t now)
{
	struct linear *linear = (struct linear *)frontend;

	(void)model;
	if (!linear->quiet && linear->run->collected && !linear->ended && now > linear->told_at + PROGRESS_PERIOD)
		tell_progress(linear, now);
	look_at_state(linear);
}

static int linear_finish(struct frontend *frontend, const struct model *model, struct error *error)
{
	(void)frontend;
	(void)model;
	(void)error;
	return 0;
}

static void linear_release(struct frontend *frontend)
{
	(void)frontend;
}

static const struct frontend_ops linear_ops = { "linear", linear_hear, linear_tick, linear_finish, linear_release };

/* --- the input --- */

static void take_input(struct linear *linear)
{
	char buffer[4096];
	ssize_t count;
	struct pollfd ready = { STDIN_FILENO, POLLIN, 0 };

	/* The descriptor is shared with whoever started us, so it is not made non-blocking. */
	while (poll(&ready, 1, 0) > 0) {
		count = read(STDIN_FILENO, buffer, sizeof(buffer));
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0) {
			linear->ended_input = true;
			return;
		}
		str_add(&linear->input, buffer, (size_t)count);
		if (linear->input.length > LINE_MAX_READ && !memchr(linear->input.data, '\n', linear->input.length))
			str_clear(&linear->input); /* no command is so long */
	}
}

static void on_input(uv_poll_t *poll_handle, int status, int events)
{
	struct linear *linear = ((struct linear_handles *)poll_handle->data)->linear;

	(void)events;
	if (status < 0)
		linear->ended_input = true;
	else
		take_input(linear);
	if (linear->ended_input)
		uv_poll_stop(poll_handle);
	wake(linear);
}

/* --- life --- */

struct linear *linear_new(uv_loop_t *loop, const struct linear_options *options, const struct model *model,
			  const struct control *control, struct error *error)
{
	struct linear *linear = ALLOC_NEW(struct linear);
	struct linear_handles *handles = ALLOC_NEW(struct linear_handles);
	int code, flags;

	linear->frontend.ops = &linear_ops;
	linear->options = *options;
	linear->style = (struct style){ .color = false, .ascii = options->ascii };
	linear->model = model;
	linear->run = model_run(model);
	linear->control = control;
	linear->terminal = isatty(STDIN_FILENO);
	linear->handles = handles;
	str_init(&linear->input);
	handles->linear = linear;
	flags = fcntl(STDIN_FILENO, F_GETFL);
	code = uv_poll_init(loop, &handles->input, STDIN_FILENO);
	/* libuv made it non-blocking, and with it what shares its open file: the terminal's output, the shell's input. */
	if (flags >= 0)
		fcntl(STDIN_FILENO, F_SETFL, flags);
	if (code == UV_EPERM) { /* a regular file, or nothing */
		take_input(linear);
		linear->ended_input = true;
	} else if (code != 0) {
		error_set(error, "--linear: standard input can't be read: %s", uv_strerror(code));
		str_fini(&linear->input);
		free(handles);
		free(linear);
		return NULL;
	} else {
		handles->polls = true;
		handles->input.data = handles;
		handles->open++;
		uv_poll_start(&handles->input, UV_READABLE | UV_DISCONNECT, on_input);
	}
	uv_timer_init(loop, &handles->turn);
	handles->turn.data = handles;
	handles->open++;
	return linear;
}

struct frontend *linear_frontend(struct linear *linear)
{
	return &linear->frontend;
}

void linear_on_leave(struct linear *linear, void (*on_leave)(void *context), void *context)
{
	linear->leave = on_leave;
	linear->leave_context = context;
}

void linear_stopping(struct linear *linear)
{
	linear->leaving = true;
	wake(linear);
}

static void on_closed(uv_handle_t *handle)
{
	struct linear_handles *handles = handle->data;

	if (--handles->open == 0)
		free(handles);
}

void linear_free(struct linear *linear)
{
	if (!linear)
		return;
	if (linear->handles->polls)
		uv_close((uv_handle_t *)&linear->handles->input, on_closed);
	uv_close((uv_handle_t *)&linear->handles->turn, on_closed);
	str_fini(&linear->input);
	free(linear);
}
