/* Lines over a stream socket: what NDJSON between processes travels by.
 *
 * Nothing here waits.  The socket is non-blocking; what it does not take at once is kept, and the owner
 * polls for POLLOUT while there is a backlog.  A line has a limit, so that no peer can make this process
 * grow without bounds.
 */
#ifndef XTOP_BASE_LINES_H
#define XTOP_BASE_LINES_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define LINES_LIMIT ((size_t)64 << 20) /* bytes of a line */
#define LINES_DESCRIPTORS_MAX 3        /* sent with one line */

struct lines {
	int fd;         /* -1: closed */
	size_t limit;   /* bytes of a line, without its newline */
	struct str in;  /* what was received */
	size_t taken, looked, unfinished; /* bytes of `in`: handed out, searched for a newline, before the last line */
	struct str out; /* what the socket did not take yet */
	int descriptors[LINES_DESCRIPTORS_MAX]; /* to go with the byte at `descriptors_at` of `out` */
	unsigned descriptor_count;
	size_t descriptors_at;
};

/* Takes the socket (it becomes non-blocking and close-on-exec; -1: none yet). */
void lines_init(struct lines *lines, int fd, size_t limit);
void lines_fini(struct lines *lines);  /* closes it, with descriptors that were not sent */
void lines_close(struct lines *lines); /* the socket only: what was received can still be taken */

/* Reads once. 1: something came, and there may be more to read; 0: nothing now; -1: nothing will come any more,
 * because the other end is gone or a line is longer than the limit (only then `error` has a message; that line is
 * dropped). What came before can still be taken. */
int lines_read(struct lines *lines, struct error *error);
/* The next whole line, without its newline; false: none. Borrowed until the next call of lines_read, lines_next or
 * lines_fini. What stands behind the last newline is no line, also at the end. */
bool lines_next(struct lines *lines, struct slice *line);

/* Sends bytes (whole lines, with their newlines), or queues them behind what is queued. `fds` (`fd_count` at most
 * LINES_DESCRIPTORS_MAX) go with the first of these bytes and are taken: closed here once they were sent; while such
 * are still queued there must be no others. -1: the other end is gone, nothing is queued any more; what
 * it sent before can still be read. */
int lines_send(struct lines *lines, struct slice bytes, const int *fds, unsigned fd_count);
bool lines_has_backlog(const struct lines *lines);
int lines_flush(struct lines *lines); /* writes what it takes now; -1: the other end is gone, what was queued is dropped */

#endif
