/* Writing down what a run did. */
#include "base/alloc.h"
#include "store/history_internal.h"

#include <stdlib.h>
#include <string.h>

#define NO_TEXT SIZE_MAX
#define FLUSH_WAIT_MS 5    /* in the middle of a run: the next flush comes soon */
#define MESSAGE_LIMIT 1000 /* bytes; enough to know a failure again by */

/* ---- what goes into the tables ---- */

int history_put_run(struct history *history, const struct history_run *run, struct history_run_key *key,
		    bool *ended, struct error *error)
{
	sqlite3_stmt *statement = history_statement(history, STATEMENT_FIND_RUN, error);

	if (!statement)
		return -1;
	history_bind_text(statement, 1, run->id);
	int status = history_step(history, statement, error);
	if (status < 0)
		return -1;
	key->run_id = run->id;
	if (status == 1) {
		key->run = sqlite3_column_int64(statement, 0);
		key->started = sqlite3_column_int64(statement, 1);
		*ended = sqlite3_column_int(statement, 2) != 0;
		sqlite3_reset(statement);
		return 1;
	}
	statement = history_statement(history, STATEMENT_INSERT_RUN, error);
	if (!statement)
		return -1;
	history_bind_text(statement, 1, run->id);
	history_bind_uint(statement, 2, run->wall);
	history_bind_text(statement, 3, run->commit);
	history_bind_text(statement, 4, run->command);
	history_bind_text(statement, 5, run->dist);
	sqlite3_bind_int64(statement, 6, run->workers);
	if (history_step(history, statement, error) != 0)
		return -1;
	key->run = sqlite3_last_insert_rowid(history->db);
	key->started = run->wall > INT64_MAX ? INT64_MAX : (int64_t)run->wall;
	*ended = false;
	return 0;
}

int history_end_run(struct history *history, int64_t run, uint64_t duration, int exit_code,
		    uint64_t worker_memory, struct error *error)
{
	sqlite3_stmt *statement = history_statement(history, STATEMENT_END_RUN, error);

	if (!statement)
		return -1;
	history_bind_uint(statement, 1, duration);
	sqlite3_bind_int(statement, 2, exit_code);
	history_bind_uint(statement, 3, worker_memory);
	sqlite3_bind_int64(statement, 4, run);
	return history_step(history, statement, error);
}

static int insert_test(struct history *history, const struct history_result *result, int64_t first_seen,
		       int64_t *test, struct error *error)
{
	sqlite3_stmt *statement = history_statement(history, STATEMENT_INSERT_TEST, error);

	if (!statement)
		return -1;
	history_bind_text(statement, 1, result->id);
	sqlite3_bind_int64(statement, 2, result->ordinal);
	history_bind_text(statement, 3, result->suite);
	history_bind_text(statement, 4, result->file);
	sqlite3_bind_int64(statement, 5, first_seen);
	if (history_step(history, statement, error) != 0)
		return -1;
	*test = sqlite3_last_insert_rowid(history->db);
	return 0;
}

static int update_test(struct history *history, int64_t test, const char *file, int64_t first_seen,
		       struct error *error)
{
	sqlite3_stmt *statement = history_statement(history, STATEMENT_UPDATE_TEST, error);

	if (!statement)
		return -1;
	history_bind_text(statement, 1, file);
	sqlite3_bind_int64(statement, 2, first_seen);
	sqlite3_bind_int64(statement, 3, test);
	return history_step(history, statement, error);
}

/* Whether the run of `key` comes behind the one in columns 3 and 4, or there is none. */
static bool is_newer(sqlite3_stmt *row, const struct history_run_key *key)
{
	const char *run_id = history_column_text(row, 4);
	int64_t started = sqlite3_column_int64(row, 3);

	if (!run_id || started != key->started)
		return !run_id || started < key->started;
	return strcmp(run_id, key->run_id) < 0;
}

