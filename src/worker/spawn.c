#include "worker/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child could not do. It runs in the parent's memory until it executes, so it tells by writing here. */
struct failure {
	const char *step; /* NULL: none */
	const char *about; /* the program, or the directory */
	int number;
};

/* The other descriptors are closed rather than trusted to be close-on-exec: a library may have opened some. */
static void close_from(int first)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0)
		return;
#endif
	/* Older kernels. No opendir here: it allocates, in the parent's memory. */
	long limit = sysconf(_SC_OPEN_MAX);
	for (long fd = first; fd < (limit > 0 && limit < 65536 ? limit : 65536); fd++)
		close((int)fd);
}

void spawn_reset_signals(void)
{
	/* By the kernel's own call, whose struct is all zero for a default action: the C library refuses the two
	 * numbers that it keeps for itself, and those too may have been ignored by whoever started us. */
	static const unsigned char standard[64];
	for (long number = 1; number < NSIG; number++)
		if (number != SIGKILL && number != SIGSTOP)
			syscall(SYS_rt_sigaction, number, standard, NULL, (long)(NSIG / 8));
}

/* Executing puts handlers back by itself; here the one handler that a worker has must not run any more
 * once signals are let through, for the child still works in the worker's memory. */
static void unblock_signals(void)
{
	struct sigaction standard;
	memset(&standard, 0, sizeof(standard));
	standard.sa_handler = SIG_DFL;
	sigaction(SIGCHLD, &standard, NULL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void run_child(const struct spawn_request *request, pid_t parent, volatile struct failure *failure)
{
	failure->step = "cannot prepare";
	failure->about = request->argv[0];
	if (setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0) {
		if (getppid() != parent)
			_exit(127);
#ifdef PR_SET_PTRACER
		/* Where a process may be debugged by those above it only: by what the worker starts for that, too. */
		prctl(PR_SET_PTRACER, parent, 0, 0, 0);
#endif
		if (request->group_fd && write(request->group_fd, "0", 1) != 1) {
			failure->step = "cannot enter the control group for";
			failure->number = errno;
			_exit(127);
		}
		/* They may overlap (2 handed in as 1): lift them above the range first. */
		int wanted[4] = { request->fds[0], request->fds[1], request->fds[2], request->control_fd };
		int count = request->control_fd ? 4 : 3;
		int ok = 1;
		for (int i = 0; i < count && ok; i++) {
			if (wanted[i] < count)
				wanted[i] = fcntl(wanted[i], F_DUPFD, count);
			ok = wanted[i] >= 0;
		}
		for (int i = 0; i < count && ok; i++)
			ok = dup2(wanted[i], i) == i;
		if (ok) {
			close_from(count);
			if (request->nofile)
				setrlimit(RLIMIT_NOFILE, request->nofile);
			if (request->cwd && chdir(request->cwd) != 0) {
				failure->step = "cannot change to its directory";
				failure->about = request->cwd;
			} else {
				failure->step = "cannot execute";
				unblock_signals();
				execve(request->argv[0], request->argv, request->envp);
			}
		}
	}
	failure->number = errno;
	_exit(127);
}

/* Alone in a function: what vfork shares must not be touched by a caller's optimised locals. */
static __attribute__((noinline)) pid_t vfork_and_run(const struct spawn_request *request,
						      volatile struct failure *failure)
{
	pid_t parent = getpid();
	pid_t pid = vfork();
	if (pid == 0)
		run_child(request, parent, failure);
	return pid;
}

static const char *advice(int number)
{
	switch (number) {
	case ENOEXEC:
		return " (no `#!` line, or built for another machine)";
	case ENOENT:
		return " (it, or the interpreter in its `#!` line, is not there)";
	case EACCES:
		return " (is it executable? `chmod +x`)";
	default:
		return "";
	}
}

pid_t spawn_program(const struct spawn_request *request, struct error *error)
{
	sigset_t all, old;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	/* Written by the child in our memory. A compiler that sees that the child never returns would leave the
	 * writes out. */
	volatile struct failure failure = { NULL, NULL, 0 };
	pid_t pid = vfork_and_run(request, &failure);
	int number = errno;
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid < 0)
		return (pid_t)error_set_errno(error, number, "cannot start %s: no new process", request->argv[0]);
	if (failure.number) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
		return (pid_t)error_set(error, "%s %s: %s%s", failure.step, failure.about, strerror(failure.number),
					failure.about == request->cwd ? "" : advice(failure.number));
	}
	return pid;
}
