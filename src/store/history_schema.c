/* The history's tables and every statement on them. doc/formats.md describes the tables. */
#include "store/history_internal.h"

#define TEXT_OF(number) #number
#define TEXT_OF_NUMBER(number) TEXT_OF(number)

/* No index leads from a test to its results: runs are few, and a search for (run, test) in each is cheaper
 * than an index that every result of every run would have to be sorted into. */
/* clang-format off */
static const char schema[] =
	"CREATE TABLE run ("
	" run INTEGER PRIMARY KEY,"
	" run_id TEXT NOT NULL UNIQUE,"
	" started INTEGER NOT NULL,"
	" duration INTEGER,"
	" exit_code INTEGER,"
	" commit_id TEXT,"
	" command TEXT,"
	" dist TEXT,"
	" workers INTEGER NOT NULL,"
	" worker_memory INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX run_order ON run (started, run_id);"
	"CREATE TABLE test ("
	" test INTEGER PRIMARY KEY,"
	" id TEXT NOT NULL,"
	" ordinal INTEGER NOT NULL,"
	" suite TEXT NOT NULL,"
	" file TEXT,"
	" first_seen INTEGER NOT NULL,"
	" UNIQUE (id, ordinal, suite));"
	"CREATE TABLE result ("
	" run INTEGER NOT NULL,"
	" test INTEGER NOT NULL,"
	" outcome INTEGER NOT NULL,"
	" flaky INTEGER NOT NULL,"
	" quarantined INTEGER NOT NULL,"
	" attempts INTEGER NOT NULL,"
	" duration INTEGER NOT NULL,"
	" worker INTEGER NOT NULL,"
	" position INTEGER NOT NULL,"
	" rss INTEGER NOT NULL,"
	" message TEXT,"
	" PRIMARY KEY (run, test)) WITHOUT ROWID;"
	"CREATE TABLE known ("
	" test INTEGER PRIMARY KEY,"
	" run INTEGER NOT NULL,"
	" outcome INTEGER NOT NULL,"
	" flaky INTEGER NOT NULL,"
	" position INTEGER NOT NULL,"
	" runs INTEGER NOT NULL,"
	" timed INTEGER NOT NULL,"
	" duration1 INTEGER, duration2 INTEGER, duration3 INTEGER, duration4 INTEGER, duration5 INTEGER);"
	"CREATE TABLE snapshot (fingerprint TEXT NOT NULL, made INTEGER NOT NULL);"
	"PRAGMA application_id = " TEXT_OF_NUMBER(HISTORY_APPLICATION) ";"
	"PRAGMA user_version = " TEXT_OF_NUMBER(HISTORY_VERSION);
/* clang-format on */

#define KNOWN_COLUMNS                                                                       \
	"k.run, k.outcome, k.flaky, k.position, k.runs, k.timed, k.duration1, k.duration2," \
	" k.duration3, k.duration4, k.duration5"
#define RESULT_VALUES                                                                       \
	" INTO result (run, test, outcome, flaky, quarantined, attempts, duration, worker," \
	" position, rss, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

