/* A server's process and its socket: started, spoken with, watched, closed. What it says is read in server_events.c. */
#include "adapter/protocol.h"
#include "adapter/pytest.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "engine/internal.h"
#include "event/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Lines are taken in turns, so that thousands of tests that are found at once don't hold up keys and the screen. */
#define TURN (4 * CLOCK_MS)
#define CRASH_LIMIT ((size_t)64 << 10)
#define PRINTED_LIMIT ((size_t)64 << 10) /* bytes of a line that a server prints */

struct server *server_by_number(struct engine *engine, unsigned number)
{
	return number > 0 && number <= engine->servers.length ? engine->servers.items[number - 1] : NULL;
}

struct server *server_current(struct engine *engine, unsigned number)
{
	struct server *server = server_by_number(engine, number);
	while (server && server->replaced_by)
		server = server_by_number(engine, server->replaced_by);
	return server;
}

/* --- what it prints --- */

/* A stack ends with what called everything, which is no news. */
static void keep_line(struct server *server, const char *text, size_t length)
{
	static const char crash[] = "Fatal Python error: ";
	bool crashes = length > strlen(crash) && memcmp(text, crash, strlen(crash)) == 0;
	if (crashes || server->crash.length > 0) {
		if (server->crash.length + length < CRASH_LIMIT) {
			str_add(&server->crash, text, length);
			str_add_char(&server->crash, '\n');
		}
		return;
	}
	free(server->last_line);
	server->last_line = alloc_string_n(text, length);
}

static void print_line(struct server *server, const char *text, size_t length)
{
	while (length > 0 && (text[length - 1] == '\r' || text[length - 1] == ' '))
		length--;
	if (length == 0)
		return;
	keep_line(server, text, length);
	struct event event;
	event_init(&event, EVENT_LOG);
	event_put(&event, level, LEVEL_NOTE);
	event_put_text(&event, name, server->suite->name);
	event_put(&event, message, ((struct event_text){ text, length }));
	bus_emit(server->engine, &event);
}

/* Whole lines; at the end, or when one gets too long, what there is of it. */
static void print_lines(struct server *server, bool all)
{
	const char *newline;
	size_t done = 0;
	while ((newline = memchr(server->printed.data + done, '\n', server->printed.length - done))) {
		size_t length = (size_t)(newline - server->printed.data) - done;
		print_line(server, server->printed.data + done, length);
		done += length + 1;
	}
	if (all || server->printed.length - done > PRINTED_LIMIT) {
		print_line(server, server->printed.data + done, server->printed.length - done);
		done = server->printed.length;
	}
	str_cut_front(&server->printed, done);
}

/* False: nothing (more) for now, or ever. */
static bool read_output(struct server *server)
{
	char buffer[16384];
	ssize_t length = server->output_fd < 0 ? 0 : read(server->output_fd, buffer, sizeof(buffer));
	if (length > 0) {
		str_add(&server->printed, buffer, (size_t)length);
		print_lines(server, false);
		return true;
	}
	if (length == 0 && server->handles_open)
		uv_poll_stop(&server->output);
	return false;
}

static void on_output(uv_poll_t *handle, int status, int events)
{
	(void)status;
	(void)events;
	read_output(handle->data);
}

/* --- what it says --- */

static void take_lines(struct server *server, uint64_t until)
{
	struct slice line;
	while (!server->held && (until == 0 || clock_now() < until)) {
		if (!lines_next(&server->lines, &line)) {
			if (server->handles_open)
				uv_idle_stop(&server->more);
			return;
		}
		server_take(server, line);
	}
	if (server->held && server->handles_open)
		uv_idle_stop(&server->more); /* server_let_go starts it again */
}

static void on_more(uv_idle_t *handle)
{
	take_lines(handle->data, clock_now() + TURN);
}

static void watch(struct server *server);

static void on_control(uv_poll_t *handle, int status, int events)
{
	struct server *server = handle->data;
	struct error error = ERROR_INIT;
	(void)status;
	if (events & UV_WRITABLE)
		lines_flush(&server->lines);
	if (events & (UV_READABLE | UV_DISCONNECT)) {
		int result = lines_read(&server->lines, &error);
		if (result < 0) {
			/* What it is worth is told when it is dead; one that lives without its socket is no use. */
			uv_poll_stop(handle);
			server->deaf = true;
			if (server->state != SERVER_DONE)
				server_kill(server);
			uv_idle_start(&server->more, on_more);
			return;
		}
		uv_idle_start(&server->more, on_more);
	}
	watch(server);
}

