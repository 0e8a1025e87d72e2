#include "worker/harness.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/lines.h"
#include "base/vec.h"
#include "worker/keeper_link.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CONNECT_AGAIN (20 * CLOCK_MS)
#define SLOW_START (60 * CLOCK_SECOND) /* after this it is said that one waits */
/* How long the keeper may take to say how a process ended that has visibly ended, or has closed its socket. */
#define WORD_GRACE (2 * CLOCK_SECOND)
#define LOOK_AGAIN (50 * CLOCK_MS)
#define KILL_GRACE (5 * CLOCK_SECOND)
#define FAILED_GRACE (5 * CLOCK_SECOND) /* for one that said that it can't run tests to exit */

/* What Python prints of a crash: the traceback behind it says less than what the test printed before. */
#define EPILOGUE "Fatal Python error: "

enum phase {
	PHASE_ABSENT,
	PHASE_CONNECTING, /* the server is busy */
	PHASE_STARTING,   /* ordered from the keeper */
	PHASE_READY,
	PHASE_LEAVING,
};

struct harness {
	struct harness_owner owner;
	char *server;
	struct protocol_keep keep;
	char *run_id;
	VEC(char *) variables;
	struct keeper_link link;
	bool link_used; /* a process was started over it */
	enum phase phase;
	bool wanted, held;
	bool blocked; /* the owner wants no more lines now */

	/* Of the process. */
	struct lines line;
	struct capture capture;
	pid_t pid;
	int pidfd;
	bool said_ready;
	bool died;   /* the pidfd says so */
	bool ending; /* the end is known as well as it will be; it is told once everything was read */
	struct harness_end end;
	char *failure;
	uint64_t limit;   /* of the phase; UINT64_MAX: none */
	uint64_t word_by; /* WORD_GRACE's end */
};

static void begin(struct harness *harness, uint64_t now);
static void try_to_end(struct harness *harness, uint64_t now);

/* --- being made --- */

static void printed(void *context, enum event_stream stream, const char *bytes, size_t length)
{
	struct harness *harness = context;
	harness->owner.printed(harness->owner.context, stream, bytes, length);
}

static void kept(void *context, enum event_stream stream, struct slice bytes, uint64_t dropped)
{
	struct harness *harness = context;
	harness->owner.kept(harness->owner.context, stream, bytes, dropped);
}

/* As if there had never been a process. */
static void clear_process(struct harness *harness)
{
	lines_fini(&harness->line);
	capture_fini(&harness->capture);
	if (harness->pidfd >= 0)
		close(harness->pidfd);
	free(harness->failure);
	struct capture_host host = { printed, kept, harness };
	capture_init(&harness->capture, &host, 0);
	harness->capture.held = harness->held;
	harness->capture.epilogue = EPILOGUE;
	lines_init(&harness->line, -1, LINES_LIMIT);
	harness->phase = PHASE_ABSENT;
	harness->blocked = harness->said_ready = harness->died = harness->ending = false;
	harness->pid = 0;
	harness->pidfd = -1;
	harness->end = (struct harness_end){ .number = 0 };
	harness->failure = NULL;
	harness->limit = harness->word_by = UINT64_MAX;
}

struct harness *harness_new(const struct harness_owner *owner, const char *server, const struct protocol_keep *keep)
{
	struct harness *harness = ALLOC_NEW(struct harness);
	harness->owner = *owner;
	harness->server = alloc_string(server);
	harness->run_id = alloc_string(keep->run_id);
	for (size_t i = 0; i < keep->variable_count; i++)
		vec_push(&harness->variables, alloc_string(keep->environment[i]));
	harness->keep = *keep;
	harness->keep.run_id = harness->run_id;
	harness->keep.environment = harness->variables.items;
	keeper_link_init(&harness->link);
	lines_init(&harness->line, -1, LINES_LIMIT);
	struct capture_host host = { printed, kept, harness };
	capture_init(&harness->capture, &host, 0);
	harness->pidfd = -1;
	clear_process(harness);
	return harness;
}

void harness_part(struct harness *harness)
{
	keeper_link_close(&harness->link);
}

bool harness_is_ready(const struct harness *harness)
{
	return harness->phase == PHASE_READY && !harness->ending && !harness->died && harness->line.fd >= 0;
}

bool harness_exists(const struct harness *harness)
{
	return harness->phase != PHASE_ABSENT;
}

bool harness_is_kept(const struct harness *harness)
{
	return keeper_link_is_open(&harness->link);
}

pid_t harness_pid(const struct harness *harness)
{
	return harness->pid;
}

struct capture *harness_capture(struct harness *harness)
{
	return &harness->capture;
}

__attribute__((format(printf, 3, 4))) static void tell(struct harness *harness, enum event_level level,
						       const char *format, ...)
{
	struct str text = STR_INIT;
	va_list args;
	va_start(args, format);
	str_add_vformat(&text, format, args);
	va_end(args);
	harness->owner.log(harness->owner.context, level, text.data);
	str_fini(&text);
}

/* --- starting --- */

static void tell_end(struct harness *harness, uint64_t now)
{
	harness->end.failure = harness->failure;
	harness->owner.ended(harness->owner.context, &harness->end, now);
	clear_process(harness);
}

static int make_ends(struct harness *harness, int fds[3], struct error *error)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return error_set_errno(error, errno, "cannot make a socket for a test process");
	lines_init(&harness->line, ends[0], LINES_LIMIT);
	if (capture_open(&harness->capture, true, fds, error) == 0) {
		fds[0] = ends[1];
		return 0;
	}
	close(ends[1]);
	if (fds[1] >= 0)
		close(fds[1]);
	if (fds[2] >= 0)
		close(fds[2]);
	return -1;
}

static bool connect_keeper(struct harness *harness, uint64_t now)
{
	if (keeper_link_is_open(&harness->link))
		return true;
	harness->link_used = false;
	switch (keeper_link_open(&harness->link, harness->server, &harness->keep)) {
	case KEEPER_LINK_OPEN:
		return true;
	case KEEPER_LINK_BUSY:
		harness->phase = PHASE_CONNECTING;
		harness->limit = now + CONNECT_AGAIN;
		return false;
	case KEEPER_LINK_UNREACHABLE:
		break;
	}
	harness->phase = PHASE_ABSENT;
	harness->wanted = false;
	harness->owner.unreachable(harness->owner.context);
	return false;
}

static void begin(struct harness *harness, uint64_t now)
{
	if (!connect_keeper(harness, now))
		return;
	int fds[3];
	struct error error = ERROR_INIT;
	if (make_ends(harness, fds, &error) != 0) {
		harness->wanted = false;
		harness->failure = alloc_string(error.message);
		tell_end(harness, now);
		return;
	}
	harness->phase = PHASE_STARTING;
	harness->limit = now + SLOW_START;
	keeper_link_start(&harness->link, fds);
}

void harness_want(struct harness *harness, bool wanted, uint64_t now)
{
	harness->wanted = wanted;
	if (wanted && harness->phase == PHASE_ABSENT)
		begin(harness, now);
	else if (!wanted && harness->phase == PHASE_CONNECTING)
		clear_process(harness);
}

/* --- signals --- */

static bool lives(const struct harness *harness)
{
	if (harness->pid <= 0 || harness->died || harness->end.known)
		return false;
	/* Reaped, and its number perhaps another's, though nobody has said so yet. */
	return harness->pidfd < 0 || syscall(SYS_pidfd_send_signal, harness->pidfd, 0, NULL, 0) == 0 || errno != ESRCH;
}

/* Where the kernel has no pidfd, looking is the only way to see the end of one whose keeper is gone. */
static bool is_gone(const struct harness *harness)
{
	return harness->died || (harness->pidfd < 0 && kill(harness->pid, 0) != 0 && errno == ESRCH);
}

