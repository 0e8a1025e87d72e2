/* What a test prints: its pipes, read as it comes, handed on up to a limit.
 *
 * The pipes belong to the capture from capture_open to capture_fini.  Nothing here waits:
 * the owner polls the descriptors and calls in.
 */
#ifndef XTOP_WORKER_CAPTURE_H
#define XTOP_WORKER_CAPTURE_H

#include "base/err.h"
#include "base/str.h"
#include "xtop/event.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* Bytes are borrowed for the calls. */
struct capture_host {
	/* Everything that was printed, in its order: for whoever reads results from it. */
	void (*read)(void *context, enum event_stream stream, const char *bytes, size_t length);
	/* What is kept of it; `dropped` bytes before these were not. */
	void (*keep)(void *context, enum event_stream stream, struct slice bytes, uint64_t dropped);
	void *context;
};

struct capture_pipe {
	int fd; /* non-blocking; -1: closed */
	enum event_stream stream;
};

#define CAPTURE_LINE_SIZE 512

struct capture {
	struct capture_host host;
	struct capture_pipe pipes[2];
	bool held;       /* nothing is read: set and cleared by the owner */
	uint64_t limit;  /* bytes that are kept */
	uint64_t printed, kept, dropped; /* bytes */
	struct str tail; /* the end of what was dropped */
	char last_line[CAPTURE_LINE_SIZE]; /* the newest whole line that is not blank */
	char line[CAPTURE_LINE_SIZE];      /* the one that is being printed */
	size_t line_length;
	const char *epilogue; /* a line that begins so and all that follows is never the last line; NULL: none. Set by the
			       * owner, static */
	bool in_epilogue;
};

void capture_init(struct capture *capture, const struct capture_host *host, uint64_t limit);
void capture_fini(struct capture *capture); /* closes the pipes */
/* From here on as after capture_init, but with the pipes as they are: another test prints into them. */
void capture_renew(struct capture *capture, uint64_t limit);

/* Makes the pipes: one for both streams, or one each. The ends for the child are in child_fds[1] and [2] (the same
 * number for one pipe) and the caller's to close, also after -1; what was not opened is -1. */
int capture_open(struct capture *capture, bool split, int child_fds[3], struct error *error);

/* At most two descriptors to poll; none while held. Returns how many. */
unsigned capture_poll_fds(const struct capture *capture, struct pollfd fds[2]);
/* Reads once from each that is ready. */
void capture_read_ready(struct capture *capture, const struct pollfd *fds, unsigned count);
/* Reads what is in the pipes now. Not up to their ends: somebody out of reach may hold them open, or go on
 * writing. False: it was held on the way. */
bool capture_read_rest(struct capture *capture);
/* Somebody can still write to them. Right only after all that is in them was read. */
bool capture_is_open(const struct capture *capture);
/* As if this had been read from a pipe. */
void capture_add(struct capture *capture, enum event_stream stream, struct slice bytes);
/* Keeps the end of what was dropped, which ends the output. */
void capture_end(struct capture *capture);
/* The newest line that is not blank, finished or not; "" = none. Call it when all was read. Borrowed. */
const char *capture_last_line(struct capture *capture);

#endif
