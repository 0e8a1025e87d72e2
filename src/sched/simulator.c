#include "sched/simulator.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "sched/simulator_check.h"
#include "sched/simulator_suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From a worker's death, or its going, until it is asked again. */
#define RESTART (20 * CLOCK_MS)
/* At each event so many idle workers are asked, and so many held tests looked at: all of them, in a run as
 * large as a machine's. With more workers the others' turn comes at the next events, else a million tests
 * take hours. */
#define ASKED_AT_ONCE 256
#define MEMORY_LOOK 1024 /* events between two looks at the memory */

/* Numbers of workers, each at most once, in no order. */
struct crew {
	uint32_t *workers;
	uint32_t *places; /* of each worker, SIMULATED_NONE: it is not in it */
	uint32_t count, turn;
};

struct place {
	uint64_t running, ahead; /* tests, 0: none */
	bool away;               /* it restarts, or went */
	bool went;
};

struct event {
	uint64_t time;
	uint32_t worker;
};

struct run {
	const struct simulation *simulation;
	struct sched *sched;
	struct simulated_suite suite;
	struct simulated_check check;
	struct place *places;
	struct event *events; /* a heap, the earliest at its root; one a worker at most */
	uint32_t event_count;
	struct crew idle, holders;
	uint64_t now;
	uint64_t clock_cost; /* ns that a pair of clock_now takes */
	uint64_t spent;      /* ns in the scheduler */
	struct simulated *out;
};

static void crew_init(struct crew *crew, unsigned workers)
{
	*crew = (struct crew){
		.workers = alloc_zeroed(workers, sizeof(*crew->workers)),
		.places = alloc_zeroed(workers, sizeof(*crew->places)),
	};
	for (unsigned i = 0; i < workers; i++)
		crew->places[i] = SIMULATED_NONE;
}

static void crew_fini(struct crew *crew)
{
	free(crew->workers);
	free(crew->places);
}

static void crew_add(struct crew *crew, uint32_t worker)
{
	if (crew->places[worker] != SIMULATED_NONE)
		return;
	crew->places[worker] = crew->count;
	crew->workers[crew->count++] = worker;
}

static void crew_remove(struct crew *crew, uint32_t worker)
{
	uint32_t place = crew->places[worker];

	if (place == SIMULATED_NONE)
		return;
	crew->workers[place] = crew->workers[--crew->count];
	crew->places[crew->workers[place]] = place;
	crew->places[worker] = SIMULATED_NONE;
}

/* One after the other as often as it is called. */
static uint32_t crew_turn(struct crew *crew)
{
	if (crew->turn >= crew->count)
		crew->turn = 0;
	return crew->workers[crew->turn++];
}

static bool is_before(const struct event *a, const struct event *b)
{
	return a->time != b->time ? a->time < b->time : a->worker < b->worker;
}

static void event_push(struct run *run, uint64_t time, uint32_t worker)
{
	struct event event = { time, worker };
	uint32_t at = run->event_count++;

	while (at > 0 && is_before(&event, &run->events[(at - 1) / 2])) {
		run->events[at] = run->events[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	run->events[at] = event;
}

static struct event event_pop(struct run *run)
{
	struct event first = run->events[0], last = run->events[--run->event_count];
	uint32_t at = 0, child;

	while ((child = 2 * at + 1) < run->event_count) {
		if (child + 1 < run->event_count && is_before(&run->events[child + 1], &run->events[child]))
			child++;
		if (!is_before(&run->events[child], &last))
			break;
		run->events[at] = run->events[child];
		at = child;
	}
	run->events[at] = last;
	return first;
}

/* A pair of clocks round each call costs more than some of them take: their own time is taken off. */
static uint64_t measure_clock(void)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < 1000; i++) {
		uint64_t begin = clock_now(), took = clock_now() - begin;

		least = took < least ? took : least;
	}
	return least;
}

static void add_time(struct run *run, uint64_t begin)
{
	uint64_t took = clock_now() - begin;

	if (took > run->clock_cost)
		run->spent += took - run->clock_cost;
}

static uint64_t ask(struct run *run, uint32_t worker, bool ahead)
{
	uint64_t begin = clock_now();
	uint64_t test = sched_next(run->sched, worker, ahead);

	add_time(run, begin);
	run->out->decisions++;
	/* After a broken rule the number may be none of the suite's. */
	return test && check_given(&run->check, worker, test) ? test : 0;
}

