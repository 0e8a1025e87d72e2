/* What a history's file, its directory and its disk may be. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "history_place.h"

#include <sys/resource.h>

static void assert_file_holds(const char *path, const char *text)
{
	struct str found = STR_INIT;

	assert_int_equal(fs_read_file(path, 1 << 20, &found, NULL), 0);
	assert_string_equal(found.data, text);
	str_fini(&found);
}

static void write_text(const char *path, const char *text)
{
	char *directory = fs_directory_of(path);

	assert_int_equal(fs_make_directories(directory, NULL), 0);
	assert_int_equal(fs_write_atomically(path, text, strlen(text), NULL), 0);
	free(directory);
}

/* Opening fails with a message that begins with the file's name and has these words. */
static void expect_refusal(const char *path, bool read_only, const char *words)
{
	struct error error = ERROR_INIT;
	struct history *history = history_open(path, read_only, &error);

	assert_null(history);
	if (!strstr(error.message, fs_name_of(path)) || !strstr(error.message, words) ||
	    strchr(error.message, '\n'))
		fail_msg("expected '%s', found: %s", words, error.message);
}

static void execute(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void made_directory_is_ignored_by_git(void **state)
{
	const struct place *place = *state;
	char *ignore = place_file(place, ".xtop/.gitignore");

	history_close(open_at(place->path, false));
	assert_file_holds(ignore, "*\n");
	free(ignore);
}

static void directory_made_by_others_gets_its_gitignore(void **state)
{
	const struct place *place = *state;
	char *ignore = place_file(place, ".xtop/.gitignore");
	char *runs = place_file(place, ".xtop/runs");

	assert_int_equal(fs_make_directories(runs, NULL), 0);
	history_close(open_at(place->path, false));
	assert_file_holds(ignore, "*\n");
	free(runs);
	free(ignore);
}

static void existing_gitignore_is_kept(void **state)
{
	const struct place *place = *state;
	char *ignore = place_file(place, ".xtop/.gitignore");

	write_text(ignore, "!history.db\n");
	history_close(open_at(place->path, false));
	assert_file_holds(ignore, "!history.db\n");
	free(ignore);
}

static void users_directory_gets_no_gitignore(void **state)
{
	const struct place *place = *state;
	char *path = place_file(place, "mine.db");
	char *ignore = place_file(place, ".gitignore");

	history_close(open_at(path, false));
	assert_true(fs_exists(path));
	assert_false(fs_exists(ignore));
	free(ignore);
	free(path);
}

static void linked_directory_works(void **state)
{
	const struct place *place = *state;
	char *elsewhere = place_file(place, "elsewhere");
	char *link = place_file(place, ".xtop");
	char *file = place_file(place, "elsewhere/history.db");

	assert_int_equal(mkdir(elsewhere, 0755), 0);
	assert_int_equal(symlink("elsewhere", link), 0);
	struct history *history = open_at(place->path, false);
	record(history, "run0", 1000, "a", OUTCOME_PASSED, 10);
	history_close(history);
	history = open_at(file, false);
	load(history);
	assert_int_equal(history_test_count(history), 1);
	history_close(history);
	free(file);
	free(link);
	free(elsewhere);
}

static void link_that_leads_nowhere_is_refused(void **state)
{
	const struct place *place = *state;
	char *link = place_file(place, ".xtop");
	struct error error = ERROR_INIT;

	assert_int_equal(symlink("not-there", link), 0);
	assert_null(history_open(place->path, false, &error));
	assert_non_null(strstr(error.message, ".xtop"));
	free(link);
}

static void log_is_gone_when_the_last_one_leaves(void **state)
{
	const struct place *place = *state;
	char *log = alloc_format("%s-wal", place->path);
	struct history *history = open_at(place->path, false);

	begin(history, "run0", 1000);
	add(history, "a", OUTCOME_PASSED, 10);
	flush(history);
	assert_true(fs_exists(log));
	/* Also when that one only read. */
	struct history *reader = open_at(place->path, true);
	load(reader);
	history_close(history);
	history_close(reader);
	assert_false(fs_exists(log));
	free(log);
}

static void missing_file_is_not_made_for_reading(void **state)
{
	const struct place *place = *state;

	expect_refusal(place->path, true, "there is no such file");
	assert_false(fs_exists(place->path));
}

static void empty_file_becomes_a_history(void **state)
{
	const struct place *place = *state;

	write_text(place->path, "");
	expect_refusal(place->path, true, "is empty");
	struct history *history = open_at(place->path, false);
	record(history, "run0", 1000, "a", OUTCOME_PASSED, 10);
	history_close(history);
	assert_sound(place->path);
}

static void directory_or_pipe_is_refused(void **state)
{
	const struct place *place = *state;
	char *pipe_path = place_file(place, "pipe.db");

	assert_int_equal(fs_make_directories(place->path, NULL), 0);
	expect_refusal(place->path, false, "expected a file, found a directory");
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	expect_refusal(pipe_path, false, "expected a file, found a device or pipe");
	free(pipe_path);
}

static void text_file_is_refused_and_kept(void **state)
{
	static const char text[] =
		"This is no database, but something that its owner would like to keep.\n"
		"There are more than a hundred bytes of it, as many as the head of a database has.\n";
	const struct place *place = *state;

	write_text(place->path, text);
	expect_refusal(place->path, false, "is no history, or damaged");
	expect_refusal(place->path, true, "is no history, or damaged");
	assert_file_holds(place->path, text);
}

static void database_of_another_program_is_refused_and_kept(void **state)
{
	const struct place *place = *state;
	char *path = place_file(place, "other.db");

	execute(path, "CREATE TABLE run (a); INSERT INTO run VALUES (42)");
	expect_refusal(path, false, "is a database of another program");
	assert_int_equal(query(path, "SELECT a FROM run"), 42);
	assert_int_equal(query(path, "SELECT count(*) FROM sqlite_master"), 1);
	free(path);
}

static void newer_version_is_refused_and_kept(void **state)
{
	const struct place *place = *state;

	history_close(open_at(place->path, false));
	execute(place->path, "PRAGMA user_version = 2");
	expect_refusal(place->path, false, "was written by a newer xtop");
	expect_refusal(place->path, true, "was written by a newer xtop");
	assert_int_equal(query(place->path, "PRAGMA user_version"), 2);
}

static void missing_table_is_damage(void **state)
{
	const struct place *place = *state;

	history_close(open_at(place->path, false));
	execute(place->path, "DROP TABLE known; CREATE VIEW known AS SELECT 1 AS test");
	expect_refusal(place->path, false, "is damaged");
}

static void missing_column_is_damage(void **state)
{
	const struct place *place = *state;
	struct error error = ERROR_INIT;

	history_close(open_at(place->path, false));
	execute(place->path, "DROP TABLE known; CREATE TABLE known (test INTEGER PRIMARY KEY)");
	struct history *history = open_at(place->path, false);
	assert_int_equal(history_load(history, &error), -1);
	assert_non_null(strstr(error.message, "is damaged"));
	assert_non_null(strstr(error.message, "remove it"));
	begin(history, "run0", 1000);
	add(history, "a", OUTCOME_PASSED, 10);
	assert_int_equal(history_flush(history, &error), -1);
	/* It is told once. */
	add(history, "a", OUTCOME_PASSED, 10);
	assert_int_equal(history_flush(history, &error), 0);
	assert_int_equal(history_end(history, 1, 0, 0, 1, &error), 0);
	history_close(history);
}

static void strange_values_are_read_without_harm(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);

	record(history, "run0", 1000, "a", OUTCOME_PASSED, 10);
	record(history, "run1", 1001, "b", OUTCOME_PASSED, 10);
	history_close(history);
	execute(place->path, "UPDATE known SET outcome = 1000, position = -5, runs = 'many', timed = 99,"
			     " duration1 = 9223372036854775807, duration2 = -1, run = NULL WHERE 0;"
			     "UPDATE known SET outcome = 1000, position = -5, runs = 'many', timed = 99,"
			     " duration1 = 9223372036854775807, duration2 = -1;"
			     "UPDATE result SET outcome = -3, duration = x'00ff';"
			     "UPDATE test SET ordinal = 1e30 WHERE id = 'b'");
	history = open_at(place->path, false);
	load(history);
	assert_int_equal(fact_of(history, "a")->outcome, OUTCOME_NONE);
	record(history, "run2", 999, "a", OUTCOME_PASSED, 10);
	end_keeping(history, 1);
	history_close(history);
}

