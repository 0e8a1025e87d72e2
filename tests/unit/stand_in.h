/* A fork server with keepers and harnesses for the worker's tests, in few lines of C, without Python.
 *
 * A test's id is what its harness does, step by step: words with a ':' before their argument.
 *
 *     print:TEXT err:TEXT     a line to stdout, to stderr
 *     spew:N                  N bytes and a newline to stdout
 *     env:NAME                "NAME=value" to stdout, "NAME is unset" where it is
 *     ask:OUTCOME             asks for the next test, and prints the answer
 *     ask-norerun:OUTCOME     the same, and another attempt makes no sense
 *     finish:OUTCOME          the verdict; also finish-norerun:, finish-last: (it can't run another test)
 *     finish-standing:        passed, and what was set up for it is to outlive it
 *     finish-in:NODE          failed, and something of this node stands; finish-alone:NODE: no other test must come now
 *     finish-long:N           failed, with a message of N bytes
 *     finish-stop:REASON      failed, and nothing else of its suite is to run
 *     wide                    its pipes take a megabyte
 *     full                    a verdict with all that one can have
 *     hang                    waits for an interrupt, and prints its value
 *     deaf                    waits for ever, only SIGTERM ends it
 *     stubborn                waits for ever
 *     hold                    prints "held" and waits for SIGCONT
 *     stop-keeper             stops its keeper, so that it says nothing until it is continued
 *     kill-keeper             kills its keeper, and waits until it is gone
 *     segv exit:N close garbage  what crashes it, or its connection
 *     fatal                   prints what Python prints before it is killed by a signal
 *     daemon                  a child in a session of its own, which holds all that is open
 *     eat:N fill:N            takes N megabytes and gives them back, or keeps them and waits for ever
 *     late:TEXT               an error that came late
 *     farewell:TEXT           will be printed when it leaves
 *     overstay                will not leave when it is told to
 */
#ifndef XTOP_TESTS_STAND_IN_H
#define XTOP_TESTS_STAND_IN_H

#include "base/json.h"
#include "base/lines.h"
#include "base/str.h"
#include "worker/descendants.h"
#include "worker/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum stand_in_kind {
	STAND_IN_PLAIN,
	STAND_IN_CHATTY,  /* its harnesses print much before they are ready, and the worker sees both at once */
	STAND_IN_CRASHES, /* they crash before they are ready */
	STAND_IN_FAILS,   /* they say that they can't run tests */
	STAND_IN_DOOMED,  /* they are killed before they are ready, and their keepers with them */
	STAND_IN_SLOW,    /* they never become ready */
	STAND_IN_MUTE,    /* its keepers exit before they start one */
	STAND_IN_ONCE,    /* its keepers start one, and exit when asked for the next */
};

struct stand_in_harness {
	int fd;
	struct lines lines;
	bool overstays;
	char farewell[64];
};

static inline void stand_in_write(int fd, const char *text)
{
	for (size_t length = strlen(text); length > 0;) {
		struct pollfd wait = { .fd = fd, .events = POLLOUT };
		ssize_t written = poll(&wait, 1, -1) < 0 ? -1 : write(fd, text, length);
		if (written < 0 && errno != EINTR && errno != EAGAIN)
			_exit(90);
		if (written < 0)
			continue;
		text += written;
		length -= (size_t)written;
	}
}

/* A line: the pattern with the text in the place of its '$'. */
static inline void stand_in_say(int fd, const char *pattern, const char *text)
{
	struct str line = STR_INIT;
	size_t before = strcspn(pattern, "$");
	str_add(&line, pattern, before);
	if (pattern[before]) {
		str_add_text(&line, text);
		str_add_text(&line, pattern + before + 1);
	}
	str_add_char(&line, '\n');
	stand_in_write(fd, line.data);
	str_fini(&line);
}

/* Waits for a line; false: the other end is gone. */
static inline bool stand_in_line(struct lines *lines, struct slice *line)
{
	while (!lines_next(lines, line)) {
		struct pollfd wait = { .fd = lines->fd, .events = POLLIN };
		if (poll(&wait, 1, -1) < 0 && errno != EINTR)
			return false;
		if (lines_read(lines, NULL) < 0)
			return false;
	}
	return true;
}

