#include "worker/native.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/str.h"
#include "event/codec.h"
#include "worker/capture.h"
#include "worker/descendants.h"
#include "worker/spawn.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long descendants may outlive the test before they count as left behind: enough for the rest of a
 * pipeline to finish, too short to hold up a run. */
#define LEAK_GRACE (100 * CLOCK_MS)

enum phase {
	PHASE_HELD, /* announced, but the lane had no room for it: not started yet */
	PHASE_RUNNING,
	PHASE_TERMINATING, /* SIGTERM was sent */
	PHASE_KILLED,      /* SIGKILL was sent */
	PHASE_LEFTOVERS,   /* its process ended; descendants may live */
	PHASE_OVER,
};

enum cause { CAUSE_ITSELF, CAUSE_DEADLINE, CAUSE_CANCEL, CAUSE_SIGNAL };

struct native {
	struct attempt base;
	struct reader *reader;
	enum phase phase;
	enum cause cause;
	char *cancel_reason;
	int person_signal;
	pid_t pid;
	struct capture capture;
	uint64_t started, ended; /* ns */
	uint64_t deadline;       /* of the phase; UINT64_MAX: none */
	uint64_t held_since;     /* stalled (capture.held) or paused since, or since the deadline was set; 0: the clock runs */
	bool paused;
	bool leaks_named;
	bool bailed_out;
	unsigned futile_kills; /* how often nothing of what lives could be signalled */
	int status; /* of wait(2), once ended */
	struct rusage usage;
};

static struct native *native_of(struct attempt *attempt)
{
	return (struct native *)attempt;
}

static const struct native *native_of_const(const struct attempt *attempt)
{
	return (const struct native *)attempt;
}

static bool native_bailed_out(const struct attempt *attempt)
{
	return native_of_const(attempt)->bailed_out;
}

static bool native_is_over(const struct attempt *attempt)
{
	return native_of_const(attempt)->phase == PHASE_OVER;
}

static bool native_was_started(const struct attempt *attempt)
{
	(void)attempt;
	return true;
}

static void stall(struct native *native, bool stalled, uint64_t now);

static void emit(struct native *native, struct event *event)
{
	event_put(event, test, native->base.job->test);
	event_put(event, attempt, native->base.job->attempt);
	if (!native->base.host->emit(native->base.host->context, event))
		stall(native, true, clock_now());
}

/* While the clock is held, only what passes from now on is put on top of a new deadline. */
static void set_deadline(struct native *native, uint64_t deadline, uint64_t now)
{
	native->deadline = deadline;
	if (native->held_since)
		native->held_since = now;
}

static void emit_point(void *context, struct event *point)
{
	emit(context, point);
}

/* --- output --- */

static void feed_reader(void *context, enum event_stream stream, const char *bytes, size_t length)
{
	struct native *native = context;
	if (native->reader)
		native->base.job->adapter->reader_feed(native->reader, stream, bytes, length);
}

static void send_output(void *context, enum event_stream stream, struct slice bytes, uint64_t dropped)
{
	struct event event;
	event_init(&event, EVENT_TEST_OUTPUT);
	event_put(&event, stream, (int)stream);
	event_put(&event, data, ((struct event_text){ bytes.data, bytes.length }));
	if (dropped)
		event_put(&event, dropped, dropped);
	emit(context, &event);
}

/* --- starting --- */

static size_t name_length(const char *variable)
{
	const char *equals = strchr(variable, '=');
	return equals ? (size_t)(equals - variable) : strlen(variable);
}

static void put_variable(char **list, size_t *count, char *variable)
{
	size_t length = name_length(variable);
	for (size_t i = 0; i < *count; i++) {
		if (strncmp(list[i], variable, length) == 0 && list[i][length] == '=') {
			list[i] = variable;
			return;
		}
	}
	list[(*count)++] = variable;
}

/* The array is the caller's to free, the texts are borrowed. */
static char **make_environment(const struct native *native, char *id_variable, char *attempt_variable)
{
	size_t count = 0;
	while (native->base.host->environment[count])
		count++;
	char **list = alloc_zeroed(count + native->base.job->launch.environment.length + 3, sizeof(char *));
	memcpy(list, native->base.host->environment, count * sizeof(char *));
	vec_each(&native->base.job->launch.environment, variable)
		put_variable(list, &count, *variable);
	put_variable(list, &count, id_variable);
	put_variable(list, &count, attempt_variable);
	return list;
}

