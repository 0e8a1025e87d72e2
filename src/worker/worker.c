#include "worker/worker.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/vec.h"
#include "event/codec.h"
#include "worker/command.h"
#include "worker/descendants.h"
#include "worker/native.h"
#include "worker/spawn.h"
#include "worker/usage.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* While a test runs: how often the worker tells what it uses. */
#define SAMPLE_INTERVAL CLOCK_SECOND

extern char **environ;

struct worker_process {
	const struct worker_context *context;
	struct ring_producer *producer;
	unsigned slot;
	int command_fd;
	struct str commands; /* bytes that are no whole command yet */
	struct str record;   /* an event being encoded */
	VEC(char *) environment;
	struct native_host host;
	struct native *running;
	struct job *job;   /* of the running one */
	struct job *ahead; /* the next one */
	bool stalled;      /* the lane is full */
	bool paused, leaving;
	uint64_t next_sample;
};

/* The handler only interrupts ppoll. */
static void on_child(int number)
{
	(void)number;
}

static bool push(struct worker_process *worker)
{
	if (ring_push(worker->producer, worker->record.data, worker->record.length) == RING_FULL && !worker->stalled) {
		worker->stalled = true;
		if (worker->running)
			native_stall(worker->running, true, clock_now());
	}
	return !worker->stalled;
}

/* Not only when told of space: a push behind the one that found the lane full may have found room again, and then
 * the ring has no reason to tell. */
static void end_stall(struct worker_process *worker)
{
	if (!worker->stalled || ring_flush(worker->producer) == RING_FULL)
		return;
	worker->stalled = false;
	if (worker->running)
		native_stall(worker->running, false, clock_now());
}

static bool emit(void *context, struct event *event)
{
	struct worker_process *worker = context;
	event->t = clock_now() - worker->context->epoch;
	event_put(event, worker, worker->slot);
	str_clear(&worker->record);
	event_encode(event, &worker->record);
	return push(worker);
}

static void set_variable(struct worker_process *worker, const char *name, char *text)
{
	size_t length = strlen(name);
	vec_each(&worker->environment, variable) {
		if (strncmp(*variable, name, length) == 0 && (*variable)[length] == '=') {
			*variable = text;
			return;
		}
	}
	vec_push(&worker->environment, text);
}

static void drop_variable(struct worker_process *worker, const char *name)
{
	size_t length = strlen(name);
	for (size_t i = 0; i < worker->environment.length; i++) {
		const char *variable = worker->environment.items[i];
		if (strncmp(variable, name, length) == 0 && variable[length] == '=')
			vec_remove(&worker->environment, i--);
	}
}

/* What every test of this worker sees (xtop(1), ENVIRONMENT); the per-test ones come from native.c. */
static void make_environment(struct worker_process *worker)
{
	for (char **variable = environ; *variable; variable++)
		vec_push(&worker->environment, *variable);
	const struct worker_context *context = worker->context;
	set_variable(worker, "XTOP", alloc_string("XTOP=1"));
	set_variable(worker, "XTOP_RUN_ID", alloc_format("XTOP_RUN_ID=%s", context->run_id));
	set_variable(worker, "XTOP_WORKER", alloc_format("XTOP_WORKER=%u", worker->slot));
	set_variable(worker, "XTOP_WORKER_COUNT", alloc_format("XTOP_WORKER_COUNT=%u", context->workers));
	if (context->serial) {
		/* An outer parallel run's names must not leak into one that is none. */
		drop_variable(worker, "PYTEST_XDIST_WORKER");
		drop_variable(worker, "PYTEST_XDIST_WORKER_COUNT");
		drop_variable(worker, "PYTEST_XDIST_TESTRUNUID");
	} else {
		set_variable(worker, "PYTEST_XDIST_WORKER", alloc_format("PYTEST_XDIST_WORKER=gw%u", worker->slot));
		set_variable(worker, "PYTEST_XDIST_WORKER_COUNT",
			     alloc_format("PYTEST_XDIST_WORKER_COUNT=%u", context->workers));
		set_variable(worker, "PYTEST_XDIST_TESTRUNUID",
			     alloc_format("PYTEST_XDIST_TESTRUNUID=%s", context->run_id));
	}
	vec_push(&worker->environment, NULL);
}

static void sample(struct worker_process *worker, uint64_t now)
{
	struct usage usage;
	usage_measure(&usage);
	struct event event;
	event_init(&event, EVENT_WORKER_SAMPLE);
	event_put(&event, cpu, usage.cpu);
	event_put(&event, rss, usage.rss);
	emit(worker, &event);
	worker->next_sample = now + SAMPLE_INTERVAL;
}

static void give_back(struct worker_process *worker)
{
	if (!worker->ahead)
		return;
	uint64_t test = worker->ahead->test;
	str_clear(&worker->record);
	str_add_char(&worker->record, (char)MESSAGE_RETURNED);
	str_add(&worker->record, &test, sizeof(test));
	job_free(worker->ahead);
	worker->ahead = NULL;
	push(worker);
}

/* Takes the command's job. */
static void take_job(struct worker_process *worker, struct command *command)
{
	struct job *job = command->job;
	command->job = NULL;
	if (worker->ahead || worker->leaving) {
		/* More than was agreed: nothing must be lost, so what can't be held goes back. */
		struct job *held = worker->ahead;
		worker->ahead = job;
		give_back(worker);
		worker->ahead = held;
		return;
	}
	worker->ahead = job;
}

static bool runs(const struct worker_process *worker, uint64_t test)
{
	return worker->running && native_test(worker->running) == test;
}

