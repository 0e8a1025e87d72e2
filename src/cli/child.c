#include "cli/child.h"

#include "base/clock.h"
#include "base/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ERRORS_KEPT ((size_t)16 << 10)

extern char **environ;

enum { POLL_OUTPUT, POLL_ERRORS, POLL_SIGNALS, POLL_ENDED, POLL_COUNT };

struct child {
	struct children *children;
	pid_t pid;
	int ended;  /* pidfd, readable at its end */
	int errors; /* -1: closed */
	struct lines output;
	void (*line)(void *context, struct slice line);
	void *context;
	struct child_end *end;
};

int children_init(struct children *children, struct error *error)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGTSTP };
	sigset_t set;
	memset(children, 0, sizeof(*children));
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction action;
		/* What the caller had ignored (nohup) would come from a signalfd all the same. */
		if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&set, numbers[i]);
	}
	children->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (children->signals < 0)
		return error_set_errno(error, errno, "signals can't be watched");
	sigprocmask(SIG_BLOCK, &set, &children->before);
	return 0;
}

void children_fini(struct children *children)
{
	struct signalfd_siginfo dropped;
	while (read(children->signals, &dropped, sizeof(dropped)) == sizeof(dropped))
		continue;
	close(children->signals);
	sigprocmask(SIG_SETMASK, &children->before, NULL);
}

void child_end_fini(struct child_end *end)
{
	str_fini(&end->errors);
}

static int spawn(struct child *child, const char *path, const char *const argv[], int output, int errors)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	sigemptyset(&defaults);
	/* The program says itself what it ignores (main.c). */
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGXFSZ);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes,
				 POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &child->children->before);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	/* It changes none of them; its type is older than const. */
	int number = posix_spawn(&child->pid, path, &actions, &attributes, (char *const *)argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return number;
}

/* The group first: a program that is stopped gets it as well. */
static void tell(const struct child *child, int number)
{
	if (kill(-child->pid, number) != 0)
		kill(child->pid, number);
}

static void suspend(struct child *child)
{
	child->children->suspended = true;
	tell(child, SIGTSTP);
	raise(SIGSTOP);
	tell(child, SIGCONT);
}

/* The third request is for a program that does not listen. */
static void take_signals(struct child *child)
{
	struct children *children = child->children;
	struct signalfd_siginfo info;
	while (read(children->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGTSTP) {
			suspend(child);
			continue;
		}
		if (!children->interrupted)
			children->interrupted = (int)info.ssi_signo;
		children->asked++;
		tell(child, children->asked > 2 ? SIGKILL : (int)info.ssi_signo);
	}
}

static void take_errors(struct child *child)
{
	struct str *kept = &child->end->errors;
	char bytes[4096];
	ssize_t length;
	while ((length = recv(child->errors, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		str_add(kept, bytes, (size_t)length);
		if (kept->length > 2 * ERRORS_KEPT)
			str_cut_front(kept, kept->length - ERRORS_KEPT);
	}
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	close(child->errors);
	child->errors = -1;
}

static void take_output(struct child *child)
{
	struct slice line;
	int more;
	do {
		more = lines_read(&child->output, NULL);
		while (lines_next(&child->output, &line))
			child->line(child->context, line);
	} while (more > 0);
	if (more < 0)
		lines_close(&child->output);
}

static int wait_ms(uint64_t deadline)
{
	uint64_t now = clock_now();
	if (!deadline)
		return -1;
	if (now >= deadline)
		return 0;
	uint64_t left = (deadline - now) / CLOCK_MS + 1;
	return left > INT_MAX ? INT_MAX : (int)left;
}

/* Until it ends, not until its output does: what it left running may hold that. */
static void watch(struct child *child, uint64_t deadline)
{
	struct pollfd fds[POLL_COUNT] = {
		[POLL_SIGNALS] = { child->children->signals, POLLIN, 0 },
		[POLL_ENDED] = { child->ended, POLLIN, 0 },
	};
	while (!(fds[POLL_ENDED].revents & POLLIN)) {
		fds[POLL_OUTPUT] = (struct pollfd){ child->output.fd, POLLIN, 0 };
		fds[POLL_ERRORS] = (struct pollfd){ child->errors, POLLIN, 0 };
		int ready = poll(fds, POLL_COUNT, wait_ms(deadline));
		if (ready == 0) {
			child->end->late = true;
			deadline = 0;
			tell(child, SIGKILL);
		}
		if (ready <= 0)
			continue;
		if (fds[POLL_SIGNALS].revents)
			take_signals(child);
		if (fds[POLL_OUTPUT].revents)
			take_output(child);
		if (fds[POLL_ERRORS].revents)
			take_errors(child);
	}
}

static uint64_t time_of(struct timeval time)
{
	return (uint64_t)time.tv_sec * CLOCK_SECOND + (uint64_t)time.tv_usec * 1000;
}

static void reap(struct child *child, uint64_t start)
{
	struct child_end *end = child->end;
	struct rusage usage;
	int status = 0;
	memset(&usage, 0, sizeof(usage));
	end->wall = clock_now() - start;
	while (wait4(child->pid, &status, 0, &usage) < 0 && errno == EINTR)
		continue;
	end->signaled = WIFSIGNALED(status);
	end->number = end->signaled ? WTERMSIG(status) : WEXITSTATUS(status);
	end->cpu = time_of(usage.ru_utime) + time_of(usage.ru_stime);
	end->largest = (uint64_t)usage.ru_maxrss << 10;
}

/* Ours (close-on-exec, and without waiting) and the program's end of a socket. */
static int open_pair(int pair[2])
{
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
}

static int start_and_watch(struct child *child, const char *path, const char *const argv[], uint64_t limit,
			   const int output[2], const int errors[2], struct error *error)
{
	uint64_t start = clock_now();
	int number = spawn(child, path, argv, output[1], errors[1]);
	close(output[1]);
	close(errors[1]);
	lines_init(&child->output, output[0], LINES_LIMIT);
	child->errors = errors[0];
	if (number)
		return error_set_errno(error, number, "%s can't be started", argv[0]);
	child->ended = (int)syscall(SYS_pidfd_open, child->pid, 0U);
	if (child->ended < 0) {
		number = errno;
		tell(child, SIGKILL);
		reap(child, start);
		return error_set_errno(error, number, "%s can't be watched", argv[0]);
	}
	watch(child, limit ? start + limit : 0);
	reap(child, start);
	close(child->ended);
	if (child->output.fd >= 0)
		take_output(child);
	if (child->errors >= 0)
		take_errors(child);
	return 0;
}

int child_run(struct children *children, const char *path, const char *const argv[], uint64_t limit,
	      void (*line)(void *context, struct slice line), void *context, struct child_end *end,
	      struct error *error)
{
	struct child child = { .children = children, .line = line, .context = context, .end = end };
	int output[2], errors[2];
	children->suspended = false;
	memset(end, 0, sizeof(*end));
	str_init(&end->errors);
	if (open_pair(output) != 0)
		return error_set_errno(error, errno, "%s can't be started: socketpair", argv[0]);
	if (open_pair(errors) != 0) {
		int number = errno;
		close(output[0]);
		close(output[1]);
		return error_set_errno(error, number, "%s can't be started: socketpair", argv[0]);
	}
	int status = start_and_watch(&child, path, argv, limit, output, errors, error);
	lines_fini(&child.output);
	if (child.errors >= 0)
		close(child.errors);
	if (status != 0)
		child_end_fini(end);
	return status;
}
