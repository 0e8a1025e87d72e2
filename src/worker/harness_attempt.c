#include "worker/harness_attempt.h"

#include "adapter/adapter.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "event/codec.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For a harness that says that it can't run another test. */
#define LEAVE_LIMIT (5 * CLOCK_SECOND)

/* How many harnesses may be killed before they are ready, until the test is said to be impossible. */
#define KILLED_STARTS 10

/* What an interrupt says (xtop-protocol(5)). */
#define INTERRUPT_DEADLINE (SIGRTMIN + 4)
#define INTERRUPT_CANCEL (SIGRTMIN + 5)

enum phase {
	PHASE_PREPARING, /* its harness is not ready */
	PHASE_HELD,      /* announced, but the lane had no room for that: not sent to the harness yet */
	PHASE_RUNNING,
	PHASE_INTERRUPTED,
	PHASE_TERMINATING, /* SIGTERM was sent */
	PHASE_KILLED,      /* SIGKILL was sent */
	PHASE_FINISHING,   /* the harness gave its verdict; what was printed is not read to its end yet */
	PHASE_OVER,
};

enum cause { CAUSE_ITSELF, CAUSE_DEADLINE, CAUSE_CANCEL, CAUSE_SIGNAL };

struct harness_attempt {
	struct attempt base;
	struct harness_place *place;
	enum phase phase;
	enum cause cause;
	char *cancel_reason;
	int person_signal;
	bool announced;
	bool asked;      /* which test comes next, and has no answer yet */
	bool terminated; /* SIGTERM or more was sent to the harness */
	bool stubborn;   /* it needed SIGKILL */
	unsigned killed_starts; /* harnesses that were killed before they were ready */
	bool bailed_out; /* what is held ahead goes back */
	bool paused;
	uint64_t started, deadline; /* ns; UINT64_MAX: no deadline */
	uint64_t held_since;        /* stalled or paused since, or since the deadline was set; 0: the clock runs */
	struct harness_event finished; /* FINISHING */
};

static struct harness_attempt *of(struct attempt *attempt)
{
	return (struct harness_attempt *)attempt;
}

static const struct harness_attempt *of_const(const struct attempt *attempt)
{
	return (const struct harness_attempt *)attempt;
}

static void hold_or_go_on(struct harness_attempt *attempt, uint64_t now);

static void emit(struct harness_attempt *attempt, struct event *event)
{
	event_put(event, test, attempt->base.job->test);
	event_put(event, attempt, attempt->base.job->attempt);
	if (!attempt->base.host->emit(attempt->base.host->context, event))
		hold_or_go_on(attempt, clock_now());
}