int history_put_test(struct history *history, const struct history_result *result,
		     const struct history_run_key *key, int64_t first_seen, int64_t *test,
		     struct history_known *known, bool *newer, struct error *error)
{
	sqlite3_stmt *statement = history_statement(history, STATEMENT_FIND_TEST, error);

	if (!statement)
		return -1;
	history_bind_text(statement, 1, result->id);
	sqlite3_bind_int64(statement, 2, result->ordinal);
	history_bind_text(statement, 3, result->suite);
	int status = history_step(history, statement, error);
	if (status < 0)
		return -1;
	if (status == 0) {
		*known = (struct history_known){ .run = 0 };
		*newer = true;
		return insert_test(history, result, first_seen, test, error);
	}
	const char *file = history_column_text(statement, 1);
	*test = sqlite3_column_int64(statement, 0);
	*newer = is_newer(statement, key);
	history_known_get(statement, 5, known);
	bool moved = *newer && result->file && (!file || strcmp(file, result->file) != 0);
	bool earlier = first_seen < sqlite3_column_int64(statement, 2);
	sqlite3_reset(statement);
	return moved || earlier ? update_test(history, *test, moved ? result->file : NULL, first_seen, error)
				: 0;
}

int history_put_result(struct history *history, enum history_statement how, int64_t run, int64_t test,
		       const struct history_result *result, struct error *error)
{
	sqlite3_stmt *statement = history_statement(history, how, error);

	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, run);
	sqlite3_bind_int64(statement, 2, test);
	sqlite3_bind_int(statement, 3, (int)result->outcome);
	sqlite3_bind_int(statement, 4, result->flaky);
	sqlite3_bind_int(statement, 5, result->quarantined);
	sqlite3_bind_int64(statement, 6, result->attempts);
	history_bind_uint(statement, 7, result->duration);
	sqlite3_bind_int64(statement, 8, result->worker);
	sqlite3_bind_int64(statement, 9, result->position);
	history_bind_uint(statement, 10, result->rss);
	history_bind_text(statement, 11, result->message);
	if (history_step(history, statement, error) != 0)
		return -1;
	return sqlite3_changes(history->db) > 0;
}

/* ---- the run that goes on ---- */

static char *copy(const char *text)
{
	return text ? alloc_string(text) : NULL;
}

void history_end_recording(struct history *history)
{
	free((char *)history->run.id);
	free((char *)history->run.commit);
	free((char *)history->run.command);
	free((char *)history->run.dist);
	history->run = (struct history_run){ .id = NULL };
	vec_clear(&history->pending);
	str_clear(&history->text);
}

void history_begin(struct history *history, const struct history_run *run)
{
	history_end_recording(history);
	if (history->read_only)
		return;
	history->run = *run;
	history->run.id = alloc_string(run->id);
	history->run.commit = copy(run->commit);
	history->run.command = copy(run->command);
	history->run.dist = copy(run->dist);
}

static size_t keep_text(struct history *history, const char *text, size_t length)
{
	size_t at = history->text.length;

	if (!text)
		return NO_TEXT;
	str_add(&history->text, text, length);
	str_add_char(&history->text, '\0');
	return at;
}

static size_t keep_whole(struct history *history, const char *text)
{
	return keep_text(history, text, text ? strlen(text) : 0);
}

/* Of a message its first line, and not half of a character. */
static size_t keep_message(struct history *history, const char *message)
{
	size_t length = message ? strcspn(message, "\r\n") : 0;

	if (length > MESSAGE_LIMIT) {
		length = MESSAGE_LIMIT;
		while (length > MESSAGE_LIMIT - 4 && ((unsigned char)message[length] & 0xc0) == 0x80)
			length--;
	}
	return keep_text(history, message, length);
}

void history_add(struct history *history, const struct history_result *result)
{
	struct history_pending pending = { .result = *result };

	if (!history->run.id || result->outcome == OUTCOME_NONE || result->outcome == OUTCOME_NOTRUN)
		return;
	pending.suite = keep_whole(history, result->suite);
	pending.id = keep_whole(history, result->id);
	pending.file = keep_whole(history, result->file);
	pending.message = keep_message(history, result->message);
	vec_push(&history->pending, pending);
}

