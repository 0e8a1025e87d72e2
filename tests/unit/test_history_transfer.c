/* Snapshots and what is taken in from other histories. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "history_place.h"

#include <dirent.h>

static void export_to(struct history *history, const char *path)
{
	struct error error = ERROR_INIT;

	if (history_export(history, path, &error) != 0)
		fail_msg("%s", error.message);
}

static size_t import_from(struct history *history, const char *path)
{
	struct error error = ERROR_INIT;
	size_t added = 99;

	if (history_import(history, path, &added, &error) != 0)
		fail_msg("%s", error.message);
	return added;
}

static void expect_export_error(struct history *history, const char *path, const char *words)
{
	struct error error = ERROR_INIT;

	assert_int_equal(history_export(history, path, &error), -1);
	if (!strstr(error.message, words))
		fail_msg("expected '%s', found: %s", words, error.message);
}

static unsigned count_files(const char *directory)
{
	DIR *stream = opendir(directory);
	unsigned count = 0;

	assert_non_null(stream);
	for (struct dirent *entry; (entry = readdir(stream));)
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(stream);
	return count;
}

/* A history of two tests in two runs, and a snapshot of it in a directory of its own. */
static struct history *history_with_snapshot(const struct place *place, char **snapshot)
{
	struct history *history = open_at(place->path, false);
	char *directory = place_file(place, "ci cache");

	record(history, "run0", 1000, "a", OUTCOME_PASSED, 10 * MS);
	begin(history, "run1", 1001);
	add(history, "a", OUTCOME_FAILED, 20 * MS);
	add(history, "b", OUTCOME_PASSED, 30 * MS);
	end(history);
	assert_int_equal(mkdir(directory, 0755), 0);
	*snapshot = fs_join(directory, "snapshot?.db");
	export_to(history, *snapshot);
	assert_int_equal(count_files(directory), 1);
	free(directory);
	return history;
}

static void snapshot_tells_the_same(void **state)
{
	const struct place *place = *state;
	char *path;
	struct history *history = history_with_snapshot(place, &path);
	struct history *snapshot = open_at(path, false);

	assert_true(history_is_snapshot(snapshot));
	assert_false(history_is_snapshot(history));
	load(snapshot);
	assert_int_equal(history_test_count(snapshot), 2);
	assert_int_equal(fact_of(snapshot, "a")->expected, 15 * MS);
	assert_int_equal(fact_of(snapshot, "a")->outcome, OUTCOME_FAILED);
	assert_string_equal(history_fingerprint(snapshot), history_fingerprint(history));
	assert_int_equal(strlen(history_fingerprint(snapshot)), 16);
	history_close(snapshot);
	history_close(history);
	free(path);
}

static void snapshot_is_never_written(void **state)
{
	const struct place *place = *state;
	struct str before = STR_INIT, after = STR_INIT;
	char *path, *directory;

	history_close(history_with_snapshot(place, &path));
	directory = fs_directory_of(path);
	assert_int_equal(fs_read_file(path, 1 << 24, &before, NULL), 0);
	struct history *snapshot = open_at(path, false);
	begin(snapshot, "run9", 9000);
	add(snapshot, "c", OUTCOME_PASSED, 10);
	flush(snapshot);
	end_keeping(snapshot, 1);
	load(snapshot);
	assert_int_equal(history_test_count(snapshot), 2);
	size_t added;
	assert_int_equal(history_import(snapshot, place->path, &added, NULL), -1);
	assert_int_equal(count_files(directory), 1);
	history_close(snapshot);
	assert_int_equal(count_files(directory), 1);
	assert_int_equal(fs_read_file(path, 1 << 24, &after, NULL), 0);
	assert_int_equal(after.length, before.length);
	assert_memory_equal(after.data, before.data, before.length);
	str_fini(&after);
	str_fini(&before);
	free(directory);
	free(path);
}

