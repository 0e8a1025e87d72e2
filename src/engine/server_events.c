/* What a server says, line by line, and what its death means. */
#include "adapter/protocol.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "engine/internal.h"
#include "event/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { EXIT_COLLECTION = 2, EXIT_CONFIGURATION = 4 };

/* --- the configuration --- */

/* What pytest's own configuration says about options that xtop has as well. */
static void apply_default(struct engine *engine, const struct json *defaults, const char *key)
{
	struct error error = ERROR_INIT;
	const char *text = json_get_text(defaults, key);
	int64_t count;
	double number;
	char buffer[32];
	if (!text && json_get_int(defaults, key, &count)) {
		snprintf(buffer, sizeof(buffer), "%lld", (long long)count);
		text = buffer;
	} else if (!text && json_get_real(defaults, key, &number)) {
		snprintf(buffer, sizeof(buffer), "%.9g", number);
		text = buffer;
	}
	if (text && config_apply_default(engine->config, key, text, &error) < 0)
		engine_log(engine, LEVEL_WARNING, "pytest's configuration says %s %s, which is left out: %s", key, text,
			   error.message);
}

static void apply_defaults(struct engine *engine, const struct json *defaults)
{
	static const char *const keys[] = { "numprocesses", "maxfail",	 "reruns", "reruns_delay",
					    "timeout",	    "durations", "dist",   "maxprocesses",
					    "max_worker_restart", "maxschedchunk", "no_loadscope_reorder",
					    "testrunuid", "reruns_delay_backoff_factor", "force_reruns",
					    "max_suite_reruns", "flaky_result", "session_timeout" };
	for (size_t i = 0; defaults && i < sizeof(keys) / sizeof(keys[0]); i++)
		apply_default(engine, defaults, keys[i]);
}

static void on_configured(struct server *server, const struct server_event *event)
{
	struct engine *engine = server->engine;
	if (server->state != SERVER_STARTING && server->state != SERVER_FINDING)
		return;
	free(server->rootdir);
	server->rootdir = event->rootdir ? alloc_string(event->rootdir) : NULL;
	server->distributes = event->defaults && json_get_text(event->defaults, "numprocesses") != NULL;
	if (server->auxiliary) {
		server->state = SERVER_FINDING;
		return;
	}
	server->state = SERVER_READY;
	server->held = true;
	apply_defaults(engine, event->defaults);
	engine_begin(engine);
}

/* --- what it finds --- */

/* pytest's paths are relative to its own rootdir, ours to the project's root directory. */
static char *own_path(const struct server *server, const char *file)
{
	if (!file)
		return NULL;
	if (!server->rootdir || strcmp(server->rootdir, server->engine->config->root) == 0)
		return alloc_string(file);
	char *path = fs_join(server->rootdir, file);
	char *relative = fs_relative(path, server->engine->config->root);
	free(path);
	return relative;
}

static void remember_found(struct server *server, const struct server_event *event)
{
	char *key = alloc_format("%u %s", event->ordinal, event->id);
	if (!server->found)
		server->found = map_new();
	map_put(server->found, key, strlen(key), server);
	free(key);
}

static void on_found(struct server *server, const struct server_event *event)
{
	struct engine *engine = server->engine;
	struct found_test test;
	if (server->auxiliary) {
		remember_found(server, event);
		if (!engine->watch || server->replaces)
			return;
	}
	found_test_init(&test);
	test.suite = server->suite;
	test.adapter = adapter_find(server->suite->adapter);
	test.id = alloc_string(event->id);
	test.file = own_path(server, event->file);
	test.ordinal = event->ordinal;
	test.line = event->line;
	if (event->has_timeout)
		test.timeout = event->timeout;
	if (event->has_reruns)
		test.reruns = (int)event->reruns;
	if (event->has_reruns_delay)
		test.reruns_delay = event->reruns_delay;
	if (event->has_reruns_delay_factor)
		test.reruns_delay_factor = event->reruns_delay_factor;
	test.serial = event->serial;
	test.group = event->group ? alloc_string(event->group) : NULL;
	test.quarantine = event->quarantine ? alloc_string(event->quarantine) : NULL;
	test.server = server->number;
	test.scope = event->scope ? alloc_string(event->scope) : NULL;
	test.marks = event->marks ? alloc_string(event->marks) : NULL;
	test.outcome = event->outcome;
	test.reason = event->reason ? alloc_string(event->reason) : NULL;
	if (server->auxiliary)
		vec_push(&server->late, test);
	else
		collect_take(engine, &test);
}