/* Cuts the file at places all over it, and overwrites pages of it. */
static void damaged_file_never_crashes(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	struct str whole = STR_INIT;

	for (unsigned run = 0; run < 3; run++) {
		char name[48];
		snprintf(name, sizeof(name), "run%u", run);
		begin(history, name, 1000 + run);
		for (unsigned i = 0; i < 300; i++) {
			snprintf(name, sizeof(name), "a test with a name of some length %u", i);
			add(history, name, OUTCOME_PASSED, 10 + i);
		}
		end(history);
	}
	history_close(history);
	assert_int_equal(fs_read_file(place->path, 1 << 24, &whole, NULL), 0);
	uint32_t seed = 99;
	unsigned refused = 0;
	for (size_t at = 0; at < whole.length; at += 1500) {
		struct str damaged = STR_INIT;
		struct error error = ERROR_INIT;
		bool cut = at / 1500 % 2 == 0;
		str_add(&damaged, whole.data, cut ? at : whole.length);
		for (size_t i = at; !cut && i < whole.length && i < at + 200; i++) {
			seed = seed * 1664525 + 1013904223;
			damaged.data[i] = (char)(seed >> 24);
		}
		assert_int_equal(fs_write_atomically(place->path, damaged.data, damaged.length, NULL), 0);
		history = history_open(place->path, false, &error);
		bool good = history && history_load(history, &error) == 0;
		if (history) {
			struct history_run run = { .id = "late", .wall = 5000 };
			history_begin(history, &run);
			add(history, "a test with a name of some length 7", OUTCOME_PASSED, 10);
			good = history_end(history, 1, 0, 0, 1, &error) == 0 && good;
		}
		refused += !good;
		if (!good && (!strstr(error.message, "history.db: ") || strchr(error.message, '\n')))
			fail_msg("%zu: %s", at, error.message);
		history_close(history);
		str_fini(&damaged);
	}
	assert_true(refused > 10);
	str_fini(&whole);
}