static int start_process(struct native *native, struct error *error)
{
	int child_fds[3] = { native->base.host->null_fd, -1, -1 };
	int result = capture_open(&native->capture, native->base.job->launch.split_streams, child_fds, error);
	if (result == 0) {
		char *id = alloc_format("XTOP_TEST_ID=%s", native->base.job->id);
		char attempt[48];
		snprintf(attempt, sizeof(attempt), "XTOP_ATTEMPT=%u", native->base.job->attempt);
		char **environment = make_environment(native, id, attempt);
		VEC(char *) argv = VEC_INIT;
		vec_each(&native->base.job->launch.argv, argument)
			vec_push(&argv, *argument);
		vec_push(&argv, NULL);
		struct spawn_request request = { .argv = argv.items,
						 .envp = environment,
						 .cwd = native->base.job->launch.cwd,
						 .nofile = native->base.host->nofile };
		memcpy(request.fds, child_fds, sizeof(child_fds));
		native->pid = spawn_program(&request, error);
		if (native->pid < 0)
			result = -1;
		vec_fini(&argv);
		free(environment);
		free(id);
	}
	if (child_fds[1] >= 0)
		close(child_fds[1]);
	if (child_fds[2] >= 0 && child_fds[2] != child_fds[1])
		close(child_fds[2]);
	return result;
}

static void send_finished(struct native *native, const struct result *result)
{
	struct event event;
	event_init(&event, EVENT_TEST_FINISHED);
	event_put(&event, outcome, (int)result->outcome);
	event_put(&event, duration, native->ended - native->started);
	if (native->pid > 0) {
		if (WIFSIGNALED(native->status))
			event_put(&event, signal, (uint64_t)WTERMSIG(native->status));
		else
			event_put(&event, exit_code, WEXITSTATUS(native->status));
		uint64_t user = (uint64_t)native->usage.ru_utime.tv_sec * CLOCK_SECOND +
				(uint64_t)native->usage.ru_utime.tv_usec * 1000;
		uint64_t kernel = (uint64_t)native->usage.ru_stime.tv_sec * CLOCK_SECOND +
				  (uint64_t)native->usage.ru_stime.tv_usec * 1000;
		event_put(&event, cpu, user + kernel);
		event_put(&event, rss, (uint64_t)native->usage.ru_maxrss * 1024);
	}
	event_put_text(&event, message, result->message);
	event_put_text(&event, reason, result->reason);
	native->bailed_out = result->bail_out;
	if (result->bail_out)
		event_put(&event, bail_out, true);
	emit(native, &event);
	native->phase = PHASE_OVER;
}

static void begin(struct native *native, uint64_t now)
{
	struct error error = ERROR_INIT;
	native->phase = PHASE_RUNNING;
	native->started = native->ended = now;
	set_deadline(native, native->base.job->timeout ? now + native->base.job->timeout : UINT64_MAX, now);
	if (start_process(native, &error) != 0) {
		struct result result = { .outcome = OUTCOME_ERROR, .message = error.message };
		native->pid = 0;
		send_finished(native, &result);
	}
}

static const struct runner native_runner;

struct attempt *native_start(const struct runner_host *host, const struct job *job, uint64_t now)
{
	struct native *native = ALLOC_NEW(struct native);
	native->base = (struct attempt){ .runner = &native_runner, .host = host, .job = job };
	native->started = native->ended = now;
	native->deadline = UINT64_MAX;
	struct capture_host printed = { feed_reader, send_output, native };
	capture_init(&native->capture, &printed, job->output_limit);
	if (job->adapter->reader_new)
		native->reader = job->adapter->reader_new(emit_point, native);

	/* Told before it is: should the test kill this worker at once, it must be known which one it was. So
	 * it waits until the lane has taken that. */
	native->phase = PHASE_HELD;
	struct event event;
	event_init(&event, EVENT_TEST_STARTED);
	emit(native, &event);
	if (!native->capture.held)
		begin(native, now);
	return &native->base;
}

static void native_free(struct attempt *attempt)
{
	struct native *native = native_of(attempt);
	if (native->reader)
		native->base.job->adapter->reader_free(native->reader);
	capture_fini(&native->capture);
	free(native->cancel_reason);
	free(native);
}

static unsigned native_poll_fds(const struct attempt *attempt, struct pollfd *fds)
{
	const struct native *native = native_of_const(attempt);
	return native->phase == PHASE_OVER ? 0 : capture_poll_fds(&native->capture, fds);
}

static void native_read(struct attempt *attempt, const struct pollfd *fds, unsigned count)
{
	capture_read_ready(&native_of(attempt)->capture, fds, count);
}

/* --- the end --- */

/* Puts another outcome in the place of what the adapter concluded. Takes message and reason. */
static void overrule(struct result *result, enum outcome outcome, char *message, char *reason)
{
	result_fini(result);
	*result = (struct result){ .outcome = outcome, .message = message, .reason = reason };
}

