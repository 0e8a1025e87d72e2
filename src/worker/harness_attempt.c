#include "worker/harness_attempt.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "event/codec.h"
#include "worker/descendants.h"
#include "worker/harness_inside.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an interrupt says (xtop-protocol(5)). */
#define INTERRUPT_DEADLINE (SIGRTMIN + 4)
#define INTERRUPT_CANCEL (SIGRTMIN + 5)
#define SHOW_STACKS (SIGRTMIN + 6)

static struct harness_attempt *of(struct attempt *attempt)
{
	return (struct harness_attempt *)attempt;
}

static const struct harness_attempt *of_const(const struct attempt *attempt)
{
	return (const struct harness_attempt *)attempt;
}

static void hold_or_go_on(struct harness_attempt *attempt, uint64_t now);

void harness_attempt_emit(struct harness_attempt *attempt, struct event *event)
{
	event_put(event, test, attempt->base.job->test);
	event_put(event, attempt, attempt->base.job->attempt);
	if (!attempt->base.host->emit(attempt->base.host->context, event))
		hold_or_go_on(attempt, clock_now());
}

bool harness_attempt_runs(const struct harness_attempt *attempt)
{
	return attempt->phase >= PHASE_RUNNING && attempt->phase < PHASE_OVER;
}

struct attempt *harness_attempt_base(struct harness_attempt *attempt)
{
	return &attempt->base;
}

/* --- starting --- */

void harness_attempt_tell_start(struct harness_attempt *attempt, pid_t pid)
{
	struct event event;
	event_init(&event, EVENT_TEST_STARTED);
	if (pid > 0)
		event_put(&event, pid, (uint64_t)pid);
	attempt->announced = true;
	attempt->phase = PHASE_HELD;
	harness_attempt_emit(attempt, &event);
}

static void begin(struct harness_attempt *attempt, uint64_t now)
{
	const struct job *job = attempt->base.job;
	attempt->phase = PHASE_RUNNING;
	attempt->started = now;
	deadline_set(&attempt->deadline, job->timeout ? now + job->timeout : DEADLINE_NEVER, now);
	struct group *group = attempt->base.host->group;
	attempt->grouped = group && group_begin(group, job->mem_limit) &&
			   group_add(group, harness_pid(attempt->place->harness));
	memory_watch_begin(&attempt->memory, job->mem_limit, attempt->grouped, now);
	memory_peak_begin(&attempt->place->peak, harness_pid(attempt->place->harness));
	kill_count_begin(&attempt->kill_count, attempt->base.host->kills_fd);
	offspring_note(&attempt->place->offspring, harness_pid(attempt->place->harness));
	char *variables[] = { alloc_format("XTOP_TEST_ID=%s", job->id),
			      alloc_format("XTOP_ATTEMPT=%u", job->attempt) };
	struct str line = STR_INIT;
	protocol_put_run(&line, job->id, job->ordinal ? job->ordinal : 1, job->attempt, variables,
			 sizeof(variables) / sizeof(*variables));
	harness_send(attempt->place->harness, &line);
	str_fini(&line);
	free(variables[0]);
	free(variables[1]);
}

/* Told before the harness is: should the test kill this worker at once, it must be known which one it was. */
void harness_attempt_announce(struct harness_attempt *attempt, uint64_t now)
{
	struct harness_place *place = attempt->place;
	if (attempt->phase != PHASE_PREPARING || place->held || attempt->paused)
		return; /* hold_or_go_on comes back to this */
	/* What is in the pipes by now is not its output. */
	if (!capture_read_rest(harness_capture(place->harness)))
		return;
	harness_place_tell_outside(place);
	capture_renew(harness_capture(place->harness), attempt->base.job->output_limit);
	harness_attempt_tell_start(attempt, harness_pid(place->harness));
	if (!place->held && attempt->phase == PHASE_HELD)
		begin(attempt, now);
}

/* --- the harness' words --- */

void harness_attempt_kept(struct harness_attempt *attempt, enum event_stream stream, struct slice bytes,
			  uint64_t dropped)
{
	struct event event;
	event_init(&event, EVENT_TEST_OUTPUT);
	event_put(&event, stream, (int)stream);
	event_put(&event, data, ((struct event_text){ bytes.data, bytes.length }));
	if (dropped)
		event_put(&event, dropped, dropped);
	harness_attempt_emit(attempt, &event);
}

static void ask_next(struct harness_attempt *attempt, const struct harness_event *event)
{
	bool failed = attempt->cause == CAUSE_DEADLINE ||
		      (attempt->cause != CAUSE_CANCEL && outcome_is_failure(event->outcome));
	attempt->asked = true;
	/* What asks after its deadline may have been interrupted before. */
	attempt->tears_down = attempt->phase == PHASE_RUNNING;
	attempt->base.host->ask_next(attempt->base.host->context, failed, event->may_rerun);
}

