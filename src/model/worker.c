#include "model/fold.h"

#include "event/codec.h"

double worker_load(const struct worker *worker, uint64_t now)
{
	double busy = (double)worker->busy;
	double since = now > worker->first_seen ? (double)(now - worker->first_seen) : 0;

	if (worker->test && now > worker->started)
		busy += (double)(now - worker->started);
	if (busy >= since)
		return since > 0 ? 1 : 0;
	return busy / since;
}

struct worker *fold_worker(struct model *model, const struct event *event)
{
	struct run *run = &model->run;
	struct worker *worker;

	if (!event_has(event, worker) || event->worker >= XTOP_SLOTS_MAX)
		return NULL;
	for (unsigned slot = (unsigned)run->workers.length; slot <= event->worker; slot++)
		vec_push(&run->workers, ((struct worker){ .slot = slot }));
	worker = &run->workers.items[event->worker];
	if (worker->state == WORKER_ABSENT) {
		worker->state = WORKER_IDLE;
		worker->first_seen = worker->started = event->t;
	}
	return worker;
}

void fold_worker_begins(struct worker *worker, uint64_t test, uint64_t t)
{
	worker->state = WORKER_BUSY;
	worker->test = test;
	worker->started = t;
}

void fold_worker_ends(struct worker *worker, uint64_t test, uint64_t duration, uint64_t t)
{
	worker->busy += duration;
	worker->done++;
	if (worker->test != test)
		return;
	worker->test = 0;
	worker->started = t;
	if (worker->state == WORKER_BUSY)
		worker->state = WORKER_IDLE;
}

bool fold_worker_started(struct model *model, const struct event *event)
{
	struct worker *worker = fold_worker(model, event);
	struct slot *slot;

	if (!worker)
		return false;
	slot = &model->slots[worker->slot];
	if (model->run.collected && worker->slot >= model->run.workers_wanted)
		model->run.workers_wanted = worker->slot + 1;
	slot->cpu_before += slot->cpu;
	slot->cpu = 0;
	worker->state = WORKER_IDLE;
	worker->incarnation =
		event_has(event, incarnation) ? fold_uint32(event->incarnation) : worker->incarnation + 1;
	if (worker->incarnation > 1 + worker->lefts)
		worker->restarts = worker->incarnation - 1 - worker->lefts;
	worker->pid = fold_uint32(event->pid);
	worker->test = 0;
	worker->started = event->t;
	worker->sampled = event->t;
	worker->cpu_share = 0;
	worker->rss = 0;
	return true;
}

bool fold_worker_sample(struct model *model, const struct event *event)
{
	struct worker *worker = fold_worker(model, event);
	struct slot *slot;

	if (!worker)
		return false;
	slot = &model->slots[worker->slot];
	if (event_has(event, cpu)) {
		if (event->t > worker->sampled && event->cpu >= slot->cpu)
			worker->cpu_share =
				(double)(event->cpu - slot->cpu) / (double)(event->t - worker->sampled);
		slot->cpu = event->cpu;
		worker->cpu = slot->cpu_before + slot->cpu;
	}
	if (event_has(event, rss))
		worker->rss = event->rss;
	worker->sampled = event->t;
	return true;
}

bool fold_worker_left(struct model *model, const struct event *event)
{
	struct worker *worker = fold_worker(model, event);

	if (!worker)
		return false;
	worker->state = WORKER_ABSENT;
	worker->lefts++;
	worker->test = 0;
	worker->cpu_share = 0;
	worker->rss = 0;
	if (event_has(event, workers) && event->workers < model->run.workers_wanted)
		model->run.workers_wanted = fold_uint32(event->workers);
	return true;
}

bool fold_worker_died(struct model *model, const struct event *event)
{
	struct worker *worker = fold_worker(model, event);
	const struct test *test = model_test(model, event->test);
	struct str text = STR_INIT;
	char buffer[32];

	if (!worker)
		return false;
	worker->state = WORKER_DEAD;
	worker->test = 0;
	worker->started = event->t;
	worker->cpu_share = 0;
	worker->rss = 0;
	str_add_format(&text, "worker gw%u ", worker->slot);
	if (event_has(event, message) && event->message.length) {
		char *how = fold_copy(&event->message, MESSAGE_KEPT);

		str_add_text(&text, how);
		free(how);
	} else if (event->signal) {
		str_add_format(&text, "died of %s", event_signal_name(fold_uint32(event->signal), buffer));
	} else if (event_has(event, exit_code)) {
		str_add_format(&text, "died with exit code %lld", (long long)event->exit_code);
	} else {
		str_add_text(&text, "died");
	}
	if (test)
		str_add_format(&text, " while it ran %s", test->id);
	fold_log(model, event, LEVEL_WARNING, str_take(&text));
	return true;
}