static int read_snapshot_as_nobody(const struct place *place)
{
	char *path = place_file(place, "ci cache/snapshot?.db");
	struct error error = ERROR_INIT;

	if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
		return 1;
	struct history *snapshot = history_open(path, false, &error);
	if (!snapshot || history_load(snapshot, &error) != 0) {
		fprintf(stderr, "%s\n", error.message);
		return 2;
	}
	int result = history_is_snapshot(snapshot) && history_test_count(snapshot) == 2 ? 0 : 3;
	history_close(snapshot);
	free(path);
	return result;
}

static void snapshot_is_read_in_a_directory_that_may_not_be_written(void **state)
{
	const struct place *place = *state;
	char *path, *directory;

	history_close(history_with_snapshot(place, &path));
	directory = fs_directory_of(path);
	assert_int_equal(chmod(path, 0444), 0);
	assert_int_equal(chmod(directory, 0555), 0);
	assert_int_equal(in_child(read_snapshot_as_nobody, place), 0);
	assert_int_equal(chmod(directory, 0755), 0);
	free(directory);
	free(path);
}

static void changed_snapshot_is_refused(void **state)
{
	const struct place *place = *state;
	struct error error = ERROR_INIT;
	char *path;

	history_close(history_with_snapshot(place, &path));
	query(path, "UPDATE known SET duration1 = duration1 + 1000 WHERE test = 1");
	struct history *snapshot = open_at(path, true);
	assert_int_equal(history_load(snapshot, &error), -1);
	assert_non_null(strstr(error.message, "was changed after `xtop history export` made it"));
	assert_int_equal(history_test_count(snapshot), 0);
	history_close(snapshot);
	free(path);
}

static void export_replaces_what_was_there(void **state)
{
	const struct place *place = *state;
	char *path, *link = place_file(place, "link.db");
	struct history *history = history_with_snapshot(place, &path);
	struct history *old = open_at(path, true);

	record(history, "run2", 1002, "c", OUTCOME_PASSED, 10);
	assert_int_equal(symlink(path, link), 0);
	export_to(history, link);
	/* Who has the old one open goes on reading that. */
	load(old);
	assert_int_equal(history_test_count(old), 2);
	struct history *new = open_at(path, true);
	load(new);
	assert_int_equal(history_test_count(new), 3);
	struct stat info;
	assert_int_equal(lstat(link, &info), 0);
	assert_true(S_ISLNK(info.st_mode));
	history_close(new);
	history_close(old);
	history_close(history);
	free(link);
	free(path);
}

static void snapshot_of_a_snapshot_is_one(void **state)
{
	const struct place *place = *state;
	char *path, *second = place_file(place, "second.db");
	struct history *history = history_with_snapshot(place, &path);
	struct history *snapshot = open_at(path, true);

	export_to(snapshot, second);
	struct history *again = open_at(second, false);
	load(again);
	assert_true(history_is_snapshot(again));
	assert_string_equal(history_fingerprint(again), history_fingerprint(history));
	history_close(again);
	history_close(snapshot);
	history_close(history);
	free(second);
	free(path);
}

static void export_refuses_what_it_would_spoil(void **state)
{
	const struct place *place = *state;
	char *path, *log, *link = place_file(place, "link.db"), *absent = place_file(place, "not/there.db");
	struct history *history = history_with_snapshot(place, &path);

	assert_int_equal(symlink(place->path, link), 0);
	expect_export_error(history, place->path, "is the history itself");
	expect_export_error(history, link, "is the history itself");
	expect_export_error(history, place->directory, "expected a file, found a directory");
	expect_export_error(history, "/dev/null", "found a device");
	expect_export_error(history, absent, "can't create a file beside it");
	log = alloc_format("%s-wal", path);
	FILE *stream = fopen(log, "w");
	assert_non_null(stream);
	fclose(stream);
	expect_export_error(history, path, "is a database in use");
	history_close(history);
	free(log);
	free(absent);
	free(link);
	free(path);
}

