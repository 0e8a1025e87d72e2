#include "tui/handover.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/vec.h"
#include "worker/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define TERMINAL STDIN_FILENO
#define END_LIMIT_MS 1000
#define END_STEP_MS 10

extern char **environ;

enum state {
	HANDOVER_HERE,
	HANDOVER_RUNS,
	HANDOVER_STOPPED, /* by Ctrl-Z, and xtop is about to stop, or has */
	HANDOVER_ASKS,    /* it ended, and a key is waited for */
};

struct handover {
	struct handover_owner owner;
	enum state state;
	uv_signal_t child;
	pid_t pid;       /* 0: it has ended */
	pid_t group;     /* its process group */
	pid_t own_group; /* what was in the foreground before */
	struct termios modes;         /* of the terminal as it is outside */
	struct termios program_modes; /* STOPPED: as the program had them */
	char *name;
	bool waits;
	int exit_code, signal;
};

struct handover *handover_new(uv_loop_t *loop, const struct handover_owner *owner)
{
	struct handover *handover = ALLOC_NEW(struct handover);

	handover->owner = *owner;
	uv_signal_init(loop, &handover->child);
	handover->child.data = handover;
	uv_unref((uv_handle_t *)&handover->child);
	return handover;
}

bool handover_is_away(const struct handover *handover)
{
	return handover->state != HANDOVER_HERE;
}

/* --- the terminal --- */

/* The kernel would stop a process in the background that does this. */
static void set_foreground(pid_t group, const struct termios *modes)
{
	sigset_t output, old;

	sigemptyset(&output);
	sigaddset(&output, SIGTTOU);
	sigprocmask(SIG_BLOCK, &output, &old);
	tcsetpgrp(TERMINAL, group);
	if (modes)
		tcsetattr(TERMINAL, TCSADRAIN, modes);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void say(const char *text)
{
	fs_write_all(STDOUT_FILENO, text, strlen(text));
}

/* --- starting --- */

char *handover_find_program(const char *name)
{
	const char *path = getenv("PATH");

	if (strchr(name, '/'))
		return fs_is_executable_file(name) ? alloc_string(name) : NULL;
	while (path && *path) {
		size_t length = strcspn(path, ":");
		char *directory = alloc_string_n(path, length), *file = fs_join(directory, name);

		free(directory);
		if (fs_is_executable_file(file))
			return file;
		free(file);
		path += length;
		path += *path == ':';
	}
	return NULL;
}

typedef VEC(char *) variable_list;

static bool is_same_variable(const char *variable, const char *other)
{
	size_t length = strcspn(other, "=");

	return !strncmp(variable, other, length) && (variable[length] == '=' || !variable[length]);
}

/* NULL-terminated; borrowed from the environment and the program. */
static void make_environment(const struct host_program *program, variable_list *list)
{
	const char *const *more = program->environment;

	for (char **variable = environ; *variable; variable++) {
		bool replaced = false;

		for (size_t i = 0; more && more[i]; i++)
			replaced = replaced || is_same_variable(*variable, more[i]);
		if (!replaced)
			vec_push(list, *variable);
	}
	for (size_t i = 0; more && more[i]; i++)
		if (strchr(more[i], '='))
			vec_push(list, (char *)(uintptr_t)more[i]);
	vec_push(list, NULL);
}

/* In the child, where only what is safe in a signal handler may be called. Tells errno through `report`. */
static _Noreturn void run_child(const char *file, const struct host_program *program, char *const *environment,
				int report)
{
	sigset_t none;
	int number;

	/* All signals are blocked here, SIGTTOU too. */
	setpgid(0, 0);
	tcsetpgrp(TERMINAL, getpid());
	/* Should xtop be killed, it is told like one whose terminal was closed. */
	prctl(PR_SET_PDEATHSIG, SIGHUP);
	spawn_reset_signals();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!program->directory || !chdir(program->directory))
		execve(file, (char *const *)(uintptr_t)program->argv, environment);
	number = errno;
	if (write(report, &number, sizeof(number)) < 0)
		_exit(126);
	_exit(127);
}

/* -1 with errno. */
static pid_t start_child(const char *file, const struct host_program *program)
{
	variable_list environment = VEC_INIT;
	sigset_t all, old;
	int ends[2], number = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	make_environment(program, &environment);
	/* No handler of the loop may run in the child: it would write into the loop's own pipe. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = fork();
	if (pid == 0)
		run_child(file, program, environment.items, ends[1]);
	number = pid < 0 ? errno : 0;
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(ends[1]);
	if (pid > 0 && read(ends[0], &number, sizeof(number)) == (ssize_t)sizeof(number)) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
		pid = -1;
	}
	close(ends[0]);
	vec_fini(&environment);
	errno = number;
	return pid;
}

static void on_child(uv_signal_t *handle, int number);

int handover_start(struct handover *handover, const struct host_program *program, struct error *error)
{
	char *file;
	int number;

	if (handover->state != HANDOVER_HERE)
		return error_set(error, "%s has the terminal", handover->name);
	file = handover_find_program(program->argv[0]);
	if (!file)
		return error_set(error, "%s: %s is not on the PATH", program->name, program->argv[0]);
	handover->own_group = tcgetpgrp(TERMINAL);
	handover->owner.give(handover->owner.context);
	tcgetattr(TERMINAL, &handover->modes);
	if (program->before) {
		say(program->before);
		say("\n");
	}
	/* Watched from before it is there: it may be gone before this returns. */
	uv_signal_start(&handover->child, on_child, SIGCHLD);
	handover->pid = start_child(file, program);
	number = errno;
	free(file);
	if (handover->pid < 0) {
		uv_signal_stop(&handover->child);
		handover->pid = 0;
		set_foreground(handover->own_group, &handover->modes);
		handover->owner.back(handover->owner.context, program->name, 0, 0);
		return error_set_errno(error, number, "%s: cannot run %s", program->name, program->argv[0]);
	}
	handover->group = handover->pid;
	free(handover->name);
	handover->name = alloc_string(program->name);
	handover->waits = program->waits;
	handover->state = HANDOVER_RUNS;
	return 0;
}

