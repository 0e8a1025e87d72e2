#include "engine/engine.h"

#include "adapter/programs.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "engine/given.h"
#include "engine/internal.h"
#include "event/codec.h"

#include <stdlib.h>
#include <string.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

enum { EXIT_CONFIGURATION = 4 };

struct entry *engine_entry(struct engine *engine, uint64_t test)
{
	return test > 0 && test <= engine->entries.length ? &engine->entries.items[test - 1] : NULL;
}

const struct model *engine_model(const struct engine *engine)
{
	return engine->model;
}

static void on_second(uv_timer_t *timer)
{
	struct engine *engine = timer->data;
	struct error error = ERROR_INIT;
	if (engine->finished) /* what comes behind the end was written with it; rerun_reopen goes on */
		uv_timer_stop(timer);
	past_flush(engine);
	if (engine->journal && journal_flush(engine->journal, &error) != 0) {
		engine_log(engine, LEVEL_ERROR, "%s; the run goes on without a record", error.message);
		engine->failed_inside = true;
	}
}

void engine_start_second(struct engine *engine)
{
	if (!uv_is_active((uv_handle_t *)&engine->second))
		uv_timer_start(&engine->second, on_second, 1000, 1000);
}

static void open_handles(struct engine *engine)
{
	uv_poll_init(engine->loop, &engine->doorbell, ring_doorbell(engine->ring));
	uv_poll_init(engine->loop, &engine->guardian, pool_guardian_fd(engine->pool));
	uv_prepare_init(engine->loop, &engine->before_sleep);
	uv_idle_init(engine->loop, &engine->more);
	uv_timer_init(engine->loop, &engine->second);
	uv_timer_init(engine->loop, &engine->retry_timer);
	uv_timer_init(engine->loop, &engine->fresh_start);
	uv_timer_init(engine->loop, &engine->session);
	uv_timer_init(engine->loop, &engine->room);
	engine->doorbell.data = engine->guardian.data = engine->more.data = engine;
	engine->session.data = engine->room.data = engine;
	engine->second.data = engine->retry_timer.data = engine->before_sleep.data = engine->fresh_start.data = engine;
	uv_poll_start(&engine->doorbell, UV_READABLE, drain_on_doorbell);
	uv_poll_start(&engine->guardian, UV_READABLE | UV_DISCONNECT, slots_on_guardian);
	uv_prepare_start(&engine->before_sleep, drain_before_sleep);
	engine_start_second(engine);
	engine->handles_open = true;
}

struct engine *engine_new(uv_loop_t *loop, struct config *config, struct pool *pool, struct ring *ring,
			  const char *run_id, uint64_t epoch, const struct engine_listener *listener,
			  struct error *error)
{
	struct engine *engine = ALLOC_NEW(struct engine);
	engine->loop = loop;
	engine->config = config;
	engine->pool = pool;
	engine->ring = ring;
	engine->run_id = run_id;
	engine->epoch = epoch;
	engine->listener = *listener;
	engine->quarantine = quarantine_load(config->quarantine_file, clock_wall(), error);
	engine->rules = engine->quarantine ? rules_new(config, error) : NULL;
	engine->retry = engine->rules ? retry_new(config, error) : NULL;
	if (!engine->retry)
		goto fail;
	engine->model = model_new();
	engine->spool = spool_new(config->root, run_id);
	engine->seen = map_new();
	return engine;
fail:
	quarantine_free(engine->quarantine);
	rules_free(engine->rules);
	free(engine);
	return NULL;
}

static void emit_started(struct engine *engine, const char *command_line)
{
	struct event event;
	event_init(&event, EVENT_RUN_STARTED);
	event_put_text(&event, run_id, engine->run_id);
	event_put_text(&event, version, PACKAGE_VERSION);
	event_put_text(&event, command, command_line);
	event_put_text(&event, root, engine->config->root);
	event_put(&event, wall, clock_wall() - (clock_now() - engine->epoch));
	bus_emit(engine, &event);
}

