/* What the files of the history share; history.h is for everybody else.
 *
 * The tables are in history_schema.c. `run`, `test` and `result` are what happened. `known` is what that
 * tells of each test, kept so that a run can read it in one go: a function of the other tables alone,
 * whatever the order in which they were filled. The newest run is the one that began last; of two that
 * began at once, the one with the higher run_id.
 */
#ifndef XTOP_STORE_HISTORY_INTERNAL_H
#define XTOP_STORE_HISTORY_INTERNAL_H

#include "base/str.h"
#include "base/vec.h"
#include "store/history.h"

#include <sqlite3.h>

#define HISTORY_APPLICATION 0x78746f70 /* "xtop" */
#define HISTORY_VERSION 1
#define HISTORY_WAIT_MS 2000 /* for other processes, where nothing else is to be done meanwhile */
#define HISTORY_SAMPLES 5    /* durations of which the median is what is expected */

enum history_statement {
	/* Those that do something at once, without parameters. */
	STATEMENT_BEGIN,
	STATEMENT_BEGIN_WRITING,
	STATEMENT_COMMIT,
	STATEMENT_ROLLBACK,
	/* runs */
	STATEMENT_FIND_RUN,
	STATEMENT_INSERT_RUN,
	STATEMENT_END_RUN,
	STATEMENT_NEWEST_RUN,
	STATEMENT_OLDEST_RUN,
	STATEMENT_ALL_RUNS,
	STATEMENT_DELETE_RUN,
	STATEMENT_WORKER_MEMORY,
	/* tests */
	STATEMENT_FIND_TEST,
	STATEMENT_INSERT_TEST,
	STATEMENT_UPDATE_TEST,
	STATEMENT_DELETE_TEST,
	STATEMENT_GET_TEST,
	/* results */
	STATEMENT_INSERT_RESULT,
	STATEMENT_REPLACE_RESULT,
	STATEMENT_RESULTS_OF_RUN,
	STATEMENT_RESULTS_OF_TEST,
	STATEMENT_DELETE_RESULTS,
	/* what is known */
	STATEMENT_ALL_KNOWN,
	STATEMENT_KNOWN_OF_RUN,
	STATEMENT_PUT_KNOWN,
	STATEMENT_DELETE_KNOWN,
	STATEMENT_COUNT
};

/* A result that waits to be written. Texts are offsets into `text`. */
struct history_pending {
	struct history_result result;    /* its pointers are not set */
	size_t suite, id, file, message; /* SIZE_MAX: NULL */
};

/* A test and what is known of it. */
struct history_entry {
	struct history_fact fact;
	uint32_t ordinal, hash;
	size_t suite, id; /* offsets into `names` */
};

struct history {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	char *path; /* absolute */
	char *name; /* what messages call it */
	bool read_only, snapshot;

	/* read by history_load */
	bool loaded, durations;
	VEC(struct history_entry) entries; /* does not grow once it is filled: facts are borrowed */
	struct str names;
	uint32_t *table; /* open addressing: where an entry is, + 1; 0: free */
	size_t table_mask;
	uint64_t worker_memory;
	char fingerprint[17];

	/* the run that is recorded */
	struct history_run run; /* its texts are owned; id NULL: none is */
	VEC(struct history_pending) pending;
	struct str text;
};

/* A run in the order of runs. */
struct history_run_key {
	int64_t run;
	int64_t started;
	const char *run_id;
};

/* A row of `known`. */
struct history_known {
	int64_t run; /* 0: there is no row */
	enum outcome outcome;
	bool flaky;
	int64_t position, runs;
	int64_t timed;                      /* results that have a duration to learn from */
	int64_t durations[HISTORY_SAMPLES]; /* of these the last, newest first */
};

/* A statement that is ready to be bound; it stays the history's. NULL: the database has another form. */
sqlite3_stmt *history_statement(struct history *history, enum history_statement which, struct error *error);
/* 1: there is a row; 0: done; -1. After 0 and -1 the statement is reset. */
int history_step(struct history *history, sqlite3_stmt *statement, struct error *error);
int history_execute(struct history *history, enum history_statement which, struct error *error);
/* Takes the right to write. 1: somebody else has it, for longer than wait_ms. */
int history_lock(struct history *history, int wait_ms, struct error *error);
/* Ends what history_lock began: commits if `status` is 0, else takes all back. Returns the new status; 1:
 * somebody reads, and nothing was written. */
int history_unlock(struct history *history, int status, struct error *error);
/* Fills `error` by what SQLite said last. Returns -1. */
int history_complain(const struct history *history, int code, struct error *error);

struct history *history_new(const char *path, const char *name); /* nothing is open yet; takes neither */
/* Opens the database at `path`. An SQLite code. */
int history_connect(struct history *history, const char *path, int flags);
void history_disconnect(struct history *history);
/* An empty database gets the tables; -1 for one that is no history, or of a newer version. `empty`: there
 * was nothing. */
int history_check_schema(struct history *history, bool *empty, struct error *error);
int history_create_schema(struct history *history, struct error *error);

void history_bind_text(sqlite3_stmt *statement, int index, const char *text); /* NULL is fine; borrowed */
void history_bind_uint(sqlite3_stmt *statement, int index, uint64_t number);
uint64_t history_column_uint(sqlite3_stmt *statement, int index); /* negative: 0 */
uint32_t history_column_uint32(sqlite3_stmt *statement, int index);
const char *history_column_text(sqlite3_stmt *statement, int index);     /* NULL: it is NULL */
enum outcome history_column_outcome(sqlite3_stmt *statement, int index); /* NONE: it is none */

void history_end_recording(struct history *history); /* forgets the run, and what of it isn't written yet */
/* Finds the run by its id, or puts it in. *ended: whether its end is known. 1: it was there; 0: it is new. */
int history_put_run(struct history *history, const struct history_run *run, struct history_run_key *key,
		    bool *ended, struct error *error);
int history_end_run(struct history *history, int64_t run, uint64_t duration, int exit_code,
		    uint64_t worker_memory, struct error *error);
/* The test's number, what is known of it (run 0: nothing), and whether that was told by older runs than
 * `key`. A missing test is put in, an existing one learns when it was seen first, and from a newer run its
 * file. */
int history_put_test(struct history *history, const struct history_result *result,
		     const struct history_run_key *key, int64_t first_seen, int64_t *test,
		     struct history_known *known, bool *newer, struct error *error);
/* 1: put in; 0: there was one already, which is kept. */
int history_put_result(struct history *history, enum history_statement how, int64_t run, int64_t test,
		       const struct history_result *result, struct error *error);

/* known, from a row whose columns from `column` on are those of `known` without `test`. */
void history_known_get(sqlite3_stmt *statement, int column, struct history_known *known);
int history_known_put(struct history *history, int64_t test, const struct history_known *known,
		      struct error *error);
/* Takes in the result of a run that is newer than all that told before. */
void history_known_add(struct history_known *known, int64_t run, const struct history_result *result);
/* Makes the row anew from all results of the test. */
int history_known_rebuild(struct history *history, int64_t test, struct error *error);
/* Forgets all but the newest `keep` runs, and tests that have no result any more. 1: somebody else is
 * writing. */
int history_forget(struct history *history, unsigned keep, struct error *error);

#endif