/* While the clock is held, only what passes from now on is put on top of a new deadline. */
static void set_deadline(struct harness_attempt *attempt, uint64_t deadline, uint64_t now)
{
	attempt->deadline = deadline;
	if (attempt->held_since)
		attempt->held_since = now;
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

static void announce(struct harness_attempt *attempt, pid_t pid)
{
	struct event event;
	event_init(&event, EVENT_TEST_STARTED);
	if (pid > 0)
		event_put(&event, pid, (uint64_t)pid);
	attempt->announced = true;
	attempt->phase = PHASE_HELD;
	emit(attempt, &event);
}

static void begin(struct harness_attempt *attempt, uint64_t now)
{
	const struct job *job = attempt->base.job;
	attempt->phase = PHASE_RUNNING;
	attempt->started = now;
	set_deadline(attempt, job->timeout ? now + job->timeout : UINT64_MAX, now);
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
	announce(attempt, harness_pid(place->harness));
	if (!place->held && attempt->phase == PHASE_HELD)
		begin(attempt, now);
}

/* --- the end --- */

/* After this it is over. */
static void leave_place(struct harness_attempt *attempt)
{
	attempt->phase = PHASE_OVER;
	attempt->place->attempt = NULL;
	harness_want(attempt->place->harness, false, clock_now());
	capture_renew(harness_capture(attempt->place->harness), 0);
}

/* What the worker itself decided goes before what the harness says: the outcome, and the first line. */
static void judge(const struct harness_attempt *attempt, struct result *result)
{
	const struct job *job = attempt->base.job;
	char *said = result->message;
	if (attempt->cause == CAUSE_CANCEL) {
		result_fini(result);
		result->outcome = OUTCOME_NOTRUN;
		result->reason = alloc_string(attempt->cancel_reason);
	} else if (attempt->cause == CAUSE_DEADLINE) {
		result->outcome = OUTCOME_TIMEOUT;
		result->message = alloc_format("timed out after %g s%s%s%s", clock_seconds(job->timeout),
					       attempt->stubborn && job->grace ? "; did not react and was killed" : "",
					       said ? "\n" : "", said ? said : "");
		free(said);
		free(result->reason);
		result->reason = NULL;
	}
}

/* Takes the result. `said` and `end`, one of them NULL, have what goes along. */
static void send_finished(struct harness_attempt *attempt, struct result *result, const struct harness_event *said,
			  const struct harness_end *end)
{
	struct event event;
	struct str properties = STR_INIT;
	attempt->bailed_out = attempt->base.job->stop_on_failure && outcome_is_failure(result->outcome);
	event_init(&event, EVENT_TEST_FINISHED);
	event_put(&event, outcome, (int)result->outcome);
	event_put(&event, duration, attempt->started ? clock_now() - attempt->started : 0);
	event_put_text(&event, message, result->message);
	event_put_text(&event, reason, result->reason);
	if (said) {
		if (said->stop_reason) {
			attempt->bailed_out = true;
			event_put(&event, bail_out, true);
			if (!result->reason)
				event_put_text(&event, reason, said->stop_reason);
		}
		if (said->has_setup)
			event_put(&event, setup, said->setup);
		if (said->has_call)
			event_put(&event, call, said->call);
		if (said->has_teardown)
			event_put(&event, teardown, said->teardown);
		event_put_text(&event, code, said->code);
		event_put_text(&event, file, said->file);
		if (said->line)
			event_put(&event, line, said->line);
		if (json_count(said->properties)) {
			json_dump(said->properties, &properties);
			event_put_text(&event, properties, properties.data);
		}
		if (!said->may_rerun)
			event_put(&event, rerun, false);
	}
	if (end && end->known) {
		if (end->signaled)
			event_put(&event, signal, (uint64_t)end->number);
		else
			event_put(&event, exit_code, end->number);
		if (end->has_usage) {
			event_put(&event, cpu, end->cpu);
			event_put(&event, rss, end->rss);
		}
	}
	leave_place(attempt);
	emit(attempt, &event);
	str_fini(&properties);
	result_fini(result);
}

static void send_points(struct harness_attempt *attempt, const struct harness_event *said)
{
	struct harness_point point;
	for (size_t i = 0; harness_event_point(said, i, &point); i++) {
		if (point.outcome == OUTCOME_NONE)
			continue;
		struct event event;
		event_init(&event, EVENT_TEST_POINT);
		event_put(&event, number, i + 1);
		event_put(&event, depth, 0);
		event_put(&event, outcome, (int)point.outcome);
		event_put_text(&event, name, point.name);
		event_put_text(&event, message, point.message);
		emit(attempt, &event);
	}
}

static char *copy(const char *text)
{
	return text ? alloc_string(text) : NULL;
}

/* The harness gave its verdict; all that it printed before belongs to this test. */
static void try_to_finish(struct harness_attempt *attempt, uint64_t now)
{
	struct harness_place *place = attempt->place;
	struct capture *capture = harness_capture(place->harness);
	if (attempt->phase != PHASE_FINISHING || place->held || !capture_read_rest(capture))
		return;
	struct harness_event *said = &attempt->finished;
	struct harness_output output;
	for (size_t i = 0; harness_event_output(said, i, &output); i++)
		capture_add(capture, output.stream, output.text);
	capture_end(capture);
	send_points(attempt, said);
	struct result result = { .outcome = said->outcome,
				 .message = copy(said->message),
				 .reason = copy(said->reason) };
	judge(attempt, &result);
	bool stays = said->keep && !attempt->terminated && harness_is_kept(place->harness);
	send_finished(attempt, &result, said, NULL);
	harness_event_fini(said);
	if (!stays)
		harness_leave(place->harness, LEAVE_LIMIT, now);
}

static void describe_crash(struct harness_attempt *attempt, const struct harness_end *end, struct str *out)
{
	char buffer[32];
	if (attempt->cause == CAUSE_SIGNAL && end->known && end->signaled && end->number == attempt->person_signal) {
		str_add_format(out, "killed by %s, sent by hand", event_signal_name((unsigned)end->number, buffer));
		return;
	}
	if (end->lost && end->failure) {
		str_add_format(out, "the test process was ended: %s", end->failure);
	} else {
		harness_end_describe(end, out);
		if (!end->known || !end->signaled)
			str_add_text(out, " before the test was done");
	}
	struct ending ending = { .last_line = capture_last_line(harness_capture(attempt->place->harness)) };
	ending_add_last_line(&ending, ": ", out);
}

/* It can't have been this test's fault, but without a harness there is no other verdict. */
static void fail_to_start(struct harness_attempt *attempt, const struct harness_end *end)
{
	struct outside *outside = &attempt->place->outside;
	struct str message = STR_INIT;
	announce(attempt, harness_pid(attempt->place->harness));
	if (outside->text.length)
		harness_attempt_kept(attempt, STREAM_STDOUT, (struct slice){ outside->text.data, outside->text.length },
				     0);
	str_clear(&outside->text);
	harness_place_tell_outside(attempt->place); /* what did not fit */
	if (end->failure) {
		str_add_text(&message, end->failure);
	} else {
		str_add_text(&message, "the test process ended before it was ready: ");
		harness_end_describe(end, &message);
		struct ending ending = { .last_line = capture_last_line(harness_capture(attempt->place->harness)) };
		ending_add_last_line(&ending, ": ", &message);
	}
	struct result result = { .outcome = OUTCOME_ERROR, .message = str_take(&message) };
	send_finished(attempt, &result, NULL, end);
}

bool harness_attempt_ended(struct harness_attempt *attempt, const struct harness_end *end, uint64_t now)
{
	if (attempt->phase == PHASE_PREPARING) {
		if (end->was_ready || end->was_leaving) {
			/* One that got ready while this was held is not wanted any more. */
			harness_want(attempt->place->harness, true, now);
			return false;
		}
		/* Somebody may have killed it; what kills every one is told. */
		if (end->known && end->signaled && end->number == SIGKILL && attempt->killed_starts++ < KILLED_STARTS)
			return false;
		fail_to_start(attempt, end);
		return true;
	}
	struct str message = STR_INIT;
	capture_end(harness_capture(attempt->place->harness));
	if (attempt->cause != CAUSE_DEADLINE)
		describe_crash(attempt, end, &message);
	struct result result = { .outcome = OUTCOME_CRASHED };
	if (message.length)
		result.message = str_take(&message);
	judge(attempt, &result);
	send_finished(attempt, &result, NULL, end);
	return true;
}

void harness_attempt_unreachable(struct harness_attempt *attempt)
{
	leave_place(attempt);
	attempt->base.host->no_server(attempt->base.host->context, attempt->place->server);
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
	emit(attempt, &event);
}

static void ask_next(struct harness_attempt *attempt, const struct harness_event *event)
{
	bool failed = attempt->cause == CAUSE_DEADLINE ||
		      (attempt->cause != CAUSE_CANCEL && outcome_is_failure(event->outcome));
	attempt->asked = true;
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
	attempt->asked = false;
	set_deadline(attempt, UINT64_MAX, now);
	try_to_finish(attempt, now);
	return attempt->phase == PHASE_FINISHING;
}

static void harness_attempt_answer(struct attempt *base, enum next_kind kind, const struct job *next)
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
		protocol_put_next(&line, next->id, next->ordinal ? next->ordinal : 1);
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
	set_deadline(attempt, UINT64_MAX, now);
	harness_kill(attempt->place->harness);
}

