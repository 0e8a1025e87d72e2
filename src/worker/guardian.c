#include "worker/guardian.h"

#include "base/vec.h"
#include "worker/descendants.h"
#include "worker/message.h"
#include "worker/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
	pid_t pid;
	unsigned slot;
	uint32_t incarnation;
};

struct guardian {
	struct worker_context context;
	struct ring *ring;
	int socket;
	VEC(struct child) children;
};

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
	message_send(guardian->socket, reply, sizeof(*reply), fd);
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
	vec_push(&guardian->children, ((struct child){ pid, request->slot, request->incarnation }));
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

static bool is_worker(void *context, pid_t pid)
{
	return find_child(context, pid) != NULL;
}

static void reap(struct guardian *guardian)
{
	bool worker_died = false, orphans = false;
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
		struct guardian_answer reply = { .type = GUARDIAN_DIED,
						 .slot = child->slot,
						 .incarnation = child->incarnation,
						 .pid = pid,
						 .status = status };
		vec_remove(&guardian->children, (size_t)(child - guardian->children.items));
		/* What it ran is ours now, and nobody waits for it any more. Before the answer, so that the
		 * controller can take it as done. */
		descendants_kill(is_worker, guardian);
		answer(guardian, &reply, -1);
		worker_died = true;
	}
	/* Orphans of orphans come to light one generation at a time. */
	if ((worker_died || orphans) && pid == 0)
		descendants_kill(is_worker, guardian);
}

static _Noreturn void end_all(void)
{
	descendants_end(NULL, NULL);
	_exit(0);
}

static void serve_request(struct guardian *guardian)
{
	struct guardian_request request;
	int fd;
	ssize_t length = message_receive(guardian->socket, &request, sizeof(request), &fd);
	if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	if (length != (ssize_t)sizeof(request) || request.type == GUARDIAN_LEAVE)
		end_all();
	if (request.type == GUARDIAN_START && fd >= 0) {
		start_worker(guardian, &request, fd);
	} else if (request.type == GUARDIAN_START) {
		/* The descriptor did not fit into this process's table. */
		struct guardian_answer reply = { .type = GUARDIAN_FAILED,
						 .slot = request.slot,
						 .incarnation = request.incarnation,
						 .number = EMFILE };
		answer(guardian, &reply, -1);
	}
}

static _Noreturn void guardian_main(const struct worker_context *context, struct ring *ring, int socket)
{
	struct guardian guardian = { .context = *context, .ring = ring, .socket = socket, .children = VEC_INIT };
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
