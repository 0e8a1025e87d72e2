/* Snapshots for other machines, and runs from there. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "store/history_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- export ---- */

static bool same_file(const char *a, const char *b)
{
	struct stat left, right;

	return stat(a, &left) == 0 && stat(b, &right) == 0 && left.st_dev == right.st_dev &&
	       left.st_ino == right.st_ino;
}

/* A log beside a file that is replaced would be taken for the new one's. */
static int refuse_database_in_use(const char *path, struct error *error)
{
	static const char *const endings[] = { "-wal", "-journal" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		char *beside = alloc_format("%s%s", path, endings[i]);
		bool there = fs_exists(beside);
		free(beside);
		if (there)
			return error_set(error,
					 "%s: is a database in use (there is a %s%s): name another file",
					 path, fs_name_of(path), endings[i]);
	}
	return 0;
}

/* Where a link leads, so that it stays one. */
static char *export_target(const struct history *history, const char *path, struct error *error)
{
	struct stat info;
	char *target = realpath(path, NULL);

	if (!target)
		target = fs_absolute(path);
	int status = 0;
	if (same_file(history->path, target))
		status = error_set(error, "%s: is the history itself: name another file", path);
	else if (stat(target, &info) == 0 && !S_ISREG(info.st_mode))
		status = error_set(error, "%s: expected a file, found %s", path,
				   S_ISDIR(info.st_mode) ? "a directory" : "a device or pipe");
	else
		status = refuse_database_in_use(target, error);
	if (status == 0)
		return target;
	free(target);
	return NULL;
}

/* An empty file beside the target that nobody else has. */
static char *create_beside(const char *target, const char *path, struct error *error)
{
	char *directory = fs_directory_of(target);
	char *file = alloc_format(".xtop-%ld-%llx", (long)getpid(), (unsigned long long)clock_wall());
	char *temporary = fs_join(directory, file);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	free(file);
	free(directory);
	if (fd >= 0) {
		close(fd);
		return temporary;
	}
	error_set_errno(error, errno, "%s: can't create a file beside it", path);
	free(temporary);
	return NULL;
}

static int copy_into(struct history *history, const char *temporary, struct error *error)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(history->db, "VACUUM INTO ?", -1, &statement, NULL);

	if (code == SQLITE_OK) {
		history_bind_text(statement, 1, temporary);
		code = sqlite3_step(statement);
	}
	/* The copy's disk may be the one that is full, so the message is not about the history's file. */
	int status =
		code == SQLITE_DONE ? 0 : error_set(error, "can't copy: %s", sqlite3_errmsg(history->db));
	sqlite3_finalize(statement);
	return status;
}

/* Marks the copy as a snapshot. It is nobody's but ours yet, so nothing needs to be safe from a crash. */
static int mark(const char *temporary, struct error *error)
{
	struct history *copy = history_new(temporary, "the copy");
	sqlite3_stmt *statement = NULL;
	int status = -1;
	int code = history_connect(copy, temporary, SQLITE_OPEN_READWRITE);
	if (code == SQLITE_OK)
		code = sqlite3_exec(
			copy->db,
			"PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; DELETE FROM snapshot", NULL,
			NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(copy->db, "INSERT INTO snapshot (fingerprint, made) VALUES (?, ?)",
					  -1, &statement, NULL);
	if (code != SQLITE_OK) {
		history_complain(copy, code, error);
	} else if (history_load(copy, error) == 0) {
		history_bind_text(statement, 1, copy->fingerprint);
		history_bind_uint(statement, 2, clock_wall());
		status = history_step(copy, statement, error);
	}
	sqlite3_finalize(statement);
	history_close(copy);
	return status;
}

static int sync_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int status = fd < 0 ? -1 : fsync(fd);
	int number = errno;

	if (fd >= 0)
		close(fd);
	errno = number;
	return status;
}

int history_export(struct history *history, const char *path, struct error *error)
{
	char *target = export_target(history, path, error);
	char *temporary = target ? create_beside(target, path, error) : NULL;
	int status = -1;

	if (temporary) {
		status = copy_into(history, temporary, error);
		if (status == 0)
			status = mark(temporary, error);
		if (status != 0)
			error_prefix(error, "%s", path);
		else if (sync_file(temporary) != 0 || rename(temporary, target) != 0)
			status = error_set_errno(error, errno, "%s: can't write", path);
		if (status != 0)
			unlink(temporary);
	}
	free(temporary);
	free(target);
	return status;
}

/* ---- import ---- */

/* A test of the other history; `here` 0: not met yet. */
struct other_test {
	int64_t there, here;
};

struct import {
	struct history *history, *other;
	VEC(struct other_test) tests; /* in the order of `there`; those that got a result */
	size_t runs;
};

/* Results come in the order of tests within a run, so a test is most often behind the one before. */
static struct other_test *find_test(struct import *import, int64_t there)
{
	size_t low = 0, high = import->tests.length;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (import->tests.items[middle].there < there)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == import->tests.length || import->tests.items[low].there != there)
		return NULL;
	return &import->tests.items[low];
}

static int list_tests(struct import *import, struct error *error)
{
	sqlite3_stmt *rows;
	int status = -1;
	int code =
		sqlite3_prepare_v2(import->other->db, "SELECT test FROM test ORDER BY test", -1, &rows, NULL);

	if (code != SQLITE_OK)
		return history_complain(import->other, code, error);
	while ((status = history_step(import->other, rows, error)) == 1)
		vec_push(&import->tests, ((struct other_test){ .there = sqlite3_column_int64(rows, 0) }));
	sqlite3_finalize(rows);
	return status;
}