static void runs_come_in_once(void **state)
{
	const struct place *place = *state;
	char *path, *mine = place_file(place, "mine.db");
	struct history *history = history_with_snapshot(place, &path);
	struct history *own = open_at(mine, false);

	record(own, "own", 500, "c", OUTCOME_PASSED, 70 * MS);
	assert_int_equal(import_from(own, path), 2);
	assert_int_equal(import_from(own, path), 0);
	assert_int_equal(import_from(own, place->path), 0);
	load(own);
	assert_int_equal(history_test_count(own), 3);
	assert_int_equal(fact_of(own, "a")->runs, 2);
	assert_int_equal(fact_of(own, "a")->expected, 15 * MS);
	assert_int_equal(fact_of(own, "a")->outcome, OUTCOME_FAILED);
	assert_true(fact_of(own, "b")->in_last_run);
	assert_false(fact_of(own, "c")->in_last_run);
	assert_int_equal(query(mine, "SELECT count(*) FROM run"), 3);
	assert_known_is_true(place, own);
	history_close(own);
	history_close(history);
	free(mine);
	free(path);
}

static void older_runs_take_their_place(void **state)
{
	const struct place *place = *state;
	char *path, *mine = place_file(place, "mine.db");
	struct history *history = history_with_snapshot(place, &path);
	struct history *own = open_at(mine, false);

	record(own, "own", 2000, "a", OUTCOME_SKIPPED, 70 * MS);
	assert_int_equal(import_from(own, path), 2);
	load(own);
	assert_int_equal(fact_of(own, "a")->outcome, OUTCOME_SKIPPED);
	assert_int_equal(fact_of(own, "a")->expected, 15 * MS);
	assert_int_equal(fact_of(own, "a")->runs, 3);
	assert_true(fact_of(own, "a")->in_last_run);
	assert_int_equal(query(mine, "SELECT count(*) FROM test WHERE id = 'a' AND first_seen = 1000"), 1);
	history_close(own);
	history_close(history);
	free(mine);
	free(path);
}

static void order_of_imports_does_not_matter(void **state)
{
	const struct place *place = *state;
	char *paths[3], *left = place_file(place, "left.db"), *right = place_file(place, "right.db");

	for (unsigned i = 0; i < 3; i++) {
		char name[16], id[16];
		snprintf(name, sizeof(name), "shard%u.db", i);
		paths[i] = place_file(place, name);
		struct history *shard = open_at(paths[i], false);
		for (unsigned j = 0; j < 4; j++) {
			/* Two shards begin at the same moment. */
			snprintf(name, sizeof(name), "run%u-%u", i, j);
			begin(shard, name, 1000 + 10 * j + i / 2);
			for (unsigned k = 0; k < 5; k++) {
				snprintf(id, sizeof(id), "test%u", (i * 3 + j + k) % 9);
				add(shard, id, OUTCOME_PASSED, (i + 1) * 100 + j * 10 + k);
			}
			end(shard);
		}
		history_close(shard);
	}
	struct history *one = open_at(left, false);
	struct history *other = open_at(right, false);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(import_from(one, paths[i]), 4);
		assert_int_equal(import_from(other, paths[2 - i]), 4);
	}
	load(one);
	load(other);
	assert_string_equal(history_fingerprint(one), history_fingerprint(other));
	assert_known_is_true(place, one);
	history_close(one);
	history_close(other);
	for (unsigned i = 0; i < 3; i++)
		free(paths[i]);
	free(left);
	free(right);
}

static void beginning_of_a_run_is_completed(void **state)
{
	const struct place *place = *state;
	char *mine = place_file(place, "mine.db");
	struct history *history = open_at(place->path, false);
	struct history *own = open_at(mine, false);

	begin(history, "run0", 1000);
	add(history, "a", OUTCOME_PASSED, 10);
	flush(history);
	assert_int_equal(import_from(own, place->path), 1);
	assert_int_equal(query(mine, "SELECT count(*) FROM run WHERE duration IS NULL"), 1);
	add(history, "b", OUTCOME_PASSED, 10);
	end(history);
	assert_int_equal(import_from(own, place->path), 0);
	load(own);
	assert_int_equal(history_test_count(own), 2);
	assert_int_equal(fact_of(own, "a")->runs, 1);
	assert_int_equal(query(mine, "SELECT count(*) FROM run WHERE duration IS NULL"), 0);
	history_close(own);
	history_close(history);
	free(mine);
}

