#include "engine/engine.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/internal.h"
#include "event/codec.h"
#include "worker/cpus.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

/* What the controller needs beside its workers', with some to open for a moment; and what it needs for each: a
 * socket, a pidfd, and the file of a long output. */
#define SPARE_DESCRIPTORS 24
#define WORKER_DESCRIPTORS 3

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
	if (engine->journal && journal_flush(engine->journal, &error) != 0) {
		engine_log(engine, LEVEL_ERROR, "%s; the run goes on without a record", error.message);
		engine->failed_inside = true;
	}
}

static void open_handles(struct engine *engine)
{
	uv_poll_init(engine->loop, &engine->doorbell, ring_doorbell(engine->ring));
	uv_poll_init(engine->loop, &engine->guardian, pool_guardian_fd(engine->pool));
	uv_prepare_init(engine->loop, &engine->before_sleep);
	uv_idle_init(engine->loop, &engine->more);
	uv_timer_init(engine->loop, &engine->second);
	uv_timer_init(engine->loop, &engine->retry);
	engine->doorbell.data = engine->guardian.data = engine->more.data = engine;
	engine->second.data = engine->retry.data = engine->before_sleep.data = engine;
	uv_poll_start(&engine->doorbell, UV_READABLE, drain_on_doorbell);
	uv_poll_start(&engine->guardian, UV_READABLE | UV_DISCONNECT, slots_on_guardian);
	uv_prepare_start(&engine->before_sleep, drain_before_sleep);
	uv_timer_start(&engine->second, on_second, 1000, 1000);
	engine->handles_open = true;
}

struct engine *engine_new(uv_loop_t *loop, const struct config *config, struct pool *pool, struct ring *ring,
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
	engine->sched_ops = sched_find(config->dist);
	if (!engine->sched_ops) {
		error_set(error, "--dist: expected load or no, found '%s'", config->dist);
		goto fail;
	}
	engine->quarantine = quarantine_load(config->quarantine_file, clock_wall(), error);
	if (!engine->quarantine)
		goto fail;
	engine->model = model_new();
	engine->sched = engine->sched_ops->new();
	engine->spool = spool_new(config->root, run_id);
	return engine;
fail:
	free(engine);
	return NULL;
}

unsigned engine_count_workers(struct engine *engine)
{
	const struct config *config = engine->config;
	size_t tests = engine->entries.length - engine->done;
	unsigned long wanted = 1;
	if (config->workers > 0)
		wanted = (unsigned long)config->workers;
	else if (config->workers < 0)
		wanted = cpus_usable();
	if (config->workers < 0 && config->max_workers > 0 && wanted > (unsigned long)config->max_workers)
		wanted = (unsigned long)config->max_workers;
	if (strcmp(config->dist, "no") == 0)
		wanted = 1;
	if (wanted > tests)
		wanted = tests ? tests : 1;
	if (wanted > RING_LANES)
		wanted = RING_LANES;
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
		unsigned long room = 1;
		if (limit.rlim_cur >= SPARE_DESCRIPTORS + WORKER_DESCRIPTORS)
			room = (unsigned long)(limit.rlim_cur - SPARE_DESCRIPTORS) / WORKER_DESCRIPTORS;
		if (wanted > room) {
			engine_log(engine, LEVEL_WARNING,
				   "%lu worker%s instead of %lu: this process may open only %lu files (`ulimit -n`)",
				   room, room == 1 ? "" : "s", wanted, (unsigned long)limit.rlim_cur);
			wanted = room;
		}
	}
	return (unsigned)wanted;
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

static int begin(struct engine *engine, const char *command_line, struct error *error)
{
	struct findings *findings = collect_find(engine->config, error);
	if (!findings)
		return -1;
	if (engine->config->record) {
		engine->journal = journal_create(engine->config->record, error);
		if (!engine->journal) {
			collect_forget(findings);
			return -1;
		}
	}
	emit_started(engine, command_line);
	collect_tell(engine, findings);
	collect_forget(findings);
	return 0;
}

int engine_collect_only(struct engine *engine, const char *command_line, struct error *error)
{
	if (begin(engine, command_line, error) != 0)
		return -1;
	engine->finished = true;
	return 0;
}

int engine_start(struct engine *engine, const char *command_line, struct error *error)
{
	if (begin(engine, command_line, error) != 0)
		return -1;
	/* A worker must not start a test that the N-th failure would have held back. */
	engine->ahead_limit = engine->config->max_fail || engine->config->workers == 0 ? 1 : 2;
	open_handles(engine);
	if (engine->done < engine->entries.length) {
		slots_start(engine);
		dispatch(engine);
	}
	verdict_check_finished(engine);
	return 0;
}

void engine_close(struct engine *engine)
{
	if (engine->handles_open) {
		uv_close((uv_handle_t *)&engine->doorbell, NULL);
		uv_close((uv_handle_t *)&engine->guardian, NULL);
		uv_close((uv_handle_t *)&engine->before_sleep, NULL);
		uv_close((uv_handle_t *)&engine->more, NULL);
		uv_close((uv_handle_t *)&engine->second, NULL);
		uv_close((uv_handle_t *)&engine->retry, NULL);
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
		if (!entry->broken)
			found_test_fini(&entry->found);
	vec_fini(&engine->entries);
	engine->sched_ops->free(engine->sched);
	spool_free(engine->spool);
	quarantine_free(engine->quarantine);
	model_free(engine->model);
	free(engine->close_reason);
	vec_each(&engine->bailed, bailed)
		free(bailed->reason);
	vec_fini(&engine->bailed);
	free(engine);
}

bool engine_is_finished(const struct engine *engine)
{
	return engine->finished;
}

int engine_exit_code(const struct engine *engine)
{
	const struct run *run = model_run(engine->model);
	struct tally_summary sum = tally_sum(&run->tally);
	if (engine->failed_inside)
		return 3;
	if (engine->interrupted || engine->broken_collection)
		return 2;
	if (sum.failed > 0)
		return 1;
	if (sum.notrun > 0) /* nothing failed in the end, but the answer is not whole */
		return engine->ever_interrupted ? 2 : 1;
	if (engine->entries.length == 0)
		return engine->config->no_tests_pass ? 0 : 5;
	return 0;
}
