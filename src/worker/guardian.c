#include "worker/guardian.h"

#include "base/alloc.h"
#include "base/vec.h"
#include "worker/descendants.h"
#include "worker/message.h"
#include "worker/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum child_kind { CHILD_WORKER, CHILD_SERVER, CHILD_KEPT /* a server's child, ours once the server is gone */ };

struct child {
	enum child_kind kind;
	pid_t pid;
	unsigned slot; /* SERVER: its number */
	uint32_t incarnation;
};

struct guardian {
	struct worker_context context;
	struct ring *ring;
	int socket;
	VEC(struct child) children;
	char *buffer; /* GUARDIAN_REQUEST_SIZE */
};

struct texts {
	VEC(char *) list;
};

extern char **environ;

/* The handler only interrupts ppoll; what happened is asked from wait. */
static void on_child(int number)
{
	(void)number;
}

static struct child *find_child(struct guardian *guardian, pid_t pid)
{
	vec_each(&guardian->children, child)
		if (child->pid == pid)
			return child;
	return NULL;
}

/* Blocks until the controller took it: it must not miss one. Fails when the controller is gone, which the
 * next poll sees as well. */
static void answer(struct guardian *guardian, const struct guardian_answer *reply, int fd)
{
	int fds[MESSAGE_FDS] = { fd, -1 };
	message_send(guardian->socket, reply, sizeof(*reply), fds);
}

static void start_worker(struct guardian *guardian, const struct guardian_request *request, int command_fd)
{
	struct guardian_answer reply = { .slot = request->slot, .incarnation = request->incarnation };
	pid_t self = getpid();
	pid_t pid = fork();
	if (pid == 0) {
		close(guardian->socket);
		/* Without a guardian nobody would clean up behind this worker: it goes with it. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != self)
			_exit(125);
		guardian->context.workers = request->workers;
		guardian->context.serial = request->serial;
		worker_main(&guardian->context, guardian->ring, request->slot, request->incarnation, command_fd);
	}
	int number = errno;
	close(command_fd);
	if (pid < 0) {
		reply.type = GUARDIAN_FAILED;
		reply.number = number;
		answer(guardian, &reply, -1);
		return;
	}
	vec_push(&guardian->children, ((struct child){ CHILD_WORKER, pid, request->slot, request->incarnation }));
	int pidfd = -1;
#ifdef SYS_pidfd_open
	/* Ours until we wait for it: the number can't have gone to another process. */
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0U);
#endif
	reply.type = GUARDIAN_STARTED;
	reply.pid = pid;
	answer(guardian, &reply, pidfd);
	if (pidfd >= 0)
		close(pidfd);
}

/* The next of the texts behind a request; NULL: there is none. */
static char *next_text(char **text, const char *end)
{
	char *start = *text;
	size_t length = strnlen(start, (size_t)(end - start));
	if (start + length == end)
		return NULL;
	*text = start + length + 1;
	return start;
}

static size_t name_length(const char *variable)
{
	return strcspn(variable, "=");
}

/* This process's environment with `variables` put over it, into `list`. */
static void add_environment(char **variables, unsigned count, struct texts *list)
{
	for (char **variable = environ; *variable; variable++) {
		size_t length = name_length(*variable);
		bool replaced = false;
		for (unsigned i = 0; i < count && !replaced; i++)
			replaced = name_length(variables[i]) == length &&
				   strncmp(variables[i], *variable, length) == 0;
		if (!replaced)
			vec_push(&list->list, *variable);
	}
	for (unsigned i = 0; i < count; i++)
		vec_push(&list->list, variables[i]);
	vec_push(&list->list, NULL);
}

static pid_t spawn_server(const struct guardian *guardian, const struct guardian_request *request, char *text,
			  const char *end, const int fds[MESSAGE_FDS], struct error *error)
{
	struct texts arguments = { VEC_INIT }, variables = { VEC_INIT }, environment = { VEC_INIT };
	char *directory = next_text(&text, end), *word = directory;
	pid_t pid = -1;
	for (unsigned i = 0; i < request->arguments && (word = next_text(&text, end)); i++)
		vec_push(&arguments.list, word);
	vec_push(&arguments.list, NULL);
	for (unsigned i = 0; i < request->variables && (word = next_text(&text, end)); i++)
		vec_push(&variables.list, word);
	if (!directory || !word || request->arguments == 0) {
		error_set(error, "the request to start it is broken");
	} else if (fds[0] < 0 || fds[1] < 0) {
		error_set(error, "cannot start %s: too many open files", arguments.list.items[0]);
	} else {
		add_environment(variables.list.items, request->variables, &environment);
		struct spawn_request spawn = { .argv = arguments.list.items,
					       .envp = environment.list.items,
					       .cwd = directory,
					       .fds = { 0, fds[1], fds[1] },
					       .control_fd = fds[0],
					       .nofile = &guardian->context.nofile };
		pid = spawn_program(&spawn, error);
	}
	vec_fini(&arguments.list);
	vec_fini(&variables.list);
	vec_fini(&environment.list);
	return pid;
}

static void start_server(struct guardian *guardian, const struct guardian_request *request, char *text,
			 const char *end, const int fds[MESSAGE_FDS])
{
	struct guardian_answer reply = { .type = GUARDIAN_SERVER_STARTED, .slot = request->slot };
	struct error error = ERROR_INIT;
	reply.pid = spawn_server(guardian, request, text, end, fds, &error);
	if (reply.pid > 0) {
		vec_push(&guardian->children, ((struct child){ CHILD_SERVER, reply.pid, request->slot, 0 }));
	} else {
		reply.type = GUARDIAN_SERVER_FAILED;
		snprintf(reply.message, sizeof(reply.message), "%.*s", (int)sizeof(reply.message) - 1, error.message);
	}
	answer(guardian, &reply, -1);
}

