/* What a person asks for, carried out. */
#include "engine/control.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/internal.h"
#include "event/codec.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct entry *find(struct engine *engine, uint64_t test, struct error *error)
{
	struct entry *entry = engine_entry(engine, test);
	if (!entry)
		error_set(error, "there is no such test");
	return entry;
}

static int control_rerun(void *context, uint64_t test, struct error *error)
{
	struct engine *engine = context;
	struct entry *entry = find(engine, test, error);
	if (!entry)
		return -1;
	if (entry->broken)
		return error_set(error, "it could not be collected, so it can't be run");
	if (entry->judged)
		return error_set(error, "it was skipped when it was collected: there is nothing to run");
	if (entry->state == ENTRY_RUNNING || entry->state == ENTRY_SENT)
		return error_set(error, "it runs now");
	if (entry->state != ENTRY_DONE)
		return error_set(error, "it waits for its turn already");
	if (engine->interrupted && !engine->finished)
		return error_set(error, "the run is being stopped; wait for it to end");
	if (!engine->pool || pool_guardian_fd(engine->pool) < 0)
		return error_set(error, "the guardian process is gone; start xtop again");
	if (!engine->collected)
		return error_set(error, "tests are still being collected; wait for it");
	if (!team_can_run(engine, entry))
		return error_set(error,
				 "its worker, gw%u, was taken away, and no other may run it (--dist each)",
				 entry->only);
	if (engine->closing || (engine->closed && !engine->finished)) {
		if (!rerun_later(engine, test))
			return error_set(error, "it waits for the end of the run already");
		engine_log(engine, LEVEL_NOTE, "%s runs again as soon as the run has ended", entry->found.id);
		return 0;
	}
	rerun_begin(engine, test);
	dispatch(engine);
	return 0;
}

static int control_kill(void *context, uint64_t test, int number, struct error *error)
{
	struct engine *engine = context;
	struct entry *entry = find(engine, test, error);
	if (!entry)
		return -1;
	for (unsigned i = 0; i < engine->workers; i++) {
		if (engine->slots[i].running != test)
			continue;
		struct command command = { .type = COMMAND_SIGNAL, .test = test, .signal = number };
		slots_send(engine, i, &command);
		return 0;
	}
	return error_set(error, "it does not run now");
}

static int control_stack(void *context, uint64_t test, struct error *error)
{
	struct engine *engine = context;
	if (!find(engine, test, error))
		return -1;
	for (unsigned i = 0; i < engine->workers; i++) {
		if (engine->slots[i].running != test)
			continue;
		struct command command = { .type = COMMAND_LOOK, .test = test };
		slots_send(engine, i, &command);
		return 0;
	}
	return error_set(error, "it does not run now");
}

static int control_history(void *context, uint64_t test, size_t limit, struct history_verdicts *out, struct error *error)
{
	struct engine *engine = context;
	struct entry *entry = find(engine, test, error);
	struct history *history = engine->history ? engine->history : engine->recording;
	if (!entry)
		return -1;
	if (!history)
		return error_set(error, engine->config->no_history ? "--no-history" : "no file of earlier runs is there");
	return history_verdicts_read(history, entry->found.suite->name, entry->found.id,
				     entry->found.ordinal ? entry->found.ordinal : 1, limit, out, error);
}

static int control_debug(void *context, uint64_t test, struct launch *launch, struct error *error)
{
	struct engine *engine = context;
	struct entry *entry = find(engine, test, error);
	return entry ? alone_debug(engine, entry, launch, error) : -1;
}

static int control_reproduce(void *context, uint64_t test, struct str *out, struct error *error)
{
	struct engine *engine = context;
	struct entry *entry = find(engine, test, error);
	if (!entry)
		return -1;
	alone_reproduce(engine, entry, out);
	return 0;
}

/* "flaky network, until 30d": what stands behind the last "until", if that is a time, is when the entry expires; it goes
 * from the reason. 0: there is none. -1: it looks like one, and is wrong. */
static int split_expiry(const char *given, struct str *reason, char date[16], struct error *error)
{
	static const char word[] = "until ";
	const char *found = NULL, *place = given;
	while ((place = strstr(place, word)) != NULL) {
		if (place == given || place[-1] == ' ')
			found = place;
		place++;
	}
	date[0] = '\0';
	str_add_text(reason, given);
	/* Other words may follow an "until" of a sentence. */
	if (!found || !isdigit((unsigned char)found[strlen(word)]) || strchr(found + strlen(word), ' '))
		return 0;
	if (quarantine_expiry(found + strlen(word), clock_wall(), date, error) != 0)
		return -1;
	str_clear(reason);
	struct slice rest = slice_trim((struct slice){ given, (size_t)(found - given) });
	if (rest.length > 0 && strchr(",;", rest.data[rest.length - 1]))
		rest.length--;
	str_add(reason, rest.data, rest.length);
	return 0;
}

