/* The bus: the one way of an event from wherever it was made to everybody who keeps or shows it. */
#include "base/alloc.h"
#include "base/clock.h"
#include "engine/internal.h"
#include "event/codec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void tell_about_journal(struct engine *engine, const struct error *error)
{
	engine_log(engine, LEVEL_ERROR, "%s; the run goes on without a record", error->message);
	engine->failed_inside = true;
}

/* To everybody who keeps or shows events. */
static void spread(struct engine *engine, const struct event *event)
{
	model_apply(engine->model, event);
	struct error error = ERROR_INIT;
	bool journal_failed = engine->journal && journal_append(engine->journal, event, &error) != 0;
	if (engine->listener.hear)
		engine->listener.hear(engine->listener.context, engine->model, event);
	/* Only now: these are events themselves. The journal and the spool each tell a failure once. */
	if (journal_failed)
		tell_about_journal(engine, &error);
	if (spool_take_error(engine->spool, &error))
		engine_log(engine, LEVEL_WARNING, "%s; of long outputs only the beginning and the end are kept",
			   error.message);
}

void bus_pass(struct engine *engine, const struct event *event)
{
	const char *path = NULL;
	if (event->type == EVENT_TEST_OUTPUT)
		spool_output(engine->spool, engine->model, event);
	else if (event->type == EVENT_TEST_FINISHED)
		path = spool_finished(engine->spool, event);
	else if (event->type == EVENT_TEST_VERDICT)
		spool_verdict(engine->spool, event);
	if (!path) {
		spread(engine, event);
		return;
	}
	struct event complete = *event;
	event_put_text(&complete, output_file, path);
	spread(engine, &complete);
}

static char *copy(const struct event_text *text)
{
	return text->data ? alloc_string_n(text->data, text->length) : NULL;
}

void bus_tell_early(struct engine *engine)
{
	vec_each(&engine->early, early) {
		struct event event;
		event_init(&event, EVENT_LOG);
		event_put(&event, level, early->level);
		event_put_text(&event, name, early->name);
		event_put_text(&event, message, early->message);
		bus_emit(engine, &event);
	}
	bus_forget_early(engine);
}

void bus_forget_early(struct engine *engine)
{
	vec_each(&engine->early, early) {
		free(early->name);
		free(early->message);
	}
	vec_fini(&engine->early);
}

void bus_emit(struct engine *engine, struct event *event)
{
	if (!engine->begun && event->type == EVENT_LOG) {
		vec_push(&engine->early,
			 ((struct early_log){ event->level, copy(&event->name), copy(&event->message) }));
		return;
	}
	event->t = clock_now() - engine->epoch;
	bus_pass(engine, event);
}

void engine_log(struct engine *engine, int level, const char *format, ...)
{
	char text[2048];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	struct event event;
	event_init(&event, EVENT_LOG);
	event_put(&event, level, level);
	event_put_text(&event, message, text);
	bus_emit(engine, &event);
}