/* ---- as another user ---- */

static int become_nobody(void)
{
	return geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0) ? -1 : 0;
}

static int open_without_rights(const struct place *place)
{
	struct error error = ERROR_INIT;

	if (become_nobody() != 0)
		return 1;
	if (history_open(place->path, false, &error) || !strstr(error.message, "history.db") ||
	    !strstr(error.message, "let this user write it"))
		return 2;
	/* But what it knows can be read. */
	struct history *history = history_open(place->path, true, &error);
	if (!history || history_load(history, &error) != 0) {
		fprintf(stderr, "%s\n", error.message);
		return 3;
	}
	if (history_test_count(history) != 1)
		return 4;
	record(history, "run9", 9000, "b", OUTCOME_PASSED, 10);
	history_close(history);
	return 0;
}

static void set_mode(const struct place *place, const char *name, mode_t mode)
{
	char *path = place_file(place, name);

	assert_int_equal(chmod(path, mode), 0);
	free(path);
}

static void file_that_may_not_be_written_is_still_read(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);

	record(history, "run0", 1000, "a", OUTCOME_PASSED, 10);
	history_close(history);
	/* The directory may be written, the file may not; then neither. */
	set_mode(place, ".xtop", 0777);
	set_mode(place, ".xtop/history.db", 0444);
	assert_int_equal(in_child(open_without_rights, place), 0);
	set_mode(place, ".xtop", 0555);
	assert_int_equal(in_child(open_without_rights, place), 0);
	/* The file may, the directory may not. */
	set_mode(place, ".xtop/history.db", 0666);
	assert_int_equal(in_child(open_without_rights, place), 0);
	set_mode(place, ".xtop", 0755);
	set_mode(place, ".xtop/history.db", 0644);
	assert_int_equal(query(place->path, "SELECT count(*) FROM run"), 1);
}

static int open_unreadable(const struct place *place)
{
	struct error error = ERROR_INIT;

	if (become_nobody() != 0)
		return 1;
	if (history_open(place->path, true, &error) || !strstr(error.message, "history.db"))
		return 2;
	return history_open(place->path, false, &error) ? 3 : 0;
}

static void file_that_may_not_be_read_is_refused(void **state)
{
	const struct place *place = *state;

	history_close(open_at(place->path, false));
	set_mode(place, ".xtop/history.db", 0);
	assert_int_equal(in_child(open_unreadable, place), 0);
}