static void obey(struct worker_process *worker, struct command *command, uint64_t now)
{
	switch (command->type) {
	case COMMAND_JOB:
		take_job(worker, command);
		break;
	case COMMAND_RECALL:
		if (worker->ahead && worker->ahead->test == command->test)
			give_back(worker);
		break;
	case COMMAND_SPACE:
		break; /* being awake is enough: end_stall comes before the next wait */
	case COMMAND_CANCEL:
		if (runs(worker, command->test))
			native_cancel(worker->running, command->reason, now);
		break;
	case COMMAND_SIGNAL:
		if (runs(worker, command->test))
			native_signal(worker->running, command->signal);
		break;
	case COMMAND_PAUSE:
	case COMMAND_RESUME:
		worker->paused = command->type == COMMAND_PAUSE;
		if (worker->running)
			native_pause(worker->running, worker->paused, now);
		break;
	case COMMAND_LEAVE:
		worker->leaving = true;
		give_back(worker);
		break;
	}
}

static void read_commands(struct worker_process *worker, uint64_t now)
{
	char buffer[16384];
	ssize_t length = recv(worker->command_fd, buffer, sizeof(buffer), MSG_DONTWAIT);
	if (length == 0) {
		/* The controller is gone; the guardian ends what runs here. */
		descendants_kill(NULL, NULL);
		_exit(0);
	}
	if (length < 0)
		return;
	str_add(&worker->commands, buffer, (size_t)length);
	struct command command;
	int result;
	while ((result = command_decode(&worker->commands, &command)) > 0) {
		obey(worker, &command, now);
		command_fini(&command);
	}
	if (result < 0)
		_exit(124);
}

static void start_next(struct worker_process *worker, uint64_t now)
{
	worker->job = worker->ahead;
	worker->ahead = NULL;
	worker->running = native_start(&worker->host, worker->job, now);
	if (worker->next_sample < now)
		worker->next_sample = now + SAMPLE_INTERVAL;
}

static void end_running(struct worker_process *worker)
{
	/* The next one may be of the same suite: the controller decides. */
	if (native_bailed_out(worker->running))
		give_back(worker);
	native_free(worker->running);
	job_free(worker->job);
	worker->running = NULL;
	worker->job = NULL;
}

static uint64_t wake_at(const struct worker_process *worker)
{
	if (!worker->running)
		return UINT64_MAX;
	uint64_t deadline = native_wake_at(worker->running);
	uint64_t next = worker->stalled || worker->paused ? UINT64_MAX : worker->next_sample;
	return deadline < next ? deadline : next;
}

static void wait_for_something(struct worker_process *worker, const sigset_t *waiting)
{
	struct pollfd fds[3] = { { .fd = worker->command_fd, .events = POLLIN } };
	unsigned outputs = worker->running ? native_poll_fds(worker->running, fds + 1) : 0;
	struct timespec timeout, *limit = NULL;
	uint64_t wake = wake_at(worker), now = clock_now();
	if (wake != UINT64_MAX) {
		uint64_t left = wake > now ? wake - now : 0;
		timeout.tv_sec = (time_t)(left / CLOCK_SECOND);
		timeout.tv_nsec = (long)(left % CLOCK_SECOND);
		limit = &timeout;
	}
	int ready = ppoll(fds, 1 + outputs, limit, waiting);
	now = clock_now();
	if (ready > 0 && worker->running && outputs)
		native_read(worker->running, fds + 1, outputs);
	if (worker->running)
		native_reap(worker->running, now);
	if (ready > 0 && fds[0].revents)
		read_commands(worker, now);
	if (worker->running && !native_is_over(worker->running))
		native_on_time(worker->running, now);
	if (worker->running && now >= worker->next_sample && !worker->stalled && !worker->paused)
		sample(worker, now);
}

_Noreturn void worker_main(const struct worker_context *context, struct ring *ring, unsigned slot,
			   uint32_t incarnation, int command_fd)
{
	struct worker_process worker = { .context = context,
					 .slot = slot,
					 .command_fd = command_fd,
					 .commands = STR_INIT,
					 .record = STR_INIT };
	struct error error = ERROR_INIT;
	char name[16];
	snprintf(name, sizeof(name), "xtop-gw%u", slot);
	prctl(PR_SET_NAME, name);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	setpgid(0, 0);
	spawn_reset_signals();
	struct sigaction action;
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_child;
	sigaction(SIGCHLD, &action, NULL);
	sigset_t child, waiting;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigemptyset(&waiting);
	sigprocmask(SIG_SETMASK, &child, NULL);

	worker.producer = ring_producer_new(ring, slot, incarnation, &error);
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (!worker.producer || null_fd < 0)
		_exit(123);
	make_environment(&worker);
	worker.host = (struct native_host){ .emit = emit,
					    .context = &worker,
					    .environment = worker.environment.items,
					    .nofile = &context->nofile,
					    .null_fd = null_fd };
	struct event started;
	event_init(&started, EVENT_WORKER_STARTED);
	event_put(&started, incarnation, incarnation);
	event_put(&started, pid, (uint64_t)getpid());
	emit(&worker, &started);

	for (;;) {
		end_stall(&worker);
		if (worker.running && native_is_over(worker.running))
			end_running(&worker);
		if (!worker.running && worker.ahead && !worker.stalled && !worker.paused)
			start_next(&worker, clock_now());
		else if (!worker.running && worker.leaving && !worker.stalled)
			_exit(0);
		else
			wait_for_something(&worker, &waiting);
	}
}
