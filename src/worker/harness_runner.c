#include "worker/harness_runner.h"

#include "adapter/adapter.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/vec.h"
#include "event/codec.h"
#include "worker/harness_attempt.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define OUTSIDE_KEPT ((size_t)64 << 10) /* bytes that wait to be told */
#define OUTSIDE_SHOWN ((size_t)4 << 10) /* of them in one log event */
#define OUTSIDE_DELAY (200 * CLOCK_MS)  /* for the rest of what is being printed to come */
#define LEAVE_LIMIT (30 * CLOCK_SECOND)

struct harness_set {
	const struct runner_host *host;
	VEC(struct harness_place *) places;
	bool held;
};

/* --- a place --- */

void harness_place_log(struct harness_place *place, enum event_level level, const char *format, ...)
{
	struct str text = STR_INIT;
	struct event event;
	va_list args;
	va_start(args, format);
	str_add_vformat(&text, format, args);
	va_end(args);
	event_init(&event, EVENT_LOG);
	event_put(&event, level, (int)level);
	event_put(&event, message, ((struct event_text){ text.data, text.length }));
	place->host->emit(place->host->context, &event);
	str_fini(&text);
}

void harness_end_describe(const struct harness_end *end, struct str *out)
{
	struct ending ending = { .signaled = end->signaled, .number = end->number, .core_dumped = end->core_dumped };
	if (!end->known)
		str_add_text(out, "ended together with its keeper, nobody knows how,");
	else if (end->signaled)
		ending_describe(&ending, out);
	else
		str_add_format(out, "exited with %d", end->number);
}

void harness_place_tell_outside(struct harness_place *place)
{
	struct outside *outside = &place->outside;
	outside->flush_at = UINT64_MAX;
	struct slice text = slice_trim((struct slice){ outside->text.data, outside->text.length });
	size_t shown = text.length;
	if (shown > OUTSIDE_SHOWN) {
		shown = OUTSIDE_SHOWN;
		/* Not through the middle of a character. */
		while (shown > OUTSIDE_SHOWN - 4 && ((unsigned char)text.data[shown] & 0xC0) == 0x80)
			shown--;
	}
	uint64_t more = outside->more + (text.length - shown);
	if (shown || more) {
		struct str message = STR_INIT;
		str_add_text(&message, "printed outside of any test: ");
		str_add(&message, text.data, shown);
		if (more)
			str_add_format(&message, "\n(and %llu bytes more)", (unsigned long long)more);
		struct event event;
		event_init(&event, EVENT_LOG);
		event_put(&event, level, LEVEL_NOTE);
		event_put(&event, message, ((struct event_text){ message.data, message.length }));
		place->host->emit(place->host->context, &event);
		str_fini(&message);
	}
	str_clear(&outside->text);
	outside->more = 0;
}

static void place_printed(void *context, enum event_stream stream, const char *bytes, size_t length)
{
	struct harness_place *place = context;
	struct outside *outside = &place->outside;
	(void)stream;
	if (place->attempt && harness_attempt_runs(place->attempt))
		return;
	size_t room = OUTSIDE_KEPT - outside->text.length;
	str_add(&outside->text, bytes, length < room ? length : room);
	outside->more += length < room ? 0 : length - room;
	if (outside->flush_at == UINT64_MAX)
		outside->flush_at = clock_now() + OUTSIDE_DELAY;
}

static void place_kept(void *context, enum event_stream stream, struct slice bytes, uint64_t dropped)
{
	struct harness_place *place = context;
	if (place->attempt && harness_attempt_runs(place->attempt))
		harness_attempt_kept(place->attempt, stream, bytes, dropped);
}

static void place_ready(void *context, uint64_t now)
{
	struct harness_place *place = context;
	if (place->attempt)
		harness_attempt_announce(place->attempt, now);
}

static bool place_event(void *context, struct harness_event *event, uint64_t now)
{
	struct harness_place *place = context;
	if (event->type == HARNESS_LATE) {
		harness_place_log(place, LEVEL_ERROR, "%s", event->message);
		return false;
	}
	return place->attempt && harness_attempt_event(place->attempt, event, now);
}

static void tell_idle_end(struct harness_place *place, const struct harness_end *end)
{
	struct str how = STR_INIT;
	if (end->failure)
		str_add_text(&how, end->failure);
	else
		harness_end_describe(end, &how);
	if (end->was_leaving) {
		if (!end->was_killed && end->known && (end->signaled || end->number))
			harness_place_log(place, LEVEL_WARNING,
					  "the test process %d did not leave in good order: %s",
					  (int)harness_pid(place->harness), how.data);
	} else {
		harness_place_log(place, LEVEL_WARNING, "the test process %d ended while it ran no test: %s",
				  (int)harness_pid(place->harness), how.data);
	}
	str_fini(&how);
}

static void place_ended(void *context, const struct harness_end *end, uint64_t now)
{
	struct harness_place *place = context;
	place->cpu_ended += end->cpu;
	place->host->harness_gone(place->host->context, place->server);
	bool of_test = place->attempt && harness_attempt_ended(place->attempt, end, now);
	harness_place_tell_outside(place);
	if (!of_test)
		tell_idle_end(place, end);
}

