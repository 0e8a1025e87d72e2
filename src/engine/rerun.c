/* Reruns by key of tests whose code a server has imported.
 *
 * Nothing is run stale: while the server lives it compares what was imported with the files, and where something
 * changed, or the server has finished its session, a new one collects the files of these tests again.  The rest of the
 * run keeps the old one.
 */
#include "adapter/protocol.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "engine/internal.h"
#include "event/codec.h"

#include <stdlib.h>
#include <string.h>

void rerun_reopen(struct engine *engine)
{
	engine->closed = engine->interrupted = engine->forced = false;
	free(engine->close_reason);
	engine->close_reason = NULL;
	if (engine->finished)
		engine->idle += clock_now() - engine->finished_at;
	engine->finished = false;
	past_begin(engine); /* a run that had no test until now */
	engine_start_second(engine);
	resting_go_on(engine);
	for (unsigned i = 0; i < engine->workers; i++)
		if (engine->slots[i].state != SLOT_EMPTY)
			return;
	engine->barren_deaths = 0;
	slots_start(engine);
}

/* Back to the scheduler, in front of all. */
static void let_run(struct engine *engine, uint64_t test)
{
	struct entry *entry = engine_entry(engine, test);
	if (entry->state != ENTRY_LOOKED_UP)
		return; /* the run was stopped meanwhile */
	entry->state = ENTRY_WAITING;
	sched_again(engine->sched, test);
}

static void collect_anew(struct engine *engine, uint64_t test)
{
	vec_push(&engine->fresh, test);
	/* Several keys, one server: it starts when all that is asked for at once is known. */
	uv_timer_start(&engine->fresh_start, rerun_start_fresh, 0, 0);
}

void rerun_look_up(struct engine *engine, uint64_t test)
{
	struct entry *entry = engine_entry(engine, test);
	struct server *server = server_current(engine, entry->found.server);
	entry->state = ENTRY_LOOKED_UP;
	if (!server || server->state != SERVER_SERVING) {
		collect_anew(engine, test);
		return;
	}
	vec_push(&server->tests, test);
	if (server->tests.length > 1)
		return; /* it was asked already */
	struct str line = STR_INIT;
	protocol_put_changes(&line);
	server_send(server, &line);
	str_fini(&line);
}

static void reset(struct engine *engine, struct entry *entry)
{
	entry->attempt = 0;
	entry->duration = 0;
	entry->by_key = entry->had_verdict = true;
	entry->no_rerun = false;
	entry->home = NO_SLOT;
	engine->done--;
	rerun_reopen(engine);
}

void rerun_begin(struct engine *engine, uint64_t test)
{
	struct entry *entry = engine_entry(engine, test);
	reset(engine, entry);
	if (entry->found.server) {
		rerun_look_up(engine, test);
		return;
	}
	entry->state = ENTRY_WAITING;
	sched_again(engine->sched, test);
}

bool rerun_later(struct engine *engine, uint64_t test)
{
	vec_each(&engine->asked, asked)
		if (*asked == test)
			return false;
	vec_push(&engine->asked, test);
	return true;
}

bool rerun_asked(struct engine *engine)
{
	if (engine->asked.length == 0)
		return false;
	engine->closing = false;
	while (engine->asked.length > 0) {
		uint64_t test = engine->asked.items[0];
		vec_remove(&engine->asked, 0);
		rerun_begin(engine, test);
	}
	dispatch(engine);
	return true;
}

bool rerun_as_changed(struct engine *engine, uint64_t test)
{
	struct entry *entry = engine_entry(engine, test);
	if (entry->state != ENTRY_DONE)
		return false;
	if (!team_can_run(engine, entry) || pool_guardian_fd(engine->pool) < 0)
		return true;
	if (suite_has_server(entry->found.suite)) {
		reset(engine, entry);
		entry->state = ENTRY_LOOKED_UP;
		collect_anew(engine, test);
	} else if (entry->broken || entry->judged) {
		return true;
	} else if (entry->found.program && !fs_exists(entry->found.program)) {
		reset(engine, entry);
		entry->state = ENTRY_LOOKED_UP;
		verdict_gone(engine, test, "gone: its program is not there any more");
	} else {
		rerun_begin(engine, test);
	}
	return true;
}

