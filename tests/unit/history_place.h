/* A directory for histories, and short words for what the tests of the history do with them. */
#ifndef XTOP_TESTS_HISTORY_PLACE_H
#define XTOP_TESTS_HISTORY_PLACE_H

#include "base/alloc.h"
#include "base/fs.h"
#include "store/history.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS UINT64_C(1000000)
#define NOBODY 65534

struct place {
	char directory[64];
	char path[128]; /* of the history */
};

static inline int place_set_up(void **state)
{
	struct place *place = ALLOC_NEW(struct place);

	strcpy(place->directory, "/tmp/xtop-test-XXXXXX");
	if (!mkdtemp(place->directory))
		return -1;
	/* Some tests go on as another user. */
	if (chmod(place->directory, 0755) != 0)
		return -1;
	snprintf(place->path, sizeof(place->path), "%s/.xtop/history.db", place->directory);
	*state = place;
	return 0;
}

static inline int place_tear_down(void **state)
{
	struct place *place = *state;
	int status = fs_remove_tree(place->directory, NULL);

	free(place);
	return status;
}

static inline char *place_file(const struct place *place, const char *name)
{
	return fs_join(place->directory, name);
}

static inline struct history *open_at(const char *path, bool read_only)
{
	struct error error = ERROR_INIT;
	struct history *history = history_open(path, read_only, &error);

	if (!history)
		fail_msg("%s", error.message);
	return history;
}

static inline void load(struct history *history)
{
	struct error error = ERROR_INIT;

	if (history_load(history, &error) != 0)
		fail_msg("%s", error.message);
}

/* A run that began `wall` ns after 1970. */
static inline void begin(struct history *history, const char *id, uint64_t wall)
{
	struct history_run run = {
		.id = id, .command = "xtop -n 2", .dist = "load", .wall = wall, .workers = 2
	};

	history_begin(history, &run);
}

static inline void add(struct history *history, const char *id, enum outcome outcome, uint64_t duration)
{
	struct history_result result = {
		.suite = "unit",
		.id = id,
		.file = "tests/a.t",
		.ordinal = 1,
		.outcome = outcome,
		.attempts = 1,
		.duration = duration,
		.position = 1,
	};

	history_add(history, &result);
}

static inline void flush(struct history *history)
{
	struct error error = ERROR_INIT;

	if (history_flush(history, &error) != 0)
		fail_msg("%s", error.message);
}

static inline void end_keeping(struct history *history, unsigned keep)
{
	struct error error = ERROR_INIT;

	if (history_end(history, 5 * MS, 0, 0, keep, &error) != 0)
		fail_msg("%s", error.message);
}

static inline void end(struct history *history)
{
	end_keeping(history, 0);
}

/* A whole run of one test. */
static inline void record(struct history *history, const char *run, uint64_t wall, const char *id,
			  enum outcome outcome, uint64_t duration)
{
	begin(history, run, wall);
	add(history, id, outcome, duration);
	end(history);
}

static inline const struct history_fact *fact_of(const struct history *history, const char *id)
{
	const struct history_fact *fact = history_find(history, "unit", id, 1);

	if (!fact)
		fail_msg("%s is not known", id);
	return fact;
}

/* The first number that a query gives. */
static inline int64_t query(const char *path, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *statement;
	int64_t number = -1;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	if (sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return number;
}

static inline void assert_sound(const char *path)
{
	sqlite3 *db;
	sqlite3_stmt *statement;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(statement, 0), "ok");
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

/* Whether what is known of each test is what its results tell: in a copy it is made anew. */
static inline void assert_known_is_true(const struct place *place, struct history *history)
{
	char *path = place_file(place, "anew.db");
	struct error error = ERROR_INIT;
	size_t added;

	unlink(path);
	struct history *anew = open_at(path, false);
	char *exported = place_file(place, "exported.db");
	if (history_export(history, exported, &error) != 0 ||
	    history_import(anew, exported, &added, &error) != 0)
		fail_msg("%s", error.message);
	load(history);
	load(anew);
	assert_string_equal(history_fingerprint(anew), history_fingerprint(history));
	assert_int_equal(history_test_count(anew), history_test_count(history));
	history_close(anew);
	free(exported);
	free(path);
}

/* Runs `body` in a process of its own; it returns the process's exit code. */
static inline int in_child(int (*body)(const struct place *place), const struct place *place)
{
	int status;
	fflush(NULL);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(body(place));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif
