/* From the scheduler to the workers.
 *
 * A worker holds the test that it runs and at most one more, so that it goes on by itself while
 * the controller draws.  When nothing waits any more and somebody is idle, a test that is held behind
 * a running one is asked back: nobody waits while another is idle.
 */
#include "engine/internal.h"

#include "base/alloc.h"
#include "event/codec.h"

#include <stdlib.h>

/* What was begun there may go on. */
static bool may_hold(const struct engine *engine, const struct slot *slot)
{
	return slot->state != SLOT_EMPTY && !slot->again && !slot->leaving && !engine->closed &&
	       !engine->paused && !engine->replacing;
}

static bool takes_jobs(const struct engine *engine, const struct slot *slot)
{
	return may_hold(engine, slot) && !slot->resting;
}

/* One that is about to end and waits to hear what comes next counts as ended: its slot comes before those that only
 * want a second test. */
static unsigned held(const struct slot *slot)
{
	return (slot->running && !slot->wants ? 1U : 0U) + (slot->ahead ? 1U : 0U);
}

/* A test of a server's needs no launch: its worker asks the server for a harness. */
static int fill_launch(struct engine *engine, const struct entry *entry, struct job *job, struct error *error)
{
	const struct server *server = server_current(engine, entry->found.server);
	if (!server)
		return collect_launch(engine->config, &entry->found, &job->launch, error);
	if (server->hopeless)
		return error_set(error, "the server that ran it died, and no other could be started");
	job->server = alloc_string(server->socket);
	return 0;
}

/* A mark, what the person who started xtop says, a rule, the suite, the project: the first that says it. */
static uint64_t deadline_of(const struct engine *engine, const struct entry *entry)
{
	const struct found_test *found = &entry->found;
	if (found->timeout != UINT64_MAX)
		return found->timeout;
	if (config_option_is_forced(engine->config, "timeout"))
		return engine->config->timeout;
	if (entry->timeout != UINT64_MAX)
		return entry->timeout;
	return found->suite->timeout != UINT64_MAX ? found->suite->timeout : engine->config->timeout;
}

/* What the person who started xtop says, a rule, the suite, the project: the first that says it. */
static enum leak_mode leak_of(const struct engine *engine, const struct entry *entry)
{
	if (config_option_is_forced(engine->config, "leak"))
		return engine->config->leak;
	if (entry->leak >= 0)
		return (enum leak_mode)entry->leak;
	return entry->found.suite->leak >= 0 ? (enum leak_mode)entry->found.suite->leak : engine->config->leak;
}

static uint64_t mem_limit_of(const struct engine *engine, const struct entry *entry)
{
	if (config_option_is_forced(engine->config, "mem-limit"))
		return engine->config->mem_limit;
	if (entry->mem_limit != UINT64_MAX)
		return entry->mem_limit;
	return entry->found.suite->mem_limit != UINT64_MAX ? entry->found.suite->mem_limit : engine->config->mem_limit;
}

static void send_job(struct engine *engine, unsigned slot, uint64_t test)
{
	const struct config *config = engine->config;
	struct entry *entry = engine_entry(engine, test);
	struct error error = ERROR_INIT;
	struct job *job = ALLOC_NEW(struct job);
	launch_init(&job->launch);
	entry->attempt++;
	entry->state = ENTRY_SENT;
	if (fill_launch(engine, entry, job, &error) != 0) {
		job_free(job);
		/* It never reached the worker, which may run another: the engine speaks in its place. */
		verdict_launch_failed(engine, slot, test, error.message);
		return;
	}
	job->test = test;
	job->behind = engine->slots[slot].running;
	job->attempt = entry->attempt;
	job->id = alloc_string(entry->found.id);
	job->ordinal = entry->found.ordinal;
	job->stop_on_failure = config->max_fail > 0;
	job->may_rerun = retry_may_follow_here(engine, entry);
	job->adapter = entry->found.adapter;
	job->timeout = deadline_of(engine, entry);
	job->grace = config->timeout_grace;
	job->enough_stacks = stacks_are_enough(engine, entry);
	job->output_limit = config->output_limit;
	job->leak = leak_of(engine, entry);
	job->mem_limit = mem_limit_of(engine, entry);
	hold_put_kept(engine, slot, test, &job->keep);
	struct command command = { .type = COMMAND_JOB, .job = job };
	engine->slots[slot].ahead = test;
	slots_send(engine, slot, &command);
	job_free(job);
}