static void place_unreachable(void *context)
{
	struct harness_place *place = context;
	if (place->attempt)
		harness_attempt_unreachable(place->attempt);
}

static void place_orphaned(void *context, uint64_t now)
{
	struct harness_place *place = context;
	if (!place->attempt || !harness_attempt_runs(place->attempt))
		harness_leave(place->harness, LEAVE_LIMIT, now);
}

static void place_log(void *context, enum event_level level, const char *message)
{
	harness_place_log(context, level, "%s", message);
}

static struct harness_place *place_new(const struct runner_host *host, const struct job *job)
{
	struct harness_place *place = ALLOC_NEW(struct harness_place);
	VEC(char *) variables = VEC_INIT;
	place->host = host;
	place->server = alloc_string(job->server);
	str_init(&place->outside.text);
	offspring_init(&place->offspring);
	memory_peak_init(&place->peak);
	place->outside.flush_at = UINT64_MAX;
	for (size_t i = 0; i < host->variable_count; i++)
		vec_push(&variables, host->variables[i]);
	vec_each(&job->launch.environment, variable)
		vec_push(&variables, *variable);
	const struct protocol_keep keep = { .slot = host->slot,
					    .workers = host->workers,
					    .run_id = host->run_id,
					    .serial = host->serial,
					    .environment = variables.items,
					    .variable_count = variables.length };
	const struct harness_owner owner = { .ready = place_ready,
					     .event = place_event,
					     .printed = place_printed,
					     .kept = place_kept,
					     .ended = place_ended,
					     .unreachable = place_unreachable,
					     .orphaned = place_orphaned,
					     .log = place_log,
					     .context = place };
	place->harness = harness_new(&owner, job->server, &keep);
	vec_fini(&variables);
	return place;
}

/* --- the set --- */

struct harness_set *harness_set_new(const struct runner_host *host)
{
	struct harness_set *set = ALLOC_NEW(struct harness_set);
	set->host = host;
	return set;
}

static struct harness_place *find_place(struct harness_set *set, const struct job *job)
{
	vec_each(&set->places, place)
		if (strcmp((*place)->server, job->server) == 0)
			return *place;
	struct harness_place *place = place_new(set->host, job);
	place->held = set->held;
	harness_hold(place->harness, set->held, clock_now());
	vec_push(&set->places, place);
	return place;
}

struct attempt *harness_set_start(struct harness_set *set, const struct job *job, uint64_t now)
{
	struct harness_place *place = find_place(set, job);
	struct harness_attempt *attempt = harness_attempt_new(place, job, now);
	place->attempt = attempt;
	if (harness_is_ready(place->harness))
		harness_attempt_announce(attempt, now);
	else
		harness_want(place->harness, true, now);
	return harness_attempt_base(attempt);
}

void harness_set_leave(struct harness_set *set, uint64_t now)
{
	vec_each(&set->places, place)
		harness_leave((*place)->harness, LEAVE_LIMIT, now);
}

bool harness_set_is_empty(const struct harness_set *set)
{
	vec_each(&set->places, place)
		if (harness_exists((*place)->harness))
			return false;
	return true;
}

void harness_set_part(struct harness_set *set)
{
	vec_each(&set->places, place)
		harness_part((*place)->harness);
}

size_t harness_set_fd_count(const struct harness_set *set)
{
	return set->places.length * HARNESS_FDS;
}

void harness_set_poll_fds(const struct harness_set *set, struct pollfd *fds)
{
	vec_each(&set->places, place) {
		harness_poll_fds((*place)->harness, fds);
		fds += HARNESS_FDS;
	}
}

void harness_set_ready_fds(struct harness_set *set, const struct pollfd *fds, uint64_t now)
{
	vec_each(&set->places, place) {
		harness_ready_fds((*place)->harness, fds, now);
		fds += HARNESS_FDS;
	}
}

/* What a starting process prints is kept for its test, should it never become ready. */
static bool outside_is_due(const struct harness_place *place, uint64_t now)
{
	return !place->attempt && !place->held && now >= place->outside.flush_at;
}

uint64_t harness_set_wake_at(const struct harness_set *set)
{
	uint64_t wake = UINT64_MAX;
	vec_each(&set->places, place) {
		uint64_t at = harness_wake_at((*place)->harness);
		if (at < wake)
			wake = at;
		if (!(*place)->attempt && !(*place)->held && (*place)->outside.flush_at < wake)
			wake = (*place)->outside.flush_at;
	}
	return wake;
}

void harness_set_on_time(struct harness_set *set, uint64_t now)
{
	vec_each(&set->places, place) {
		harness_on_time((*place)->harness, now);
		if (outside_is_due(*place, now))
			harness_place_tell_outside(*place);
	}
}

void harness_set_hold(struct harness_set *set, bool held, uint64_t now)
{
	set->held = held;
	vec_each(&set->places, place)
		(*place)->held = held;
	/* What one of them has kept may fill the lane again: then the others go on being held. */
	vec_each(&set->places, place)
		harness_hold((*place)->harness, set->held, now);
}

void harness_set_add_usage(const struct harness_set *set, struct usage *usage)
{
	vec_each(&set->places, place) {
		usage->cpu += (*place)->cpu_ended;
		if (harness_pid((*place)->harness) > 0)
			usage_add_process(harness_pid((*place)->harness), usage);
	}
}
