/* From finished attempts to a rerun or a verdict. */
#include "base/alloc.h"
#include "base/clock.h"
#include "engine/internal.h"
#include "event/codec.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_quarantined(const struct engine *engine, const struct entry *entry)
{
	struct test_facts facts;
	if (engine->config->no_quarantine)
		return false;
	past_facts(engine, &entry->found, &facts);
	return facts.quarantined;
}

static void count_gating_failure(struct engine *engine, struct entry *entry, bool gates)
{
	unsigned limit = engine->config->max_fail;
	if (entry->gates == gates)
		return;
	entry->gates = gates;
	if (!gates) { /* put into quarantine, or mended */
		engine->gating_failures--;
		return;
	}
	engine->gating_failures++;
	if (entry->by_key)
		return;
	if (limit && engine->gating_failures >= limit && !engine->closed) {
		char reason[96];
		snprintf(reason, sizeof(reason), "stopped after %u failure%s (--maxfail)", limit,
			 limit == 1 ? "" : "s");
		stop_dispatching(engine, reason);
	}
}

static void put_attempt(struct event *event, const struct attempt *attempt)
{
	if (attempt->signal)
		event_put(event, signal, (uint64_t)attempt->signal);
	if (attempt->exit_code >= 0)
		event_put(event, exit_code, attempt->exit_code);
	event_put_text(event, message, attempt->message);
	event_put_text(event, reason, attempt->reason);
	event_put_text(event, code, attempt->code);
}

/* The last attempt, but for one that was stopped on its way: then what came before counts. */
static const struct attempt *deciding_attempt(const struct test *test)
{
	for (size_t i = test->attempts.length; i-- > 0;)
		if (test->attempts.items[i]->outcome != OUTCOME_NOTRUN)
			return test->attempts.items[i];
	return test_last_attempt(test);
}

void verdict_emit(struct engine *engine, uint64_t number)
{
	struct entry *entry = engine_entry(engine, number);
	const struct test *test = model_test(engine->model, number);
	const struct attempt *attempt = test ? deciding_attempt(test) : NULL;
	if (!attempt)
		return;
	enum outcome outcome = attempt->outcome;
	bool flaky = outcome == OUTCOME_PASSED && entry->attempt > 1;
	char *flaky_message = NULL;
	struct event event;
	event_init(&event, EVENT_TEST_VERDICT);
	put_attempt(&event, attempt);
	if (flaky && engine->config->fail_on_flaky) {
		outcome = OUTCOME_FAILED;
		flaky_message = alloc_format("flaky: passed only on attempt %u (--flaky-result fail)", entry->attempt);
		event_put_text(&event, message, flaky_message);
	}
	bool quarantined = outcome_is_failure(outcome) && is_quarantined(engine, entry);
	bool first = entry->state != ENTRY_DONE;
	event_put(&event, test, number);
	event_put(&event, outcome, (int)outcome);
	event_put(&event, flaky, flaky);
	event_put(&event, quarantined, quarantined);
	event_put(&event, attempts, entry->attempt);
	event_put(&event, duration, entry->duration);
	event_put(&event, worker, attempt->worker);
	if (first) {
		entry->state = ENTRY_DONE;
		engine->done++;
		watch_ended(engine, entry);
	}
	bus_emit(engine, &event);
	free(flaky_message);
	past_record(engine, number);
	diagnosis_of_verdict(engine, number);
	count_gating_failure(engine, entry, outcome_is_failure(outcome) && !quarantined);
}

void verdict_not_run(struct engine *engine, uint64_t number, const char *reason)
{
	struct entry *entry = engine_entry(engine, number);
	if (entry->state == ENTRY_DONE)
		return;
	if (entry->attempt > 0) { /* it ran: what it did counts, only the next attempt is left out */
		verdict_emit(engine, number);
		return;
	}
	entry->state = ENTRY_DONE;
	engine->done++;
	watch_ended(engine, entry);
	if (entry->had_verdict)
		return;
	struct event event;
	event_init(&event, EVENT_TEST_VERDICT);
	event_put(&event, test, number);
	event_put(&event, outcome, OUTCOME_NOTRUN);
	event_put(&event, flaky, false);
	event_put(&event, quarantined, false);
	event_put(&event, attempts, 0);
	event_put(&event, duration, 0);
	if (entry->only != NO_SLOT)
		event_put(&event, worker, entry->only);
	event_put_text(&event, reason, reason);
	bus_emit(engine, &event);
}

void verdict_gone(struct engine *engine, uint64_t number, const char *reason)
{
	struct entry *entry = engine_entry(engine, number);
	struct event event;
	if (entry->state == ENTRY_DONE)
		return;
	entry->state = ENTRY_DONE;
	engine->done++;
	watch_ended(engine, entry);
	event_init(&event, EVENT_TEST_VERDICT);
	event_put(&event, test, number);
	event_put(&event, outcome, OUTCOME_SKIPPED);
	event_put(&event, flaky, false);
	event_put(&event, quarantined, false);
	event_put(&event, attempts, 0);
	event_put(&event, duration, 0);
	event_put_text(&event, reason, reason);
	bus_emit(engine, &event);
	count_gating_failure(engine, entry, false);
}