void harness_signal(struct harness *harness, int number)
{
	if (!lives(harness))
		return;
	kill(-harness->pid, number);
	if (getpgid(harness->pid) != harness->pid)
		kill(harness->pid, number);
}

void harness_terminate(struct harness *harness)
{
	if (keeper_link_is_open(&harness->link))
		keeper_link_kill(&harness->link, SIGTERM);
	else
		harness_signal(harness, SIGTERM);
	/* A stopped process acts on nothing but SIGKILL before it is continued. */
	harness_signal(harness, SIGCONT);
}

void harness_kill(struct harness *harness)
{
	harness->end.was_killed = true;
	/* The keeper reaches what left the group; it might not react itself. */
	if (keeper_link_is_open(&harness->link))
		keeper_link_kill(&harness->link, SIGKILL);
	harness_signal(harness, SIGKILL);
}

void harness_interrupt(struct harness *harness, int number)
{
	if (!lives(harness))
		return;
	if (harness->pidfd < 0 || syscall(SYS_pidfd_send_signal, harness->pidfd, number, NULL, 0) != 0)
		kill(harness->pid, number);
}

/* --- talking --- */

void harness_send(struct harness *harness, const struct str *lines)
{
	/* Where the other end is gone its end will be told. */
	lines_send(&harness->line, (struct slice){ lines->data, lines->length }, NULL, 0);
}

void harness_leave(struct harness *harness, uint64_t limit, uint64_t now)
{
	if (harness->phase == PHASE_CONNECTING)
		clear_process(harness);
	if (harness->phase != PHASE_STARTING && harness->phase != PHASE_READY)
		return;
	struct str line = STR_INIT;
	protocol_put_leave(&line);
	harness_send(harness, &line);
	str_fini(&line);
	harness->phase = PHASE_LEAVING;
	harness->end.was_leaving = true;
	harness->limit = now + limit;
	harness->word_by = UINT64_MAX;
}

/* What it sends can't be trusted to mean anything any more. */
static void give_up(struct harness *harness, const char *message)
{
	harness->end.lost = true;
	if (!harness->failure)
		harness->failure = alloc_string(message);
	harness_kill(harness);
}

/* Its own word may come before its keeper's, without which it could not be signalled. */
static void become_ready(struct harness *harness, uint64_t now)
{
	if (!harness->said_ready || !harness->pid)
		return;
	harness->end.was_ready = true;
	if (harness->phase != PHASE_STARTING)
		return;
	harness->phase = PHASE_READY;
	harness->limit = UINT64_MAX;
	harness->wanted = false;
	harness->owner.ready(harness->owner.context, now);
}

static void take_line(struct harness *harness, struct slice line, uint64_t now)
{
	struct harness_event event;
	struct error error = ERROR_INIT;
	if (harness_event_parse(line, &event, &error) != 0) {
		give_up(harness, error.message);
		return;
	}
	switch (event.type) {
	case HARNESS_READY:
		harness->said_ready = true;
		become_ready(harness, now);
		break;
	case HARNESS_FAILED:
		free(harness->failure);
		harness->failure = alloc_string(event.message);
		harness->word_by = now + FAILED_GRACE;
		break;
	case HARNESS_LOG:
		harness->owner.log(harness->owner.context, event.level, event.message);
		break;
	case HARNESS_OTHER:
		tell(harness, LEVEL_NOTE, "a test process sent \"%s\", which this xtop does not know", event.name);
		break;
	case HARNESS_NEXT:
	case HARNESS_FINISHED:
	case HARNESS_LATE:
		harness->blocked = harness->owner.event(harness->owner.context, &event, now);
		break;
	}
	harness_event_fini(&event);
}

static void take_lines(struct harness *harness, uint64_t now)
{
	struct slice line;
	while (!harness->held && !harness->blocked && lines_next(&harness->line, &line))
		take_line(harness, line, now);
}

static int read_line(struct harness *harness)
{
	struct error error = ERROR_INIT;
	int result = lines_read(&harness->line, &error);
	if (result < 0 && error.message[0])
		give_up(harness, error.message);
	return result;
}

static void read_harness(struct harness *harness, uint64_t now)
{
	int result = read_line(harness);
	take_lines(harness, now);
	if (result >= 0 || harness->line.fd < 0)
		return;
	/* What was received stays. Nothing more than this can be concluded: somebody else may hold the process' end. */
	close(harness->line.fd);
	harness->line.fd = -1;
	if (harness->phase != PHASE_LEAVING && harness->word_by == UINT64_MAX)
		harness->word_by = now + WORD_GRACE;
}

void harness_pump(struct harness *harness, uint64_t now)
{
	harness->blocked = false;
	take_lines(harness, now);
	try_to_end(harness, now);
}

/* --- the keeper --- */

static void take_started(struct harness *harness, const struct keeper_event *event, uint64_t now)
{
	if (harness->pid || harness->phase == PHASE_ABSENT || harness->phase == PHASE_CONNECTING)
		return;
	harness->link_used = true;
	harness->pid = (pid_t)event->pid;
	/* Fails for one that has ended and was reaped: the keeper's word follows. */
	harness->pidfd = (int)syscall(SYS_pidfd_open, harness->pid, 0);
	become_ready(harness, now);
}

static void take_ended(struct harness *harness, const struct keeper_event *event)
{
	if (!harness->pid || event->pid != harness->pid)
		return;
	harness->end.known = true;
	harness->end.signaled = event->signaled;
	harness->end.core_dumped = event->core_dumped;
	harness->end.number = event->number;
	harness->end.has_usage = event->has_usage;
	harness->end.cpu = event->cpu;
	harness->end.rss = event->rss;
	harness->ending = true;
}

static void lose_keeper(struct harness *harness, uint64_t now)
{
	bool was_used = harness->link_used;
	keeper_link_close(&harness->link);
	if (harness->phase == PHASE_ABSENT)
		return;
	if (harness->pid) {
		if (is_gone(harness))
			harness->ending = true;
		if (!harness->ending)
			harness->owner.orphaned(harness->owner.context, now);
		return;
	}
	bool wanted = harness->wanted;
	clear_process(harness);
	/* One that ended between two processes is replaced; one that could not start its first will not do better. */
	if (wanted && was_used) {
		begin(harness, now);
	} else if (wanted) {
		harness->wanted = false;
		harness->owner.unreachable(harness->owner.context);
	}
}

static void read_keeper(struct harness *harness, uint64_t now)
{
	struct error error = ERROR_INIT;
	struct slice line;
	int result;
	do {
		result = lines_read(&harness->link.lines, &error);
		while (lines_next(&harness->link.lines, &line)) {
			struct keeper_event event;
			if (keeper_event_parse(line, &event, &error) != 0) {
				result = -1;
				break;
			}
			if (event.type == KEEPER_STARTED)
				take_started(harness, &event, now);
			else if (event.type == KEEPER_ENDED)
				take_ended(harness, &event);
			keeper_event_fini(&event);
		}
	} while (result > 0);
	if (error.message[0])
		tell(harness, LEVEL_ERROR, "the connection to a fork server's keeper was given up: %s", error.message);
	if (result < 0)
		lose_keeper(harness, now);
}

/* --- the end --- */

static void try_to_end(struct harness *harness, uint64_t now)
{
	if (!harness->ending || harness->held || harness->blocked)
		return;
	/* Its last words count before its end does. */
	while (harness->line.fd >= 0 && read_line(harness) > 0) {
		take_lines(harness, now);
		if (harness->held || harness->blocked)
			return;
	}
	take_lines(harness, now);
	if (harness->held || harness->blocked || !capture_read_rest(&harness->capture))
		return;
	tell_end(harness, now);
	if (harness->wanted)
		begin(harness, now);
}

/* --- the owner's loop --- */

void harness_hold(struct harness *harness, bool held, uint64_t now)
{
	harness->held = harness->capture.held = held;
	take_lines(harness, now);
	try_to_end(harness, now);
}

void harness_poll_fds(const struct harness *harness, struct pollfd fds[HARNESS_FDS])
{
	for (int i = 0; i < HARNESS_FDS; i++)
		fds[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	const struct lines *keeper = &harness->link.lines, *line = &harness->line;
	fds[0].fd = keeper->fd;
	if (lines_has_backlog(keeper))
		fds[0].events |= POLLOUT;
	if (!harness->held && !harness->blocked)
		fds[1].fd = line->fd;
	if (lines_has_backlog(line))
		fds[1].events |= POLLOUT;
	if (!harness->died)
		fds[2].fd = harness->pidfd;
	capture_poll_fds(&harness->capture, fds + 3);
}

void harness_ready_fds(struct harness *harness, const struct pollfd fds[HARNESS_FDS], uint64_t now)
{
	if (fds[3].revents || fds[4].revents)
		capture_read_ready(&harness->capture, fds + 3, 2);
	if (fds[0].revents & POLLOUT)
		lines_flush(&harness->link.lines);
	if (fds[0].revents && fds[0].fd == harness->link.lines.fd)
		read_keeper(harness, now);
	if ((fds[1].revents & POLLOUT) && fds[1].fd == harness->line.fd)
		lines_flush(&harness->line);
	if ((fds[1].revents & ~POLLOUT) && fds[1].fd == harness->line.fd && !harness->held && !harness->blocked)
		read_harness(harness, now);
	if (fds[2].revents && fds[2].fd == harness->pidfd) {
		harness->died = true;
		harness->word_by = now + WORD_GRACE;
		if (!keeper_link_is_open(&harness->link))
			harness->ending = true;
	}
	try_to_end(harness, now);
}

uint64_t harness_wake_at(const struct harness *harness)
{
	if (harness->held || harness->blocked)
		return UINT64_MAX;
	return harness->limit < harness->word_by ? harness->limit : harness->word_by;
}

static void phase_is_too_long(struct harness *harness, uint64_t now)
{
	harness->limit = UINT64_MAX;
	switch (harness->phase) {
	case PHASE_CONNECTING:
		clear_process(harness);
		begin(harness, now);
		break;
	case PHASE_STARTING:
		tell(harness, LEVEL_WARNING, "a test process has been starting for %g s, and is not ready yet",
		     clock_seconds(SLOW_START));
		break;
	case PHASE_LEAVING:
		if (harness->end.was_killed) {
			/* Not even SIGKILL helps, or its keeper does not react: nobody is to wait for that. */
			keeper_link_close(&harness->link);
			harness->ending = true;
			try_to_end(harness, now);
			break;
		}
		tell(harness, LEVEL_WARNING, "the test process %d did not end when it was told to, and was killed",
		     (int)harness->pid);
		harness_kill(harness);
		harness->limit = now + KILL_GRACE;
		break;
	case PHASE_ABSENT:
	case PHASE_READY:
		break;
	}
}

void harness_on_time(struct harness *harness, uint64_t now)
{
	if (now < harness_wake_at(harness))
		return;
	if (now >= harness->limit)
		phase_is_too_long(harness, now);
	if (now < harness->word_by)
		return;
	harness->word_by = UINT64_MAX;
	if (harness->pid && is_gone(harness))
		harness->ending = true;
	else if (harness->failure)
		harness_kill(harness);
	else
		give_up(harness, "it closed its connection to xtop");
	if (!harness->ending && harness->pidfd < 0 && !keeper_link_is_open(&harness->link))
		harness->word_by = now + LOOK_AGAIN;
	try_to_end(harness, now);
}