bool harness_attempt_event(struct harness_attempt *attempt, struct harness_event *event, uint64_t now)
{
	/* Of an attempt that was not sent to it, or said twice. */
	if (attempt->phase < PHASE_RUNNING || attempt->phase > PHASE_KILLED)
		return false;
	if (event->type == HARNESS_NEXT) {
		ask_next(attempt, event);
		return false;
	}
	attempt->finished = *event;
	memset(event, 0, sizeof(*event));
	attempt->phase = PHASE_FINISHING;
	attempt->finished_at = now;
	attempt->asked = false;
	hang_stop(&attempt->hang);
	deadline_set(&attempt->deadline, DEADLINE_NEVER, now);
	harness_attempt_try_to_finish(attempt, now);
	return attempt->phase == PHASE_FINISHING;
}

static void harness_attempt_answer(struct attempt *base, enum next_kind kind, const char *id, uint32_t ordinal)
{
	struct harness_attempt *attempt = of(base);
	struct str line = STR_INIT;
	if (!attempt->asked)
		return;
	attempt->asked = false;
	switch (kind) {
	case NEXT_NONE:
		protocol_put_next_none(&line);
		break;
	case NEXT_AGAIN:
		protocol_put_next_again(&line);
		break;
	case NEXT_TEST:
		protocol_put_next(&line, id, ordinal ? ordinal : 1);
		break;
	}
	harness_send(attempt->place->harness, &line);
	str_fini(&line);
}

/* --- deadline and cancellation --- */

static void kill_it(struct harness_attempt *attempt, uint64_t now)
{
	attempt->phase = PHASE_KILLED;
	attempt->terminated = attempt->stubborn = true;
	hang_stop(&attempt->hang);
	deadline_set(&attempt->deadline, DEADLINE_NEVER, now);
	harness_kill(attempt->place->harness);
}

static void interrupt(struct harness_attempt *attempt, uint64_t now)
{
	struct harness *harness = attempt->place->harness;
	hang_stop(&attempt->hang);
	if (attempt->base.job->grace == 0) {
		kill_it(attempt, now);
		return;
	}
	attempt->phase = PHASE_INTERRUPTED;
	deadline_set(&attempt->deadline, now + attempt->base.job->grace, now);
	harness_interrupt(harness, attempt->cause == CAUSE_DEADLINE ? INTERRUPT_DEADLINE : INTERRUPT_CANCEL);
	/* A stopped process acts on nothing but SIGKILL before it is continued. */
	harness_signal(harness, SIGCONT);
}

/* --- a look that a person asked for --- */

/* It would end by a signal that it does not know: a harness of somebody else's, or one that has only begun. */
static bool catches(pid_t pid, int number)
{
	static const char field[] = "\nSigCgt:";
	char path[64], text[4096], *at;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (fs_read_small(path, text, sizeof(text)) <= 0 || !(at = strstr(text, field)))
		return false;
	return strtoull(at + strlen(field), NULL, 16) >> (number - 1) & 1;
}

static void emit_glimpse(void *context, struct event *event)
{
	harness_attempt_emit(context, event);
}

static void harness_attempt_look(struct attempt *base, uint64_t now)
{
	struct harness_attempt *attempt = of(base);
	pid_t pid = harness_pid(attempt->place->harness);
	if (attempt->phase != PHASE_RUNNING)
		return;
	glimpse_begin(&attempt->glimpse, base->job, pid, true, false, now);
	if (catches(pid, SHOW_STACKS))
		harness_interrupt(attempt->place->harness, SHOW_STACKS);
}

static void begin_looking(struct harness_attempt *attempt, uint64_t now)
{
	attempt->cause = CAUSE_DEADLINE;
	attempt->phase = PHASE_LOOKING;
	glimpse_fini(&attempt->glimpse);
	deadline_set(&attempt->deadline, DEADLINE_NEVER, now);
	hang_begin(&attempt->hang, attempt->base.job, harness_pid(attempt->place->harness), true, false, now);
}

static void terminate(struct harness_attempt *attempt, uint64_t now)
{
	hang_stop(&attempt->hang);
	attempt->phase = PHASE_TERMINATING;
	attempt->terminated = true;
	deadline_set(&attempt->deadline, now + attempt->base.job->grace / 2, now);
	harness_terminate(attempt->place->harness);
}

/* An interrupt that had no effect mostly means that it is stuck in what is not its language's: there the native
 * stacks tell more. */
static void go_beyond_interrupt(struct harness_attempt *attempt, uint64_t now)
{
	attempt->ignored_interrupt = true;
	if (attempt->cause != CAUSE_DEADLINE) {
		terminate(attempt, now);
		return;
	}
	attempt->phase = PHASE_DUMPING;
	deadline_set(&attempt->deadline, DEADLINE_NEVER, now);
	hang_begin_stack(&attempt->hang, attempt->base.host, harness_pid(attempt->place->harness), now);
}