static void on_collect_error(struct server *server, const struct server_event *event)
{
	const char *file = event->file ? event->file : server->suite->name;
	if (server->auxiliary)
		vec_push(&server->failures,
			 ((struct collect_failure){ alloc_string(file), alloc_string(event->message) }));
	else
		collect_add_broken(server->engine, server->suite, file, event->message);
}

static void log_start(struct server *server, const struct server_event *event)
{
	struct engine *engine = server->engine;
	if (event->deselected)
		engine_log(engine, LEVEL_NOTE, "%s: %llu deselected", server->suite->name,
			   (unsigned long long)event->deselected);
	size_t reasons = json_count(event->why);
	if (!reasons || engine->config->python_start != PYTHON_START_AUTO)
		return;
	struct str text = STR_INIT;
	for (size_t i = 0; i < reasons; i++) {
		const char *reason = json_text_at(event->why, i);
		if (reason)
			str_add_format(&text, "%s%s", text.length ? "; " : "", reason);
	}
	engine_log(engine, LEVEL_NOTE,
		   "%s: each worker has a Python of its own (--python-start spawn), because of what happened before a "
		   "fork could: %s",
		   server->suite->name, text.data);
	str_fini(&text);
}

static void on_collected(struct server *server, const struct server_event *event)
{
	struct engine *engine = server->engine;
	if (server->state != SERVER_FINDING)
		return;
	server->state = SERVER_SERVING;
	if (server->replaces) {
		server->replaces = false;
		engine->replacing--;
		dispatch(engine);
		return;
	}
	if (server->auxiliary) {
		rerun_on_collected(server);
		return;
	}
	log_start(server, event);
	if (event->stop) {
		engine->broken_collection = true;
		stop_suite(engine, server->suite,
			   "a file of its suite could not be collected (--continue-on-collection-errors runs the others)");
	}
	engine_end_collection(engine);
}

/* --- its end --- */

static void lose_replacement(struct server *server, const char *message)
{
	struct engine *engine = server->engine;
	server->replaces = false;
	engine->replacing--;
	engine->failed_inside = true;
	engine_log(engine, LEVEL_ERROR, "%s: the tests can't be collected again: %s", server->suite->name, message);
	stop_suite(engine, server->suite, "its server died and could not be started again");
	dispatch(engine);
}

/* It will find nothing more. */
static void fail_collection(struct server *server, int code, const char *message)
{
	struct engine *engine = server->engine;
	enum server_state state = server->state;
	server->state = SERVER_DONE;
	server->held = false;
	if (server->replaces) {
		lose_replacement(server, message);
	} else if (server->auxiliary) {
		rerun_failed(server, message);
	} else if (!engine->begun) {
		finish_failed(engine, code, message);
	} else if (state < SERVER_SERVING) {
		engine_log(engine, LEVEL_ERROR, "%s: %s", server->suite->name, message);
		if (code == EXIT_CONFIGURATION || code == EXIT_COLLECTION)
			engine->broken_collection = true;
		else
			engine->failed_inside = true;
		if (code == EXIT_CONFIGURATION)
			engine->failure_code = code;
		stop_suite(engine, server->suite, "its collection failed");
		engine_end_collection(engine);
	}
}

static void on_failed(struct server *server, const struct server_event *event)
{
	if (server->state < SERVER_SERVING)
		fail_collection(server, event->code, event->message);
	else
		engine_log(server->engine, LEVEL_ERROR, "%s: %s", server->suite->name, event->message);
}

static void log_of(struct server *server, int level, const char *text)
{
	struct event event;
	event_init(&event, EVENT_LOG);
	event_put(&event, level, level);
	event_put_text(&event, name, server->suite->name);
	event_put_text(&event, message, text);
	bus_emit(server->engine, &event);
}

static void on_finished(struct server *server, const struct server_event *event)
{
	if (server->state != SERVER_ENDING)
		return;
	server->state = SERVER_DONE;
	server->status = event->status;
	finish_check(server->engine);
}