static void interrupt(struct harness_attempt *attempt, enum cause cause, uint64_t now)
{
	struct harness *harness = attempt->place->harness;
	attempt->cause = cause;
	if (attempt->base.job->grace == 0) {
		kill_it(attempt, now);
		return;
	}
	attempt->phase = PHASE_INTERRUPTED;
	set_deadline(attempt, now + attempt->base.job->grace, now);
	harness_interrupt(harness, cause == CAUSE_DEADLINE ? INTERRUPT_DEADLINE : INTERRUPT_CANCEL);
	/* A stopped process acts on nothing but SIGKILL before it is continued. */
	harness_signal(harness, SIGCONT);
}

static uint64_t harness_attempt_wake_at(const struct attempt *base)
{
	const struct harness_attempt *attempt = of_const(base);
	return attempt->held_since || attempt->phase == PHASE_OVER ? UINT64_MAX : attempt->deadline;
}

static void harness_attempt_on_time(struct attempt *base, uint64_t now)
{
	struct harness_attempt *attempt = of(base);
	if (now < harness_attempt_wake_at(base))
		return;
	switch (attempt->phase) {
	case PHASE_RUNNING:
		interrupt(attempt, CAUSE_DEADLINE, now);
		break;
	case PHASE_INTERRUPTED:
		attempt->phase = PHASE_TERMINATING;
		attempt->terminated = true;
		set_deadline(attempt, now + attempt->base.job->grace / 2, now);
		harness_terminate(attempt->place->harness);
		break;
	case PHASE_TERMINATING:
		kill_it(attempt, now);
		break;
	case PHASE_PREPARING:
	case PHASE_HELD:
	case PHASE_KILLED:
	case PHASE_FINISHING:
	case PHASE_OVER:
		break;
	}
}