/* Nothing may hang, and nothing is lost, whatever a scheduler does. */
static void stop_for_scheduler(struct engine *engine, const char *message)
{
	if (engine->closed)
		return;
	engine_log(engine, LEVEL_ERROR, "the scheduler %s failed: %s", sched_mode(engine->sched), message);
	engine->failed_inside = true;
	stop_dispatching(engine, "the scheduler failed");
}

void dispatch_release(struct engine *engine, uint64_t test, uint64_t duration)
{
	struct entry *entry = engine_entry(engine, test);
	if (entry->holder == NO_SLOT)
		return;
	sched_ended(engine->sched, entry->holder, test, duration);
	entry->holder = NO_SLOT;
}

static bool give_one(struct engine *engine, unsigned slot)
{
	struct slot *place = &engine->slots[slot];
	bool holds = hold_any(engine, slot);
	if (!(holds ? may_hold : takes_jobs)(engine, place) || place->ahead)
		return false;
	uint64_t test = holds ? hold_next(engine, slot) :
				sched_next(engine->sched, slot, place->running && !place->wants);
	if (!test) {
		const char *failure = sched_failure(engine->sched);
		if (failure)
			stop_for_scheduler(engine, failure);
		return false;
	}
	engine_entry(engine, test)->holder = slot;
	const char *reason = stop_reason(engine, engine_entry(engine, test));
	if (reason) {
		dispatch_release(engine, test, 0);
		verdict_not_run(engine, test, reason);
	} else {
		send_job(engine, slot, test);
	}
	return true;
}

/* It has nothing, or will have nothing in a moment. */
static bool is_idle(const struct engine *engine, const struct slot *slot)
{
	return takes_jobs(engine, slot) && held(slot) == 0;
}

static bool somebody_is_idle(struct engine *engine)
{
	for (unsigned i = 0; i < engine->workers; i++)
		if (is_idle(engine, &engine->slots[i]) && (hold_is_open(engine, i) || hold_is_due(engine, i)))
			return true;
	return false;
}

/* The idle worker's gain is certain, the holder's loss is none: it runs something already. Idle workers were asked
 * before, so there is nothing else for them. */
static void recall_for_idle(struct engine *engine)
{
	size_t idle = 0;
	for (unsigned i = 0; i < engine->workers; i++)
		idle += is_idle(engine, &engine->slots[i]) && hold_is_open(engine, i);
	for (unsigned i = 0; i < engine->workers && idle > 0; i++) {
		struct slot *slot = &engine->slots[i];
		if (slot->running && slot->ahead && engine_entry(engine, slot->ahead)->home == NO_SLOT &&
		    sched_is_movable(engine->sched, slot->ahead)) {
			idle--;
			if (!slot->recalling) {
				struct command command = { .type = COMMAND_RECALL, .test = slot->ahead };
				slot->recalling = true;
				slots_send(engine, i, &command);
			}
		}
	}
}

static bool something_returns(const struct engine *engine)
{
	for (unsigned i = 0; i < engine->workers; i++)
		if (engine->slots[i].ahead && engine->slots[i].recalling)
			return true;
	return false;
}

static void answer_without_next(struct engine *engine, unsigned slot)
{
	struct command command = { .type = COMMAND_NO_NEXT, .test = engine->slots[slot].wants };
	if (hold_put_kept(engine, slot, 0, &command.keep))
		command.type = COMMAND_KEEP;
	slots_send(engine, slot, &command);
	command_fini(&command);
}

/* A harness that hears of no next test ends all its fixtures, for nothing if one comes a moment later. */
static void answer_wishes(struct engine *engine)
{
	bool more = !engine->closed && something_returns(engine);
	for (unsigned i = 0; i < engine->workers; i++) {
		struct slot *slot = &engine->slots[i];
		if (!slot->wants || (more && !slot->ahead))
			continue;
		if (!slot->ahead)
			answer_without_next(engine, i);
		slot->wants = 0;
	}
}

/* Lets a slot hold as many as `limit`. */
static void fill(struct engine *engine, unsigned slot, unsigned limit)
{
	struct slot *place = &engine->slots[slot];
	while (held(place) < limit && give_one(engine, slot))
		continue;
}