static bool all_servers_are(const struct engine *engine, enum server_state least)
{
	for (size_t i = 0; i < engine->servers.length; i++)
		if (!engine->servers.items[i]->auxiliary && engine->servers.items[i]->state < least)
			return false;
	return true;
}

void engine_end_collection(struct engine *engine)
{
	if (engine->begun && !engine->collected && all_servers_are(engine, SERVER_SERVING))
		collect_end(engine);
}

/* Nothing was said before: a mistake in the command line or in pytest's configuration must leave no record, nor an
 * earlier one overwritten, of a run that never was. */
void engine_begin(struct engine *engine)
{
	struct error error = ERROR_INIT;
	if (engine->begun || engine->finished || !all_servers_are(engine, SERVER_READY))
		return;
	if (collect_begin(engine, &error) != 0) {
		finish_failed(engine, EXIT_CONFIGURATION, error.message);
		return;
	}
	if (engine->config->record) {
		engine->journal = journal_create(engine->config->record, &error);
		if (!engine->journal) {
			finish_failed(engine, EXIT_CONFIGURATION, error.message);
			return;
		}
	}
	engine->begun = true;
	emit_started(engine, engine->command_line);
	bus_tell_early(engine);
	collect_tell(engine, engine->findings);
	collect_forget(engine->findings);
	engine->findings = NULL;
	vec_each(&engine->servers, server) {
		if ((*server)->state == SERVER_READY)
			(*server)->state = SERVER_FINDING;
		server_let_go(*server);
	}
	engine_end_collection(engine);
}

static int start_servers(struct engine *engine, struct error *error)
{
	for (size_t i = 0; i < engine->config->suites.length; i++) {
		const struct suite_config *suite = &engine->config->suites.items[i];
		if (suite_is_wanted(engine->config, suite) && suite_has_server(suite) &&
		    !server_start(engine, suite, NULL, 0, false, error))
			return -1;
	}
	return 0;
}

/* By what tests are chosen and ordered. */
static int prepare(struct engine *engine, struct error *error)
{
	if (past_open(engine, error) != 0)
		return -1;
	engine->selection = selection_new(engine->config, engine->history, error);
	if (!engine->selection)
		return -1;
	if (engine->config->order_given && !(engine->given = given_new(engine->config, error)))
		return -1;
	return 0;
}

static bool start_builds(struct engine *engine)
{
	for (size_t i = 0; i < engine->config->suites.length; i++) {
		const struct suite_config *suite = &engine->config->suites.items[i];
		if (suite->build && suite_is_wanted(engine->config, suite) && !suite->left_out)
			build_start(engine, suite);
	}
	return build_goes_on(engine);
}

static int collect(struct engine *engine, struct error *error)
{
	engine->findings = collect_find(engine->config, error);
	if (!engine->findings || start_servers(engine, error) != 0)
		return -1;
	engine_begin(engine);
	return 0;
}

void engine_collect(struct engine *engine)
{
	struct error error = ERROR_INIT;
	if (collect(engine, &error) != 0)
		finish_failed(engine, EXIT_CONFIGURATION, error.message);
}

int engine_start(struct engine *engine, const char *command_line, struct error *error)
{
	engine->command_line = command_line;
	engine->collect_only = engine->config->collect_only;
	if (prepare(engine, error) != 0)
		return -1;
	open_handles(engine);
	watch_start(engine);
	return start_builds(engine) ? 0 : collect(engine, error);
}

int engine_failure(const struct engine *engine, const char **message)
{
	*message = engine->failure;
	return engine->failure ? engine->failure_code : 0;
}

