/* A harness: a process that runs test after test for a worker, seen from the worker.
 *
 * It is a child of its keeper, which forks it when asked, reaps it, and says how it ended.  Here are the
 * three things that the worker holds of it: the keeper's link, the harness' socket and its pipes.  When one process
 * has ended the next can be wanted; there is one at a time.  The tests are its owner's business.
 *
 * Nothing here waits.  While `held` (the lane is full) neither socket nor pipes of the harness are read.
 */
#ifndef XTOP_WORKER_HARNESS_H
#define XTOP_WORKER_HARNESS_H

#include "adapter/protocol.h"
#include "worker/capture.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct harness;

/* How a harness' process ended. */
struct harness_end {
	bool was_ready;     /* it could have run tests */
	bool was_leaving;   /* it had been told to */
	bool was_killed;    /* by harness_kill, or by this module */
	bool lost;          /* it closed its socket, or sent what nobody understands, and was killed for that */
	bool known;         /* signaled … core_dumped are what the keeper said */
	bool signaled, core_dumped;
	int number;         /* exit code, or signal */
	bool has_usage;
	uint64_t cpu, rss;  /* ns, bytes */
	const char *failure; /* what it, or whoever was to start it, said; NULL: nothing. Borrowed */
};

/* Called while the harness is worked on; none may free it. */
struct harness_owner {
	void (*ready)(void *context, uint64_t now);
	/* A line from it. True: no more lines and no end for now, until harness_pump. */
	bool (*event)(void *context, struct harness_event *event, uint64_t now);
	/* What it prints, as of struct capture_host. */
	void (*printed)(void *context, enum event_stream stream, const char *bytes, size_t length);
	void (*kept)(void *context, enum event_stream stream, struct slice bytes, uint64_t dropped);
	/* All it sent and printed was handed on before; harness_capture is still what it was. */
	void (*ended)(void *context, const struct harness_end *end, uint64_t now);
	/* The server can't be reached, so that none will come. */
	void (*unreachable)(void *context);
	/* Its keeper is gone. It lives on, but how it ends will not be known, so it should be told to leave soon. */
	void (*orphaned)(void *context, uint64_t now);
	void (*log)(void *context, enum event_level level, const char *message);
	void *context;
};

/* `server` is an abstract socket's name; `keep` and its texts are copied. It lives as long as its worker, at whose end
 * the keeper's link is closed, and what still lives there is killed. */
struct harness *harness_new(const struct harness_owner *owner, const char *server, const struct protocol_keep *keep);

/* None is there, and none will be wanted soon: its keeper may go. */
void harness_part(struct harness *harness);
/* One is wanted, or none any more. A wanted one is started as soon as there is none; `ready` or `ended` or
 * `unreachable` follows. That none is wanted changes nothing for one that is being started. */
void harness_want(struct harness *harness, bool wanted, uint64_t now);
bool harness_is_ready(const struct harness *harness); /* it takes tests */
bool harness_exists(const struct harness *harness);   /* one is being started, ready, or ending */
/* Its keeper is there: what runs now may be asked to run more. */
bool harness_is_kept(const struct harness *harness);
pid_t harness_pid(const struct harness *harness); /* 0: none */
struct capture *harness_capture(struct harness *harness);

void harness_send(struct harness *harness, const struct str *lines);
void harness_signal(struct harness *harness, int number); /* to its process group */
void harness_terminate(struct harness *harness);          /* the same with SIGTERM, and continues what was stopped */
void harness_kill(struct harness *harness);               /* with everything below its keeper */
/* A signal to the process alone. */
void harness_interrupt(struct harness *harness, int number);
/* Tells it to leave, and kills it if it has not within `limit` ns, with a warning. */
void harness_leave(struct harness *harness, uint64_t limit, uint64_t now);

#define HARNESS_FDS 5
void harness_poll_fds(const struct harness *harness, struct pollfd fds[HARNESS_FDS]); /* -1 for those not needed */
void harness_ready_fds(struct harness *harness, const struct pollfd fds[HARNESS_FDS], uint64_t now);
uint64_t harness_wake_at(const struct harness *harness);
void harness_on_time(struct harness *harness, uint64_t now);
/* When it ends, goes on with what was kept. */
void harness_hold(struct harness *harness, bool held, uint64_t now);
/* After `event` wanted no more: goes on. */
void harness_pump(struct harness *harness, uint64_t now);

#endif