/* Finds the test here, or puts it in. 0: it is one that no history has. */
static int meet_test(struct import *import, struct other_test *test, const struct history_run_key *key,
		     struct error *error)
{
	sqlite3_stmt *row = history_statement(import->other, STATEMENT_GET_TEST, error);
	struct history_known known;
	bool newer;

	if (!row)
		return -1;
	sqlite3_bind_int64(row, 1, test->there);
	int status = history_step(import->other, row, error);
	if (status != 1)
		return status;
	struct history_result result = {
		.id = history_column_text(row, 0),
		.ordinal = history_column_uint32(row, 1),
		.suite = history_column_text(row, 2),
		.file = history_column_text(row, 3),
	};
	/* It may have been seen in runs that are forgotten there by now. */
	int64_t first_seen = sqlite3_column_int64(row, 4);
	status = 0;
	if (result.id && result.suite && result.ordinal > 0)
		status = history_put_test(import->history, &result, key, first_seen, &test->here, &known,
					  &newer, error);
	sqlite3_reset(row);
	return status;
}

static int import_result(struct import *import, sqlite3_stmt *row, const struct history_run_key *key,
			 struct error *error)
{
	struct other_test *test = find_test(import, sqlite3_column_int64(row, 0));
	struct history_result result = {
		.outcome = history_column_outcome(row, 1),
		.flaky = sqlite3_column_int(row, 2) != 0,
		.quarantined = sqlite3_column_int(row, 3) != 0,
		.attempts = history_column_uint32(row, 4),
		.duration = history_column_uint(row, 5),
		.worker = history_column_uint32(row, 6),
		.position = history_column_uint32(row, 7),
		.rss = history_column_uint(row, 8),
		.message = history_column_text(row, 9),
	};

	if (!test || result.outcome == OUTCOME_NONE)
		return 0;
	if (test->here == 0 && meet_test(import, test, key, error) != 0)
		return -1;
	if (test->here == 0)
		return 0;
	int status = history_put_result(import->history, STATEMENT_INSERT_RESULT, key->run, test->here,
					&result, error);
	return status < 0 ? -1 : 0;
}

static int import_results(struct import *import, int64_t there, const struct history_run_key *key,
			  struct error *error)
{
	sqlite3_stmt *rows = history_statement(import->other, STATEMENT_RESULTS_OF_RUN, error);
	int status;

	if (!rows)
		return -1;
	sqlite3_bind_int64(rows, 1, there);
	while ((status = history_step(import->other, rows, error)) == 1) {
		if (import_result(import, rows, key, error) != 0) {
			sqlite3_reset(rows);
			return -1;
		}
	}
	return status;
}

static int import_run(struct import *import, sqlite3_stmt *row, struct error *error)
{
	struct history_run run = {
		.id = history_column_text(row, 1),
		.wall = history_column_uint(row, 2),
		.commit = history_column_text(row, 5),
		.command = history_column_text(row, 6),
		.dist = history_column_text(row, 7),
		.workers = history_column_uint32(row, 8),
	};
	bool ended_there = sqlite3_column_type(row, 3) != SQLITE_NULL, ended;
	struct history_run_key key;

	if (!run.id)
		return 0;
	int status = history_put_run(import->history, &run, &key, &ended, error);
	if (status < 0)
		return -1;
	if (status == 0)
		import->runs++;
	/* One whose end is not known here may have been copied while it went on: what is missing is added. */
	else if (ended)
		return 0;
	if (import_results(import, sqlite3_column_int64(row, 0), &key, error) != 0)
		return -1;
	if (!ended_there)
		return 0;
	return history_end_run(import->history, key.run, history_column_uint(row, 3),
			       sqlite3_column_int(row, 4), history_column_uint(row, 9), error);
}

static int import_runs(struct import *import, struct error *error)
{
	sqlite3_stmt *rows = history_statement(import->other, STATEMENT_ALL_RUNS, error);
	int status;

	if (!rows || list_tests(import, error) != 0)
		return -1;
	while ((status = history_step(import->other, rows, error)) == 1) {
		if (import_run(import, rows, error) != 0) {
			sqlite3_reset(rows);
			return -1;
		}
	}
	vec_each(&import->tests, it) {
		if (status == 0 && it->here != 0)
			status = history_known_rebuild(import->history, it->here, error);
	}
	return status;
}

int history_import(struct history *history, const char *path, size_t *added, struct error *error)
{
	struct import import = { .history = history };

	*added = 0;
	if (history->read_only)
		return error_set(error, "%s: is only read: runs can't be added to it", history->name);
	if (same_file(history->path, path))
		return 0;
	import.other = history_open(path, true, error);
	if (!import.other)
		return -1;
	int status = history_lock(history, HISTORY_WAIT_MS, error);
	if (status == 0) {
		/* The other one may be in use too. */
		status = history_execute(import.other, STATEMENT_BEGIN, error);
		if (status == 0)
			status = import_runs(&import, error);
		status = history_unlock(history, status, error);
	}
	if (status == 1)
		status = history_complain(history, SQLITE_BUSY, error);
	if (status == 0) {
		*added = import.runs;
		history->loaded = false; /* the fingerprint is another one now */
		sqlite3_wal_checkpoint_v2(history->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	}
	history_close(import.other);
	vec_fini(&import.tests);
	return status;
}