static inline void stand_in_block(int number)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static inline void stand_in_hang(void)
{
	sigset_t set;
	siginfo_t info;
	char text[32];
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 4);
	sigaddset(&set, SIGRTMIN + 5);
	while (sigwaitinfo(&set, &info) < 0)
		continue;
	snprintf(text, sizeof(text), "interrupt %d\n", info.si_signo - SIGRTMIN - 3);
	stand_in_write(1, text);
}

static inline void stand_in_wait_for_ever(void)
{
	/* Longer than any test waits: one whose keeper was killed has nobody here who ends it. */
	alarm(120);
	for (;;)
		pause();
}

static inline void stand_in_hold(void)
{
	sigset_t set;
	int number;
	sigemptyset(&set);
	sigaddset(&set, SIGCONT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	stand_in_write(1, "held\n");
	sigwait(&set, &number);
}

static inline void stand_in_ask(struct stand_in_harness *harness, const char *format, const char *outcome)
{
	struct slice answer;
	stand_in_say(harness->fd, format, outcome);
	if (!stand_in_line(&harness->lines, &answer))
		_exit(0);
	struct str text = STR_INIT;
	str_add(&text, answer.data, answer.length);
	str_add_char(&text, '\n');
	stand_in_write(1, text.data);
	str_fini(&text);
}

static inline void stand_in_spew(size_t count)
{
	char *text = malloc(count + 2);
	memset(text, 'x', count);
	strcpy(text + count, "\n");
	stand_in_write(1, text);
	free(text);
}

static inline void stand_in_daemon(void)
{
	if (fork() != 0)
		return;
	setsid();
	stand_in_wait_for_ever();
}

#define STAND_IN_FULL                                                                                     \
	"{\"event\":\"finished\",\"outcome\":\"xfailed\",\"setup\":0.5,\"call\":1.25,\"teardown\":0.125," \
	"\"message\":\"E line\\nmore\",\"reason\":\"known\",\"code\":\"XT4001\",\"file\":\"a.py\",\"line\":12," \
	"\"properties\":[[\"k\",\"v\"]],\"output\":[[\"stderr\",\"captured\\n\"]],\"$\":1,"                    \
	"\"points\":[{\"name\":\"one\",\"outcome\":\"failed\",\"message\":\"why\"},{\"name\":\"two\",\"outcome\":\"passed\"}]}"

static inline void stand_in_step(struct stand_in_harness *harness, const char *step)
{
	const char *colon = strchr(step, ':'), *argument = colon ? colon + 1 : "";
	size_t length = colon ? (size_t)(colon - step) : strlen(step);
	struct slice word = { step, length };
	if (slice_equal_text(word, "print")) {
		stand_in_say(1, "$", argument);
	} else if (slice_equal_text(word, "err")) {
		stand_in_say(2, "$", argument);
	} else if (slice_equal_text(word, "spew")) {
		stand_in_spew(strtoul(argument, NULL, 10));
	} else if (slice_equal_text(word, "env")) {
		const char *value = getenv(argument);
		struct str text = STR_INIT;
		str_add_format(&text, value ? "%s=%s\n" : "%s is unset\n", argument, value ? value : "");
		stand_in_write(1, text.data);
		str_fini(&text);
	} else if (slice_equal_text(word, "ask")) {
		stand_in_ask(harness, "{\"event\":\"next?\",\"outcome\":\"$\"}", argument);
	} else if (slice_equal_text(word, "ask-norerun")) {
		stand_in_ask(harness, "{\"event\":\"next?\",\"outcome\":\"$\",\"rerun\":false}", argument);
	} else if (slice_equal_text(word, "finish")) {
		stand_in_say(harness->fd, "{\"event\":\"finished\",\"outcome\":\"$\"}", argument);
	} else if (slice_equal_text(word, "finish-norerun")) {
		stand_in_say(harness->fd, "{\"event\":\"finished\",\"outcome\":\"$\",\"rerun\":false}", argument);
	} else if (slice_equal_text(word, "finish-last")) {
		stand_in_say(harness->fd, "{\"event\":\"finished\",\"outcome\":\"$\",\"keep\":false}", argument);
	} else if (slice_equal_text(word, "finish-standing")) {
		stand_in_say(harness->fd, "{\"event\":\"finished\",\"outcome\":\"$\",\"stands\":true}", "passed");
	} else if (slice_equal_text(word, "finish-in")) {
		stand_in_say(harness->fd, "{\"event\":\"finished\",\"outcome\":\"failed\",\"standing\":\"$\"}",
			     argument);
	} else if (slice_equal_text(word, "finish-alone")) {
		stand_in_say(harness->fd,
			     "{\"event\":\"finished\",\"outcome\":\"failed\",\"standing\":\"$\",\"alone\":true}",
			     argument);
	} else if (slice_equal_text(word, "finish-long")) {
		size_t count = strtoul(argument, NULL, 10);
		char *text = malloc(count + 1);
		memset(text, 'm', count);
		text[count] = '\0';
		stand_in_say(harness->fd, "{\"event\":\"finished\",\"outcome\":\"failed\",\"message\":\"$\"}", text);
		free(text);
	} else if (slice_equal_text(word, "finish-stop")) {
		stand_in_say(harness->fd, "{\"event\":\"finished\",\"outcome\":\"failed\",\"stop\":\"$\"}", argument);
	} else if (slice_equal_text(word, "wide")) {
		fcntl(1, F_SETPIPE_SZ, 1 << 20);
	} else if (slice_equal_text(word, "full")) {
		stand_in_say(harness->fd, STAND_IN_FULL, "unknown");
	} else if (slice_equal_text(word, "hang")) {
		stand_in_hang();
	} else if (slice_equal_text(word, "deaf")) {
		stand_in_wait_for_ever();
	} else if (slice_equal_text(word, "stubborn")) {
		stand_in_block(SIGTERM);
		stand_in_wait_for_ever();
	} else if (slice_equal_text(word, "hold")) {
		stand_in_hold();
	} else if (slice_equal_text(word, "stop-keeper")) {
		kill(getppid(), SIGSTOP);
	} else if (slice_equal_text(word, "kill-keeper")) {
		for (pid_t keeper = getppid(); getppid() == keeper;)
			kill(keeper, SIGKILL);
	} else if (slice_equal_text(word, "segv")) {
		raise(SIGSEGV);
	} else if (slice_equal_text(word, "fatal")) {
		stand_in_write(2, "Fatal Python error: Segmentation fault\n\n  File \"a.py\", line 1\n");
	} else if (slice_equal_text(word, "exit")) {
		_exit(atoi(argument));
	} else if (slice_equal_text(word, "close")) {
		close(harness->fd);
		stand_in_wait_for_ever();
	} else if (slice_equal_text(word, "garbage")) {
		stand_in_say(harness->fd, "no JSON", "");
		stand_in_wait_for_ever();
	} else if (slice_equal_text(word, "daemon")) {
		stand_in_daemon();
	} else if (slice_equal_text(word, "eat") || slice_equal_text(word, "fill")) {
		size_t count = strtoul(argument, NULL, 10) << 20;
		void *bytes = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(bytes, 1, count);
		if (word.data[0] == 'f')
			stand_in_wait_for_ever();
		munmap(bytes, count);
	} else if (slice_equal_text(word, "late")) {
		stand_in_say(harness->fd, "{\"event\":\"late\",\"message\":\"$\"}", argument);
	} else if (slice_equal_text(word, "farewell")) {
		snprintf(harness->farewell, sizeof(harness->farewell), "%s\n", argument);
	} else if (slice_equal_text(word, "overstay")) {
		harness->overstays = true;
	}
}

static inline void stand_in_run(struct stand_in_harness *harness, char *steps)
{
	for (char *step; (step = strsep(&steps, " "));)
		stand_in_step(harness, step);
}

static inline void stand_in_set_variables(const struct json *json)
{
	static const char *const names[] = { "XTOP_WORKER", "PYTEST_XDIST_WORKER", "SUITE", "XTOP_TEST_ID",
					     "XTOP_ATTEMPT" };
	static char variables[sizeof(names) / sizeof(*names)][1100];
	const struct json *environment = json_get_object(json, "environment");
	struct str text = STR_INIT;
	if (environment)
		json_dump(environment, &text);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = json_get_text(environment, names[i]);
		char null[64];
		snprintf(null, sizeof(null), "\"%s\":null", names[i]);
		if (value) {
			snprintf(variables[i], sizeof(variables[i]), "%s=%s", names[i], value);
			putenv(variables[i]);
		} else if (strstr(text.data, null)) {
			unsetenv(names[i]);
		}
	}
	str_fini(&text);
}

