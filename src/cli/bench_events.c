#include "cli/bench_events.h"

#include "base/json.h"
#include "base/map.h"
#include "xtop/event.h"

#include <string.h>

/* What was kept is read when it is so much: the run shall wait for that as seldom as possible. */
#define KEPT_MOST ((size_t)64 << 20)

struct scope {
	char *name;
	double time;
};

struct test {
	char *id;
	struct scope *scope; /* NULL: none */
	double time;         /* of all its attempts */
	unsigned found;      /* how often: with --dist each, once for each worker */
};

struct slot {
	double last; /* end of its last test */
	bool worked;
	uint64_t rss;
};

struct bench_events {
	struct str kept; /* lines that tell something */
	struct map *tests, *scopes;
	VEC(struct test *) all_tests;
	VEC(struct scope *) all_scopes;
	struct slot slots[XTOP_SLOTS_MAX];
	struct bench_run run;
	bool finished;
};

struct bench_events *bench_events_new(void)
{
	struct bench_events *events = ALLOC_NEW(struct bench_events);
	str_init(&events->kept);
	events->tests = map_new();
	events->scopes = map_new();
	events->run.first = -1;
	return events;
}

void bench_events_free(struct bench_events *events)
{
	if (!events)
		return;
	vec_each(&events->all_tests, it) {
		free((*it)->id);
		free(*it);
	}
	vec_each(&events->all_scopes, it) {
		free((*it)->name);
		free(*it);
	}
	vec_fini(&events->all_tests);
	vec_fini(&events->all_scopes);
	map_free(events->tests);
	map_free(events->scopes);
	str_fini(&events->kept);
	free(events);
}

static struct scope *scope_of(struct bench_events *events, const char *suite, const char *name)
{
	struct str key = STR_INIT;
	str_add(&key, suite, strlen(suite) + 1);
	str_add_text(&key, name);
	struct scope *scope = map_get(events->scopes, key.data, key.length);
	if (!scope) {
		scope = ALLOC_NEW(struct scope);
		scope->name = alloc_string(name);
		vec_push(&events->all_scopes, scope);
		map_put(events->scopes, key.data, key.length, scope);
	}
	str_fini(&key);
	return scope;
}

/* The test that an event is about, which may be new. NULL: it names none. */
static struct test *test_of(struct bench_events *events, const struct json *event)
{
	const char *suite = json_get_text(event, "suite"), *id = json_get_text(event, "id");
	int64_t ordinal = 1;
	if (!suite || !id)
		return NULL;
	json_get_int(event, "ordinal", &ordinal);
	struct str key = STR_INIT;
	str_add(&key, suite, strlen(suite) + 1);
	str_add(&key, id, strlen(id) + 1);
	str_add_format(&key, "%lld", (long long)ordinal);
	struct test *test = map_get(events->tests, key.data, key.length);
	if (!test) {
		test = ALLOC_NEW(struct test);
		test->id = alloc_string(id);
		vec_push(&events->all_tests, test);
		map_put(events->tests, key.data, key.length, test);
	}
	str_fini(&key);
	return test;
}

/* NULL: the event names none. */
static struct slot *slot_of(struct bench_events *events, const struct json *event)
{
	int64_t worker;
	if (!json_get_int(event, "worker", &worker) || worker < 0 || worker >= XTOP_SLOTS_MAX)
		return NULL;
	return &events->slots[worker];
}

static void on_found(struct bench_events *events, const struct json *event)
{
	const char *scope = json_get_text(event, "scope");
	struct test *test = test_of(events, event);
	if (test)
		test->found++;
	if (test && scope)
		test->scope = scope_of(events, json_get_text(event, "suite"), scope);
}

static void on_collected(struct bench_events *events, const struct json *event)
{
	int64_t workers = 0;
	if (json_get_int(event, "workers", &workers) && workers > 0 && workers <= XTOP_SLOTS_MAX)
		events->run.workers = (unsigned)workers;
}

static void on_started(struct bench_events *events, const struct json *event)
{
	double t = 0;
	struct bench_run *run = &events->run;
	/* Workers' events come in an order of their own. */
	if (json_get_real(event, "t", &t) && (run->first < 0 || t < run->first))
		run->first = t;
}

static void note_rss(struct slot *slot, const struct json *event)
{
	int64_t rss = 0;
	if (json_get_int(event, "rss", &rss) && rss > 0 && (uint64_t)rss > slot->rss)
		slot->rss = (uint64_t)rss;
}