static void watch(struct server *server)
{
	int events = UV_READABLE | UV_DISCONNECT;
	if (lines_has_backlog(&server->lines))
		events |= UV_WRITABLE;
	if (server->handles_open && !server->deaf)
		uv_poll_start(&server->control, events, on_control);
}

void server_send(struct server *server, const struct str *lines)
{
	lines_send(&server->lines, (struct slice){ lines->data, lines->length }, NULL, 0);
	watch(server);
}

void server_let_go(struct server *server)
{
	server->held = false;
	if (server->handles_open)
		uv_idle_start(&server->more, on_more);
}

void server_kill(struct server *server)
{
	pool_end_server(server->engine->pool, server->number);
}

void server_tell_crash(struct engine *engine, const struct entry *entry, unsigned slot, const char *message)
{
	struct server *server = server_by_number(engine, entry->found.server);
	if (!server || server->auxiliary || server->state != SERVER_SERVING)
		return;
	struct str line = STR_INIT;
	protocol_put_crashed(&line, slot, entry->found.id, entry->found.ordinal, message ? message : "");
	server_send(server, &line);
	str_fini(&line);
}

/* --- birth --- */

static const char *const capture_names[] = { [CAPTURE_LIVE] = "live",
					     [CAPTURE_NO] = "no",
					     [CAPTURE_FD] = "fd",
					     [CAPTURE_SYS] = "sys",
					     [CAPTURE_TEE_SYS] = "tee-sys" };
static const char *const start_names[] = { [PYTHON_START_AUTO] = "auto",
					   [PYTHON_START_FORK] = "fork",
					   [PYTHON_START_SPAWN] = "spawn" };

static void send_collect(struct server *server, const struct pytest_arguments *arguments)
{
	const struct engine *engine = server->engine;
	const struct config *config = engine->config;
	struct protocol_collect collect = { .run_id = engine->run_id,
					    .suite = server->suite->name,
					    .args = arguments->items,
					    .arg_count = arguments->length,
					    .generation = server->number,
					    .start = start_names[config->python_start],
					    .workers = team_is_parallel(engine),
					    .capture = capture_names[config->capture],
					    .collect_only = engine->collect_only,
					    .auxiliary = server->auxiliary,
					    .dist = config->dist,
					    .only_rerun = config->only_rerun.items,
					    .only_rerun_count = config->only_rerun.length,
					    .rerun_except = config->rerun_except.items,
					    .rerun_except_count = config->rerun_except.length,
					    .socket = server->socket };
	struct str line = STR_INIT;
	protocol_put_collect(&line, &collect);
	server_send(server, &line);
	str_fini(&line);
}

static void open_handles(struct server *server)
{
	uv_loop_t *loop = server->engine->loop;
	uv_poll_init(loop, &server->control, server->lines.fd);
	uv_poll_init(loop, &server->output, server->output_fd);
	uv_idle_init(loop, &server->more);
	server->control.data = server->output.data = server->more.data = server;
	server->handles_open = true;
	uv_poll_start(&server->output, UV_READABLE | UV_DISCONNECT, on_output);
	watch(server);
}

/* Its process: asked for. Fills the server's ends. */
static int launch_server(struct server *server, const struct launch *launch, struct error *error)
{
	struct engine *engine = server->engine;
	int control[2], output[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) != 0)
		return error_set_errno(error, errno, "cannot make a socket pair for the server of %s",
				       server->suite->name);
	if (pipe2(output, O_CLOEXEC) != 0) {
		int number = errno;
		close(control[0]);
		close(control[1]);
		return error_set_errno(error, number, "cannot make a pipe for the server of %s", server->suite->name);
	}
	VEC(char *) argv = VEC_INIT;
	VEC(char *) variables = VEC_INIT;
	char mark[] = "XTOP=1";
	char *run_id = alloc_format("XTOP_RUN_ID=%s", engine->run_id);
	vec_each(&launch->argv, argument)
		vec_push(&argv, *argument);
	vec_push(&argv, NULL);
	vec_each(&launch->environment, variable)
		vec_push(&variables, *variable);
	vec_push(&variables, mark);
	vec_push(&variables, run_id);
	vec_push(&variables, NULL);
	int result = pool_start_server(engine->pool, server->number, argv.items, variables.items, launch->cwd,
				       control[1], output[1], error);
	vec_fini(&argv);
	vec_fini(&variables);
	free(run_id);
	close(control[1]);
	close(output[1]);
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	lines_init(&server->lines, control[0], LINES_LIMIT);
	server->output_fd = output[0];
	return result;
}

