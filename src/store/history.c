/* Opening and closing: what a file may be, and what to tell of one that can't be used. */
#include "store/history.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "store/history_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define ONLY_MEMORY "only what earlier runs took is lost"

int history_complain(const struct history *history, int code, struct error *error)
{
	int number = history->db ? sqlite3_system_errno(history->db) : 0;
	const char *name = history->name;

	if (code == SQLITE_READONLY_DBMOVED)
		return error_set(error, "%s: was removed or moved while it was in use", name);
	switch (code & 0xff) {
	case SQLITE_NOMEM:
		alloc_failed(0);
	case SQLITE_NOTADB:
		return error_set(
			error,
			"%s: is no history, or damaged: name another file with --history, or remove this one "
			"if it was a history (" ONLY_MEMORY ")",
			name);
	case SQLITE_CORRUPT:
	case SQLITE_ERROR: /* a table or column is missing */
	case SQLITE_SCHEMA:
	case SQLITE_CONSTRAINT:
	case SQLITE_FORMAT:
		return error_set(error, "%s: is damaged (%s): remove it (" ONLY_MEMORY ")", name,
				 sqlite3_errmsg(history->db));
	case SQLITE_FULL:
		return error_set(error, "%s: there is no room left on its disk", name);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return error_set(error, "%s: another process held it for too long", name);
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		return error_set(error,
				 "%s: can't be opened (%s): let this user %s it and its directory, or name "
				 "another file with --history",
				 name, number ? strerror(number) : sqlite3_errmsg(history->db),
				 history->read_only ? "read" : "write");
	default:
		return number ? error_set_errno(error, number, "%s: can't be read or written", name)
			      : error_set(error, "%s: %s", name, sqlite3_errmsg(history->db));
	}
}