void engine_close(struct engine *engine)
{
	if (engine->handles_open) {
		uv_close((uv_handle_t *)&engine->doorbell, NULL);
		uv_close((uv_handle_t *)&engine->guardian, NULL);
		uv_close((uv_handle_t *)&engine->before_sleep, NULL);
		uv_close((uv_handle_t *)&engine->more, NULL);
		uv_close((uv_handle_t *)&engine->second, NULL);
		uv_close((uv_handle_t *)&engine->retry_timer, NULL);
		uv_close((uv_handle_t *)&engine->session, NULL);
		uv_close((uv_handle_t *)&engine->room, NULL);
		uv_close((uv_handle_t *)&engine->fresh_start, NULL);
		watch_close(engine);
		build_close(engine);
		vec_each(&engine->servers, server)
			server_close(*server);
		for (unsigned i = 0; i < engine->workers; i++) {
			struct command command = { .type = COMMAND_LEAVE };
			slots_send(engine, i, &command);
			slots_stop_waiting(engine, i);
		}
		engine->handles_open = false;
	}
	struct error error = ERROR_INIT;
	if (engine->journal && journal_close(engine->journal, &error) != 0) {
		engine->journal = NULL;
		engine_log(engine, LEVEL_ERROR, "%s; the record is not whole", error.message);
		engine->failed_inside = true;
	}
	engine->journal = NULL;
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	vec_each(&engine->entries, entry)
		found_test_fini(&entry->found);
	vec_fini(&engine->entries);
	vec_each(&engine->held, test)
		found_test_fini(test);
	vec_fini(&engine->held);
	for (unsigned i = 0; i < RING_LANES; i++)
		hold_fini(&engine->slots[i]);
	sched_free(engine->sched);
	rules_free(engine->rules);
	retry_free(engine->retry);
	selection_free(engine->selection);
	given_free(engine->given);
	if (engine->recording != engine->history)
		history_close(engine->recording);
	history_close(engine->history);
	spool_free(engine->spool);
	stacks_free(engine);
	quarantine_free(engine->quarantine);
	model_free(engine->model);
	free(engine->close_reason);
	free(engine->failure);
	bus_forget_early(engine);
	collect_forget(engine->findings);
	map_free(engine->seen);
	vec_each(&engine->servers, server)
		server_free(*server);
	vec_fini(&engine->servers);
	vec_fini(&engine->fresh);
	vec_fini(&engine->asked);
	vec_each(&engine->fresh_files, file)
		free(file->path);
	vec_fini(&engine->fresh_files);
	watch_free(engine);
	build_free(engine);
	vec_each(&engine->bailed, bailed)
		free(bailed->reason);
	vec_fini(&engine->bailed);
	free(engine);
}

bool engine_can_run(const struct engine *engine)
{
	return pool_guardian_fd(engine->pool) >= 0;
}

bool engine_is_finished(const struct engine *engine)
{
	return engine->finished;
}

/* A plugin set a status: coverage is below its limit, say. */
static bool plugins_object(const struct engine *engine)
{
	for (size_t i = 0; i < engine->servers.length; i++)
		if (engine->servers.items[i]->status != 0)
			return true;
	return false;
}

/* There are tests, but other machines have them all. */
static bool is_empty_shard(const struct engine *engine)
{
	return engine->elsewhere > 0;
}

int engine_exit_code(const struct engine *engine)
{
	const struct run *run = model_run(engine->model);
	struct tally_summary sum = tally_sum(&run->tally);
	if (engine->failure_code)
		return engine->failure_code;
	if (engine->failed_inside)
		return 3;
	if (engine->interrupted || engine->broken_collection)
		return 2;
	if (sum.failed > 0 || engine->session_over)
		return 1;
	if (engine->lost_session) /* whether a plugin would have objected is not known */
		return 3;
	if (sum.notrun > 0) /* nothing failed in the end, but the answer is not whole */
		return engine->ever_interrupted ? 2 : 1;
	if (plugins_object(engine))
		return 1;
	if (engine->entries.length == 0)
		return engine->config->no_tests_pass || is_empty_shard(engine) ? 0 : 5;
	return 0;
}