void rerun_collect_file(struct engine *engine, const struct suite_config *suite, const char *path)
{
	vec_push(&engine->fresh_files, ((struct fresh_file){ suite, alloc_string(path) }));
	uv_timer_start(&engine->fresh_start, rerun_start_fresh, 0, 0);
}

void rerun_on_changes(struct server *server, const struct json *files)
{
	struct engine *engine = server->engine;
	size_t count = json_count(files);
	if (count > 0) {
		const char *first = json_text_at(files, 0);
		struct str others = STR_INIT;
		if (count > 1)
			str_add_format(&others, " and %zu other file%s", count - 1, count == 2 ? "" : "s");
		/* A warning, so that the status bar shows it. */
		engine_log(engine, LEVEL_WARNING, "%s%s changed since it was imported: a new server collects what is run again",
			   first ? first : "code", others.length ? others.data : "");
		str_fini(&others);
	}
	for (size_t i = 0; i < server->tests.length; i++) {
		uint64_t test = server->tests.items[i];
		if (count > 0)
			collect_anew(engine, test);
		else
			let_run(engine, test);
	}
	vec_clear(&server->tests);
	dispatch(engine);
}

/* Ends the rerun before it began; the attempt counts. */
static void fail_test(struct engine *engine, uint64_t test, const char *message)
{
	struct entry *entry = engine_entry(engine, test);
	if (entry->state != ENTRY_LOOKED_UP)
		return;
	entry->attempt = 1;
	entry->no_rerun = true;
	verdict_launch_failed(engine, 0, test, message);
}

/* The file of a node id, as pytest is to be asked for it. */
static char *path_of(struct engine *engine, const struct entry *entry)
{
	const struct server *server = server_by_number(engine, entry->found.server);
	const char *end = strstr(entry->found.id, "::");
	char *file = end ? alloc_string_n(entry->found.id, (size_t)(end - entry->found.id))
			 : alloc_string(entry->found.id);
	char *path = fs_join(server && server->rootdir ? server->rootdir : engine->config->root, file);
	free(file);
	return path;
}

static void start_for(struct engine *engine, const struct suite_config *suite)
{
	struct map *seen = map_new();
	VEC(char *) paths = VEC_INIT;
	VEC(uint64_t) tests = VEC_INIT;
	for (size_t i = 0; i < engine->fresh.length; i++) {
		uint64_t number = engine->fresh.items[i];
		struct entry *entry = engine_entry(engine, number);
		if (entry->found.suite != suite)
			continue;
		vec_remove(&engine->fresh, i--);
		if (entry->state != ENTRY_LOOKED_UP)
			continue;
		char *path = path_of(engine, entry);
		if (map_put(seen, path, strlen(path), seen) == NULL)
			vec_push(&paths, path);
		else
			free(path);
		vec_push(&tests, number);
	}
	for (size_t i = 0; i < engine->fresh_files.length; i++) {
		struct fresh_file file = engine->fresh_files.items[i];
		if (file.suite != suite)
			continue;
		vec_remove(&engine->fresh_files, i--);
		if (map_put(seen, file.path, strlen(file.path), seen) == NULL)
			vec_push(&paths, file.path);
		else
			free(file.path);
	}
	if (paths.length > 0) {
		struct error error = ERROR_INIT;
		struct server *server = server_start(engine, suite, paths.items, paths.length, true, &error);
		if (server)
			engine_log(engine, LEVEL_NOTE, "%s: collecting %zu file%s again, as the code is now", suite->name,
				   paths.length, paths.length == 1 ? "" : "s");
		vec_each(&tests, test) {
			if (server)
				vec_push(&server->tests, *test);
			else
				fail_test(engine, *test, error.message);
		}
	}
	vec_each(&paths, path)
		free(*path);
	vec_fini(&paths);
	vec_fini(&tests);
	map_free(seen);
}

