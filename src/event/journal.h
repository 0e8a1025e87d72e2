/* The journal: the events of a run on disk, in the order in which they happened.
 *
 * An append-only file: a header (magic, format version), then records of length,
 * CRC-32 and one encoded event.  It may be cut off anywhere (a kill, a full disk):
 * a reader gives every whole record and says how many bytes it left.
 * The format is described in doc/formats.md.
 */
#ifndef XTOP_EVENT_JOURNAL_H
#define XTOP_EVENT_JOURNAL_H

#include "base/err.h"
#include "xtop/event.h"

#include <stdbool.h>
#include <stdint.h>

struct journal_writer;
struct journal_reader;

/* Creates or replaces `path`. The header is written at once, so an unwritable place is known early.
 * SIGXFSZ has to be ignored by the process; then a file size limit is a failure like a full disk. */
struct journal_writer *journal_create(const char *path, struct error *error);
/* Appends; buffered. After the first failure (a full disk, say) it returns -1 once with the message,
 * the file is cut back to its last whole record, and later calls do nothing and return 0. */
int journal_append(struct journal_writer *writer, const struct event *event, struct error *error);
/* Writes out what is buffered. Call it when the loop is idle, at least once a second. */
int journal_flush(struct journal_writer *writer, struct error *error);
/* Flushes and closes; frees the writer whatever happens. NULL is fine. */
int journal_close(struct journal_writer *writer, struct error *error);

/* Refuses what is no journal, and newer formats, with a message that says which. */
struct journal_reader *journal_open(const char *path, struct error *error);
/* 1: *event is the next one, its texts borrowed until the next call. 0: the end (journal_bytes_lost tells
 * whether it was a clean one). Events of types that this version does not know are skipped. */
int journal_next(struct journal_reader *reader, struct event *event);
uint64_t journal_bytes_lost(const struct journal_reader *reader); /* bytes behind the last whole record */
void journal_reader_free(struct journal_reader *reader);

#endif
