/* From what was seen of an end to a diagnosis event: gathers the evidence, and lets src/diagnose judge. */
#include "base/alloc.h"
#include "base/str.h"
#include "engine/internal.h"
#include "event/codec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

static void put_diagnosis(struct event *event, const struct diagnosis *diagnosis, struct str *text)
{
	event_init(event, EVENT_DIAGNOSIS);
	event_put_text(event, code, diagnosis->code->code);
	diagnosis_say(diagnosis, text);
	event_put(event, message, ((struct event_text){ text->data, text->length }));
}

/* The end of what it printed: what a sanitizer or Python's fault handler says stands there. */
static struct slice end_of(const struct attempt *attempt)
{
	struct slice tail = output_tail(&attempt->output);
	if (tail.length > 0)
		return tail;
	return (struct slice){ attempt->output.head.data, attempt->output.head.length };
}

void diagnosis_of_attempt(struct engine *engine, const struct event *finished)
{
	const struct test *test = model_test(engine->model, finished->test);
	const struct attempt *attempt = test ? test_last_attempt(test) : NULL;
	if (!attempt || attempt->code)
		return;
	/* What passes may have left something behind. */
	bool failed = outcome_is_failure(attempt->outcome);
	if (!failed && !finished->evidence.length)
		return;
	char *seen = finished->evidence.length
			     ? alloc_string_n(finished->evidence.data, finished->evidence.length)
			     : NULL;
	struct evidence evidence = EVIDENCE_INIT;
	struct diagnosis diagnosis;
	evidence.of = EVIDENCE_ATTEMPT;
	evidence.outcome = attempt->outcome;
	evidence.signal = attempt->signal;
	evidence.exit_code = attempt->exit_code;
	evidence.adapter = test->adapter;
	evidence.message = attempt->message;
	evidence.output = end_of(attempt);
	evidence.root = engine->config->root;
	evidence.rss = attempt->rss;
	evidence.seen = seen;
	if (diagnose(&evidence, &diagnosis)) {
		struct str text = STR_INIT;
		struct event event;
		put_diagnosis(&event, &diagnosis, &text);
		event_put(&event, test, finished->test);
		event_put(&event, attempt, attempt->number);
		if (!failed)
			event_put(&event, level, LEVEL_WARNING);
		bus_emit(engine, &event);
		str_fini(&text);
	}
	diagnosis_fini(&diagnosis);
	free(seen);
}

/* What the first attempt said, as a rule the one that tells most. */
static const char *first_failure(const struct test *test)
{
	for (size_t i = 0; i < test->attempts.length; i++)
		if (outcome_is_failure(test->attempts.items[i]->outcome))
			return test->attempts.items[i]->message;
	return NULL;
}

void diagnosis_of_verdict(struct engine *engine, uint64_t number)
{
	const struct test *test = model_test(engine->model, number);
	if (!test || !test->flaky)
		return;
	struct evidence evidence = EVIDENCE_INIT;
	struct diagnosis diagnosis;
	evidence.of = EVIDENCE_VERDICT;
	evidence.outcome = test->outcome;
	evidence.flaky = true;
	evidence.attempts = (unsigned)test->attempts.length;
	evidence.message = first_failure(test);
	if (diagnose(&evidence, &diagnosis)) {
		struct str text = STR_INIT;
		struct event event;
		put_diagnosis(&event, &diagnosis, &text);
		event_put(&event, test, number);
		bus_emit(engine, &event);
		str_fini(&text);
	}
	diagnosis_fini(&diagnosis);
}

static void put_status(const struct pool_news *news, struct evidence *evidence)
{
	if (news->status != -1 && WIFSIGNALED(news->status))
		evidence->signal = (unsigned)WTERMSIG(news->status);
	else if (news->status != -1)
		evidence->exit_code = WEXITSTATUS(news->status);
}

void diagnosis_of_collection(struct engine *engine, const struct pool_news *news, const struct str *crash,
			     const char **code, struct str *sentence)
{
	struct evidence evidence = EVIDENCE_INIT;
	struct diagnosis diagnosis;
	evidence.of = EVIDENCE_COLLECTION;
	evidence.outcome = OUTCOME_CRASHED;
	evidence.root = engine->config->root;
	evidence.output = (struct slice){ crash->data, crash->length };
	put_status(news, &evidence);
	diagnose(&evidence, &diagnosis);
	*code = diagnosis.code->code;
	str_add_text(sentence, diagnosis.sentence);
	diagnosis_fini(&diagnosis);
}

void diagnosis_of_worker(struct engine *engine, const struct pool_news *news, const char *how, bool given_up)
{
	struct evidence evidence = EVIDENCE_INIT;
	struct diagnosis diagnosis;
	evidence.of = EVIDENCE_WORKER;
	evidence.outcome = OUTCOME_CRASHED;
	put_status(news, &evidence);
	evidence.message = how;
	evidence.given_up = given_up;
	if (diagnose(&evidence, &diagnosis)) {
		struct str text = STR_INIT;
		struct event event;
		put_diagnosis(&event, &diagnosis, &text);
		event_put(&event, worker, news->slot);
		event_put(&event, level, given_up ? LEVEL_ERROR : LEVEL_WARNING);
		bus_emit(engine, &event);
		str_fini(&text);
	}
	diagnosis_fini(&diagnosis);
}

void diagnosis_of_run(struct engine *engine, enum code_number number, int level, const char *format, ...)
{
	struct str text = STR_INIT;
	struct event event;
	va_list args;
	va_start(args, format);
	str_add_vformat(&text, format, args);
	va_end(args);
	if (engine->begun) {
		event_init(&event, EVENT_DIAGNOSIS);
		event_put_text(&event, code, code_of(number)->code);
		event_put(&event, level, level);
		event_put(&event, message, ((struct event_text){ text.data, text.length }));
		bus_emit(engine, &event);
	} else { /* run.started is the first event */
		engine_log(engine, level, "%s: %s", code_of(number)->code, text.data);
	}
	str_fini(&text);
}