static const char *const statement_texts[STATEMENT_COUNT] = {
	[STATEMENT_BEGIN] = "BEGIN",
	[STATEMENT_BEGIN_WRITING] = "BEGIN IMMEDIATE",
	[STATEMENT_COMMIT] = "COMMIT",
	[STATEMENT_ROLLBACK] = "ROLLBACK",

	[STATEMENT_FIND_RUN] = "SELECT run, started, duration IS NOT NULL FROM run WHERE run_id = ?",
	[STATEMENT_INSERT_RUN] = "INSERT INTO run (run_id, started, commit_id, command, dist, workers)"
				 " VALUES (?, ?, ?, ?, ?, ?)",
	[STATEMENT_END_RUN] = "UPDATE run SET duration = ?, exit_code = ?, worker_memory = ? WHERE run = ?",
	[STATEMENT_NEWEST_RUN] = "SELECT run FROM run ORDER BY started DESC, run_id DESC LIMIT 1",
	[STATEMENT_OLDEST_RUN] =
		"SELECT run, (SELECT count(*) FROM run) FROM run ORDER BY started, run_id LIMIT 1",
	[STATEMENT_ALL_RUNS] =
		"SELECT run, run_id, started, duration, exit_code, commit_id, command, dist, workers,"
		" worker_memory FROM run ORDER BY started, run_id",
	[STATEMENT_DELETE_RUN] = "DELETE FROM run WHERE run = ?",
	[STATEMENT_WORKER_MEMORY] = "SELECT worker_memory FROM run WHERE worker_memory > 0"
				    " ORDER BY started DESC, run_id DESC LIMIT 1",

	[STATEMENT_FIND_TEST] =
		"SELECT t.test, t.file, t.first_seen, r.started, r.run_id, " KNOWN_COLUMNS
		" FROM test t LEFT JOIN known k ON k.test = t.test LEFT JOIN run r ON r.run = k.run"
		" WHERE t.id = ? AND t.ordinal = ? AND t.suite = ?",
	[STATEMENT_INSERT_TEST] =
		"INSERT INTO test (id, ordinal, suite, file, first_seen) VALUES (?, ?, ?, ?, ?)",
	[STATEMENT_UPDATE_TEST] = "UPDATE test SET file = coalesce(?, file), first_seen = min(first_seen, ?)"
				  " WHERE test = ?",
	[STATEMENT_DELETE_TEST] = "DELETE FROM test WHERE test = ?",
	[STATEMENT_GET_TEST] = "SELECT id, ordinal, suite, file, first_seen FROM test WHERE test = ?",

	[STATEMENT_INSERT_RESULT] = "INSERT OR IGNORE" RESULT_VALUES,
	[STATEMENT_REPLACE_RESULT] = "REPLACE" RESULT_VALUES,
	[STATEMENT_RESULTS_OF_RUN] =
		"SELECT test, outcome, flaky, quarantined, attempts, duration, worker, position,"
		" rss, message FROM result WHERE run = ? ORDER BY test",
	[STATEMENT_RESULTS_OF_TEST] = "SELECT r.run, x.outcome, x.flaky, x.position, x.duration FROM run r"
				      " CROSS JOIN result x ON x.run = r.run AND x.test = ?"
				      " ORDER BY r.started, r.run_id",
	[STATEMENT_DELETE_RESULTS] = "DELETE FROM result WHERE run = ?",

	/* In this order both tables are gone through from front to back. */
	[STATEMENT_ALL_KNOWN] = "SELECT t.suite, t.id, t.ordinal, " KNOWN_COLUMNS
				" FROM known k CROSS JOIN test t ON t.test = k.test",
	[STATEMENT_KNOWN_OF_RUN] = "SELECT x.test, x.outcome, x.duration, " KNOWN_COLUMNS
				   " FROM result x LEFT JOIN known k ON k.test = x.test WHERE x.run = ?",
	[STATEMENT_PUT_KNOWN] =
		"REPLACE INTO known (test, run, outcome, flaky, position, runs, timed, duration1,"
		" duration2, duration3, duration4, duration5)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[STATEMENT_DELETE_KNOWN] = "DELETE FROM known WHERE test = ?",
};

sqlite3_stmt *history_statement(struct history *history, enum history_statement which, struct error *error)
{
	sqlite3_stmt **statement = &history->statements[which];

	if (*statement) {
		sqlite3_reset(*statement);
		return *statement;
	}
	int code = sqlite3_prepare_v3(history->db, statement_texts[which], -1, SQLITE_PREPARE_PERSISTENT,
				      statement, NULL);
	if (code == SQLITE_OK)
		return *statement;
	history_complain(history, code, error);
	return NULL;
}

int history_step(struct history *history, sqlite3_stmt *statement, struct error *error)
{
	int code = sqlite3_step(statement);

	if (code == SQLITE_ROW)
		return 1;
	int result = code == SQLITE_DONE ? 0 : history_complain(history, code, error);
	sqlite3_reset(statement);
	return result;
}

int history_execute(struct history *history, enum history_statement which, struct error *error)
{
	sqlite3_stmt *statement = history_statement(history, which, error);

	return statement ? history_step(history, statement, error) : -1;
}

/* BEGIN and COMMIT are where other processes can be in the way. */
static int execute_or_busy(struct history *history, enum history_statement which, struct error *error)
{
	sqlite3_stmt *statement = history_statement(history, which, error);

	if (!statement)
		return -1;
	int code = sqlite3_step(statement);
	int result = code == SQLITE_DONE ? 0 : 1;
	if (code != SQLITE_DONE && (code & 0xff) != SQLITE_BUSY && (code & 0xff) != SQLITE_LOCKED)
		result = history_complain(history, code, error);
	sqlite3_reset(statement);
	return result;
}

