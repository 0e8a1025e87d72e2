#include "worker/pool.h"

#include "base/alloc.h"
#include "base/str.h"
#include "worker/descendants.h"
#include "worker/guardian.h"
#include "worker/message.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct slot {
	int command_fd; /* -1: no worker */
	int pidfd;      /* -1: none */
	pid_t pid;      /* 0: not told yet */
	bool doomed;    /* to be killed as soon as the pid is told */
	uint32_t incarnation;
	struct str unsent;
};

struct pool {
	pid_t guardian;
	int socket; /* -1: the guardian is gone */
	bool guardian_told;
	/* Children that this process had before: a shell may have started some and then become xtop by exec. */
	VEC(pid_t) foreign;
	struct slot slots[RING_LANES];
};

static void note_foreign_children(struct pool *pool)
{
	siginfo_t info;
	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
		return; /* none, as nearly always */
	pid_t pids[64];
	size_t count = descendants_children(pids, 64);
	for (size_t i = 0; i < count && i < 64; i++)
		vec_push(&pool->foreign, pids[i]);
}

static bool is_foreign(void *context, pid_t child)
{
	const struct pool *pool = context;
	vec_each(&pool->foreign, pid)
		if (*pid == child)
			return true;
	return false;
}

struct pool *pool_new(const struct worker_context *context, struct ring *ring, struct error *error)
{
	struct pool *pool = ALLOC_NEW(struct pool);
	for (unsigned i = 0; i < RING_LANES; i++) {
		pool->slots[i].command_fd = pool->slots[i].pidfd = -1;
		str_init(&pool->slots[i].unsent);
	}
	note_foreign_children(pool);
	pool->guardian = guardian_start(context, ring, &pool->socket, error);
	if (pool->guardian < 0) {
		vec_fini(&pool->foreign);
		free(pool);
		return NULL;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return pool;
}

int pool_guardian_fd(const struct pool *pool)
{
	return pool->socket;
}

int pool_command_fd(const struct pool *pool, unsigned slot)
{
	return pool->slots[slot].command_fd;
}

static void close_slot(struct slot *slot)
{
	if (slot->command_fd >= 0)
		close(slot->command_fd);
	if (slot->pidfd >= 0)
		close(slot->pidfd);
	slot->command_fd = slot->pidfd = -1;
	slot->pid = 0;
	slot->doomed = false;
	str_clear(&slot->unsent);
}

/* Somebody killed the guardian. Its workers die with it (PR_SET_PDEATHSIG), and what they ran became
 * ours, for we are a sub-reaper: so end and reap all of it. */
static void end_orphans(struct pool *pool)
{
	close(pool->socket);
	pool->socket = -1;
	descendants_end(is_foreign, pool);
	pool->guardian = 0;
}

static void fill_news(const struct guardian_answer *answer, struct pool_news *news)
{
	*news = (struct pool_news){ .slot = answer->slot,
				    .incarnation = answer->incarnation,
				    .pid = answer->pid,
				    .status = answer->status,
				    .number = answer->number };
	memcpy(news->message, answer->message, sizeof(news->message));
}

static bool take_answer(const struct guardian_answer *answer, int fd, struct pool *pool, struct pool_news *news)
{
	struct slot *slot = &pool->slots[answer->slot % RING_LANES];
	bool current = slot->command_fd >= 0 && slot->incarnation == answer->incarnation;
	fill_news(answer, news);
	switch (answer->type) {
	case GUARDIAN_SERVER_STARTED:
		news->type = POOL_SERVER_STARTED;
		return true;
	case GUARDIAN_SERVER_FAILED:
		news->type = POOL_SERVER_NOT_STARTED;
		return true;
	case GUARDIAN_SERVER_DIED:
		news->type = POOL_SERVER_DIED;
		return true;
	default:
		break;
	}
	if (!current) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	switch (answer->type) {
	case GUARDIAN_STARTED:
		news->type = POOL_STARTED;
		slot->pid = answer->pid;
		slot->pidfd = fd;
		if (slot->doomed)
			pool_kill_worker(pool, answer->slot);
		return true;
	case GUARDIAN_FAILED:
		news->type = POOL_NOT_STARTED;
		close_slot(slot);
		return true;
	case GUARDIAN_DIED:
		news->type = POOL_DIED;
		close_slot(slot);
		return true;
	default:
		break;
	}
	return false;
}

bool pool_next_news(struct pool *pool, struct pool_news *news)
{
	while (pool->socket >= 0) {
		struct guardian_answer answer;
		int fds[MESSAGE_FDS];
		ssize_t length = message_receive(pool->socket, &answer, sizeof(answer), fds);
		if (length == (ssize_t)sizeof(answer)) {
			if (take_answer(&answer, fds[0], pool, news))
				return true;
			continue;
		}
		if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return false;
		end_orphans(pool);
	}
	if (!pool->guardian_told) {
		pool->guardian_told = true;
		*news = (struct pool_news){ .type = POOL_GUARDIAN_DIED };
		return true;
	}
	for (unsigned i = 0; i < RING_LANES; i++) {
		struct slot *slot = &pool->slots[i];
		if (slot->command_fd < 0)
			continue;
		*news = (struct pool_news){ .type = POOL_DIED,
					    .slot = i,
					    .incarnation = slot->incarnation,
					    .pid = slot->pid,
					    .status = -1 };
		close_slot(slot);
		return true;
	}
	return false;
}

int pool_start_worker(struct pool *pool, unsigned slot, uint32_t incarnation, unsigned workers, bool serial,
		      struct error *error)
{
	struct slot *place = &pool->slots[slot];
	if (pool->socket < 0)
		return error_set(error, "worker gw%u can't be started: the guardian process is gone", slot);
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return error_set_errno(error, errno, "cannot make a socket pair for worker gw%u", slot);
	fcntl(pair[0], F_SETFL, fcntl(pair[0], F_GETFL) | O_NONBLOCK);
	struct guardian_request request = { .type = GUARDIAN_START,
					    .slot = slot,
					    .incarnation = incarnation,
					    .workers = workers,
					    .serial = serial };
	int fds[MESSAGE_FDS] = { pair[1], -1 };
	int sent = message_send(pool->socket, &request, sizeof(request), fds);
	int number = errno;
	close(pair[1]);
	if (sent != 0) {
		close(pair[0]);
		return error_set_errno(error, number, "cannot ask the guardian for worker gw%u", slot);
	}
	close_slot(place);
	place->command_fd = pair[0];
	place->incarnation = incarnation;
	return 0;
}

static unsigned add_texts(char *const *texts, struct str *message)
{
	unsigned count = 0;
	for (; texts[count]; count++)
		str_add(message, texts[count], strlen(texts[count]) + 1);
	return count;
}

int pool_start_server(struct pool *pool, unsigned number, char *const *argv, char *const *variables,
		      const char *directory, int control_fd, int output_fd, struct error *error)
{
	struct guardian_request request = { .type = GUARDIAN_SERVE, .slot = number };
	struct str message = STR_INIT;
	int fds[MESSAGE_FDS] = { control_fd, output_fd }, status = 0;
	str_add(&message, &request, sizeof(request));
	str_add(&message, directory, strlen(directory) + 1);
	request.arguments = add_texts(argv, &message);
	request.variables = add_texts(variables, &message);
	memcpy(message.data, &request, sizeof(request));
	if (pool->socket < 0)
		status = error_set(error, "%s can't be started: the guardian process is gone", argv[0]);
	else if (message.length > GUARDIAN_REQUEST_SIZE)
		status = error_set(error, "%s can't be started: its environment and arguments are too long", argv[0]);
	else if (message_send(pool->socket, message.data, message.length, fds) != 0)
		status = error_set_errno(error, errno, "cannot ask the guardian for %s", argv[0]);
	str_fini(&message);
	return status;
}

static void tell_guardian(struct pool *pool, const struct guardian_request *request)
{
	if (pool->socket >= 0)
		message_send(pool->socket, request, sizeof(*request), NULL);
}

void pool_end_server(struct pool *pool, unsigned number)
{
	struct guardian_request request = { .type = GUARDIAN_END, .slot = number };
	tell_guardian(pool, &request);
}

void pool_keep(struct pool *pool, pid_t pid)
{
	struct guardian_request request = { .type = GUARDIAN_KEEP, .pid = pid };
	tell_guardian(pool, &request);
}

bool pool_flush(struct pool *pool, unsigned slot)
{
	struct slot *place = &pool->slots[slot];
	while (place->unsent.length > 0) {
		ssize_t sent = send(place->command_fd, place->unsent.data, place->unsent.length, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return false;
		if (sent < 0) { /* it is dead; the news will say so */
			str_clear(&place->unsent);
			return true;
		}
		str_cut_front(&place->unsent, (size_t)sent);
	}
	return true;
}

void pool_send(struct pool *pool, unsigned slot, const struct command *command)
{
	struct slot *place = &pool->slots[slot];
	if (place->command_fd < 0)
		return;
	command_encode(command, &place->unsent);
	pool_flush(pool, slot);
}

static void signal_worker(struct slot *slot, int number)
{
#ifdef SYS_pidfd_send_signal
	if (slot->pidfd >= 0) {
		syscall(SYS_pidfd_send_signal, slot->pidfd, number, NULL, 0U);
		return;
	}
#endif
	/* Kernels (and valgrind) without pidfds: the number could only be another's in the moment between the
	 * guardian's wait and our reading of its answer. */
	if (slot->pid > 0)
		kill(slot->pid, number);
}

void pool_kill_worker(struct pool *pool, unsigned slot)
{
	struct slot *place = &pool->slots[slot];
	if (place->command_fd < 0)
		return;
	place->doomed = place->pid == 0;
	signal_worker(place, SIGKILL);
}

void pool_wake(struct pool *pool)
{
	if (pool->guardian > 0)
		kill(pool->guardian, SIGCONT);
	for (unsigned i = 0; i < RING_LANES; i++)
		signal_worker(&pool->slots[i], SIGCONT);
}

void pool_close(struct pool *pool)
{
	if (!pool)
		return;
	if (pool->socket >= 0) {
		struct guardian_request request = { .type = GUARDIAN_LEAVE };
		pool_wake(pool);
		message_send(pool->socket, &request, sizeof(request), NULL);
		close(pool->socket);
	}
	int status = 0;
	while (pool->guardian > 0 && waitpid(pool->guardian, &status, 0) < 0 && errno == EINTR)
		continue;
	if (status != 0) /* somebody killed it before it was done */
		descendants_end(is_foreign, pool);
	vec_fini(&pool->foreign);
	for (unsigned i = 0; i < RING_LANES; i++) {
		close_slot(&pool->slots[i]);
		str_fini(&pool->slots[i].unsent);
	}
	free(pool);
}
