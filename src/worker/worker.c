#include "worker/worker.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/vec.h"
#include "event/codec.h"
#include "worker/command.h"
#include "worker/descendants.h"
#include "worker/harness_runner.h"
#include "worker/memory.h"
#include "worker/native.h"
#include "worker/runner.h"
#include "worker/spawn.h"
#include "worker/usage.h"
#include "worker/variables.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* While a test runs: how often the worker tells what it uses. */
#define SAMPLE_INTERVAL CLOCK_SECOND

struct worker_process {
	const struct worker_context *context;
	struct ring_producer *producer;
	unsigned slot;
	int command_fd;
	struct str commands; /* bytes that are no whole command yet */
	struct str record;   /* an event being encoded */
	struct variables variables;
	struct runner_host host;
	struct harness_set *harnesses;
	struct attempt *running;
	struct job *job;   /* of the running one */
	struct job *ahead; /* the next one */
	bool committed;    /* the running test's harness was told that `ahead` comes next */
	bool asked;        /* it wants to know what comes next, and so did this worker: the controller answers */
	uint64_t again;    /* the last test of which its harness was told that it comes again, until it was sent, 0: none */
	char *stands;      /* what was told of this by MESSAGE_STANDS, its first byte included; NULL: nothing stands */
	bool stalled;      /* the lane is full */
	bool paused, leaving;
	bool retiring;     /* the harnesses were told to leave */
	bool retired_due;  /* the controller waits for MESSAGE_RETIRED */
	uint64_t bailed;   /* the last test that asked for the end of its suite, 0: none */
	uint64_t next_sample;
	VEC(struct pollfd) fds;
};

/* The handler only interrupts ppoll. */
static void on_child(int number)
{
	(void)number;
}

/* What the harnesses kept may fill the lane again, so that it is stalled once more when the attempt is told. */
static void tell_stall(struct worker_process *worker)
{
	uint64_t now = clock_now();
	harness_set_hold(worker->harnesses, worker->stalled, now);
	if (worker->running)
		worker->running->runner->stall(worker->running, worker->stalled, now);
}