static void give_back(struct run *run, uint32_t worker)
{
	struct place *place = &run->places[worker];
	uint64_t begin = clock_now();

	check_given_back(&run->check, worker, place->ahead);
	sched_give_back(run->sched, worker, place->ahead);
	add_time(run, begin);
	place->ahead = 0;
	crew_remove(&run->holders, worker);
}

static bool is_movable(struct run *run, uint32_t worker)
{
	uint64_t begin = clock_now();
	bool movable = sched_is_movable(run->sched, run->places[worker].ahead);

	add_time(run, begin);
	return movable;
}

static void hold_one_ahead(struct run *run, uint32_t worker)
{
	struct place *place = &run->places[worker];

	place->ahead = ask(run, worker, true);
	if (place->ahead)
		crew_add(&run->holders, worker);
}

static void start(struct run *run, uint32_t worker, uint64_t test)
{
	struct place *place = &run->places[worker];

	place->running = test;
	crew_remove(&run->idle, worker);
	check_started(&run->check, worker, test);
	event_push(run, run->now + run->simulation->dispatch + run->suite.tests[test - 1].duration, worker);
}

/* Whether it has something to do now. */
static bool offer(struct run *run, uint32_t worker)
{
	struct place *place = &run->places[worker];
	uint64_t test = place->ahead ? place->ahead : ask(run, worker, false);

	if (!test) {
		crew_add(&run->idle, worker);
		return false;
	}
	place->ahead = 0;
	crew_remove(&run->holders, worker);
	start(run, worker, test);
	hold_one_ahead(run, worker);
	return true;
}

static void ask_idle(struct run *run, uint32_t most)
{
	uint32_t asked = 0;

	while (run->idle.count > 0 && sched_waiting(run->sched) > 0 && asked < most &&
	       asked < run->idle.count)
		asked = offer(run, crew_turn(&run->idle)) ? 0 : asked + 1;
}

/* Where somebody is idle, what is held behind a running test is asked back. */
static void recall(struct run *run)
{
	uint32_t looks = run->holders.count < ASKED_AT_ONCE ? run->holders.count : ASKED_AT_ONCE;

	while (run->idle.count > 0 && run->holders.count > 0 && looks-- > 0) {
		uint32_t holder = crew_turn(&run->holders);

		if (!is_movable(run, holder))
			continue;
		give_back(run, holder);
		ask_idle(run, ASKED_AT_ONCE);
		hold_one_ahead(run, holder);
	}
}

static void hear_lost(void *context, uint64_t test)
{
	struct run *run = context;

	check_lost(&run->check, test);
}

static void leave(struct run *run, uint32_t worker, bool goes)
{
	struct place *place = &run->places[worker];

	if (place->ahead)
		give_back(run, worker);
	place->away = true;
	place->went = goes;
	if (goes)
		sched_worker_gone(run->sched, worker, hear_lost, run);
	event_push(run, run->now + RESTART, worker);
}

static void come_back(struct run *run, uint32_t worker)
{
	struct place *place = &run->places[worker];

	if (place->went)
		sched_worker_added(run->sched, worker);
	place->away = place->went = false;
	offer(run, worker);
}

static void end(struct run *run, uint32_t worker)
{
	struct place *place = &run->places[worker];
	const struct simulated_test *test = &run->suite.tests[place->running - 1];
	uint64_t begin;

	check_ended(&run->check, worker, place->running);
	begin = clock_now();
	sched_ended(run->sched, worker, place->running, test->duration);
	add_time(run, begin);
	place->running = 0;
	if (test->crashes || test->changes)
		leave(run, worker, !test->crashes);
	else
		offer(run, worker);
}

static void look_at_memory(struct run *run)
{
	size_t memory = sched_memory(run->sched);

	if (memory > run->out->memory)
		run->out->memory = memory;
}

static int fail(const struct run *run, struct error *error, const char *text)
{
	return error_set(error, "mode %s, seed %" PRIu64 ", at %.3f s: %s", run->simulation->options.mode,
			 run->simulation->seed, clock_seconds(run->now), text);
}

/* The invariants so far, and what the scheduler itself says. */
static int look_for_failure(struct run *run, struct error *error)
{
	const char *failure = sched_failure(run->sched);

	if (run->check.message[0])
		return fail(run, error, run->check.message);
	return failure ? fail(run, error, failure) : 0;
}

