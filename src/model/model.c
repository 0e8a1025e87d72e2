#include "model/model.h"

#include "base/alloc.h"
#include "model/fold.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_BUDGET ((size_t)64 << 20)

struct model *model_new(void)
{
	struct model *model = ALLOC_NEW(struct model);

	model->texts = map_new();
	model->budget = DEFAULT_BUDGET;
	return model;
}

static void free_text(void *context, const void *key, size_t key_length, void *value)
{
	(void)context, (void)key, (void)key_length;
	free(value);
}

void model_free(struct model *model)
{
	struct run *run;

	if (!model)
		return;
	run = &model->run;
	vec_each(&run->tests, it)
		test_free(*it);
	vec_fini(&run->tests);
	vec_fini(&run->workers);
	vec_each(&run->log, line)
		free(line->text);
	vec_fini(&run->log);
	free(run->id);
	free(run->version);
	free(run->command);
	free(run->root);
	free(run->dist);
	free(run->history);
	free(run->shard);
	map_each(model->texts, free_text, NULL);
	map_free(model->texts);
	vec_fini(&model->quiet.entries);
	vec_fini(&model->loud.entries);
	free(model);
}

const struct run *model_run(const struct model *model)
{
	return &model->run;
}

struct test *model_test(const struct model *model, uint64_t number)
{
	if (number < 1 || number > model->run.tests.length)
		return NULL;
	return model->run.tests.items[number - 1];
}

void model_set_output_budget(struct model *model, size_t bytes)
{
	model->budget = bytes;
	shelf_trim(model);
}

uint32_t fold_uint32(uint64_t value)
{
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

char *fold_copy(const struct event_text *text, size_t limit)
{
	size_t length = text->length;
	char *copy;

	if (length > limit) {
		length = limit;
		while (length && ((unsigned char)text->data[length] & 0xC0) == 0x80)
			length--;
	}
	copy = alloc_string_n(text->data, length);
	for (size_t i = 0; i < length; i++)
		if (!copy[i])
			copy[i] = ' ';
	return copy;
}

const char *fold_shared(struct model *model, const struct event_text *text)
{
	char *copy;

	if (!text->length)
		return NULL;
	copy = map_get(model->texts, text->data, text->length);
	if (!copy) {
		copy = fold_copy(text, MESSAGE_KEPT);
		map_put(model->texts, text->data, text->length, copy);
	}
	return copy;
}

void fold_log(struct model *model, const struct event *event, int level, char *text)
{
	struct run *run = &model->run;

	/* A tenth goes at once, so that a flood of lines does not move the rest for each. */
	if (run->log.length >= MODEL_LOG_KEPT) {
		size_t gone = MODEL_LOG_KEPT / 10;

		for (size_t i = 0; i < gone; i++)
			free(run->log.items[i].text);
		run->log.length -= gone;
		memmove(run->log.items, run->log.items + gone, run->log.length * sizeof(struct log_line));
		run->log_dropped += gone;
	}
	vec_push(&run->log,
		 ((struct log_line){ .t = event->t,
				     .level = level,
				     .type = event->type,
				     .name = fold_shared(model, &event->name),
				     .text = text }));
}

static unsigned workers_within(uint64_t workers)
{
	return workers > XTOP_SLOTS_MAX ? XTOP_SLOTS_MAX : (unsigned)workers;
}

static bool run_started(struct model *model, const struct event *event)
{
	struct run *run = &model->run;

	if (run->id)
		return false;
	run->id = fold_copy(&event->run_id, MESSAGE_KEPT);
	run->version = fold_copy(&event->version, MESSAGE_KEPT);
	run->command = fold_copy(&event->command, MESSAGE_KEPT);
	run->root = fold_copy(&event->root, MESSAGE_KEPT);
	run->wall = event->wall;
	run->workers_wanted = workers_within(event->workers);
	return true;
}

static char *copy_if_there(const struct event_text *text)
{
	return text->length ? fold_copy(text, MESSAGE_KEPT) : NULL;
}

static bool run_collected(struct model *model, const struct event *event)
{
	struct run *run = &model->run;

	if (run->collected)
		return false;
	run->collected = true;
	if (event_has(event, workers))
		run->workers_wanted = workers_within(event->workers);
	run->expected = event->expected;
	run->known = event->known;
	run->dist = copy_if_there(&event->dist);
	run->history = copy_if_there(&event->history);
	run->shard = copy_if_there(&event->shard);
	return true;
}

static bool collect_error(struct model *model, const struct event *event)
{
	struct str text = STR_INIT;
	char *file = fold_copy(event_has(event, file) ? &event->file : &event->suite, MESSAGE_KEPT);
	char *message = fold_copy(&event->message, MESSAGE_KEPT);

	str_add_text(&text, *file ? file : "?");
	str_add_text(&text, ": ");
	str_add_text(&text, *message ? message : "could not be collected");
	free(file);
	free(message);
	fold_log(model, event, LEVEL_ERROR, str_take(&text));
	return true;
}

static bool log_event(struct model *model, const struct event *event)
{
	int level = event_has(event, level) ? event->level : LEVEL_NOTE;
	const struct test *test;
	char *text;

	if (level < LEVEL_NOTE || level > LEVEL_ERROR)
		return false;
	text = fold_copy(&event->message, MESSAGE_KEPT);
	test = model_test(model, event->test);
	if (test && event_has(event, evidence))
		fold_evidence(model, event);
	if (test) {
		char *about = alloc_format("%s: %s", test->id, text);

		free(text);
		text = about;
	}
	fold_log(model, event, level, text);
	return true;
}

static bool run_finished(struct model *model, const struct event *event)
{
	struct run *run = &model->run;

	run->finished = true;
	run->exit_code = event->exit_code < 0 || event->exit_code > 255 ? 3 : (int)event->exit_code;
	run->duration = event_has(event, duration) ? event->duration : event->t;
	return true;
}

static bool fold(struct model *model, const struct event *event)
{
	switch (event->type) {
	case EVENT_RUN_STARTED:
		return run_started(model, event);
	case EVENT_TEST_FOUND:
		return fold_test_found(model, event);
	case EVENT_RUN_COLLECTED:
		return run_collected(model, event);
	case EVENT_COLLECT_ERROR:
		return collect_error(model, event);
	case EVENT_WORKER_STARTED:
		return fold_worker_started(model, event);
	case EVENT_TEST_STARTED:
		return fold_test_started(model, event);
	case EVENT_TEST_OUTPUT:
		return fold_test_output(model, event);
	case EVENT_TEST_POINT:
		return fold_test_point(model, event);
	case EVENT_TEST_FINISHED:
		return fold_test_finished(model, event);
	case EVENT_TEST_VERDICT:
		return fold_test_verdict(model, event);
	case EVENT_WORKER_SAMPLE:
		return fold_worker_sample(model, event);
	case EVENT_WORKER_DIED:
		return fold_worker_died(model, event);
	case EVENT_WORKER_LEFT:
		return fold_worker_left(model, event);
	case EVENT_DIAGNOSIS:
		return fold_diagnosis(model, event);
	case EVENT_LOG:
		return log_event(model, event);
	case EVENT_RUN_FINISHED:
		return run_finished(model, event);
	}
	return false;
}

void model_apply(struct model *model, const struct event *event)
{
	struct run *run = &model->run;

	if (!fold(model, event)) {
		run->strange++;
		return;
	}
	if (event->t > run->now)
		run->now = event->t;
	run->revision++;
}