int history_lock(struct history *history, int wait_ms, struct error *error)
{
	sqlite3_busy_timeout(history->db, wait_ms);
	return execute_or_busy(history, STATEMENT_BEGIN_WRITING, error);
}

int history_unlock(struct history *history, int status, struct error *error)
{
	if (status == 0)
		status = execute_or_busy(history, STATEMENT_COMMIT, error);
	/* Some failures, a full disk among them, have rolled back already. */
	if (status != 0 && !sqlite3_get_autocommit(history->db))
		history_execute(history, STATEMENT_ROLLBACK, NULL);
	sqlite3_busy_timeout(history->db, HISTORY_WAIT_MS);
	return status;
}

static int read_number(struct history *history, const char *text, int64_t *number)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(history->db, text, -1, &statement, NULL);

	if (code != SQLITE_OK)
		return code;
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return code == SQLITE_ROW ? SQLITE_OK : code;
}

int history_check_schema(struct history *history, bool *empty, struct error *error)
{
	int64_t application = 0, version = 0, objects = 0, tables = 0;
	int code = read_number(history, "PRAGMA application_id", &application);

	if (code == SQLITE_OK)
		code = read_number(history, "PRAGMA user_version", &version);
	if (code == SQLITE_OK)
		code = read_number(history, "SELECT count(*) FROM sqlite_master", &objects);
	/* A view of such a name could make reading it run for ever. */
	if (code == SQLITE_OK)
		code = read_number(history,
				   "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN"
				   " ('run', 'test', 'result', 'known', 'snapshot')",
				   &tables);
	if (code != SQLITE_OK)
		return history_complain(history, code, error);
	*empty = application == 0 && version == 0 && objects == 0;
	if (*empty)
		return 0;
	if (application != HISTORY_APPLICATION)
		return error_set(error,
				 "%s: is a database of another program; name another file with --history",
				 history->name);
	if (version > HISTORY_VERSION)
		return error_set(
			error,
			"%s: was written by a newer xtop (form %lld, this one knows %d): use that one, or "
			"remove the file (only what earlier runs took is lost)",
			history->name, (long long)version, HISTORY_VERSION);
	if (version < 1 || tables != 5)
		return history_complain(history, SQLITE_CORRUPT, error);
	return 0;
}

int history_create_schema(struct history *history, struct error *error)
{
	bool empty;
	int status = history_lock(history, HISTORY_WAIT_MS, error);

	if (status == 1)
		return history_complain(history, SQLITE_BUSY, error);
	if (status != 0)
		return -1;
	/* Another process may have been faster. */
	status = history_check_schema(history, &empty, error);
	if (status == 0 && empty) {
		int code = sqlite3_exec(history->db, schema, NULL, NULL, NULL);
		if (code != SQLITE_OK)
			status = history_complain(history, code, error);
	}
	status = history_unlock(history, status, error);
	return status == 1 ? history_complain(history, SQLITE_BUSY, error) : status;
}

void history_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
	/* Bytes that are no UTF-8 stay as they are: nothing here converts or compares but byte by byte. */
	sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

void history_bind_uint(sqlite3_stmt *statement, int index, uint64_t number)
{
	sqlite3_bind_int64(statement, index, number > INT64_MAX ? INT64_MAX : (int64_t)number);
}

uint64_t history_column_uint(sqlite3_stmt *statement, int index)
{
	int64_t number = sqlite3_column_int64(statement, index);

	return number > 0 ? (uint64_t)number : 0;
}

uint32_t history_column_uint32(sqlite3_stmt *statement, int index)
{
	uint64_t number = history_column_uint(statement, index);

	return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

const char *history_column_text(sqlite3_stmt *statement, int index)
{
	return (const char *)sqlite3_column_text(statement, index);
}

enum outcome history_column_outcome(sqlite3_stmt *statement, int index)
{
	uint64_t number = history_column_uint(statement, index);

	return number < OUTCOME_COUNT && number != OUTCOME_NOTRUN ? (enum outcome)number : OUTCOME_NONE;
}
