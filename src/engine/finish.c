/* The end of a run, in steps that each wait for the one before:
 *
 *   every test has its verdict
 *   → harnesses leave (their session ends; what plugins gathered in them goes to the server)
 *   → servers finish (summaries, coverage, their exit status)
 *   → run.finished
 *
 * A run without servers has only the last one.
 */
#include "adapter/protocol.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "engine/internal.h"
#include "event/codec.h"

#include <stdlib.h>

enum { EXIT_INTERRUPTED = 2 };

static void retire_harnesses(struct engine *engine)
{
	engine->closing = true;
	for (unsigned i = 0; i < engine->workers; i++) {
		struct command command = { .type = COMMAND_RETIRE };
		if (engine->slots[i].state == SLOT_EMPTY)
			continue;
		engine->slots[i].retiring = true;
		slots_send(engine, i, &command);
	}
}

static bool harnesses_leave(const struct engine *engine)
{
	for (unsigned i = 0; i < engine->workers; i++)
		if (engine->slots[i].retiring)
			return true;
	return false;
}

/* True: some are not done. */
static bool end_servers(struct engine *engine)
{
	struct tally_summary sum = tally_sum(&model_run(engine->model)->tally);
	bool waiting = false;
	vec_each(&engine->servers, it) {
		struct server *server = *it;
		if (server->state == SERVER_SERVING) {
			struct str line = STR_INIT;
			protocol_put_finish(&line, sum.failed, sum.passed, engine->close_reason);
			server->state = SERVER_ENDING;
			server_send(server, &line);
			str_fini(&line);
		}
		waiting = waiting || server->state == SERVER_ENDING;
	}
	return waiting;
}

static void emit_finished(struct engine *engine)
{
	struct tally_summary sum = tally_sum(&model_run(engine->model)->tally);
	struct event event;
	event_init(&event, EVENT_RUN_FINISHED);
	event_put(&event, exit_code, engine_exit_code(engine));
	engine->finished_at = clock_now();
	event_put(&event, duration, engine->finished_at - engine->epoch - engine->idle);
	event_put(&event, tests, engine->entries.length);
	event_put(&event, passed, sum.passed);
	event_put(&event, failed, sum.failed);
	event_put(&event, skipped, sum.skipped);
	event_put(&event, notrun, sum.notrun);
	bus_emit(engine, &event);
}

static void finish(struct engine *engine)
{
	engine->finished = true;
	engine->closing = engine->paused = false;
	if (!engine->collect_only) {
		past_end(engine);
		emit_finished(engine);
		watch_rest(engine);
	}
	if (engine->listener.finished)
		engine->listener.finished(engine->listener.context);
}

void finish_check(struct engine *engine)
{
	if (engine->finished || !engine->begun || !engine->collected)
		return;
	if (engine->collect_only) {
		finish(engine);
		return;
	}
	if (engine->done < engine->entries.length)
		return;
	if (engine->servers.length > 0 && !engine->forced) {
		if (!engine->closing)
			retire_harnesses(engine);
		if (harnesses_leave(engine) || end_servers(engine))
			return;
	}
	if (!rerun_asked(engine))
		finish(engine);
}

void finish_by_force(struct engine *engine)
{
	for (unsigned i = 0; i < engine->workers; i++) {
		if (engine->slots[i].retiring)
			pool_kill_worker(engine->pool, i);
		engine->slots[i].retiring = false;
	}
	engine->forced = true;
	vec_each(&engine->servers, it) {
		struct server *server = *it;
		if (server->state != SERVER_SERVING && server->state != SERVER_ENDING)
			continue;
		server->state = SERVER_DONE;
		server_kill(server);
	}
	finish_check(engine);
}

void finish_failed(struct engine *engine, int code, const char *message)
{
	if (engine->finished)
		return;
	engine->failure_code = code;
	engine->failure = alloc_string(message);
	engine->finished = engine->collected = true;
	vec_each(&engine->servers, it) {
		(*it)->state = SERVER_DONE;
		server_kill(*it);
	}
	if (engine->listener.finished)
		engine->listener.finished(engine->listener.context);
}

void finish_uncollected(struct engine *engine, const char *reason)
{
	if (!engine->begun) {
		char *message = alloc_format("%s before there was anything to run", reason);
		finish_failed(engine, EXIT_INTERRUPTED, message);
		free(message);
		return;
	}
	engine_log(engine, LEVEL_WARNING, "%s while tests were being collected", reason);
	vec_each(&engine->servers, it) {
		(*it)->state = SERVER_DONE;
		server_kill(*it);
	}
	stop_dispatching(engine, reason);
	collect_end(engine);
}
