/* The controller's end of the worker pool: the guardian's socket, and per slot a command socket
 * and a pidfd; and servers, which collect tests and fork test processes (guardian.h).
 *
 * The pool knows processes, not tests.  It never waits: the engine's loop polls pool_guardian_fd and the
 * workers' fds and calls in when they are ready.  Only pool_close waits, for the guardian
 * to have ended everything.
 */
#ifndef XTOP_WORKER_POOL_H
#define XTOP_WORKER_POOL_H

#include "base/err.h"
#include "event/ring.h"
#include "worker/command.h"
#include "worker/worker.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct pool;

/* Starts the guardian: before any loop, thread or terminal mode exists. `context` and `ring` are borrowed until
 * pool_close; they must not change after the call. Makes the calling process a sub-reaper too, so that it can
 * clean up if somebody kills the guardian. */
struct pool *pool_new(const struct worker_context *context, struct ring *ring, struct error *error);
/* Has the guardian kill everything below it and waits until it has. NULL is fine. */
void pool_close(struct pool *pool);

int pool_guardian_fd(const struct pool *pool);

enum pool_news_type {
	POOL_STARTED,
	POOL_NOT_STARTED,
	POOL_DIED,
	POOL_GUARDIAN_DIED,
	POOL_SERVER_STARTED,
	POOL_SERVER_NOT_STARTED,
	POOL_SERVER_DIED,
};

struct pool_news {
	enum pool_news_type type;
	unsigned slot; /* of SERVER news: the server's number */
	uint32_t incarnation;
	pid_t pid;
	int status; /* DIED: as of wait(2); -1: not known */
	int number; /* POOL_NOT_STARTED: errno */
	char message[256]; /* POOL_SERVER_NOT_STARTED: why */
};

/* The next thing that happened to a worker; false: nothing more for now. After POOL_GUARDIAN_DIED (given once) the
 * workers that still lived were killed, and a POOL_DIED is given for each. */
bool pool_next_news(struct pool *pool, struct pool_news *news);

/* Asks for a worker in an empty slot; POOL_STARTED or POOL_NOT_STARTED follows. Commands may be sent at once.
 * `workers`: how many the run has, for the tests' environment; `serial`: they are to see no parallel run. */
int pool_start_worker(struct pool *pool, unsigned slot, uint32_t incarnation, unsigned workers, bool serial,
		      struct error *error);

/* Asks for a server, under a number of the caller's: POOL_SERVER_STARTED or NOT_STARTED follows, and in the end
 * POOL_SERVER_DIED. `argv` and `variables` (NAME=value, put over this process's environment) are NULL-terminated.
 * control_fd is its descriptor 3, output_fd its 1 and 2; both stay the caller's. -1: not even asked for. */
int pool_start_server(struct pool *pool, unsigned number, char *const *argv, char *const *variables,
		      const char *directory, int control_fd, int output_fd, struct error *error);
/* SIGKILL to it and to all below it that is not kept. */
void pool_end_server(struct pool *pool, unsigned number);
/* A descendant (a server's keeper) that is to outlive its parent. */
void pool_keep(struct pool *pool, pid_t pid);

/* Queues a command and writes what the socket takes now. A worker that is gone takes everything: its death is
 * told by the news. */
void pool_send(struct pool *pool, unsigned slot, const struct command *command);
/* Writes what is still queued; true: nothing is left. Wait for POLLOUT on pool_command_fd otherwise. */
bool pool_flush(struct pool *pool, unsigned slot);
int pool_command_fd(const struct pool *pool, unsigned slot); /* -1: no worker there */

/* SIGKILL to a worker, by its pidfd where there is one; to one that is being started, as soon as it is there. */
void pool_kill_worker(struct pool *pool, unsigned slot);

/* Continues the guardian and the workers, should somebody have stopped them (SIGSTOP): they are to obey now. */
void pool_wake(struct pool *pool);

#endif