static int open_in_strange_directory(const struct place *place)
{
	char *path = place_file(place, "a b?c%41#d&e=f/history.db");
	struct error error = ERROR_INIT;

	if (become_nobody() != 0)
		return 1;
	struct history *history = history_open(path, true, &error);
	if (!history || history_load(history, &error) != 0) {
		fprintf(stderr, "%s\n", error.message);
		return 2;
	}
	int result = history_test_count(history) == 1 ? 0 : 3;
	history_close(history);
	free(path);
	return result;
}

static void any_characters_in_a_path_work(void **state)
{
	const struct place *place = *state;
	char *path = place_file(place, "a b?c%41#d&e=f/history.db");
	struct history *history = open_at(path, false);

	record(history, "run0", 1000, "a", OUTCOME_PASSED, 10);
	history_close(history);
	assert_true(fs_exists(path));
	/* Here the path becomes part of a URI. */
	set_mode(place, "a b?c%41#d&e=f", 0555);
	assert_int_equal(in_child(open_in_strange_directory, place), 0);
	set_mode(place, "a b?c%41#d&e=f", 0755);
	free(path);
}

/* ---- a full disk ---- */

static int fill_disk(const struct place *place)
{
	struct rlimit limit = { 200 * 1024, 200 * 1024 };
	struct error error = ERROR_INIT;
	struct history *history = history_open(place->path, false, &error);
	int failures = 0;

	signal(SIGXFSZ, SIG_IGN);
	if (!history || setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 1;
	begin(history, "run1", 1001);
	for (unsigned i = 0; i < 10000; i++) {
		char id[48];
		snprintf(id, sizeof(id), "a test with a name of some length %u", i);
		add(history, id, OUTCOME_PASSED, 10);
		if (i % 500 == 499)
			failures += history_flush(history, &error) != 0;
	}
	failures += history_end(history, 1, 0, 0, 0, &error) != 0;
	history_close(history);
	if (!strstr(error.message, "history.db: ") || strchr(error.message, '\n'))
		return 2;
	return failures == 1 ? 0 : 3;
}

static void full_disk_is_told_once_and_leaves_a_good_file(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);

	record(history, "run0", 1000, "a", OUTCOME_PASSED, 10);
	history_close(history);
	assert_int_equal(in_child(fill_disk, place), 0);
	assert_sound(place->path);
	history = open_at(place->path, false);
	load(history);
	assert_int_equal(fact_of(history, "a")->outcome, OUTCOME_PASSED);
	history_close(history);
}

static void removed_file_is_told(void **state)
{
	const struct place *place = *state;
	struct history *history = open_at(place->path, false);
	struct error error = ERROR_INIT;
	char *directory = place_file(place, ".xtop");

	record(history, "run0", 1000, "a", OUTCOME_PASSED, 10);
	assert_int_equal(fs_remove_tree(directory, NULL), 0);
	begin(history, "run1", 1001);
	add(history, "a", OUTCOME_PASSED, 10);
	if (history_end(history, 1, 0, 0, 0, &error) != 0)
		assert_non_null(strstr(error.message, "was removed or moved"));
	history_close(history);
	assert_false(fs_exists(place->path));
	free(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(made_directory_is_ignored_by_git, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(directory_made_by_others_gets_its_gitignore, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(existing_gitignore_is_kept, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(users_directory_gets_no_gitignore, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(linked_directory_works, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(link_that_leads_nowhere_is_refused, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(log_is_gone_when_the_last_one_leaves, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(missing_file_is_not_made_for_reading, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(empty_file_becomes_a_history, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(directory_or_pipe_is_refused, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(text_file_is_refused_and_kept, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(database_of_another_program_is_refused_and_kept, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(newer_version_is_refused_and_kept, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(missing_table_is_damage, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(missing_column_is_damage, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(strange_values_are_read_without_harm, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(damaged_file_never_crashes, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(file_that_may_not_be_written_is_still_read, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(file_that_may_not_be_read_is_refused, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(any_characters_in_a_path_work, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(full_disk_is_told_once_and_leaves_a_good_file, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(removed_file_is_told, place_set_up, place_tear_down),
	};

	return cmocka_run_group_tests_name("history_file", tests, NULL, NULL);
}