static void on_finished(struct bench_events *events, const struct json *event)
{
	struct slot *slot = slot_of(events, event);
	struct test *test = test_of(events, event);
	double t = 0, duration = 0;
	json_get_real(event, "t", &t);
	json_get_real(event, "duration", &duration);
	events->run.busy += duration;
	if (t > events->run.last)
		events->run.last = t;
	if (test)
		test->time += duration;
	if (!slot)
		return;
	slot->worked = true;
	slot->last = t;
	note_rss(slot, event);
}

static void on_sample(struct bench_events *events, const struct json *event)
{
	struct slot *slot = slot_of(events, event);
	if (slot)
		note_rss(slot, event);
}

static uint64_t number_of(const struct json *event, const char *name)
{
	int64_t number = 0;
	return json_get_int(event, name, &number) && number > 0 ? (uint64_t)number : 0;
}

static void on_end(struct bench_events *events, const struct json *event)
{
	events->run.tests = number_of(event, "tests");
	events->run.failed = number_of(event, "failed");
	events->run.notrun = number_of(event, "notrun");
	events->finished = true;
}

static const struct {
	const char *beginning; /* of the line: each begins with its version and type */
	void (*take)(struct bench_events *events, const struct json *event);
} kinds[] = {
	{ "{\"v\":1,\"type\":\"test.finished\",", on_finished },
	{ "{\"v\":1,\"type\":\"test.started\",", on_started },
	{ "{\"v\":1,\"type\":\"test.found\",", on_found },
	{ "{\"v\":1,\"type\":\"worker.sample\",", on_sample },
	{ "{\"v\":1,\"type\":\"run.collected\",", on_collected },
	{ "{\"v\":1,\"type\":\"run.finished\",", on_end },
};

static size_t kind_of(struct slice line)
{
	size_t kind = 0, count = sizeof(kinds) / sizeof(kinds[0]);
	while (kind < count && !slice_starts_with(line, kinds[kind].beginning))
		kind++;
	return kind;
}

static void read_kept(struct bench_events *events)
{
	const char *at = events->kept.data, *end = at + events->kept.length;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		struct slice line = { at, (size_t)(newline - at) };
		struct json *event = json_parse(line, "event", NULL);
		if (event)
			kinds[kind_of(line)].take(events, event);
		json_free(event);
		at = newline + 1;
	}
	str_clear(&events->kept);
}

void bench_events_add(struct bench_events *events, struct slice line)
{
	if (kind_of(line) == sizeof(kinds) / sizeof(kinds[0]))
		return;
	str_add(&events->kept, line.data, line.length);
	str_add_char(&events->kept, '\n');
	if (events->kept.length > KEPT_MOST)
		read_kept(events);
}

/* A worker that had no test at all was without one from the first test's start on. */
static void add_up_slots(struct bench_events *events)
{
	struct bench_run *run = &events->run;
	double begins = run->last;
	for (unsigned i = 0; i < XTOP_SLOTS_MAX; i++) {
		const struct slot *slot = &events->slots[i];
		run->rss += slot->rss;
		if (!slot->worked && i >= run->workers)
			continue;
		double free_at = slot->worked ? slot->last : run->first;
		run->idle += run->last - free_at;
		if (free_at < begins)
			begins = free_at;
	}
	run->tail = run->last - begins;
}

static void find_longest(struct bench_events *events)
{
	const struct test *test = NULL;
	const struct scope *scope = NULL;
	vec_each(&events->all_tests, it) {
		if ((*it)->found > 1)
			(*it)->time /= (*it)->found;
		if ((*it)->scope)
			(*it)->scope->time += (*it)->time;
		if ((*it)->time > (test ? test->time : 0))
			test = *it;
	}
	vec_each(&events->all_scopes, it)
		if ((*it)->time > (scope ? scope->time : 0))
			scope = *it;
	if (test) {
		events->run.longest_test = alloc_string(test->id);
		events->run.longest_test_time = test->time;
	}
	if (scope) {
		events->run.longest_scope = alloc_string(scope->name);
		events->run.longest_scope_time = scope->time;
	}
}

bool bench_events_conclude(struct bench_events *events, struct bench_run *run)
{
	read_kept(events);
	if (!events->finished)
		return false;
	if (events->run.first < 0)
		events->run.first = events->run.last = 0;
	add_up_slots(events);
	find_longest(events);
	*run = events->run;
	return true;
}