static const char *text_at(const struct history *history, size_t offset)
{
	return offset == NO_TEXT ? NULL : history->text.data + offset;
}

static int write_result(struct history *history, const struct history_run_key *key,
			const struct history_result *result, struct error *error)
{
	struct history_known known;
	int64_t test;
	bool newer;

	if (history_put_test(history, result, key, key->started, &test, &known, &newer, error) != 0)
		return -1;
	int status = history_put_result(history, STATEMENT_INSERT_RESULT, key->run, test, result, error);
	if (status == 1 && newer) {
		history_known_add(&known, key->run, result);
		return history_known_put(history, test, &known, error);
	}
	/* A second result of this run, or a run that began later was here first. */
	if (status == 0)
		status = history_put_result(history, STATEMENT_REPLACE_RESULT, key->run, test, result, error);
	return status < 0 ? -1 : history_known_rebuild(history, test, error);
}

static int write_pending(struct history *history, struct history_run_key *key, struct error *error)
{
	bool ended;

	/* Looked for each time: another run may have forgotten this one. */
	if (history_put_run(history, &history->run, key, &ended, error) < 0)
		return -1;
	vec_each(&history->pending, it) {
		struct history_result result = it->result;
		result.suite = text_at(history, it->suite);
		result.id = text_at(history, it->id);
		result.file = text_at(history, it->file);
		result.message = text_at(history, it->message);
		if (write_result(history, key, &result, error) != 0)
			return -1;
	}
	return 0;
}

/* What history_end adds; NULL in the middle of a run. */
struct ending {
	uint64_t duration, worker_memory;
	int exit_code;
};

/* 1: another process is writing; all is still there for the next time. */
static int write_all(struct history *history, const struct ending *ending, struct error *error)
{
	struct history_run_key key;
	int status = history_lock(history, ending ? HISTORY_WAIT_MS : FLUSH_WAIT_MS, error);

	if (status != 0)
		return status;
	status = write_pending(history, &key, error);
	if (status == 0 && ending)
		status = history_end_run(history, key.run, ending->duration, ending->exit_code,
					 ending->worker_memory, error);
	status = history_unlock(history, status, error);
	if (status == 0) {
		vec_clear(&history->pending);
		str_clear(&history->text);
	}
	return status;
}

int history_flush(struct history *history, struct error *error)
{
	if (!history->run.id || history->pending.length == 0)
		return 0;
	if (write_all(history, NULL, error) >= 0)
		return 0;
	history_end_recording(history);
	return -1;
}

/* Whether the run is in the file already, or has something to put there. One without any result would only
 * hide the results of the run before. */
static bool has_results(struct history *history)
{
	sqlite3_stmt *statement = history_statement(history, STATEMENT_FIND_RUN, NULL);

	if (history->pending.length > 0 || !statement)
		return true;
	history_bind_text(statement, 1, history->run.id);
	bool found = history_step(history, statement, NULL) != 0;
	sqlite3_reset(statement);
	return found;
}

int history_end(struct history *history, uint64_t duration, int exit_code, uint64_t worker_memory,
		unsigned keep, struct error *error)
{
	struct ending ending = { .duration = duration,
				 .worker_memory = worker_memory,
				 .exit_code = exit_code };
	int status = 0;

	if (!history->run.id)
		return 0;
	if (has_results(history)) {
		status = write_all(history, &ending, error);
		if (status == 1)
			status = history_complain(history, SQLITE_BUSY, error);
	}
	/* What another process is in the way of is forgotten next time. */
	if (status == 0 && keep > 0 && history_forget(history, keep, error) < 0)
		status = -1;
	if (status == 0)
		sqlite3_wal_checkpoint_v2(history->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	history_end_recording(history);
	return status;
}