static bool is_child(void *context, pid_t pid)
{
	return find_child(context, pid) != NULL;
}

static void end_server(struct guardian *guardian, unsigned number)
{
	vec_each(&guardian->children, child)
		if (child->kind == CHILD_SERVER && child->slot == number)
			kill(child->pid, SIGKILL); /* what it leaves behind is ended when it is reaped */
}

/* Told by its server, which still lives or died just now; a number that is nothing of ours does no harm, since only
 * descendants are ever looked at. */
static void keep(struct guardian *guardian, pid_t pid)
{
	for (size_t i = 0; i < guardian->children.length; i++) {
		const struct child *child = &guardian->children.items[i];
		if (child->kind == CHILD_KEPT && kill(child->pid, 0) != 0 && errno == ESRCH)
			vec_remove(&guardian->children, i--); /* its server waited for it */
	}
	if (pid > 0 && !find_child(guardian, pid))
		vec_push(&guardian->children, ((struct child){ CHILD_KEPT, pid, 0, 0 }));
}

static void reap(struct guardian *guardian)
{
	bool child_died = false, orphans = false;
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		struct child *child = find_child(guardian, pid);
		if (!child) {
			orphans = orphans || !WIFSTOPPED(status);
			continue;
		}
		if (WIFSTOPPED(status)) {
			/* A worker that stands still watches no deadline. Nobody stops one but by mistake, a test
			 * that signals its parent, say. */
			kill(pid, SIGCONT);
			continue;
		}
		enum child_kind kind = child->kind;
		struct guardian_answer reply = { .type = kind == CHILD_SERVER ? GUARDIAN_SERVER_DIED
									      : GUARDIAN_DIED,
						 .slot = child->slot,
						 .incarnation = child->incarnation,
						 .pid = pid,
						 .status = status };
		vec_remove(&guardian->children, (size_t)(child - guardian->children.items));
		/* What it ran is ours now, and nobody waits for it any more. Before the answer, so that the
		 * controller can take it as done. */
		descendants_kill(is_child, guardian);
		if (kind != CHILD_KEPT)
			answer(guardian, &reply, -1);
		child_died = true;
	}
	/* Orphans of orphans come to light one generation at a time. */
	if ((child_died || orphans) && pid == 0)
		descendants_kill(is_child, guardian);
}

static _Noreturn void end_all(void)
{
	descendants_end(NULL, NULL);
	_exit(0);
}

static void refuse_worker(struct guardian *guardian, const struct guardian_request *request)
{
	struct guardian_answer reply = { .type = GUARDIAN_FAILED,
					 .slot = request->slot,
					 .incarnation = request->incarnation,
					 .number = EMFILE };
	answer(guardian, &reply, -1);
}

static void serve_request(struct guardian *guardian)
{
	struct guardian_request request;
	int fds[MESSAGE_FDS];
	ssize_t length = message_receive(guardian->socket, guardian->buffer, GUARDIAN_REQUEST_SIZE, fds);
	if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	if (length < (ssize_t)sizeof(request))
		end_all();
	memcpy(&request, guardian->buffer, sizeof(request));
	switch (request.type) {
	case GUARDIAN_START:
		if (fds[0] >= 0) {
			start_worker(guardian, &request, fds[0]);
			fds[0] = -1;
		} else {
			/* The descriptor did not fit into this process's table. */
			refuse_worker(guardian, &request);
		}
		break;
	case GUARDIAN_SERVE:
		start_server(guardian, &request, guardian->buffer + sizeof(request), guardian->buffer + length, fds);
		break;
	case GUARDIAN_KEEP:
		keep(guardian, request.pid);
		break;
	case GUARDIAN_END:
		end_server(guardian, request.slot);
		break;
	case GUARDIAN_LEAVE:
		end_all();
	}
	for (int i = 0; i < MESSAGE_FDS; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static _Noreturn void guardian_main(const struct worker_context *context, struct ring *ring, int socket)
{
	struct guardian guardian = { .context = *context, .ring = ring, .socket = socket, .children = VEC_INIT };
	guardian.buffer = alloc_bytes(GUARDIAN_REQUEST_SIZE);
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_NAME, "xtop-guardian");
	/* Somebody may have stopped this process; when the controller dies it has to work. */
	prctl(PR_SET_PDEATHSIG, SIGCONT);
	spawn_reset_signals();
	struct sigaction action;
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_child;
	sigaction(SIGCHLD, &action, NULL);
	sigset_t child, waiting;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &waiting);
	sigdelset(&waiting, SIGCHLD);
	/* Holding the caller's descriptors would keep a reader of `xtop | cat` waiting for us. */
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);

	for (;;) {
		reap(&guardian);
		struct pollfd wait = { .fd = socket, .events = POLLIN };
		int ready = ppoll(&wait, 1, NULL, &waiting);
		if (ready > 0)
			serve_request(&guardian);
	}
}

pid_t guardian_start(const struct worker_context *context, struct ring *ring, int *socket_fd,
		     struct error *error)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return (pid_t)error_set_errno(error, errno, "cannot make a socket pair for the guardian");
	pid_t pid = fork();
	if (pid < 0) {
		int number = errno;
		close(pair[0]);
		close(pair[1]);
		return (pid_t)error_set_errno(error, number, "cannot start the guardian process");
	}
	if (pid == 0) {
		close(pair[0]);
		guardian_main(context, ring, pair[1]);
	}
	close(pair[1]);
	fcntl(pair[0], F_SETFL, fcntl(pair[0], F_GETFL) | O_NONBLOCK);
	*socket_fd = pair[0];
	return pid;
}