/* --- being held --- */

static void hold_or_go_on(struct harness_attempt *attempt, uint64_t now)
{
	bool held = attempt->place->held || attempt->paused;
	if (held && !attempt->held_since) {
		attempt->held_since = now;
	} else if (!held && attempt->held_since) {
		if (attempt->deadline != UINT64_MAX)
			attempt->deadline += now - attempt->held_since;
		attempt->held_since = 0;
	}
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
	if (attempt->phase != PHASE_FINISHING)
		return;
	try_to_finish(attempt, now);
	if (attempt->phase == PHASE_OVER)
		harness_pump(attempt->place->harness, now);
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
}

static void cancel_before_it_runs(struct harness_attempt *attempt, const char *reason)
{
	if (!attempt->announced)
		announce(attempt, harness_pid(attempt->place->harness));
	struct result result = { .outcome = OUTCOME_NOTRUN, .reason = copy(reason) };
	send_finished(attempt, &result, NULL, NULL);
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
		interrupt(attempt, CAUSE_CANCEL, now);
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
	leave_place(attempt);
}

/* --- for the worker --- */

static void harness_attempt_free(struct attempt *base)
{
	struct harness_attempt *attempt = of(base);
	if (attempt->phase != PHASE_OVER)
		leave_place(attempt);
	harness_event_fini(&attempt->finished);
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
	(void)base, (void)fds;
	return 0;
}

static void harness_attempt_read(struct attempt *base, const struct pollfd *fds, unsigned count)
{
	(void)base, (void)fds, (void)count;
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
	.recall = harness_attempt_recall,
	.answer = harness_attempt_answer,
};

struct harness_attempt *harness_attempt_new(struct harness_place *place, const struct job *job, uint64_t now)
{
	struct harness_attempt *attempt = ALLOC_NEW(struct harness_attempt);
	attempt->base = (struct attempt){ .runner = &harness_runner, .host = place->host, .job = job };
	attempt->place = place;
	attempt->deadline = UINT64_MAX;
	attempt->held_since = place->held ? now : 0;
	return attempt;
}
