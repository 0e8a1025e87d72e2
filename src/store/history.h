/* The history: what each test did in earlier runs, in an SQLite file (.xtop/history.db; doc/formats.md has the tables).
 *
 * Two runs may read and write it at once: nobody waits longer than a moment, nothing is corrupted.  A history that
 * can't be read or written costs no run: history_open says why, later failures are told once by history_flush, and the
 * run goes on without.  One thread uses it.
 */
#ifndef XTOP_STORE_HISTORY_H
#define XTOP_STORE_HISTORY_H

#include "base/err.h"
#include "xtop/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history;

/* What is known of a test. */
struct history_fact {
	uint64_t expected;    /* ns: how long it is expected to take; 0: not known */
	enum outcome outcome; /* last verdict */
	bool flaky;           /* the last verdict was */
	bool in_last_run;     /* the newest run of this history ran it */
	uint32_t position;    /* in the order in which that run started its tests, from 1; 0: it did not */
	uint32_t runs;        /* in how many it has a verdict (that are kept) */
};

/* Opens a file for reading and writing and makes it (with its directory, which gets a .gitignore of its own) where it
 * isn't there; one that history_export made is only read. `read_only`: never writes. NULL: it can't be used (damaged, of a newer
 * version, no permission): the message says why and what to do. */
struct history *history_open(const char *path, bool read_only, struct error *error);
void history_close(struct history *history); /* NULL is fine; writes nothing */
bool history_is_snapshot(const struct history *history); /* made by history_export */
/* 16 hexadecimal digits over all that a run's order and shards depend on; equal histories have equal ones. Borrowed. */
const char *history_fingerprint(struct history *history);

/* Reads what is known of all tests of these suites at once; history_find looks it up. -1: it could not be read. */
int history_load(struct history *history, struct error *error);
const struct history_fact *history_find(const struct history *history, const char *suite, const char *id,
					uint32_t ordinal); /* NULL: never seen; borrowed until the next history_load */
size_t history_test_count(const struct history *history); /* that history_load found */
size_t history_failure_count(const struct history *history); /* of these, whose last verdict was a failure */
bool history_has_durations(const struct history *history); /* at least one test's */

/* The last run of this history that ran tests of the suite on workers of its kind: the most memory that one worker took,
 * bytes; 0: not known. */
uint64_t history_worker_memory(const struct history *history);

struct history_run {
	const char *id;      /* run_id */
	const char *commit;  /* NULL: not known */
	const char *command; /* command line */
	const char *dist;    /* mode */
	uint64_t wall;       /* ns since 1970 at its start */
	unsigned workers;
};

struct history_result {
	const char *suite, *id, *file;
	uint32_t ordinal;
	enum outcome outcome;
	bool flaky, quarantined;
	uint32_t attempts;
	uint64_t duration;  /* ns, of the attempt that decided */
	unsigned worker;
	uint32_t position;  /* in the order of starts, from 1 */
	uint64_t rss;       /* bytes, 0: not known */
	const char *message; /* first line, NULL: none */
};

/* What is recorded is held in memory and written by history_flush, many results in one transaction. A test's
 * second result in a run replaces its first. Tests that did not run are not recorded. */
void history_begin(struct history *history, const struct history_run *run);
void history_add(struct history *history, const struct history_result *result);
/* Where another process is writing at this moment, all waits for the next flush: never longer than a few ms. -1: it could
 * not be written; once, then nothing is kept any more. */
int history_flush(struct history *history, struct error *error);
/* `worker_memory`: bytes, the most that one worker took; 0: not known. Flushes, and forgets runs beyond `keep` (0: all are kept). */
int history_end(struct history *history, uint64_t duration, int exit_code, uint64_t worker_memory, unsigned keep,
		struct error *error);

/* A consistent copy for other machines (shards), to be read only. Overwrites atomically. */
int history_export(struct history *history, const char *path, struct error *error);
/* Adds the runs of another history (or export) that this one has not. *added: how many. */
int history_import(struct history *history, const char *path, size_t *added, struct error *error);

#endif