static void go_on_looking(struct harness_attempt *attempt, uint64_t now)
{
	bool looks = attempt->phase == PHASE_LOOKING || attempt->phase == PHASE_DUMPING;
	if (!looks || attempt->paused || !hang_go_on(&attempt->hang, attempt->base.host, now))
		return;
	if (attempt->phase == PHASE_LOOKING)
		interrupt(attempt, now);
	else
		terminate(attempt, now);
}

static bool watches_memory(const struct harness_attempt *attempt)
{
	return attempt->phase >= PHASE_RUNNING && attempt->phase <= PHASE_TERMINATING;
}

static void watch_memory(struct harness_attempt *attempt, uint64_t now)
{
	pid_t keeper;
	if (!watches_memory(attempt) || now < memory_watch_wake_at(&attempt->memory))
		return;
	keeper = descendants_parent(harness_pid(attempt->place->harness));
	if (keeper <= 0 || !memory_watch_is_beyond(&attempt->memory, keeper, now))
		return;
	/* One that is being ended already stays what it is. */
	if (attempt->phase == PHASE_RUNNING)
		attempt->cause = CAUSE_MEMORY;
	kill_it(attempt, now);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t harness_attempt_wake_at(const struct attempt *base)
{
	const struct harness_attempt *attempt = of_const(base);
	if (attempt->phase == PHASE_OVER)
		return UINT64_MAX;
	uint64_t wake = deadline_wake_at(&attempt->deadline);
	if ((attempt->phase == PHASE_LOOKING || attempt->phase == PHASE_DUMPING) && !attempt->paused)
		wake = earlier(wake, hang_wake_at(&attempt->hang));
	if (attempt->phase == PHASE_RUNNING)
		wake = earlier(wake, glimpse_wake_at(&attempt->glimpse));
	if (watches_memory(attempt))
		wake = earlier(wake, memory_watch_wake_at(&attempt->memory));
	return wake;
}

static void harness_attempt_on_time(struct attempt *base, uint64_t now)
{
	struct harness_attempt *attempt = of(base);
	watch_memory(attempt, now);
	go_on_looking(attempt, now);
	if (attempt->phase == PHASE_RUNNING)
		glimpse_go_on(&attempt->glimpse, base->host, now, emit_glimpse, attempt);
	if (attempt->phase == PHASE_OVER || now < deadline_wake_at(&attempt->deadline))
		return;
	switch (attempt->phase) {
	case PHASE_RUNNING:
		begin_looking(attempt, now);
		break;
	case PHASE_INTERRUPTED:
		go_beyond_interrupt(attempt, now);
		go_on_looking(attempt, now);
		break;
	case PHASE_TERMINATING:
		attempt->ignored_term = true;
		kill_it(attempt, now);
		break;
	case PHASE_FINISHING:
		harness_attempt_go_on_finishing(attempt, now);
		break;
	case PHASE_PREPARING:
	case PHASE_HELD:
	case PHASE_LOOKING:
	case PHASE_DUMPING:
	case PHASE_KILLED:
	case PHASE_OVER:
		break;
	}
}

/* --- being held --- */

static void hold_or_go_on(struct harness_attempt *attempt, uint64_t now)
{
	bool held = attempt->place->held || attempt->paused;
	deadline_hold(&attempt->deadline, held, now);
	if (held)
		return;
	if (attempt->phase == PHASE_PREPARING && harness_is_ready(attempt->place->harness))
		harness_attempt_announce(attempt, now);
	else if (attempt->phase == PHASE_HELD)
		begin(attempt, now);
}

static void harness_attempt_stall(struct attempt *base, bool stalled, uint64_t now)
{
	struct harness_attempt *attempt = of(base);
	(void)stalled; /* the place knows already */
	if (attempt->phase == PHASE_OVER)
		return;
	hold_or_go_on(attempt, now);
	if (attempt->phase == PHASE_FINISHING)
		harness_attempt_go_on_finishing(attempt, now);
}

static void harness_attempt_pause(struct attempt *base, bool paused, uint64_t now)
{
	struct harness_attempt *attempt = of(base);
	if (attempt->phase == PHASE_OVER || attempt->paused == paused)
		return;
	attempt->paused = paused;
	if (attempt->phase >= PHASE_RUNNING && attempt->phase <= PHASE_KILLED)
		harness_signal(attempt->place->harness, paused ? SIGSTOP : SIGCONT);
	hold_or_go_on(attempt, now);
	/* What it did before counts; that it was stopped is no news. */
	if (paused)
		hang_stop(&attempt->hang);
	go_on_looking(attempt, now);
}

static void cancel_before_it_runs(struct harness_attempt *attempt, const char *reason)
{
	if (!attempt->announced)
		harness_attempt_tell_start(attempt, harness_pid(attempt->place->harness));
	struct result result = { .outcome = OUTCOME_NOTRUN, .reason = alloc_string(reason) };
	harness_attempt_finish(attempt, &result, NULL, NULL);
}

static void harness_attempt_cancel(struct attempt *base, const char *reason, uint64_t now)
{
	struct harness_attempt *attempt = of(base);
	if (!reason)
		reason = "stopped";
	if (attempt->phase == PHASE_PREPARING || attempt->phase == PHASE_HELD) {
		cancel_before_it_runs(attempt, reason);
		return;
	}
	harness_attempt_pause(base, false, now);
	switch (attempt->phase) {
	case PHASE_RUNNING:
		attempt->cancel_reason = alloc_string(reason);
		attempt->cause = CAUSE_CANCEL;
		interrupt(attempt, now);
		break;
	case PHASE_LOOKING:
		interrupt(attempt, now);
		break;
	case PHASE_DUMPING:
		terminate(attempt, now);
		break;
	case PHASE_INTERRUPTED:
	case PHASE_TERMINATING:
		if (attempt->cause == CAUSE_CANCEL)
			kill_it(attempt, now);
		break; /* of its deadline: it stays a timeout, and its end is near */
	case PHASE_PREPARING:
	case PHASE_HELD:
	case PHASE_KILLED:
	case PHASE_FINISHING:
	case PHASE_OVER:
		break;
	}
}

static void harness_attempt_signal(struct attempt *base, int number)
{
	struct harness_attempt *attempt = of(base);
	if (attempt->phase < PHASE_RUNNING || attempt->phase > PHASE_TERMINATING)
		return;
	if (attempt->phase == PHASE_RUNNING) {
		attempt->cause = CAUSE_SIGNAL;
		attempt->person_signal = number;
	}
	harness_signal(attempt->place->harness, number);
}

static void harness_attempt_recall(struct attempt *base)
{
	struct harness_attempt *attempt = of(base);
	if (attempt->phase != PHASE_PREPARING)
		return;
	harness_attempt_leave(attempt);
}

/* --- for the worker --- */

static void harness_attempt_free(struct attempt *base)
{
	struct harness_attempt *attempt = of(base);
	if (attempt->phase != PHASE_OVER)
		harness_attempt_leave(attempt);
	harness_event_fini(&attempt->finished);
	hang_fini(&attempt->hang);
	glimpse_fini(&attempt->glimpse);
	leftovers_fini(&attempt->leftovers);
	free(attempt->cancel_reason);
	free(attempt);
}

static bool harness_attempt_is_over(const struct attempt *base)
{
	return of_const(base)->phase == PHASE_OVER;
}

static bool harness_attempt_was_started(const struct attempt *base)
{
	return of_const(base)->announced;
}

static bool harness_attempt_bailed_out(const struct attempt *base)
{
	return of_const(base)->bailed_out;
}

/* The set of harnesses is polled and read by itself, and they are no children of this process. */
static unsigned harness_attempt_poll_fds(const struct attempt *base, struct pollfd *fds)
{
	return hang_poll_fds(&of_const(base)->hang, fds);
}

static void harness_attempt_read(struct attempt *base, const struct pollfd *fds, unsigned count)
{
	(void)fds, (void)count;
	go_on_looking(of(base), clock_now());
}

static void harness_attempt_reap(struct attempt *base, uint64_t now)
{
	(void)base, (void)now;
}

static const struct runner harness_runner = {
	.free = harness_attempt_free,
	.is_over = harness_attempt_is_over,
	.was_started = harness_attempt_was_started,
	.bailed_out = harness_attempt_bailed_out,
	.poll_fds = harness_attempt_poll_fds,
	.read = harness_attempt_read,
	.reap = harness_attempt_reap,
	.wake_at = harness_attempt_wake_at,
	.on_time = harness_attempt_on_time,
	.stall = harness_attempt_stall,
	.pause = harness_attempt_pause,
	.cancel = harness_attempt_cancel,
	.signal = harness_attempt_signal,
	.look = harness_attempt_look,
	.recall = harness_attempt_recall,
	.answer = harness_attempt_answer,
};

struct harness_attempt *harness_attempt_new(struct harness_place *place, const struct job *job, uint64_t now)
{
	struct harness_attempt *attempt = ALLOC_NEW(struct harness_attempt);
	attempt->base = (struct attempt){ .runner = &harness_runner, .host = place->host, .job = job };
	attempt->place = place;
	attempt->deadline.at = DEADLINE_NEVER;
	leftovers_init(&attempt->leftovers);
	deadline_hold(&attempt->deadline, place->held, now);
	return attempt;
}