/* Into copies, so that whoever exits at any step leaves nothing allocated. Returns the number that came along. */
static inline int stand_in_read(struct slice line, char what[16], char id[1024])
{
	struct json *json = json_parse(line, "stand-in", NULL);
	const char *test = json_get_text(json, "test");
	int64_t number = 0;
	snprintf(what, 16, "%s", json_get_text(json, "do"));
	snprintf(id, 1024, "%s", test ? test : "");
	stand_in_set_variables(json);
	json_get_int(json, "signal", &number);
	json_free(json);
	return (int)number;
}

static inline _Noreturn void stand_in_harness(int fd, enum stand_in_kind kind)
{
	struct stand_in_harness harness = { .fd = fd };
	struct rlimit no_core = { 0, 0 };
	struct slice line;
	setrlimit(RLIMIT_CORE, &no_core);
	stand_in_block(SIGRTMIN + 4);
	stand_in_block(SIGRTMIN + 5);
	lines_init(&harness.lines, fd, LINES_LIMIT);
	if (kind == STAND_IN_CHATTY) {
		fcntl(1, F_SETPIPE_SZ, 1 << 20);
		stand_in_write(1, "printed too early\n");
		stand_in_spew(200000);
	}
	if (kind == STAND_IN_CRASHES) {
		stand_in_write(2, "printed before the crash\n");
		raise(SIGSEGV);
	}
	if (kind == STAND_IN_DOOMED) {
		stand_in_write(1, "x");
		raise(SIGSTOP);
	}
	if (kind == STAND_IN_FAILS) {
		stand_in_say(fd, "{\"event\":\"failed\",\"message\":\"$\"}", "cannot import it");
		_exit(1);
	}
	if (kind == STAND_IN_SLOW)
		stand_in_wait_for_ever();
	stand_in_say(fd, "{\"event\":\"$\"}", "ready");
	if (kind == STAND_IN_CHATTY)
		raise(SIGSTOP);
	while (stand_in_line(&harness.lines, &line)) {
		char what[16], id[1024];
		stand_in_read(line, what, id);
		if (strcmp(what, "leave") == 0) {
			if (harness.overstays)
				stand_in_wait_for_ever();
			stand_in_write(1, harness.farewell);
			_exit(0);
		}
		if (strcmp(what, "run") == 0)
			stand_in_run(&harness, id);
	}
	_exit(0);
}