static int end_of_run(struct run *run, struct error *error)
{
	const char *stuck;
	char message[SIMULATED_MESSAGE];

	if (sched_waiting(run->sched) > 0) {
		stuck = sched_stuck(run->sched);
		snprintf(message, sizeof(message), "%zu tests wait, and no worker gets one: %s",
			 sched_waiting(run->sched),
			 stuck ? stuck : "a limit or a serial test is said to explain it");
		return fail(run, error, message);
	}
	check_end(&run->check);
	return look_for_failure(run, error);
}

static int go_on(struct run *run, struct error *error)
{
	for (uint64_t events = 0; run->event_count > 0; events++) {
		struct event event = event_pop(run);

		run->now = event.time;
		if (run->places[event.worker].away)
			come_back(run, event.worker);
		else
			end(run, event.worker);
		ask_idle(run, ASKED_AT_ONCE);
		recall(run);
		if (run->event_count == 0)
			ask_idle(run, run->simulation->workers);
		if (events % MEMORY_LOOK == 0)
			look_at_memory(run);
		if (look_for_failure(run, error) < 0)
			return -1;
	}
	run->out->makespan = clock_seconds(run->now);
	return end_of_run(run, error);
}

static void add_test(struct run *run, uint64_t number)
{
	const struct simulated_test *from = &run->suite.tests[number - 1];
	char id[96], file[32], scope[64], group[32];
	struct sched_test test = { .number = number,
				   .suite = "suite",
				   .id = id,
				   .file = file,
				   .scope = scope,
				   .group = from->group == SIMULATED_NONE ? NULL : group,
				   .expected = from->told,
				   .weight = from->heavy ? 2 : 1,
				   .serial = from->serial,
				   .worker = from->worker };

	snprintf(file, sizeof(file), "tests/test_%" PRIu32 ".py", from->file);
	snprintf(scope, sizeof(scope), "%s::Test%" PRIu32, file, from->scope);
	snprintf(id, sizeof(id), "%s::test_%" PRIu64, scope, number);
	snprintf(group, sizeof(group), "group%" PRIu32, from->group);
	test.limits = from->limited && run->simulation->options.limit_count > 0 ? 1 : 0;
	uint64_t begin = clock_now();
	sched_add(run->sched, &test);
	add_time(run, begin);
}

static void plan(struct run *run)
{
	uint64_t begin;

	for (uint64_t number = 1; number <= run->suite.count; number++)
		add_test(run, number);
	look_at_memory(run);
	begin = clock_now();
	sched_collected(run->sched, run->simulation->workers);
	add_time(run, begin);
	look_at_memory(run);
	run->out->planning = clock_seconds(run->spent);
	run->spent = 0;
}

static int run_all(struct run *run, struct error *error)
{
	unsigned workers = run->simulation->workers;

	plan(run);
	for (uint32_t worker = 0; worker < workers; worker++)
		sched_worker_added(run->sched, worker);
	/* All begin at the same moment: one gets a second test when everybody has a first. */
	for (uint32_t worker = 0; worker < workers; worker++) {
		uint64_t test = ask(run, worker, false);

		if (test)
			start(run, worker, test);
		else
			crew_add(&run->idle, worker);
	}
	for (uint32_t worker = 0; worker < workers; worker++)
		if (run->places[worker].running)
			hold_one_ahead(run, worker);
	if (look_for_failure(run, error) < 0)
		return -1;
	return go_on(run, error);
}

int simulate(const struct simulation *simulation, struct simulated *out, struct error *error)
{
	struct simulated measured = { 0 };
	struct run run = { .simulation = simulation, .out = &measured, .clock_cost = measure_clock() };
	int result;

	if (simulation->workers == 0)
		return error_set(error, "a simulation needs one worker at least");
	run.sched = sched_new(&simulation->options, error);
	if (!run.sched)
		return -1;
	simulated_suite_init(&run.suite, simulation);
	check_init(&run.check, &run.suite, simulation);
	run.places = alloc_zeroed(simulation->workers, sizeof(*run.places));
	run.events = alloc_zeroed(simulation->workers, sizeof(*run.events));
	crew_init(&run.idle, simulation->workers);
	crew_init(&run.holders, simulation->workers);
	measured.lower_bound = simulated_lower_bound(&run.suite, simulation);
	result = run_all(&run, error);
	measured.seconds = clock_seconds(run.spent);
	measured.splits = run.check.splits;
	if (result == 0)
		*out = measured;
	crew_fini(&run.holders);
	crew_fini(&run.idle);
	free(run.events);
	free(run.places);
	check_fini(&run.check);
	simulated_suite_fini(&run.suite);
	sched_free(run.sched);
	return result;
}
