/* What the results of a test tell of it, kept beside them. */
#include "store/history_internal.h"

#include <string.h>

/* A test that was cut off, or that did nothing, tells nothing of how long it takes. */
static bool is_sample(enum outcome outcome, uint64_t duration)
{
	return duration > 0 && (outcome == OUTCOME_PASSED || outcome == OUTCOME_FAILED ||
				outcome == OUTCOME_XFAILED || outcome == OUTCOME_XPASSED);
}

void history_known_get(sqlite3_stmt *statement, int column, struct history_known *known)
{
	known->run = (int64_t)history_column_uint(statement, column);
	known->outcome = history_column_outcome(statement, column + 1);
	known->flaky = sqlite3_column_int(statement, column + 2) != 0;
	known->position = history_column_uint32(statement, column + 3);
	known->runs = history_column_uint32(statement, column + 4);
	known->timed = history_column_uint32(statement, column + 5);
	for (int i = 0; i < HISTORY_SAMPLES; i++)
		known->durations[i] = (int64_t)history_column_uint(statement, column + 6 + i);
}

int history_known_put(struct history *history, int64_t test, const struct history_known *known,
		      struct error *error)
{
	sqlite3_stmt *statement = history_statement(history, STATEMENT_PUT_KNOWN, error);

	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, test);
	sqlite3_bind_int64(statement, 2, known->run);
	sqlite3_bind_int(statement, 3, (int)known->outcome);
	sqlite3_bind_int(statement, 4, known->flaky);
	sqlite3_bind_int64(statement, 5, known->position);
	sqlite3_bind_int64(statement, 6, known->runs);
	sqlite3_bind_int64(statement, 7, known->timed);
	for (int i = 0; i < HISTORY_SAMPLES; i++) {
		if (i < known->timed)
			sqlite3_bind_int64(statement, 8 + i, known->durations[i]);
		else
			sqlite3_bind_null(statement, 8 + i);
	}
	return history_step(history, statement, error);
}

void history_known_add(struct history_known *known, int64_t run, const struct history_result *result)
{
	known->run = run;
	known->outcome = result->outcome;
	known->flaky = result->flaky;
	known->position = result->position;
	known->runs++;
	if (!is_sample(result->outcome, result->duration))
		return;
	known->timed++;
	memmove(&known->durations[1], &known->durations[0],
		(HISTORY_SAMPLES - 1) * sizeof(known->durations[0]));
	known->durations[0] = result->duration > INT64_MAX ? INT64_MAX : (int64_t)result->duration;
}

int history_known_rebuild(struct history *history, int64_t test, struct error *error)
{
	struct history_known known = { .run = 0 };
	sqlite3_stmt *rows = history_statement(history, STATEMENT_RESULTS_OF_TEST, error);
	int status;

	if (!rows)
		return -1;
	sqlite3_bind_int64(rows, 1, test);
	while ((status = history_step(history, rows, error)) == 1) {
		struct history_result result = {
			.outcome = history_column_outcome(rows, 1),
			.flaky = sqlite3_column_int(rows, 2) != 0,
			.position = history_column_uint32(rows, 3),
			.duration = history_column_uint(rows, 4),
		};
		history_known_add(&known, sqlite3_column_int64(rows, 0), &result);
	}
	return status == 0 ? history_known_put(history, test, &known, error) : -1;
}

static int delete_by(struct history *history, enum history_statement which, int64_t number,
		     struct error *error)
{
	sqlite3_stmt *statement = history_statement(history, which, error);

	if (!statement)
		return -1;
	sqlite3_bind_int64(statement, 1, number);
	return history_step(history, statement, error);
}

/* Takes the oldest result of a test out of what is known of it. */
static int forget_result(struct history *history, int64_t test, enum outcome outcome, uint64_t duration,
			 struct history_known *known, struct error *error)
{
	if (known->runs <= 1) {
		if (delete_by(history, STATEMENT_DELETE_KNOWN, test, error) != 0)
			return -1;
		return delete_by(history, STATEMENT_DELETE_TEST, test, error);
	}
	known->runs--;
	/* Its duration, being the oldest, is the last of those that are kept, or not kept any more. */
	if (is_sample(outcome, duration))
		known->timed--;
	return history_known_put(history, test, known, error);
}

/* Deletes what belongs to a run that is older than all others. */
static int forget_run(struct history *history, int64_t run, struct error *error)
{
	sqlite3_stmt *rows = history_statement(history, STATEMENT_KNOWN_OF_RUN, error);
	int status;

	if (!rows)
		return -1;
	sqlite3_bind_int64(rows, 1, run);
	while ((status = history_step(history, rows, error)) == 1) {
		struct history_known known;
		history_known_get(rows, 3, &known);
		if (forget_result(history, sqlite3_column_int64(rows, 0), history_column_outcome(rows, 1),
				  history_column_uint(rows, 2), &known, error) != 0) {
			sqlite3_reset(rows);
			return -1;
		}
	}
	if (status != 0 || delete_by(history, STATEMENT_DELETE_RESULTS, run, error) != 0)
		return -1;
	return delete_by(history, STATEMENT_DELETE_RUN, run, error);
}

/* 1: there was one too many and it is gone; 0: there are no more than `keep`. */
static int forget_oldest(struct history *history, unsigned keep, struct error *error)
{
	sqlite3_stmt *statement = history_statement(history, STATEMENT_OLDEST_RUN, error);
	int status = statement ? history_step(history, statement, error) : -1;

	if (status != 1)
		return status;
	int64_t run = sqlite3_column_int64(statement, 0);
	bool surplus = sqlite3_column_int64(statement, 1) > (int64_t)keep;
	sqlite3_reset(statement);
	if (!surplus)
		return 0;
	return forget_run(history, run, error) == 0 ? 1 : -1;
}

int history_forget(struct history *history, unsigned keep, struct error *error)
{
	int status = 1, more = 1;

	/* A transaction for each run, so that others come in between. */
	while (more == 1) {
		status = history_lock(history, HISTORY_WAIT_MS, error);
		if (status != 0)
			return status;
		more = forget_oldest(history, keep, error);
		status = history_unlock(history, more < 0 ? -1 : 0, error);
		if (status != 0)
			return status;
	}
	return 0;
}
