/* The guardian: the process between the controller and the workers.
 *
 * Forked first, while the controller is still small (no loop, no curses).  It leads a session of its own,
 * so that no terminal signal reaches it; as sub-reaper it inherits every orphan below it.
 * It forks workers when asked, tells of their deaths at once (SIGCHLD), ends what a dead worker
 * left behind, and when the controller's end of the socket closes, for whatever reason, it
 * kills all its descendants and leaves.
 *
 * It also starts servers: programs that collect tests and fork test processes (pytest's fork server).  What a
 * server forked and the guardian was told of (a keeper) outlives the server.
 *
 * Requests and answers are datagrams on a SOCK_SEQPACKET pair; descriptors travel with them.
 */
#ifndef XTOP_WORKER_GUARDIAN_H
#define XTOP_WORKER_GUARDIAN_H

#include "base/err.h"
#include "event/ring.h"
#include "worker/worker.h"

#include <stdint.h>
#include <sys/types.h>

enum guardian_request_type {
	GUARDIAN_START = 1, /* fork a worker for a slot; its command socket comes along */
	GUARDIAN_SERVE,     /* start a server; its control socket and the pipe for its output come along */
	GUARDIAN_KEEP,      /* `pid`, a descendant, is to be left alone when its parent dies */
	GUARDIAN_END,       /* SIGKILL to the server `slot` and to all below it that are not kept */
	GUARDIAN_LEAVE,     /* kill all descendants and exit */
};

/* Followed, for SERVE, by text: `directory`, then the arguments, then the variables, each ended by a NUL. */
struct guardian_request {
	enum guardian_request_type type;
	unsigned slot;    /* of a worker; SERVE, END: the server's number */
	uint32_t incarnation;
	unsigned workers; /* START: how many there are, for the tests' environment */
	int serial;       /* START: not zero: tests see no parallel run */
	pid_t pid;        /* KEEP */
	unsigned arguments, variables; /* SERVE: how many follow */
};
#define GUARDIAN_REQUEST_SIZE (64 << 10) /* bytes, with the text */

enum guardian_answer_type {
	GUARDIAN_STARTED = 1, /* pid; a pidfd comes along where the kernel has them */
	GUARDIAN_FAILED,      /* number: errno of the fork */
	GUARDIAN_DIED,        /* pid, status as of wait(2) */
	GUARDIAN_SERVER_STARTED, /* the same of servers; `slot` is the number */
	GUARDIAN_SERVER_FAILED,
	GUARDIAN_SERVER_DIED,
};

struct guardian_answer {
	enum guardian_answer_type type;
	unsigned slot;
	uint32_t incarnation;
	pid_t pid;
	int status;
	int number;
	char message[256]; /* SERVER_FAILED: why */
};

/* Forks the guardian. Returns its pid, with the controller's end of the socket (close-on-exec, non-blocking) in
 * *socket_fd. What workers need is copied from `context`; the ring is inherited. */
pid_t guardian_start(const struct worker_context *context, struct ring *ring, int *socket_fd,
		     struct error *error);

#endif