static int put_into_quarantine(struct engine *engine, const struct entry *entry, const struct test_facts *facts,
			       const char *reason, struct error *error)
{
	struct str evidence = STR_INIT, why = STR_INIT;
	char date[16];
	if (split_expiry(reason ? reason : "", &why, date, error) != 0) {
		str_fini(&why);
		return -1;
	}
	past_add_evidence(engine, &entry->found, &evidence);
	struct quarantine_request request = { .id = facts->id,
					      .suite = facts->suite,
					      .reason = why.length ? why.data : NULL,
					      .expires = *date ? date : NULL,
					      .evidence = evidence.length ? evidence.data : NULL };
	int status = quarantine_add(engine->quarantine, &request, error);
	str_fini(&evidence);
	str_fini(&why);
	return status;
}

static int release_from_quarantine(struct engine *engine, const struct test_facts *facts, struct error *error)
{
	const struct quarantine_entry *entry = quarantine_find(engine->quarantine, facts);
	/* To take it out would release other tests too. */
	if (entry && !entry->id && strcmp(entry->test, facts->id) != 0)
		return error_set(error, "%s:%d: it is held by the expression %s", quarantine_name(engine->quarantine),
				 entry->line, entry->test);
	return quarantine_remove(engine->quarantine, facts->suite, facts->id, error);
}

static int control_quarantine(void *context, uint64_t test, bool on, const char *reason, struct error *error)
{
	struct engine *engine = context;
	const struct test *shown = model_test(engine->model, test);
	struct entry *entry = find(engine, test, error);
	if (!entry || !shown)
		return -1;
	if (!engine->quarantine)
		return error_set(error, "%s could not be read when the run began", engine->config->quarantine_file);
	struct test_facts facts;
	past_facts(engine, &entry->found, &facts);
	if ((on ? put_into_quarantine(engine, entry, &facts, reason, error) :
		  release_from_quarantine(engine, &facts, error)) != 0)
		return -1;
	engine_log(engine, LEVEL_NOTE, "%s %s quarantine: %s", shown->id, on ? "put into" : "released from",
		   engine->config->quarantine_file);
	if (entry->state == ENTRY_DONE && outcome_is_failure(shown->outcome))
		verdict_emit(engine, test);
	return 0;
}

static int control_pause(void *context, bool on, struct error *error)
{
	struct engine *engine = context;
	if (engine->finished)
		return error_set(error, "the run is over");
	engine->paused = on;
	if (on)
		stop_recall(engine, NULL);
	else
		dispatch(engine);
	return 0;
}

static int control_change_workers(void *context, bool more, struct error *error)
{
	return team_change(context, more, error);
}

static int control_stop(void *context, struct error *error)
{
	struct engine *engine = context;
	if (engine->finished)
		return error_set(error, "the run is over");
	engine_interrupt(engine, "stopped from the dashboard");
	return 0;
}

static bool control_quarantined(void *context, uint64_t test)
{
	struct engine *engine = context;
	struct entry *entry = engine_entry(engine, test);
	struct test_facts facts;
	if (!entry || !engine->quarantine)
		return false;
	past_facts(engine, &entry->found, &facts);
	return quarantine_find(engine->quarantine, &facts) != NULL;
}

static bool control_paused(void *context)
{
	const struct engine *engine = context;
	return engine->paused;
}

static bool control_idle(void *context)
{
	const struct engine *engine = context;
	return engine->finished;
}

const struct control *engine_control(struct engine *engine)
{
	engine->control = (struct control){ .rerun = control_rerun,
					    .kill = control_kill,
					    .stack = control_stack,
					    .history = control_history,
					    .debug = control_debug,
					    .reproduce = control_reproduce,
					    .quarantine = control_quarantine,
					    .pause = control_pause,
					    .change_workers = control_change_workers,
					    .stop = control_stop,
					    .quarantined = control_quarantined,
					    .paused = control_paused,
					    .idle = control_idle,
					    .flaky = unsteady_flaky,
					    .holds = unsteady_holds,
					    .release = unsteady_release,
					    .context = engine };
	return &engine->control;
}
