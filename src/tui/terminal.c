#include "tui/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RESTORE_SIZE 512

/* Faults always end the process. The others do so only where nobody else handles them. */
static const struct {
	int number;
	bool fault;
} deadly[] = {
	{ SIGSEGV, true }, { SIGABRT, true }, { SIGBUS, true },   { SIGFPE, true },   { SIGILL, true },
	{ SIGHUP, false }, { SIGINT, false }, { SIGQUIT, false }, { SIGTERM, false },
};

#define DEADLY_COUNT (sizeof(deadly) / sizeof(*deadly))

/* What a signal handler needs, and the only mutable data of the dashboard that is global. */
static struct {
	volatile sig_atomic_t taken;
	int fd;
	pid_t owner; /* a child that was forked while the terminal was ours must not give it back */
	struct termios before;
	volatile sig_atomic_t length;
	char restore[RESTORE_SIZE];
	bool at_exit;
	struct sigaction old[DEADLY_COUNT];
	bool replaced[DEADLY_COUNT];
} guard;

/* Async-signal-safe. */
static void give_back(void)
{
	int saved = errno;

	if (!guard.taken || getpid() != guard.owner)
		return;
	guard.taken = 0;
	for (ssize_t done = 0, wrote; done < guard.length; done += wrote) {
		wrote = write(guard.fd, guard.restore + done, (size_t)(guard.length - done));
		if (wrote <= 0)
			break;
	}
	tcsetattr(guard.fd, TCSANOW, &guard.before);
	errno = saved;
}

static void on_deadly(int number, siginfo_t *info, void *context)
{
	(void)context;
	give_back();
	for (size_t i = 0; i < DEADLY_COUNT; i++) {
		if (deadly[i].number == number && guard.replaced[i])
			sigaction(number, &guard.old[i], NULL);
	}
	/* A real fault comes again as soon as we return, and whoever handled it before (a sanitizer, say)
	 * sees it at its true place. What was sent to us does not: it is sent again. */
	if (info->si_code <= 0)
		raise(number);
}

void terminal_set_restore(const char *restore, size_t length)
{
	sigset_t all, old;

	if (length > RESTORE_SIZE)
		length = RESTORE_SIZE;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	memcpy(guard.restore, restore, length);
	guard.length = (sig_atomic_t)length;
	sigprocmask(SIG_SETMASK, &old, NULL);
}

void terminal_guard(int fd, const struct termios *before, const char *restore, size_t length)
{
	struct sigaction action = { .sa_sigaction = on_deadly, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	if (guard.taken)
		return;
	guard.fd = fd;
	guard.owner = getpid();
	guard.before = *before;
	terminal_set_restore(restore, length);
	guard.taken = 1;
	if (!guard.at_exit)
		guard.at_exit = !atexit(give_back);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < DEADLY_COUNT; i++) {
		guard.replaced[i] = false;
		if (sigaction(deadly[i].number, NULL, &guard.old[i]))
			continue;
		if (!deadly[i].fault && guard.old[i].sa_handler != SIG_DFL)
			continue;
		guard.replaced[i] = !sigaction(deadly[i].number, &action, NULL);
	}
}

void terminal_release(void)
{
	if (!guard.taken)
		return;
	guard.taken = 0;
	for (size_t i = 0; i < DEADLY_COUNT; i++) {
		struct sigaction now;

		/* Someone who replaced our handler meanwhile keeps theirs. */
		if (guard.replaced[i] && !sigaction(deadly[i].number, NULL, &now) &&
		    (now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_deadly)
			sigaction(deadly[i].number, &guard.old[i], NULL);
		guard.replaced[i] = false;
	}
}