static void add_last_line(const struct server *server, struct str *message)
{
	if (server->last_line)
		str_add_format(message, "; it printed last: %s", server->last_line);
}

static char *describe(const struct server *server, const char *how)
{
	struct str message = STR_INIT;
	str_add_format(&message, "its server %s", how);
	add_last_line(server, &message);
	return str_take(&message);
}

static char *describe_collection(const struct server *server, const struct pool_news *news, const char *how)
{
	struct str message = STR_INIT, sentence = STR_INIT;
	const char *code;
	if (news->type == POOL_SERVER_NOT_STARTED || news->status == -1) {
		str_add_format(&message, "%s could not be collected: its server %s", server->suite->name, how);
	} else {
		diagnosis_of_collection(server->engine, news, &server->crash, &code, &sentence);
		/* The log of a run names the suite. */
		if (!server->engine->begun)
			str_add_format(&message, "%s: ", server->suite->name);
		str_add_format(&message, "%s: its server %s%s", code, WIFSIGNALED(news->status) ? "was " : "",
			       sentence.data);
	}
	add_last_line(server, &message);
	str_fini(&sentence);
	return str_take(&message);
}

void server_died(struct server *server, const struct pool_news *news, const char *how)
{
	struct engine *engine = server->engine;
	enum server_state state = server->state;
	char *message = describe(server, how);
	switch (state) {
	case SERVER_STARTING:
	case SERVER_READY:
	case SERVER_FINDING: {
		if (server->replaces && !engine->finished && !engine->closed) {
			server->state = SERVER_DONE;
			server->replaces = false;
			engine->replacing--;
			server_replace(server);
			dispatch(engine);
			break;
		}
		char *whole = describe_collection(server, news, how);
		fail_collection(server, EXIT_COLLECTION, whole);
		free(whole);
		break;
	}
	case SERVER_SERVING:
		server->state = SERVER_DONE;
		rerun_unanswered(server);
		if (!server->auxiliary && !engine->interrupted) {
			engine->lost_session = true;
			engine_log(engine, LEVEL_ERROR,
				   "%s: %s; the tests go on, but what plugins gather there (coverage, reports) is lost",
				   server->suite->name, message);
		}
		if (server->wanted_again && !engine->finished && !engine->closed)
			server_replace(server);
		break;
	case SERVER_ENDING:
		server->state = SERVER_DONE;
		if (!engine->interrupted) {
			engine_log(engine, LEVEL_ERROR, "%s: %s while it finished its session", server->suite->name,
				   message);
			engine->failed_inside = true;
		}
		break;
	case SERVER_DONE:
		break;
	}
	free(message);
	finish_check(engine);
}

void server_take(struct server *server, struct slice line)
{
	struct engine *engine = server->engine;
	struct server_event event;
	struct error error = ERROR_INIT;
	if (server->state == SERVER_DONE)
		return;
	if (server_event_parse(line, &event, &error) != 0) {
		engine_log(engine, LEVEL_ERROR, "%s: its server said what is no line of the protocol: %s",
			   server->suite->name, error.message);
		return;
	}
	switch (event.type) {
	case SERVER_CONFIGURED:
		on_configured(server, &event);
		break;
	case SERVER_FOUND:
		if (server->state == SERVER_FINDING)
			on_found(server, &event);
		break;
	case SERVER_COLLECT_ERROR:
		if (server->state == SERVER_FINDING)
			on_collect_error(server, &event);
		break;
	case SERVER_COLLECTED:
		on_collected(server, &event);
		break;
	case SERVER_FAILED:
		on_failed(server, &event);
		break;
	case SERVER_LOG:
		log_of(server, (int)event.level, event.message);
		break;
	case SERVER_KEEPER:
		pool_keep(engine->pool, (pid_t)event.pid);
		break;
	case SERVER_CHANGES:
		rerun_on_changes(server, event.files);
		break;
	case SERVER_SUMMARY:
		log_of(server, LEVEL_NOTE, event.text);
		break;
	case SERVER_FINISHED:
		on_finished(server, &event);
		break;
	case SERVER_OTHER:
		engine_log(engine, LEVEL_NOTE, "%s: its server said '%s', which this xtop does not know",
			   server->suite->name, event.name);
		break;
	}
	server_event_fini(&event);
}