void rerun_start_fresh(uv_timer_t *timer)
{
	struct engine *engine = timer->data;
	while (engine->fresh.length > 0)
		start_for(engine, engine_entry(engine, engine->fresh.items[0])->found.suite);
	while (engine->fresh_files.length > 0)
		start_for(engine, engine->fresh_files.items[0].suite);
	finish_check(engine);
}

static const char *failure_of(const struct server *server, const struct entry *entry)
{
	size_t length = strcspn(entry->found.id, ":");
	for (size_t i = 0; i < server->failures.length; i++) {
		const char *file = server->failures.items[i].file;
		if (strlen(file) == length && strncmp(file, entry->found.id, length) == 0)
			return server->failures.items[i].message;
	}
	return NULL;
}

static bool was_found(const struct server *server, const struct entry *entry)
{
	char *key = alloc_format("%u %s", entry->found.ordinal, entry->found.id);
	bool found = server->found && map_get(server->found, key, strlen(key)) != NULL;
	free(key);
	return found;
}

/* A test of which the server, as the code is now, knows nothing. */
static void lose_test(struct engine *engine, uint64_t test)
{
	const struct entry *entry = engine_entry(engine, test);
	if (!engine->watch)
		fail_test(engine, test, "the test is gone: the code as it is now has none of this name");
	else if (entry->broken)
		verdict_gone(engine, test, "it can be collected now");
	else
		verdict_gone(engine, test, "gone: the code as it is now has no test of this name");
}

/* Whether a test has the failure for its verdict already. */
static bool is_told(const struct server *server, const struct collect_failure *failure)
{
	vec_each(&server->tests, test) {
		const char *id = engine_entry(server->engine, *test)->found.id;
		size_t length = strcspn(id, ":");
		if (strlen(failure->file) == length && strncmp(failure->file, id, length) == 0)
			return true;
	}
	return false;
}

/* With --watch: what a saved file has that was not there before. */
static void take_late(struct server *server)
{
	struct engine *engine = server->engine;
	bool any = server->late.length > 0;
	vec_each(&server->late, test) {
		if (watch_knows(engine, test))
			found_test_fini(test);
		else
			collect_take_late(engine, test);
	}
	vec_clear(&server->late);
	vec_each(&server->failures, failure) {
		struct found_test file = { .suite = server->suite, .id = failure->file };
		if (watch_knows(engine, &file) || is_told(server, failure))
			continue;
		any = true;
		collect_add_broken(engine, server->suite, failure->file, failure->message);
	}
	if (any)
		rerun_reopen(engine);
}

void rerun_on_collected(struct server *server)
{
	struct engine *engine = server->engine;
	for (size_t i = 0; i < server->tests.length; i++) {
		uint64_t test = server->tests.items[i];
		struct entry *entry = engine_entry(engine, test);
		const char *failure = failure_of(server, entry);
		if (failure) {
			fail_test(engine, test, failure);
		} else if (!was_found(server, entry)) {
			lose_test(engine, test);
		} else if (entry->judged) { /* as before: there is nothing to run */
			entry->state = ENTRY_DONE;
			engine->done++;
			watch_ended(engine, entry);
		} else {
			entry->found.server = server->number;
			let_run(engine, test);
		}
	}
	if (engine->watch)
		take_late(server);
	vec_clear(&server->tests);
	dispatch(engine);
	finish_check(engine);
}

void rerun_unanswered(struct server *server)
{
	vec_each(&server->tests, test)
		if (engine_entry(server->engine, *test)->state == ENTRY_LOOKED_UP)
			collect_anew(server->engine, *test);
	vec_clear(&server->tests);
}

void rerun_failed(struct server *server, const char *message)
{
	struct engine *engine = server->engine;
	for (size_t i = 0; i < server->tests.length; i++)
		fail_test(engine, server->tests.items[i], message);
	vec_clear(&server->tests);
	finish_check(engine);
}
