/* The command that makes a suite's programs (`build:`): before they are collected, and with --watch after a source of
 * theirs was saved.  One at a time, since commands of one project share their files.  The guardian starts it, like a
 * server, so that nothing of it outlives xtop.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "engine/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_NUMBER (1u << 24) /* the guardian's numbers below are servers' */
#define TAIL_KEPT ((size_t)64 << 10)
#define LINES_TOLD 30

enum { EXIT_UNCOLLECTED = 2 };

struct build {
	struct engine *engine;
	VEC(const struct suite_config *) queue; /* the first one is being made */
	unsigned number;      /* the guardian's, of the one that is being made; 0: none */
	unsigned count;       /* how many were started */
	uint64_t started;     /* clock_now() */
	int output_fd;        /* -1: closed */
	uv_poll_t *output;    /* NULL: closed; the loop frees it, maybe while the next build runs */
	struct str said;      /* the end of it */
};

static void build_next(struct build *build);

static void read_output(struct build *build)
{
	char buffer[16384];
	ssize_t count;

	while ((count = read(build->output_fd, buffer, sizeof(buffer))) > 0) {
		str_add(&build->said, buffer, (size_t)count);
		if (build->said.length > 2 * TAIL_KEPT)
			str_cut_front(&build->said, build->said.length - TAIL_KEPT);
	}
}

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

static void close_output(struct build *build)
{
	if (build->output)
		uv_close((uv_handle_t *)build->output, on_closed);
	build->output = NULL;
	if (build->output_fd >= 0)
		close(build->output_fd);
	build->output_fd = -1;
}

static void on_output(uv_poll_t *poll, int status, int events)
{
	struct build *build = poll->data;

	(void)status;
	read_output(build);
	if (events & UV_DISCONNECT)
		uv_poll_stop(poll); /* its death is told by the guardian */
}

/* What it printed last, at most so many lines. */
static struct slice last_lines(struct build *build)
{
	struct slice text = slice_trim(slice_of(build->said.data));
	size_t place;
	unsigned lines = 0;

	for (place = text.length; place > 0; place--)
		if (text.data[place - 1] == '\n' && ++lines == LINES_TOLD)
			break;
	return (struct slice){ text.data + place, text.length - place };
}

static void tell_failure(struct build *build, const struct suite_config *suite, const char *how)
{
	struct slice lines = last_lines(build);
	char *message = alloc_format("%s: build: `%s` %s%s%.*s", suite->name, suite->build, how, lines.length ? ":\n" : "",
				     (int)lines.length, lines.data);

	if (build->engine->collected) {
		engine_log(build->engine, LEVEL_ERROR, "%s", message);
		watch_built(build->engine, suite, false);
	} else {
		finish_failed(build->engine, EXIT_UNCOLLECTED, message);
	}
	free(message);
}

/* The first of the queue has ended; `how` NULL: well. */
static void ended(struct build *build, const char *how)
{
	struct engine *engine = build->engine;
	const struct suite_config *suite = build->queue.items[0];

	close_output(build);
	build->number = 0;
	vec_remove(&build->queue, 0);
	if (how) {
		tell_failure(build, suite, how);
	} else {
		engine_log(engine, LEVEL_NOTE, "%s: built in %.1f s", suite->name,
			   clock_seconds(clock_now() - build->started));
		if (engine->collected)
			watch_built(engine, suite, true);
	}
	if (engine->failure)
		return;
	if (build->queue.length > 0)
		build_next(build);
	else if (!engine->begun)
		engine_collect(engine);
}

static int launch(struct build *build, const struct suite_config *suite, struct error *error)
{
	struct engine *engine = build->engine;
	char shell[] = "/bin/sh", option[] = "-c", mark[] = "XTOP=1";
	char *argv[] = { shell, option, suite->build, NULL };
	int output[2], nothing = open("/dev/null", O_RDWR | O_CLOEXEC), result;
	VEC(char *) variables = VEC_INIT;

	if (nothing < 0 || pipe2(output, O_CLOEXEC) != 0) {
		error_set_errno(error, errno, "cannot make a pipe for the build of %s", suite->name);
		if (nothing >= 0)
			close(nothing);
		return -1;
	}
	vec_each(&suite->environment, variable)
		vec_push(&variables, *variable);
	vec_push(&variables, mark);
	vec_push(&variables, NULL);
	build->number = FIRST_NUMBER + build->count++;
	result = pool_start_server(engine->pool, build->number, argv, variables.items,
				   suite->cwd ? suite->cwd : engine->config->root, nothing, output[1], error);
	vec_fini(&variables);
	close(nothing);
	close(output[1]);
	build->output_fd = output[0];
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	return result;
}

static void build_next(struct build *build)
{
	struct error error = ERROR_INIT;

	build->started = clock_now();
	str_clear(&build->said);
	watch_building(build->engine, build->queue.items[0]);
	if (launch(build, build->queue.items[0], &error) != 0) {
		ended(build, error.message);
		return;
	}
	build->output = ALLOC_NEW(uv_poll_t);
	uv_poll_init(build->engine->loop, build->output, build->output_fd);
	build->output->data = build;
	uv_poll_start(build->output, UV_READABLE | UV_DISCONNECT, on_output);
}

void build_start(struct engine *engine, const struct suite_config *suite)
{
	struct build *build = engine->build;

	if (!build) {
		build = engine->build = ALLOC_NEW(struct build);
		build->engine = engine;
		build->output_fd = -1;
		str_init(&build->said);
	}
	/* What is being made now may have read the file before it was saved; what waits has not. */
	for (size_t i = build->number ? 1 : 0; i < build->queue.length; i++)
		if (build->queue.items[i] == suite)
			return;
	vec_push(&build->queue, suite);
	if (!build->number)
		build_next(build);
}

bool build_goes_on(const struct engine *engine)
{
	return engine->build && engine->build->queue.length > 0;
}

void build_on_news(struct engine *engine, const struct pool_news *news)
{
	struct build *build = engine->build;
	struct str how = STR_INIT;

	if (!build || !build->number || news->slot != build->number || !build->output)
		return;
	read_output(build);
	if (news->type == POOL_SERVER_NOT_STARTED)
		str_add_text(&how, news->message);
	else if (news->status != 0)
		slots_describe_death(news, &how);
	ended(build, how.length ? how.data : NULL);
	str_fini(&how);
}

void build_lost(struct engine *engine)
{
	struct pool_news news = { .type = POOL_SERVER_DIED, .status = -1 };

	if (!engine->build)
		return;
	news.slot = engine->build->number;
	build_on_news(engine, &news);
}

void build_close(struct engine *engine)
{
	if (engine->build)
		close_output(engine->build);
}

void build_free(struct engine *engine)
{
	if (!engine->build)
		return;
	vec_fini(&engine->build->queue);
	str_fini(&engine->build->said);
	free(engine->build);
}
