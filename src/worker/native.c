#include "worker/native.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/str.h"
#include "event/codec.h"
#include "worker/descendants.h"
#include "worker/native_inside.h"
#include "worker/spawn.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

void native_emit(struct native *native, struct event *event)
{
	event_put(event, test, native->base.job->test);
	event_put(event, attempt, native->base.job->attempt);
	if (!native->base.host->emit(native->base.host->context, event))
		stall(native, true, clock_now());
}

static void emit_point(void *context, struct event *point)
{
	native_emit(context, point);
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
	native_emit(context, &event);
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
						 .nofile = native->base.host->nofile,
						 .group_fd = native->grouped ? native->base.host->group->procs : 0 };
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

static void begin(struct native *native, uint64_t now)
{
	struct error error = ERROR_INIT;
	native->phase = PHASE_RUNNING;
	native->started = native->ended = now;
	deadline_set(&native->deadline, native->base.job->timeout ? now + native->base.job->timeout : DEADLINE_NEVER, now);
	native->grouped = native->base.host->group && group_begin(native->base.host->group, native->base.job->mem_limit);
	memory_watch_begin(&native->memory, native->base.job->mem_limit, native->grouped, now);
	kill_count_begin(&native->kill_count, native->base.host->kills_fd);
	if (start_process(native, &error) != 0) {
		struct result result = { .outcome = OUTCOME_ERROR, .message = error.message };
		native->pid = 0;
		native_finish(native, &result);
	}
}

static const struct runner native_runner;

struct attempt *native_start(const struct runner_host *host, const struct job *job, uint64_t now)
{
	struct native *native = ALLOC_NEW(struct native);
	native->base = (struct attempt){ .runner = &native_runner, .host = host, .job = job };
	native->started = native->ended = now;
	native->deadline.at = DEADLINE_NEVER;
	leftovers_init(&native->leftovers);
	struct capture_host printed = { feed_reader, send_output, native };
	capture_init(&native->capture, &printed, job->output_limit);
	if (job->adapter->reader_new)
		native->reader = job->adapter->reader_new(emit_point, native);

	/* Told before it is: should the test kill this worker at once, it must be known which one it was. So
	 * it waits until the lane has taken that. */
	native->phase = PHASE_HELD;
	struct event event;
	event_init(&event, EVENT_TEST_STARTED);
	native_emit(native, &event);
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
	hang_fini(&native->hang);
	glimpse_fini(&native->glimpse);
	leftovers_fini(&native->leftovers);
	free(native->cancel_reason);
	free(native);
}

static unsigned native_poll_fds(const struct attempt *attempt, struct pollfd *fds)
{
	const struct native *native = native_of_const(attempt);
	if (native->phase == PHASE_OVER)
		return 0;
	unsigned count = capture_poll_fds(&native->capture, fds);
	count += hang_poll_fds(&native->hang, fds + count);
	return count + glimpse_poll_fds(&native->glimpse, fds + count);
}

/* --- the end --- */

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
		if (native->grouped && native->phase == PHASE_RUNNING && native->cause == CAUSE_ITSELF &&
		    WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && group_was_full(native->base.host->group))
			native->cause = CAUSE_MEMORY;
		hang_stop(&native->hang);
		glimpse_fini(&native->glimpse);
		/* What was told to end together with it keeps the rest of its grace. */
		if (native->phase != PHASE_TERMINATING)
			deadline_set(&native->deadline, native->phase == PHASE_KILLED ? now : now + LEAK_GRACE, now);
		native->phase = PHASE_LEFTOVERS;
	}
	native_try_to_finish(native, now);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Not while it is looked at: what does that is a child like others. */
static bool watches_memory(const struct native *native)
{
	return (native->phase == PHASE_RUNNING || native->phase == PHASE_TERMINATING) &&
	       !glimpse_has_tool(&native->glimpse);
}

static uint64_t native_wake_at(const struct attempt *attempt)
{
	const struct native *native = native_of_const(attempt);
	if (native->phase == PHASE_OVER)
		return UINT64_MAX;
	uint64_t wake = deadline_wake_at(&native->deadline);
	if (native->phase == PHASE_LOOKING && !native->paused)
		wake = earlier(wake, hang_wake_at(&native->hang));
	wake = earlier(wake, glimpse_wake_at(&native->glimpse));
	if (watches_memory(native))
		wake = earlier(wake, memory_watch_wake_at(&native->memory));
	return wake;
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
	native->killed = true;
	deadline_set(&native->deadline, DEADLINE_NEVER, now);
	glimpse_fini(&native->glimpse);
	signal_test(native, SIGKILL);
	descendants_kill(NULL, NULL);
}