struct server *server_start(struct engine *engine, const struct suite_config *suite, char *const *paths,
			    size_t path_count, bool auxiliary, struct error *error)
{
	struct launch launch;
	struct pytest_arguments arguments = { NULL, 0, 0 };
	struct suite_config chosen = *suite;
	if (paths) { /* only these are looked at */
		chosen.programs.items = alloc_zeroed(path_count, sizeof(char *));
		memcpy(chosen.programs.items, paths, path_count * sizeof(char *));
		chosen.programs.length = path_count;
	}
	int result = pytest_command(engine->config, &chosen, &launch, &arguments, error);
	if (paths)
		free(chosen.programs.items);
	if (result != 0)
		return NULL;

	struct server *server = ALLOC_NEW(struct server);
	server->engine = engine;
	server->number = (unsigned)engine->servers.length + 1;
	server->suite = suite;
	server->auxiliary = auxiliary;
	server->output_fd = -1;
	server->socket = alloc_format("xtop-%s-%u", engine->run_id, server->number);
	lines_init(&server->lines, -1, LINES_LIMIT);
	str_init(&server->printed);
	str_init(&server->crash);
	if (launch_server(server, &launch, error) == 0) {
		open_handles(server);
		send_collect(server, &arguments);
		vec_push(&engine->servers, server);
	} else {
		server_close(server);
		server_free(server);
		server = NULL;
	}
	launch_fini(&launch);
	pytest_arguments_fini(&arguments);
	return server;
}

/* --- death --- */

void server_close(struct server *server)
{
	if (server->handles_open) {
		uv_close((uv_handle_t *)&server->control, NULL);
		uv_close((uv_handle_t *)&server->output, NULL);
		uv_close((uv_handle_t *)&server->more, NULL);
		server->handles_open = false;
	}
	lines_close(&server->lines);
	if (server->output_fd >= 0)
		close(server->output_fd);
	server->output_fd = -1;
}

void server_free(struct server *server)
{
	lines_fini(&server->lines);
	str_fini(&server->printed);
	str_fini(&server->crash);
	vec_each(&server->failures, failure) {
		free(failure->file);
		free(failure->message);
	}
	vec_fini(&server->failures);
	vec_each(&server->late, test)
		found_test_fini(test);
	vec_fini(&server->late);
	vec_fini(&server->tests);
	map_free(server->found);
	free(server->last_line);
	free(server->rootdir);
	free(server->socket);
	free(server);
}

/* Everything that it still said and printed, in this order: what it printed last goes into messages. */
static void take_rest(struct server *server)
{
	while (read_output(server))
		continue;
	print_lines(server, true);
	while (lines_read(&server->lines, NULL) > 0)
		continue;
	server->held = false;
	take_lines(server, 0);
}

void server_on_news(struct engine *engine, const struct pool_news *news)
{
	struct server *server = server_by_number(engine, news->slot);
	if (!server || !server->handles_open)
		return;
	struct str how = STR_INIT;
	if (news->type == POOL_SERVER_NOT_STARTED)
		str_add_text(&how, news->message);
	else
		slots_describe_death(news, &how);
	take_rest(server);
	server_close(server);
	server_died(server, news, how.data);
	str_fini(&how);
}

/* --- in the place of one that died --- */

void server_replace(struct server *server)
{
	struct engine *engine = server->engine;
	struct error error = ERROR_INIT;
	struct server *other = NULL;
	server->wanted_again = false;
	int limit = engine->config->max_worker_restart;
	if (engine->replacements++ < (unsigned)(limit < 0 ? SERVER_REPLACEMENTS : limit))
		other = server_start(engine, server->suite, NULL, 0, true, &error);
	else
		error_set(&error, "%u took its place already (--max-worker-restart)", engine->replacements - 1);
	if (!other) {
		server->hopeless = true;
		engine_log(engine, LEVEL_ERROR, "%s: another server can't be started: %s", server->suite->name,
			   error.message);
		engine->failed_inside = true;
		stop_suite(engine, server->suite, "its server died");
		return;
	}
	engine_log(engine, LEVEL_WARNING, "%s: another server collects the tests again, for workers that need it",
		   server->suite->name);
	server->replaced_by = other->number;
	other->replaces = true;
	other->state = SERVER_FINDING;
	engine->replacing++;
}

void server_unreachable(struct engine *engine, const char *socket, size_t length)
{
	vec_each(&engine->servers, it) {
		struct server *server = *it;
		if (strlen(server->socket) != length || memcmp(server->socket, socket, length) != 0)
			continue;
		if (server->replaced_by || server->wanted_again)
			return;
		server->wanted_again = true;
		if (server->state == SERVER_DONE)
			server_replace(server);
		else
			server_kill(server); /* it does not listen; its death is told */
		return;
	}
}