static bool push(struct worker_process *worker)
{
	if (ring_push(worker->producer, worker->record.data, worker->record.length) == RING_FULL && !worker->stalled) {
		worker->stalled = true;
		tell_stall(worker);
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
	tell_stall(worker);
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

static void sample(struct worker_process *worker, uint64_t now)
{
	struct usage usage;
	usage_measure(&usage);
	harness_set_add_usage(worker->harnesses, &usage);
	struct event event;
	event_init(&event, EVENT_WORKER_SAMPLE);
	event_put(&event, cpu, usage.cpu);
	event_put(&event, rss, usage.rss);
	emit(worker, &event);
	worker->next_sample = now + SAMPLE_INTERVAL;
}

static void send_message(struct worker_process *worker, unsigned char type, const void *bytes, size_t length)
{
	str_clear(&worker->record);
	str_add_char(&worker->record, (char)type);
	str_add(&worker->record, bytes, length);
	push(worker);
}

/* Takes the job. */
static void return_job(struct worker_process *worker, struct job *job)
{
	uint64_t test = job->test;
	job_free(job);
	send_message(worker, MESSAGE_RETURNED, &test, sizeof(test));
}

static void give_back(struct worker_process *worker)
{
	struct job *job = worker->ahead;
	worker->ahead = NULL;
	worker->committed = false;
	if (job)
		return_job(worker, job);
}

/* --- what comes next, for the fixtures of the running test's harness --- */

static void answer(struct worker_process *worker, enum next_kind kind, const char *id, uint32_t ordinal)
{
	worker->asked = false;
	worker->running->runner->answer(worker->running, kind, id, ordinal);
}

static void answer_none(struct worker_process *worker)
{
	answer(worker, NEXT_NONE, NULL, 0);
}

/* What it shares with others of its harness is to stay, whatever comes first. */
static void answer_kept(struct worker_process *worker, const struct kept_test *keep)
{
	if (keep->server && strcmp(keep->server, worker->job->server) == 0)
		answer(worker, NEXT_TEST, keep->id, keep->ordinal);
	else
		answer_none(worker);
}

/* Another server's test, or one without, makes no difference between this harness' fixtures. */
static void answer_with_ahead(struct worker_process *worker)
{
	const struct job *ahead = worker->ahead;
	if (!ahead->server || strcmp(ahead->server, worker->job->server) != 0) {
		answer_kept(worker, &ahead->keep);
		return;
	}
	worker->committed = true;
	answer(worker, NEXT_TEST, ahead->id, ahead->ordinal);
}

static void ask_next(void *context, bool failed, bool may_rerun)
{
	struct worker_process *worker = context;
	if (failed && may_rerun && worker->job->may_rerun && !worker->leaving) {
		/* The controller can send this test again only where nothing is held. */
		worker->again = worker->job->test;
		send_message(worker, MESSAGE_AGAIN, &worker->again, sizeof(worker->again));
		answer(worker, NEXT_AGAIN, NULL, 0);
		give_back(worker);
	} else if (worker->leaving) {
		answer_none(worker);
	} else if (worker->ahead) {
		answer_with_ahead(worker);
	} else {
		char wish[sizeof(uint64_t) + 1];
		memcpy(wish, &worker->job->test, sizeof(uint64_t));
		wish[sizeof(uint64_t)] = (char)failed;
		worker->asked = true;
		send_message(worker, MESSAGE_WANTS, wish, sizeof(wish));
	}
}

/* `told`: the message's bytes; NULL: nothing stands. */
static void tell_stands(struct worker_process *worker, const char *told)
{
	if (told ? worker->stands && strcmp(told, worker->stands) == 0 : !worker->stands)
		return;
	free(worker->stands);
	worker->stands = told ? alloc_string(told) : NULL;
	if (told)
		send_message(worker, MESSAGE_STANDS, told, strlen(told));
	else
		send_message(worker, MESSAGE_STANDS, "", 1);
}

static void stands(void *context, const char *node, bool alone)
{
	char *told = node ? alloc_format("%c%s", alone ? 2 : 1, node) : NULL;
	tell_stands(context, told);
	free(told);
}

static void harness_gone(void *context, const char *server)
{
	struct worker_process *worker = context;
	tell_stands(worker, NULL);
	send_message(worker, MESSAGE_HARNESS_GONE, server, strlen(server));
}

static void no_server(void *context, const char *server)
{
	send_message(context, MESSAGE_NO_SERVER, server, strlen(server));
}

/* --- commands --- */

/* Takes the command's job. */
static void take_job(struct worker_process *worker, struct command *command)
{
	struct job *job = command->job;
	command->job = NULL;
	/* More than was agreed: nothing must be lost, so what can't be held goes back. */
	if (worker->ahead || worker->leaving) {
		return_job(worker, job);
		return;
	}
	/* Sent before the controller could know what that test asked for, or that it comes again. */
	if (job->behind && job->test != job->behind && (job->behind == worker->bailed || job->behind == worker->again)) {
		return_job(worker, job);
		return;
	}
	if (job->test == worker->again)
		worker->again = 0;
	worker->ahead = job;
	if (worker->asked)
		answer_with_ahead(worker);
}

static bool runs(const struct worker_process *worker, uint64_t test)
{
	return worker->running && worker->job->test == test;
}

static void recall(struct worker_process *worker, uint64_t test)
{
	if (worker->ahead && worker->ahead->test == test) {
		if (!worker->committed)
			give_back(worker);
	} else if (runs(worker, test)) {
		worker->running->runner->recall(worker->running);
	}
}

static void retire(struct worker_process *worker, uint64_t now)
{
	worker->retiring = true;
	harness_set_leave(worker->harnesses, now);
}

static void obey(struct worker_process *worker, struct command *command, uint64_t now)
{
	switch (command->type) {
	case COMMAND_JOB:
		take_job(worker, command);
		break;
	case COMMAND_RECALL:
		recall(worker, command->test);
		break;
	case COMMAND_SPACE:
		break; /* being awake is enough: end_stall comes before the next wait */
	case COMMAND_CANCEL:
		if (runs(worker, command->test))
			worker->running->runner->cancel(worker->running, command->reason, now);
		break;
	case COMMAND_SIGNAL:
		if (runs(worker, command->test))
			worker->running->runner->signal(worker->running, command->signal);
		break;
	case COMMAND_PAUSE:
	case COMMAND_RESUME:
		worker->paused = command->type == COMMAND_PAUSE;
		if (worker->running)
			worker->running->runner->pause(worker->running, worker->paused, now);
		break;
	case COMMAND_LEAVE:
		worker->leaving = true;
		give_back(worker);
		if (worker->asked)
			answer_none(worker);
		break;
	case COMMAND_NO_NEXT:
		if (worker->asked && runs(worker, command->test))
			answer_none(worker);
		break;
	case COMMAND_KEEP:
		if (worker->asked && runs(worker, command->test))
			answer_kept(worker, &command->keep);
		break;
	case COMMAND_LOOK:
		if (runs(worker, command->test))
			worker->running->runner->look(worker->running, now);
		break;
	case COMMAND_RETIRE:
		worker->retired_due = true;
		break;
	}
}

static void read_commands(struct worker_process *worker, uint64_t now)
{
	char buffer[16384];
	ssize_t length = recv(worker->command_fd, buffer, sizeof(buffer), MSG_DONTWAIT);
	if (length == 0) {
		/* The controller is gone; the guardian ends what runs here, and harnesses' keepers see this end. */
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
	worker->committed = worker->asked = false;
	worker->running = worker->job->server ? harness_set_start(worker->harnesses, worker->job, now) :
						native_start(&worker->host, worker->job, now);
	if (worker->next_sample < now)
		worker->next_sample = now + SAMPLE_INTERVAL;
}

static void end_running(struct worker_process *worker)
{
	const struct runner *runner = worker->running->runner;
	struct job *job = worker->job;
	bool started = runner->was_started(worker->running);
	/* The next one may be of the same suite: the controller decides. */
	if (runner->bailed_out(worker->running)) {
		worker->bailed = job->test;
		give_back(worker);
	}
	runner->free(worker->running);
	worker->running = NULL;
	worker->job = NULL;
	worker->committed = worker->asked = false;
	if (started)
		job_free(job);
	else
		return_job(worker, job);
}

/* --- the loop --- */

static uint64_t wake_at(const struct worker_process *worker)
{
	uint64_t wake = harness_set_wake_at(worker->harnesses);
	if (!worker->running)
		return wake;
	uint64_t deadline = worker->running->runner->wake_at(worker->running);
	uint64_t next = worker->stalled || worker->paused ? UINT64_MAX : worker->next_sample;
	if (deadline < wake)
		wake = deadline;
	return next < wake ? next : wake;
}

static void wait_for_something(struct worker_process *worker, const sigset_t *waiting)
{
	size_t harness_fds = harness_set_fd_count(worker->harnesses);
	vec_reserve(&worker->fds, 1 + RUNNER_FDS_MAX + harness_fds);
	struct pollfd *fds = worker->fds.items, *outputs = fds + 1;
	fds[0] = (struct pollfd){ .fd = worker->command_fd, .events = POLLIN };
	unsigned count = worker->running ? worker->running->runner->poll_fds(worker->running, outputs) : 0;
	struct pollfd *harnesses = outputs + count;
	harness_set_poll_fds(worker->harnesses, harnesses);
	struct timespec timeout, *limit = NULL;
	uint64_t wake = wake_at(worker), now = clock_now();
	if (wake != UINT64_MAX) {
		uint64_t left = wake > now ? wake - now : 0;
		timeout.tv_sec = (time_t)(left / CLOCK_SECOND);
		timeout.tv_nsec = (long)(left % CLOCK_SECOND);
		limit = &timeout;
	}
	int ready = ppoll(fds, 1 + count + harness_fds, limit, waiting);
	now = clock_now();
	if (ready > 0 && count)
		worker->running->runner->read(worker->running, outputs, count);
	if (ready > 0 && harness_fds)
		harness_set_ready_fds(worker->harnesses, harnesses, now);
	if (worker->running)
		worker->running->runner->reap(worker->running, now);
	if (ready > 0 && fds[0].revents)
		read_commands(worker, now);
	if (worker->running && !worker->running->runner->is_over(worker->running))
		worker->running->runner->on_time(worker->running, now);
	harness_set_on_time(worker->harnesses, now);
	if (worker->running && now >= worker->next_sample && !worker->stalled && !worker->paused)
		sample(worker, now);
}

/* False: there is nothing to do but to wait. */
static bool go_on(struct worker_process *worker)
{
	if (worker->running)
		return false;
	if ((worker->retired_due || worker->leaving) && !worker->retiring) {
		retire(worker, clock_now());
		return true;
	}
	if (worker->retiring) {
		if (!harness_set_is_empty(worker->harnesses) || worker->stalled)
			return false;
		if (worker->leaving)
			_exit(0);
		worker->retiring = worker->retired_due = false;
		harness_set_part(worker->harnesses);
		send_message(worker, MESSAGE_RETIRED, NULL, 0);
		return true;
	}
	if (!worker->ahead || worker->stalled || worker->paused)
		return false;
	start_next(worker, clock_now());
	return true;
}

static void become_worker(const struct worker_process *worker)
{
	char name[16];
	snprintf(name, sizeof(name), "xtop-gw%u", worker->slot);
	prctl(PR_SET_NAME, name);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	setpgid(0, 0);
	spawn_reset_signals();
	struct sigaction action;
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_child;
	sigaction(SIGCHLD, &action, NULL);
	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_SETMASK, &child, NULL);
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
	become_worker(&worker);
	worker.producer = ring_producer_new(ring, slot, incarnation, &error);
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (!worker.producer || null_fd < 0)
		_exit(123);
	variables_init(&worker.variables, context, slot);
	struct group group;
	group_open(&group, context->groups, slot);
	worker.host = (struct runner_host){ .emit = emit,
					    .ask_next = ask_next,
					    .stands = stands,
					    .harness_gone = harness_gone,
					    .no_server = no_server,
					    .context = &worker,
					    .environment = worker.variables.environment.items,
					    .variables = worker.variables.changes.items,
					    .variable_count = worker.variables.changes.length,
					    .nofile = &context->nofile,
					    .null_fd = null_fd,
					    .kills_fd = group.events >= 0 ? group.events : memory_open_kills(),
					    .group = group.events >= 0 ? &group : NULL,
					    .slot = slot,
					    .workers = context->workers,
					    .run_id = context->run_id,
					    .serial = context->serial != 0 };
	worker.harnesses = harness_set_new(&worker.host);
	struct event started;
	event_init(&started, EVENT_WORKER_STARTED);
	event_put(&started, incarnation, incarnation);
	event_put(&started, pid, (uint64_t)getpid());
	emit(&worker, &started);

	sigset_t waiting;
	sigemptyset(&waiting);
	for (;;) {
		end_stall(&worker);
		if (worker.running && worker.running->runner->is_over(worker.running))
			end_running(&worker);
		if (!go_on(&worker))
			wait_for_something(&worker, &waiting);
	}
}
