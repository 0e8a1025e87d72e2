/* Births and deaths of workers. */
#include "base/alloc.h"
#include "base/clock.h"
#include "engine/internal.h"
#include "event/codec.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Waits until a worker's socket takes more. It has a descriptor of its own, for the pool closes the worker's
 * when the worker dies, and a loop must not poll a closed one. */
struct blocked {
	uv_poll_t poll;
	struct engine *engine;
	unsigned slot;
	int fd;
};

static void free_blocked(uv_handle_t *handle)
{
	struct blocked *blocked = handle->data;
	close(blocked->fd);
	free(blocked);
}

void slots_stop_waiting(struct engine *engine, unsigned slot)
{
	struct blocked *blocked = engine->slots[slot].blocked;
	if (!blocked)
		return;
	engine->slots[slot].blocked = NULL;
	uv_close((uv_handle_t *)&blocked->poll, free_blocked);
}

static void on_writable(uv_poll_t *poll, int status, int events)
{
	struct blocked *blocked = poll->data;
	(void)status;
	(void)events;
	if (pool_flush(blocked->engine->pool, blocked->slot))
		slots_stop_waiting(blocked->engine, blocked->slot);
}

void slots_send(struct engine *engine, unsigned slot, const struct command *command)
{
	struct slot *place = &engine->slots[slot];
	pool_send(engine->pool, slot, command);
	if (place->blocked || pool_command_fd(engine->pool, slot) < 0 || pool_flush(engine->pool, slot))
		return;
	int fd = dup(pool_command_fd(engine->pool, slot));
	if (fd < 0) {
		/* It can't be told anything any more: better a new one than one that never hears. */
		pool_kill_worker(engine->pool, slot);
		return;
	}
	struct blocked *blocked = ALLOC_NEW(struct blocked);
	blocked->engine = engine;
	blocked->slot = slot;
	blocked->fd = fd;
	place->blocked = blocked;
	uv_poll_init(engine->loop, &blocked->poll, fd);
	blocked->poll.data = blocked;
	uv_poll_start(&blocked->poll, UV_WRITABLE, on_writable);
}

int slots_start_one(struct engine *engine, unsigned slot, struct error *error)
{
	struct slot *place = &engine->slots[slot];
	uint32_t incarnation = place->incarnation + 1;
	if (pool_start_worker(engine->pool, slot, incarnation, engine->workers, !team_is_parallel(engine),
			      error) != 0)
		return -1;
	place->state = SLOT_STARTING;
	place->incarnation = incarnation;
	place->finished_one = place->retiring = place->leaving = false;
	place->again = 0;
	if (!place->scheduled)
		sched_worker_added(engine->sched, slot);
	place->scheduled = true;
	return 0;
}

static unsigned living(const struct engine *engine)
{
	unsigned count = 0;
	for (unsigned i = 0; i < engine->workers; i++)
		count += engine->slots[i].state != SLOT_EMPTY;
	return count;
}

static void stop_without_workers(struct engine *engine)
{
	if (living(engine) > 0)
		return;
	engine->failed_inside = true;
	stop_dispatching(engine, "no worker could be started");
}

/* A slot that can't be filled: the others do its work; without any the run ends. */
static void lose_slot(struct engine *engine, unsigned slot, const char *message)
{
	engine->slots[slot].state = SLOT_EMPTY;
	engine->slots[slot].retiring = engine->slots[slot].leaving = false;
	hold_release(engine, slot, (struct slice){ NULL, 0 });
	engine_log(engine, LEVEL_ERROR, "%s", message);
	team_lost(engine, slot, message);
	stop_without_workers(engine);
}

void slots_start(struct engine *engine)
{
	for (unsigned i = 0; i < engine->workers; i++) {
		struct error error = ERROR_INIT;
		if (slots_start_one(engine, i, &error) != 0) {
			engine_log(engine, LEVEL_ERROR, "%s", error.message);
			team_lost(engine, i, error.message);
		}
	}
	stop_without_workers(engine);
}

void slots_describe_death(const struct pool_news *news, struct str *out)
{
	char buffer[32];
	if (news->status == -1)
		str_add_text(out, "went down with the guardian process");
	else if (WIFSIGNALED(news->status))
		str_add_format(out, "was killed by %s", event_signal_name((unsigned)WTERMSIG(news->status), buffer));
	else
		str_add_format(out, "exited with code %d", WEXITSTATUS(news->status));
}

static void put_status(struct event *event, const struct pool_news *news)
{
	if (news->status == -1)
		return;
	if (WIFSIGNALED(news->status))
		event_put(event, signal, (uint64_t)WTERMSIG(news->status));
	else
		event_put(event, exit_code, WEXITSTATUS(news->status));
}