static void terminate(struct native *native, uint64_t now)
{
	hang_stop(&native->hang);
	if (native->base.job->grace == 0) {
		kill_all(native, now);
		return;
	}
	native->phase = PHASE_TERMINATING;
	deadline_set(&native->deadline, now + native->base.job->grace, now);
	signal_test(native, SIGTERM);
	/* A stopped process acts on nothing but SIGKILL before it is continued. */
	signal_test(native, SIGCONT);
}

/* Its deadline passed: first what it does, then its end. */
static void begin_looking(struct native *native, uint64_t now)
{
	native->cause = CAUSE_DEADLINE;
	native->phase = PHASE_LOOKING;
	glimpse_fini(&native->glimpse);
	deadline_set(&native->deadline, DEADLINE_NEVER, now);
	hang_begin(&native->hang, native->base.job, native->pid, false, true, now);
}

static void go_on_looking(struct native *native, uint64_t now)
{
	if (native->phase == PHASE_LOOKING && !native->paused && hang_go_on(&native->hang, native->base.host, now))
		terminate(native, now);
}

static void emit_glimpse(void *context, struct event *event)
{
	native_emit(context, event);
}

static void go_on_with_glimpse(struct native *native, uint64_t now)
{
	glimpse_go_on(&native->glimpse, native->base.host, now, emit_glimpse, native);
}

static void native_look(struct attempt *attempt, uint64_t now)
{
	struct native *native = native_of(attempt);
	if (native->phase == PHASE_RUNNING)
		glimpse_begin(&native->glimpse, native->base.job, native->pid, false, true, now);
}

static void native_read(struct attempt *attempt, const struct pollfd *fds, unsigned count)
{
	struct native *native = native_of(attempt);
	capture_read_ready(&native->capture, fds, count);
	go_on_looking(native, clock_now());
	go_on_with_glimpse(native, clock_now());
}

static void watch_memory(struct native *native, uint64_t now)
{
	if (!watches_memory(native) || !memory_watch_is_beyond(&native->memory, getpid(), now))
		return;
	/* What grows that fast must not be given time; one that is being ended already stays what it is. */
	if (native->phase == PHASE_RUNNING)
		native->cause = CAUSE_MEMORY;
	kill_all(native, now);
}

static void native_on_time(struct attempt *attempt, uint64_t now)
{
	struct native *native = native_of(attempt);
	if (now < native_wake_at(attempt))
		return;
	watch_memory(native, now);
	go_on_looking(native, now);
	go_on_with_glimpse(native, now);
	if (now < deadline_wake_at(&native->deadline))
		return;
	switch (native->phase) {
	case PHASE_RUNNING:
		begin_looking(native, now);
		break;
	case PHASE_TERMINATING:
		native->ignored_term = true;
		kill_all(native, now);
		break;
	case PHASE_LEFTOVERS:
		native_try_to_finish(native, now);
		/* Killed ones tell by SIGCHLD; those that could not be killed yet are looked for again. */
		deadline_set(&native->deadline, now + LEAK_GRACE, now);
		break;
	case PHASE_HELD:
	case PHASE_LOOKING:
	case PHASE_KILLED:
	case PHASE_OVER:
		break;
	}
}

/* --- being held --- */

static void hold_or_go_on(struct native *native, uint64_t now)
{
	bool held = native->capture.held || native->paused;
	deadline_hold(&native->deadline, held, now);
	if (!held && native->phase == PHASE_HELD)
		begin(native, now);
}

static void stall(struct native *native, bool stalled, uint64_t now)
{
	native->capture.held = stalled;
	hold_or_go_on(native, now);
	if (!stalled)
		native_try_to_finish(native, now);
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
	/* What it did before counts; that it was stopped is no news. */
	if (paused)
		hang_stop(&native->hang);
	go_on_looking(native, now);
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
		native_finish(native, &result);
		break;
	}
	case PHASE_RUNNING:
		native->cancel_reason = alloc_string(reason ? reason : "stopped");
		native->cause = CAUSE_CANCEL;
		terminate(native, now);
		break;
	case PHASE_LOOKING:
		terminate(native, now);
		break;
	case PHASE_TERMINATING:
		if (native->cause == CAUSE_CANCEL)
			kill_all(native, now);
		break; /* of its deadline: it stays a timeout, and its end is near */
	case PHASE_LEFTOVERS:
		/* It ended by itself already: its outcome stands, only its leftovers need not be waited for. */
		deadline_set(&native->deadline, now, now);
		break;
	case PHASE_KILLED:
	case PHASE_OVER:
		break;
	}
}

static void native_signal(struct attempt *attempt, int number)
{
	struct native *native = native_of(attempt);
	if (native->phase < PHASE_RUNNING || native->phase > PHASE_TERMINATING)
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

static void native_answer(struct attempt *attempt, enum next_kind kind, const char *id, uint32_t ordinal)
{
	(void)attempt, (void)kind, (void)id, (void)ordinal; /* it never asks */
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
	.look = native_look,
	.recall = native_recall,
	.answer = native_answer,
};