/* Every worker was asked and none has a test, though some wait. */
static void check_stuck(struct engine *engine)
{
	if (engine->closed || engine->paused || engine->replacing || sched_waiting(engine->sched) == 0)
		return;
	bool asked = false;
	for (unsigned i = 0; i < engine->workers; i++) {
		const struct slot *slot = &engine->slots[i];
		if (slot->running || slot->ahead || slot->again || hold_any(engine, i))
			return;
		asked = asked || takes_jobs(engine, slot);
	}
	/* What is left may be bound to one that rests. */
	if (resting_end_one(engine)) {
		dispatch(engine);
		return;
	}
	const char *message = asked ? sched_stuck(engine->sched) : NULL;
	if (message)
		stop_for_scheduler(engine, message);
}

void dispatch(struct engine *engine)
{
	for (unsigned limit = 1; limit <= engine->ahead_limit; limit++)
		for (unsigned i = 0; i < engine->workers; i++)
			fill(engine, i, limit);
	recall_for_idle(engine);
	answer_wishes(engine);
	check_stuck(engine);
	/* A test that can't even be launched has its verdict now. */
	finish_check(engine);
}

void dispatch_slot(struct engine *engine, unsigned slot)
{
	fill(engine, slot, engine->ahead_limit);
	/* What it held may be what idle ones waited for: a limit's place, the end of a serial test. */
	if (somebody_is_idle(engine))
		dispatch(engine);
}

void dispatch_started(struct engine *engine, unsigned slot, uint64_t test)
{
	struct slot *place = &engine->slots[slot];
	struct entry *entry = engine_entry(engine, test);
	if (place->ahead != test || !entry)
		return;
	place->ahead = 0;
	place->recalling = false;
	place->running = place->last = test;
	entry->state = ENTRY_RUNNING;
	hold_started(engine, slot, test);
	if (!entry->position)
		entry->position = ++engine->starts;
	if (engine->interrupted || (engine->closed && engine->session_over)) { /* it was started before the worker read that it should not be */
		struct command command = { .type = COMMAND_CANCEL, .test = test, .reason = engine->close_reason };
		slots_send(engine, slot, &command);
	}
	answer_wishes(engine);
}

void dispatch_put_times(struct engine *engine, struct event *event)
{
	const struct entry *entry = engine_entry(engine, event->test);
	uint64_t deadline = entry ? deadline_of(engine, entry) : 0;
	if (entry && entry->expected)
		event_put(event, expected, entry->expected);
	if (deadline)
		event_put(event, deadline, deadline);
}

void dispatch_unsend(struct engine *engine, unsigned slot)
{
	struct slot *place = &engine->slots[slot];
	uint64_t test = place->ahead;
	struct entry *entry = engine_entry(engine, test);
	place->ahead = 0;
	place->recalling = false;
	entry->attempt--;
	entry->state = entry->home == slot ? ENTRY_DELAYED : ENTRY_WAITING;
	const char *reason = stop_reason(engine, entry);
	if (reason) {
		dispatch_release(engine, test, 0);
		verdict_not_run(engine, test, reason);
	} else if (entry->state == ENTRY_DELAYED) {
		dispatch_release(engine, test, 0);
	} else {
		sched_give_back(engine->sched, entry->holder, test);
		entry->holder = NO_SLOT;
	}
}

void dispatch_returned(struct engine *engine, unsigned slot, uint64_t test)
{
	struct slot *place = &engine->slots[slot];
	if (place->ahead != test || !test)
		return;
	dispatch_unsend(engine, slot);
	dispatch(engine);
}

void dispatch_kept(struct engine *engine, unsigned slot, uint64_t test)
{
	struct slot *place = &engine->slots[slot];
	if (place->running == test)
		place->again = test;
}

bool dispatch_again(struct engine *engine, unsigned slot, uint64_t test)
{
	struct slot *place = &engine->slots[slot];
	place->again = 0;
	if (!engine_entry(engine, test)->found.server || place->ahead || place->running || !may_hold(engine, place))
		return false;
	send_job(engine, slot, test);
	return true;
}

void dispatch_wanted(struct engine *engine, unsigned slot, uint64_t test, bool failing)
{
	struct slot *place = &engine->slots[slot];
	if (place->running != test || place->ahead)
		return; /* a job is on its way already */
	place->wants = test;
	/* Where failures may end the run, one that fails so far is waited for. */
	if (!(failing && engine->config->max_fail && engine->gating_failures + 1 >= engine->config->max_fail)) {
		give_one(engine, slot);
		if (!place->ahead)
			recall_for_idle(engine);
	}
	answer_wishes(engine);
}