/* The test that a dead worker ran: one failed attempt with the cause, never a silence. */
static void end_its_test(struct engine *engine, unsigned slot, const struct pool_news *news, const char *how)
{
	struct slot *place = &engine->slots[slot];
	uint64_t number = place->running;
	const struct test *test = model_test(engine->model, number);
	const struct attempt *attempt = test ? test_last_attempt(test) : NULL;
	struct entry *entry = engine_entry(engine, number);
	char *message = alloc_format("its worker gw%u %s", slot, how);
	struct event event;
	event_init(&event, EVENT_TEST_FINISHED);
	event_put(&event, worker, slot);
	event_put(&event, test, number);
	event_put(&event, attempt, entry->attempt);
	if (engine->interrupted || (engine->closed && engine->session_over)) {
		event_put(&event, outcome, OUTCOME_NOTRUN);
		event_put_text(&event, reason, engine->close_reason);
	} else {
		event_put(&event, outcome, OUTCOME_CRASHED);
		event_put_text(&event, message, message);
	}
	uint64_t now = clock_now() - engine->epoch;
	event_put(&event, duration, attempt && now > attempt->started ? now - attempt->started : 0);
	put_status(&event, news);
	place->running = 0;
	bus_emit(engine, &event);
	verdict_attempt_ended(engine, &event);
	free(message);
}

static bool may_restart(struct engine *engine, bool barren)
{
	int limit = engine->config->max_worker_restart;
	if (limit < 0)
		limit = 4 * (int)engine->workers;
	if (barren)
		engine->barren_deaths++;
	if (engine->barren_deaths <= (unsigned)limit)
		return true;
	if (!engine->closed) {
		diagnosis_of_run(engine, CODE_WORKERS_DIE_AGAIN, LEVEL_ERROR,
				 "workers died %u times without a test (--max-worker-restart %d): giving up",
				 engine->barren_deaths, limit);
		engine->failed_inside = true;
		stop_dispatching(engine, "workers died again and again");
	}
	return false;
}

static bool work_is_left(const struct engine *engine)
{
	return !engine->closed && engine->done < engine->entries.length;
}

static void tell_death(struct engine *engine, const struct pool_news *news, const char *how)
{
	struct event event;
	event_init(&event, EVENT_WORKER_DIED);
	event_put(&event, worker, news->slot);
	event_put(&event, incarnation, news->incarnation);
	event_put(&event, pid, (uint64_t)news->pid);
	event_put(&event, test, engine->slots[news->slot].running);
	put_status(&event, news);
	event_put_text(&event, message, how);
	bus_emit(engine, &event);
}

static void on_death(struct engine *engine, const struct pool_news *news)
{
	unsigned slot = news->slot;
	struct slot *place = &engine->slots[slot];
	slots_stop_waiting(engine, slot);
	drain_rest(engine, slot);

	struct str how = STR_INIT;
	slots_describe_death(news, &how);
	bool leaving = place->leaving;
	if (leaving && !place->running)
		team_tell_left(engine, slot);
	else
		tell_death(engine, news, how.data);

	/* A test that takes its worker with it has a verdict of its own, and must not end the run. */
	bool barren = !place->finished_one && !place->running;
	if (!leaving && !place->running && !engine->interrupted)
		diagnosis_of_worker(engine, news, how.data, false);
	place->state = SLOT_EMPTY;
	place->wants = place->again = 0;
	place->retiring = place->leaving = false;
	if (place->ahead)
		dispatch_unsend(engine, slot);
	hold_release(engine, slot, (struct slice){ NULL, 0 });
	if (place->running)
		end_its_test(engine, slot, news, how.data);
	str_fini(&how);

	struct error error = ERROR_INIT;
	if (leaving)
		team_lost(engine, slot, "its worker was taken away");
	else if (work_is_left(engine) && may_restart(engine, barren) && slots_start_one(engine, slot, &error) != 0)
		lose_slot(engine, slot, error.message);
	dispatch(engine);
	finish_check(engine);
}

static void on_guardian_death(struct engine *engine)
{
	engine_log(engine, LEVEL_ERROR,
		   "the guardian process was killed by somebody; its workers were ended and the run stops");
	engine->failed_inside = true;
	stop_dispatching(engine, "the guardian process was killed");
	uv_poll_stop(&engine->guardian);
	/* They died with it. */
	for (size_t i = 0; i < engine->servers.length; i++) {
		struct pool_news news = { .type = POOL_SERVER_DIED, .slot = (unsigned)i + 1, .status = -1 };
		server_on_news(engine, &news);
	}
	build_lost(engine);
	/* It rested behind its end, for files to be saved: there is nothing to wait for any more. */
	if (engine->finished && engine->listener.finished)
		engine->listener.finished(engine->listener.context);
}

void slots_on_guardian(uv_poll_t *handle, int status, int events)
{
	struct engine *engine = handle->data;
	struct pool_news news;
	(void)status;
	(void)events;
	while (pool_next_news(engine->pool, &news)) {
		switch (news.type) {
		case POOL_STARTED:
			break;
		case POOL_NOT_STARTED: {
			char *message = alloc_format("worker gw%u can't be started: %s", news.slot,
						     strerror(news.number));
			slots_stop_waiting(engine, news.slot);
			if (engine->slots[news.slot].ahead)
				dispatch_unsend(engine, news.slot);
			lose_slot(engine, news.slot, message);
			free(message);
			dispatch(engine);
			break;
		}
		case POOL_DIED:
			on_death(engine, &news);
			break;
		case POOL_GUARDIAN_DIED:
			on_guardian_death(engine);
			break;
		case POOL_SERVER_STARTED:
			break;
		case POOL_SERVER_NOT_STARTED:
		case POOL_SERVER_DIED:
			server_on_news(engine, &news);
			build_on_news(engine, &news);
			break;
		}
	}
	finish_check(engine);
}
