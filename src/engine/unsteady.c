/* What history and quarantine tell a person who asks for it. */
#include "engine/control.h"

#include "base/alloc.h"
#include "engine/internal.h"
#include "event/codec.h"

#include <stdlib.h>
#include <string.h>

/* --- flaky tests --- */

static bool is_held(struct history *history, struct quarantine *quarantine,
		    const struct history_evidence *evidence)
{
	struct test_facts facts = history_evidence_facts(history, evidence);

	return quarantine && quarantine_find(quarantine, &facts);
}

int control_flaky_read(struct control_flaky *out, struct history *history, struct quarantine *quarantine,
		       const struct history_steadiness *steadiness, unsigned window, struct error *error)
{
	*out = (struct control_flaky){ .steadiness = *steadiness };
	if (history_evidence_read_failed(history, &out->table, error) != 0)
		return -1;
	history_table_count_recent(&out->table, window);
	out->held = alloc_zeroed(out->table.test_count + 1, sizeof(*out->held));
	for (size_t i = 0; i < out->table.test_count; i++)
		out->held[i] = is_held(history, quarantine, &out->table.tests[i]);
	return 0;
}

void control_flaky_fini(struct control_flaky *flaky)
{
	history_table_fini(&flaky->table);
	free(flaky->held);
	flaky->held = NULL;
}

int unsteady_flaky(void *context, struct control_flaky *out, struct error *error)
{
	struct engine *engine = context;
	const struct flaky_config *config = &engine->config->flaky;
	struct history_steadiness steadiness = {
		.percent = config->percent,
		.least = config->runs,
		.advised = config->advise,
	};
	if (engine->config->no_history)
		return error_set(error, "there is no history (--no-history)");
	past_flush(engine);
	struct history *history = engine->recorded ? engine->recording : engine->history;
	if (!history)
		return error_set(error, "there is no history yet: runs make it");
	return control_flaky_read(out, history, engine->quarantine, &steadiness, config->window, error);
}

/* --- entries of the quarantine --- */

static char *copy(const char *text)
{
	return text ? alloc_string(text) : NULL;
}

/* Which entry names the test, by the line where it stands. */
struct matching {
	struct control_holds *out;
	uint64_t test;
};

static void note_match(void *context, const struct quarantine_entry *entry)
{
	const struct matching *matching = context;
	vec_each(&matching->out->holds, hold)
		if (hold->line == entry->line)
			vec_push(&hold->tests, matching->test);
}

void control_holds_read(struct control_holds *out, const struct quarantine *quarantine, uint64_t tests,
			bool (*facts)(void *context, uint64_t test, struct test_facts *facts), void *context)
{
	*out = (struct control_holds){ .file = alloc_string(quarantine_name(quarantine)) };
	for (unsigned i = 0; i < quarantine_count(quarantine); i++) {
		const struct quarantine_entry *entry = quarantine_entry(quarantine, i);
		vec_push(&out->holds, ((struct control_hold){
					      .test = copy(entry->test),
					      .suite = copy(entry->suite),
					      .reason = copy(entry->reason),
					      .owner = copy(entry->owner),
					      .issue = copy(entry->issue),
					      .since = copy(entry->since),
					      .expires = copy(entry->expires),
					      .expression = !entry->id,
					      .expired = entry->expired,
					      .days_left = entry->days_left,
					      .line = entry->line,
				      }));
	}
	for (uint64_t test = 1; out->holds.length && test <= tests; test++) {
		struct matching matching = { out, test };
		struct test_facts known;
		if (facts(context, test, &known))
			quarantine_each(quarantine, &known, note_match, &matching);
	}
}

void control_holds_fini(struct control_holds *holds)
{
	vec_each(&holds->holds, hold) {
		free(hold->test);
		free(hold->suite);
		free(hold->reason);
		free(hold->owner);
		free(hold->issue);
		free(hold->since);
		free(hold->expires);
		vec_fini(&hold->tests);
	}
	vec_fini(&holds->holds);
	free(holds->file);
	holds->file = NULL;
}

static bool facts_of(void *context, uint64_t test, struct test_facts *facts)
{
	struct engine *engine = context;
	const struct entry *entry = engine_entry(engine, test);
	if (!entry || entry->broken)
		return false;
	past_facts(engine, &entry->found, facts);
	return true;
}

int unsteady_holds(void *context, struct control_holds *out, struct error *error)
{
	struct engine *engine = context;
	if (!engine->quarantine)
		return error_set(error, "%s could not be read when the run began",
				 engine->config->quarantine_file);
	control_holds_read(out, engine->quarantine, engine->entries.length, facts_of, engine);
	return 0;
}

int unsteady_release(void *context, const char *suite, const char *test, struct error *error)
{
	struct engine *engine = context;
	if (!engine->quarantine)
		return error_set(error, "%s could not be read when the run began",
				 engine->config->quarantine_file);
	if (quarantine_remove(engine->quarantine, suite, test, error) != 0)
		return -1;
	engine_log(engine, LEVEL_NOTE, "%s released from %s", test, engine->config->quarantine_file);
	/* What it held gates again, unless something else holds it. */
	for (uint64_t number = 1; number <= engine->entries.length; number++) {
		const struct entry *entry = engine_entry(engine, number);
		const struct test *shown = model_test(engine->model, number);
		struct test_facts facts;
		if (entry->state != ENTRY_DONE || !shown || !shown->quarantined ||
		    engine->config->no_quarantine)
			continue;
		past_facts(engine, &entry->found, &facts);
		if (!facts.quarantined)
			verdict_emit(engine, number);
	}
	return 0;
}