static void arm_retry(struct engine *engine)
{
	uint64_t next = UINT64_MAX, now = clock_now() - engine->epoch;
	vec_each(&engine->entries, entry)
		/* One that is held and due waits for its slot only. */
		if (entry->state == ENTRY_DELAYED && entry->retry_at < next &&
		    (entry->home == NO_SLOT || entry->retry_at > now))
			next = entry->retry_at;
	if (next == UINT64_MAX)
		return;
	uint64_t left = next > now ? (next - now + CLOCK_MS - 1) / CLOCK_MS : 0;
	uv_update_time(engine->loop);
	uv_timer_start(&engine->retry_timer, verdict_retry_due, left, 0);
}

void verdict_retry_due(uv_timer_t *timer)
{
	struct engine *engine = timer->data;
	uint64_t now = clock_now() - engine->epoch;
	for (size_t i = 0; i < engine->entries.length; i++) {
		struct entry *entry = &engine->entries.items[i];
		if (entry->state == ENTRY_DELAYED && entry->home == NO_SLOT && entry->retry_at <= now) {
			entry->state = ENTRY_WAITING;
			sched_again(engine->sched, i + 1);
		}
	}
	arm_retry(engine);
	dispatch(engine);
}

/* The rerun is where fixtures are that it shares with others, or at least a harness that was told to expect it. */
static bool is_held_there(const struct slot *place, const struct entry *entry, uint64_t test, uint64_t delay)
{
	if (!entry->found.server || place->state == SLOT_EMPTY || place->leaving)
		return false;
	return place->standing || (place->again == test && !delay);
}

static void run_again(struct engine *engine, const struct event *event)
{
	struct entry *entry = engine_entry(engine, event->test);
	uint64_t delay = retry_delay(engine, entry);
	unsigned slot = (unsigned)event->worker;
	bool held = is_held_there(&engine->slots[slot], entry, event->test, delay);
	if (!held && !delay && dispatch_again(engine, slot, event->test))
		return;
	/* One that follows at once goes on to count for its limits. */
	if (!held || delay)
		dispatch_release(engine, event->test, event->duration);
	entry->retry_at = clock_now() - engine->epoch + delay;
	if (held) {
		hold_add(engine, slot, event->test);
	} else if (delay) {
		entry->state = ENTRY_DELAYED;
	} else {
		entry->state = ENTRY_WAITING;
		sched_again(engine->sched, event->test);
	}
	if (delay)
		arm_retry(engine);
}

void verdict_attempt_ended(struct engine *engine, const struct event *event)
{
	struct entry *entry = engine_entry(engine, event->test);
	const struct test *test = model_test(engine->model, event->test);
	const struct attempt *attempt = test ? test_last_attempt(test) : NULL;
	if (!entry || !attempt || entry->state == ENTRY_DONE) {
		if (entry)
			dispatch_release(engine, event->test, event->duration);
		return;
	}
	diagnosis_of_attempt(engine, event);
	entry->duration += event->duration;
	entry->no_rerun = event_has(event, rerun) && !event->rerun;
	if (event_has(event, signal) || event_has(event, exit_code) || attempt->outcome == OUTCOME_CRASHED)
		server_tell_crash(engine, entry, (unsigned)event->worker, attempt->message);
	if (event->bail_out)
		stop_suite(engine, entry->found.suite, attempt->reason ? attempt->reason : attempt->message);
	if (!stop_reason(engine, entry) && retry_follows(engine, entry, attempt)) {
		run_again(engine, event);
		return;
	}
	dispatch_release(engine, event->test, event->duration);
	verdict_emit(engine, event->test);
}

void verdict_launch_failed(struct engine *engine, unsigned slot, uint64_t test, const char *message)
{
	struct event event;
	if (engine_entry(engine, test)->had_verdict) {
		/* Only what starts it again puts an end to the verdict that it had. */
		event_init(&event, EVENT_TEST_STARTED);
		event_put(&event, worker, slot);
		event_put(&event, test, test);
		event_put(&event, attempt, engine_entry(engine, test)->attempt);
		bus_emit(engine, &event);
	}
	event_init(&event, EVENT_TEST_FINISHED);
	event_put(&event, worker, slot);
	event_put(&event, test, test);
	event_put(&event, attempt, engine_entry(engine, test)->attempt);
	event_put(&event, outcome, OUTCOME_ERROR);
	event_put(&event, duration, 0);
	event_put_text(&event, message, message);
	bus_emit(engine, &event);
	verdict_attempt_ended(engine, &event);
}