static void own_file_has_nothing_new(void **state)
{
	const struct place *place = *state;
	char *link = place_file(place, "link.db");
	struct history *history = open_at(place->path, false);

	record(history, "run0", 1000, "a", OUTCOME_PASSED, 10);
	assert_int_equal(symlink(place->path, link), 0);
	assert_int_equal(import_from(history, place->path), 0);
	assert_int_equal(import_from(history, link), 0);
	record(history, "run1", 1001, "a", OUTCOME_PASSED, 10);
	history_close(history);
	assert_sound(place->path);
	free(link);
}

static void failed_import_changes_nothing(void **state)
{
	const struct place *place = *state;
	char *path, *mine = place_file(place, "mine.db"), *absent = place_file(place, "absent.db");
	struct history *history = history_with_snapshot(place, &path);
	struct history *own = open_at(mine, false);
	struct error error = ERROR_INIT;
	size_t added = 99;

	record(own, "own", 500, "c", OUTCOME_PASSED, 70 * MS);
	assert_int_equal(history_import(own, absent, &added, &error), -1);
	assert_non_null(strstr(error.message, "absent.db: there is no such file"));
	assert_int_equal(added, 0);
	/* A run is in before it turns out that the results can't be read. */
	query(path, "ALTER TABLE result RENAME COLUMN rss TO bytes");
	assert_int_equal(history_import(own, path, &added, &error), -1);
	assert_non_null(strstr(error.message, "snapshot?.db: is damaged"));
	assert_int_equal(query(mine, "SELECT count(*) FROM run"), 1);
	record(own, "own2", 501, "c", OUTCOME_PASSED, 70 * MS);
	history_close(own);
	history_close(history);
	free(absent);
	free(mine);
	free(path);
}

static void strange_results_are_left_out(void **state)
{
	const struct place *place = *state;
	char *path, *mine = place_file(place, "mine.db");
	struct history *history = history_with_snapshot(place, &path);
	struct history *own = open_at(mine, false);

	query(path, "UPDATE result SET outcome = 77 WHERE run = 1");
	query(path, "UPDATE result SET test = 1000 WHERE run = 2 AND test = 1");
	assert_int_equal(import_from(own, path), 2);
	load(own);
	assert_int_equal(history_test_count(own), 1);
	assert_int_equal(fact_of(own, "b")->runs, 1);
	assert_int_equal(query(mine, "SELECT count(*) FROM result"), 1);
	history_close(own);
	history_close(history);
	free(mine);
	free(path);
}

static void failed_export_leaves_nothing(void **state)
{
	const struct place *place = *state;
	char *path, *directory;
	struct history *history = history_with_snapshot(place, &path);

	directory = fs_directory_of(path);
	query(place->path, "ALTER TABLE known RENAME COLUMN timed TO times");
	expect_export_error(history, path, "snapshot?.db: ");
	assert_int_equal(count_files(directory), 1);
	struct history *snapshot = open_at(path, true);
	load(snapshot);
	assert_int_equal(history_test_count(snapshot), 2);
	history_close(snapshot);
	history_close(history);
	free(directory);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(snapshot_tells_the_same, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(snapshot_is_never_written, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(snapshot_is_read_in_a_directory_that_may_not_be_written,
						place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(changed_snapshot_is_refused, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(export_replaces_what_was_there, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(snapshot_of_a_snapshot_is_one, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(export_refuses_what_it_would_spoil, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(runs_come_in_once, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(older_runs_take_their_place, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(order_of_imports_does_not_matter, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(beginning_of_a_run_is_completed, place_set_up,
						place_tear_down),
		cmocka_unit_test_setup_teardown(own_file_has_nothing_new, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(failed_import_changes_nothing, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(strange_results_are_left_out, place_set_up, place_tear_down),
		cmocka_unit_test_setup_teardown(failed_export_leaves_nothing, place_set_up, place_tear_down),
	};

	return cmocka_run_group_tests_name("history_transfer", tests, NULL, NULL);
}