/* --- the keeper --- */

static inline void stand_in_reap(int k, pid_t *harness)
{
	int status;
	struct rusage usage;
	pid_t pid;
	while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
		if (pid != *harness)
			continue;
		*harness = 0;
		descendants_end(NULL, NULL);
		struct str line = STR_INIT;
		str_add_format(&line, "{\"event\":\"ended\",\"pid\":%d,\"%s\":%d,\"core\":%s,\"cpu\":0.25,\"rss\":4096}\n",
			       (int)pid, WIFSIGNALED(status) ? "signal" : "exit_code",
			       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
			       WIFSIGNALED(status) && WCOREDUMP(status) ? "true" : "false");
		if (write(k, line.data, line.length) < 0)
			_exit(0);
		str_fini(&line);
	}
}

static inline pid_t stand_in_start(int k, const int fds[3], enum stand_in_kind kind, unsigned before)
{
	if (kind == STAND_IN_MUTE || (kind == STAND_IN_ONCE && before > 0))
		_exit(0);
	struct ucred worker;
	socklen_t size = sizeof(worker);
	getsockopt(k, SOL_SOCKET, SO_PEERCRED, &worker, &size);
	if (kind == STAND_IN_CHATTY)
		kill(worker.pid, SIGSTOP);
	pid_t pid = fork();
	if (pid == 0) {
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		setpgid(0, 0);
		close(k);
		dup2(fds[1], 1);
		dup2(fds[2], 2);
		close(fds[1]);
		close(fds[2]);
		stand_in_harness(fds[0], kind);
	}
	setpgid(pid, pid);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	struct str line = STR_INIT;
	str_add_format(&line, "{\"event\":\"started\",\"pid\":%d}\n", (int)pid);
	if (write(k, line.data, line.length) < 0)
		_exit(0);
	str_fini(&line);
	if (kind == STAND_IN_DOOMED) {
		waitpid(pid, NULL, WUNTRACED);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		raise(SIGKILL);
	}
	if (kind == STAND_IN_CHATTY) {
		waitpid(pid, NULL, WUNTRACED);
		kill(pid, SIGCONT);
		kill(worker.pid, SIGCONT);
	}
	return pid;
}