/* --- its end --- */

static void come_back(struct handover *handover)
{
	handover->state = HANDOVER_HERE;
	set_foreground(handover->own_group, &handover->modes);
	/* Answers of the terminal that nobody waits for any more are no keys. */
	tcflush(TERMINAL, TCIFLUSH);
	handover->owner.back(handover->owner.context, handover->name, handover->exit_code, handover->signal);
}

static void ask(struct handover *handover)
{
	struct termios modes = handover->modes;
	char text[160];

	if (handover->signal)
		snprintf(text, sizeof(text), "\n[%.60s was ended by signal %d; any key goes back to xtop] ",
			 handover->name, handover->signal);
	else
		snprintf(text, sizeof(text), "\n[%.60s ended with exit code %d; any key goes back to xtop] ",
			 handover->name, handover->exit_code);
	/* Ctrl-C here is a key like any other: it goes back, and stops no run. */
	modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	modes.c_cc[VMIN] = 1;
	modes.c_cc[VTIME] = 0;
	set_foreground(handover->own_group, &modes);
	tcflush(TERMINAL, TCIFLUSH);
	say(text);
	handover->state = HANDOVER_ASKS;
	handover->owner.ask(handover->owner.context);
}

void handover_key(struct handover *handover)
{
	char bytes[64];

	if (handover->state != HANDOVER_ASKS)
		return;
	/* A key may be several bytes; at the terminal's end there are none. */
	if (read(TERMINAL, bytes, sizeof(bytes)) < 0 && errno == EINTR)
		return;
	say("\n");
	come_back(handover);
}

static void stop_with_it(struct handover *handover)
{
	handover->state = HANDOVER_STOPPED;
	tcgetattr(TERMINAL, &handover->program_modes);
	set_foreground(handover->own_group, &handover->modes);
	kill(0, SIGTSTP);
}

static void on_child(uv_signal_t *handle, int number)
{
	struct handover *handover = handle->data;
	int status;
	pid_t pid = waitpid(handover->pid, &status, WNOHANG | WUNTRACED);

	(void)number;
	if (pid != handover->pid)
		return;
	if (WIFSTOPPED(status)) {
		if (handover->state == HANDOVER_RUNS)
			stop_with_it(handover);
		return;
	}
	handover->pid = 0;
	handover->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	handover->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	uv_signal_stop(&handover->child);
	if (handover->waits)
		ask(handover);
	else
		come_back(handover);
}

void handover_continue(struct handover *handover)
{
	if (handover->state != HANDOVER_STOPPED)
		return;
	handover->state = HANDOVER_RUNS;
	/* In the background still (`bg`): this stops us once more, until there is a terminal to give. */
	if (tcsetpgrp(TERMINAL, handover->group) == 0)
		set_foreground(handover->group, &handover->program_modes);
	kill(-handover->group, SIGCONT);
}

/* A shell between us and the program is gone before it: only with the last of the group the terminal is free. */
static bool has_ended(struct handover *handover)
{
	if (handover->pid > 0 && waitpid(handover->pid, NULL, WNOHANG) != 0)
		handover->pid = 0;
	return kill(-handover->group, 0) != 0;
}

static void end_program(struct handover *handover)
{
	const struct timespec step = { .tv_nsec = END_STEP_MS * 1000000L };

	kill(-handover->group, SIGTERM);
	kill(-handover->group, SIGCONT);
	for (int waited = 0; waited < END_LIMIT_MS; waited += END_STEP_MS) {
		if (has_ended(handover))
			return;
		nanosleep(&step, NULL);
	}
	kill(-handover->group, SIGKILL);
	while (handover->pid > 0 && waitpid(handover->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	handover->pid = 0;
	/* It did not take its chance to leave the terminal as it should be: colours off, the cursor on, keys and
	 * mouse as usual, and the screen that scrolls. */
	say("\033[0m\033[?25h\033[?1l\033>\033[?1000l\033[?1002l\033[?1006l\033[?2004l\033[?1049l\r\n");
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void handover_free(struct handover *handover)
{
	if (!handover)
		return;
	if (handover->pid > 0)
		end_program(handover);
	if (handover->state != HANDOVER_HERE)
		set_foreground(handover->own_group, &handover->modes);
	free(handover->name);
	uv_close((uv_handle_t *)&handover->child, on_closed);
}