static char *describe_timeout(const struct native *native)
{
	double limit = clock_seconds(native->base.job->timeout);
	bool stubborn = WIFSIGNALED(native->status) && WTERMSIG(native->status) == SIGKILL;
	if (stubborn && native->base.job->grace)
		return alloc_format("timed out after %g s; ignored SIGTERM for %g s and was killed", limit,
				    clock_seconds(native->base.job->grace));
	return alloc_format("timed out after %g s", limit);
}

static void judge(struct native *native, struct result *result)
{
	char buffer[32];
	bool signaled = WIFSIGNALED(native->status);
	const char *last_line = capture_last_line(&native->capture);
	struct ending ending = { .signaled = signaled,
				 .number = signaled ? WTERMSIG(native->status) : WEXITSTATUS(native->status),
				 .core_dumped = signaled && WCOREDUMP(native->status),
				 .last_line = last_line[0] ? last_line : NULL };
	/* Whatever ended it: a reader that still holds a sub-result gives it now. */
	native->base.job->adapter->conclude(native->reader, &ending, result);
	if (native->cause == CAUSE_DEADLINE)
		overrule(result, OUTCOME_TIMEOUT, describe_timeout(native), NULL);
	else if (native->cause == CAUSE_CANCEL)
		overrule(result, OUTCOME_NOTRUN, NULL, alloc_string(native->cancel_reason));
	else if (native->cause == CAUSE_SIGNAL && signaled && WTERMSIG(native->status) == native->person_signal)
		overrule(result, OUTCOME_CRASHED,
			 alloc_format("killed by %s, sent by hand",
				      event_signal_name((unsigned)native->person_signal, buffer)),
			 NULL);
}

static void name_leaks(struct native *native)
{
	pid_t pids[8];
	size_t count = descendants_children(pids, 8);
	if (count == 0)
		return;
	struct str text = STR_INIT;
	str_add_format(&text, "left %zu process%s behind, ended now:", count, count == 1 ? "" : "es");
	for (size_t i = 0; i < count && i < 8; i++) {
		str_add_format(&text, "%s %d `", i ? "," : "", (int)pids[i]);
		descendants_command(pids[i], 200, &text);
		str_add_char(&text, '`');
	}
	if (count > 8)
		str_add_text(&text, " …");
	struct event event;
	event_init(&event, EVENT_LOG);
	event_put(&event, level, LEVEL_WARNING);
	event_put_text(&event, message, text.data);
	emit(native, &event);
	str_fini(&text);
}

static bool descendants_live(void)
{
	pid_t pid;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		continue;
	return pid == 0;
}

/* True: they are being ended, or may still end by themselves. */
static bool await_descendants(struct native *native, uint64_t now)
{
	bool ended_by_us = native->cause == CAUSE_DEADLINE || native->cause == CAUSE_CANCEL;
	if (!descendants_live())
		return false;
	/* Those that were told to end together with the test have its grace; a daemon was not told. */
	if (now < native->deadline && (!ended_by_us || kill(-native->pid, 0) == 0))
		return true;
	if (!native->leaks_named && !ended_by_us)
		name_leaks(native);
	native->leaks_named = true;
	/* One that became another user's can't be ended, and is not waited for. */
	return descendants_kill(NULL, NULL) > 0 || native->futile_kills++ < 2;
}

/* After the test's own process ended: over when nothing of it lives and all it printed was read. */
static void try_to_finish(struct native *native, uint64_t now)
{
	if (native->phase != PHASE_LEFTOVERS || native->capture.held || await_descendants(native, now))
		return;
	if (!capture_read_rest(&native->capture))
		return;
	capture_end(&native->capture);
	struct result result = { .outcome = OUTCOME_NONE };
	judge(native, &result);
	send_finished(native, &result);
	result_fini(&result);
}

static void native_reap(struct attempt *attempt, uint64_t now)
{
	struct native *native = native_of(attempt);
	if (native->phase == PHASE_OVER)
		return;
	int status;
	struct rusage usage;
	pid_t pid;
	while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
		if (pid != native->pid || native->phase == PHASE_LEFTOVERS)
			continue; /* an orphan of the test */
		native->status = status;
		native->usage = usage;
		native->ended = now;
		/* What was told to end together with it keeps the rest of its grace. */
		if (native->phase != PHASE_TERMINATING)
			set_deadline(native, native->phase == PHASE_KILLED ? now : now + LEAK_GRACE, now);
		native->phase = PHASE_LEFTOVERS;
	}
	try_to_finish(native, now);
}

static uint64_t native_wake_at(const struct attempt *attempt)
{
	const struct native *native = native_of_const(attempt);
	return native->held_since || native->phase == PHASE_OVER ? UINT64_MAX : native->deadline;
}

/* To the process too: it may have gone over to another group. */
static void signal_test(struct native *native, int number)
{
	kill(-native->pid, number);
	if (getpgid(native->pid) != native->pid)
		kill(native->pid, number);
}