int history_connect(struct history *history, const char *path, int flags)
{
	int code = sqlite3_open_v2(path, &history->db, flags | SQLITE_OPEN_NOMUTEX, NULL);

	if (!history->db)
		alloc_failed(0);
	if (code != SQLITE_OK)
		return code;
	sqlite3_extended_result_codes(history->db, 1);
	sqlite3_busy_timeout(history->db, HISTORY_WAIT_MS);
	/* The file may come from somebody else: nothing in its schema is to be run. */
	sqlite3_db_config(history->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	/* Some of these look into the file; what is wrong with it the first query tells. */
	sqlite3_exec(history->db,
		     "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA secure_delete = OFF;"
		     "PRAGMA cache_size = -8000;",
		     NULL, NULL, NULL);
	return SQLITE_OK;
}

void history_disconnect(struct history *history)
{
	for (size_t i = 0; i < STATEMENT_COUNT; i++) {
		sqlite3_finalize(history->statements[i]);
		history->statements[i] = NULL;
	}
	sqlite3_close(history->db);
	history->db = NULL;
}

/* The path as a URI that says that nobody changes the file. */
static char *immutable_uri(const char *path)
{
	struct str uri = STR_INIT;

	str_add_text(&uri, "file:");
	for (const char *at = path; *at; at++) {
		if (strchr("%?# ", *at) || (unsigned char)*at < ' ')
			str_add_format(&uri, "%%%02X", (unsigned)(unsigned char)*at);
		else
			str_add_char(&uri, *at);
	}
	str_add_text(&uri, "?immutable=1");
	return str_take(&uri);
}

/* Whether the file lacks what its log still holds: such a log can't be left out. */
static bool has_log(const char *path)
{
	char *log = alloc_format("%s-wal", path);
	struct stat info;
	bool has = stat(log, &info) == 0 && info.st_size > 0;

	free(log);
	return has;
}

static bool may_write(const char *path)
{
	char *directory = fs_directory_of(path);
	bool may = access(path, W_OK) == 0 && access(directory, W_OK) == 0;
	int number = errno;

	free(directory);
	errno = number;
	return may;
}

/* Also for reading, SQLite writes files beside a database, and leaves them there with the rights of a
 * reader. Where this user may not write, the file is read as it is instead; what its log still holds can't
 * be left out, though. Who may write opens it for that even if only to read: the last one to leave then
 * clears the log away. */
static int connect_file(struct history *history)
{
	int flags = SQLITE_OPEN_READWRITE | (history->read_only ? 0 : SQLITE_OPEN_CREATE);

	if (!fs_exists(history->path) || may_write(history->path) || has_log(history->path))
		return history_connect(history, history->path, flags);
	char *uri = immutable_uri(history->path);
	int code = history_connect(history, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
	free(uri);
	return code;
}

/* A network's file system keeps no memory in common between machines, which the log (WAL) needs. */
static bool is_remote(const char *path)
{
	static const unsigned remote[] = {
		0x6969,     /* NFS */
		0x517b,     /* SMB */
		0xff534d42, /* CIFS */
		0xfe534d42, /* SMB 2 */
		0x01021997, /* 9P */
		0x5346414f, /* AFS */
		0x00c36400, /* Ceph */
		0x65735546, /* FUSE: nobody knows what is behind it */
	};
	struct statfs info;

	if (statfs(path, &info) != 0)
		return false;
	for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++) {
		if ((unsigned)info.f_type == remote[i])
			return true;
	}
	return false;
}

static int prepare_writing(struct history *history, bool empty, struct error *error)
{
	if (!may_write(history->path))
		return error_set(
			error,
			"%s: can't be written (%s): let this user write it and its directory, or name "
			"another file with --history",
			history->name, strerror(errno));
	/* Where the log can't be had, or another process is in the way, it stays as it is; all else works
	 * the same, only that readers and writers wait for each other. The log goes back into the file at
	 * the end of the run, not in the middle of it, because that waits for the disk. */
	sqlite3_exec(history->db,
		     is_remote(history->path) ? "PRAGMA journal_mode = DELETE" : "PRAGMA journal_mode = WAL",
		     NULL, NULL, NULL);
	sqlite3_exec(history->db, "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0", NULL, NULL,
		     NULL);
	return empty ? history_create_schema(history, error) : 0;
}

/* A directory of ours is not to be committed. */
static void add_gitignore(const char *directory)
{
	char *path = fs_join(directory, ".gitignore");
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	free(path);
	if (fd < 0)
		return;
	fs_write_all(fd, "*\n", 2); /* without it the history works as well */
	close(fd);
}

static int make_directory(const char *path, struct error *error)
{
	char *directory = fs_directory_of(path);
	bool ours = !fs_exists(directory) || strcmp(fs_name_of(directory), ".xtop") == 0;
	int status = fs_make_directories(directory, error);

	if (status == 0 && ours)
		add_gitignore(directory);
	free(directory);
	return status;
}

static int check_file(const struct history *history, struct error *error)
{
	struct stat info;

	if (stat(history->path, &info) == 0)
		return S_ISREG(info.st_mode)
			       ? 0
			       : error_set(error, "%s: expected a file, found %s", history->name,
					   S_ISDIR(info.st_mode) ? "a directory" : "a device or pipe");
	if (errno != ENOENT)
		return error_set_errno(error, errno, "%s", history->name);
	if (history->read_only)
		return error_set(error, "%s: there is no such file; a run makes its history at its end",
				 history->name);
	return make_directory(history->path, error);
}

static bool has_row(struct history *history, const char *text)
{
	sqlite3_stmt *statement;
	bool found = false;

	if (sqlite3_prepare_v2(history->db, text, -1, &statement, NULL) == SQLITE_OK)
		found = sqlite3_step(statement) == SQLITE_ROW;
	sqlite3_finalize(statement);
	return found;
}

static int open_file(struct history *history, struct error *error)
{
	bool empty = false;

	if (check_file(history, error) != 0)
		return -1;
	int code = connect_file(history);
	if (code != SQLITE_OK)
		return history_complain(history, code, error);
	if (history_check_schema(history, &empty, error) != 0)
		return -1;
	if (empty && history->read_only)
		return error_set(error, "%s: is empty: no run has been written to it", history->name);
	history->snapshot = !empty && has_row(history, "SELECT 1 FROM snapshot");
	if (history->snapshot)
		history->read_only = true;
	return history->read_only ? 0 : prepare_writing(history, empty, error);
}

struct history *history_new(const char *path, const char *name)
{
	struct history *history = ALLOC_NEW(struct history);

	/* Where links lead is where SQLite keeps its files beside the database. */
	history->path = realpath(path, NULL);
	if (!history->path)
		history->path = alloc_string(path);
	history->name = alloc_string(name);
	str_init(&history->names);
	str_init(&history->text);
	return history;
}

struct history *history_open(const char *path, bool read_only, struct error *error)
{
	char *here = fs_absolute(".");
	char *absolute = fs_absolute(path);
	char *name = fs_relative(absolute, here);
	struct history *history = history_new(absolute, name);

	free(name);
	free(absolute);
	free(here);
	history->read_only = read_only;
	if (open_file(history, error) == 0)
		return history;
	history_close(history);
	return NULL;
}

void history_close(struct history *history)
{
	if (!history)
		return;
	history_disconnect(history);
	history_end_recording(history);
	vec_fini(&history->pending);
	str_fini(&history->text);
	vec_fini(&history->entries);
	str_fini(&history->names);
	free(history->table);
	free(history->path);
	free(history->name);
	free(history);
}

bool history_is_snapshot(const struct history *history)
{
	return history->snapshot;
}