/* The descriptors come with the first byte of their line; a worker sends the next line only later. */
static inline ssize_t stand_in_receive(int k, struct str *in, int fds[3])
{
	union {
		char bytes[CMSG_SPACE(3 * sizeof(int))];
		struct cmsghdr align;
	} control;
	char buffer[8192];
	struct iovec part = { .iov_base = buffer, .iov_len = sizeof(buffer) };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	ssize_t length = recvmsg(k, &message, 0);
	struct cmsghdr *header = length > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(fds, CMSG_DATA(header), 3 * sizeof(int));
	if (length > 0)
		str_add(in, buffer, (size_t)length);
	return length;
}

static inline void stand_in_nothing(int number)
{
	(void)number;
}

static inline _Noreturn void stand_in_keeper(int k, enum stand_in_kind kind)
{
	struct str in = STR_INIT;
	pid_t harness = 0;
	unsigned started = 0;
	int fds[3] = { -1, -1, -1 };
	sigset_t none;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	setpgid(0, 0);
	signal(SIGCHLD, stand_in_nothing);
	stand_in_block(SIGCHLD);
	sigemptyset(&none);
	for (;;) {
		struct pollfd wait = { .fd = k, .events = POLLIN };
		int ready = ppoll(&wait, 1, NULL, &none);
		stand_in_reap(k, &harness);
		if (ready <= 0)
			continue;
		if (stand_in_receive(k, &in, fds) <= 0) {
			descendants_end(NULL, NULL);
			_exit(0);
		}
		for (char *end; (end = memchr(in.data, '\n', in.length));) {
			char what[16], id[1024];
			size_t length = (size_t)(end - in.data);
			int number = stand_in_read((struct slice){ in.data, length }, what, id);
			str_cut_front(&in, length + 1);
			if (strcmp(what, "start") == 0)
				harness = stand_in_start(k, fds, kind, started++);
			if (strcmp(what, "kill") == 0 && harness)
				kill(-harness, number);
		}
	}
}

/* --- the server --- */

/* Forks one. Its socket's name is written to `name`; end it with stand_in_end. */
static inline pid_t stand_in_serve(enum stand_in_kind kind, char name[64])
{
	static unsigned number;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(name, 64, "xtop-stand-in-%d-%u", (int)getpid(), number++);
	size_t length = strlen(name);
	memcpy(address.sun_path + 1, name, length);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)) ||
	    listen(fd, 8))
		abort();
	pid_t pid = fork();
	if (pid) {
		close(fd);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a red test leaves nothing behind */
	spawn_reset_signals(); /* cmocka's handlers would take a crash here for one of the test */
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int k = accept(fd, NULL, NULL);
		if (k >= 0 && fork() == 0) {
			close(fd);
			stand_in_keeper(k, kind);
		}
		close(k);
	}
}

static inline void stand_in_end(pid_t server)
{
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

#endif