static void kill_all(struct native *native, uint64_t now)
{
	native->phase = PHASE_KILLED;
	set_deadline(native, UINT64_MAX, now);
	signal_test(native, SIGKILL);
	descendants_kill(NULL, NULL);
}

static void terminate(struct native *native, enum cause cause, uint64_t now)
{
	native->cause = cause;
	if (native->base.job->grace == 0) {
		kill_all(native, now);
		return;
	}
	native->phase = PHASE_TERMINATING;
	set_deadline(native, now + native->base.job->grace, now);
	signal_test(native, SIGTERM);
	/* A stopped process acts on nothing but SIGKILL before it is continued. */
	signal_test(native, SIGCONT);
}

static void native_on_time(struct attempt *attempt, uint64_t now)
{
	struct native *native = native_of(attempt);
	if (now < native_wake_at(attempt))
		return;
	switch (native->phase) {
	case PHASE_RUNNING:
		terminate(native, CAUSE_DEADLINE, now);
		break;
	case PHASE_TERMINATING:
		kill_all(native, now);
		break;
	case PHASE_LEFTOVERS:
		try_to_finish(native, now);
		/* Killed ones tell by SIGCHLD; those that could not be killed yet are looked for again. */
		set_deadline(native, now + LEAK_GRACE, now);
		break;
	case PHASE_HELD:
	case PHASE_KILLED:
	case PHASE_OVER:
		break;
	}
}

/* --- being held --- */

static void hold_or_go_on(struct native *native, uint64_t now)
{
	bool held = native->capture.held || native->paused;
	if (held && !native->held_since) {
		native->held_since = now;
	} else if (!held && native->held_since) {
		if (native->deadline != UINT64_MAX)
			native->deadline += now - native->held_since;
		native->held_since = 0;
	}
	if (!held && native->phase == PHASE_HELD)
		begin(native, now);
}

static void stall(struct native *native, bool stalled, uint64_t now)
{
	native->capture.held = stalled;
	hold_or_go_on(native, now);
	if (!stalled)
		try_to_finish(native, now);
}

static void native_stall(struct attempt *attempt, bool stalled, uint64_t now)
{
	stall(native_of(attempt), stalled, now);
}

static void native_pause(struct attempt *attempt, bool paused, uint64_t now)
{
	struct native *native = native_of(attempt);
	if (native->phase == PHASE_OVER || native->paused == paused)
		return;
	native->paused = paused;
	if (native->phase != PHASE_LEFTOVERS && native->phase != PHASE_HELD)
		signal_test(native, paused ? SIGSTOP : SIGCONT);
	hold_or_go_on(native, now);
}

static void native_cancel(struct attempt *attempt, const char *reason, uint64_t now)
{
	struct native *native = native_of(attempt);
	if (native->phase == PHASE_OVER)
		return;
	native_pause(attempt, false, now);
	switch (native->phase) {
	case PHASE_HELD: {
		struct result result = { .outcome = OUTCOME_NOTRUN, .reason = (char *)(uintptr_t)reason };
		send_finished(native, &result);
		break;
	}
	case PHASE_RUNNING:
		native->cancel_reason = alloc_string(reason ? reason : "stopped");
		terminate(native, CAUSE_CANCEL, now);
		break;
	case PHASE_TERMINATING:
		if (native->cause == CAUSE_CANCEL)
			kill_all(native, now);
		break; /* of its deadline: it stays a timeout, and its end is near */
	case PHASE_LEFTOVERS:
		/* It ended by itself already: its outcome stands, only its leftovers need not be waited for. */
		set_deadline(native, now, now);
		break;
	case PHASE_KILLED:
	case PHASE_OVER:
		break;
	}
}

static void native_signal(struct attempt *attempt, int number)
{
	struct native *native = native_of(attempt);
	if (native->phase != PHASE_RUNNING && native->phase != PHASE_TERMINATING)
		return;
	if (native->phase == PHASE_RUNNING) {
		native->cause = CAUSE_SIGNAL;
		native->person_signal = number;
	}
	signal_test(native, number);
}

static void native_recall(struct attempt *attempt)
{
	(void)attempt; /* it was started at once */
}

static void native_answer(struct attempt *attempt, enum next_kind kind, const struct job *next)
{
	(void)attempt, (void)kind, (void)next; /* it never asks */
}

static const struct runner native_runner = {
	.free = native_free,
	.is_over = native_is_over,
	.was_started = native_was_started,
	.bailed_out = native_bailed_out,
	.poll_fds = native_poll_fds,
	.read = native_read,
	.reap = native_reap,
	.wake_at = native_wake_at,
	.on_time = native_on_time,
	.stall = native_stall,
	.pause = native_pause,
	.cancel = native_cancel,
	.signal = native_signal,
	.recall = native_recall,
	.answer = native_answer,
};
