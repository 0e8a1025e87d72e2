/* Long outputs in files: what an attempt prints beyond the head and tail that the model keeps.
 *
 * A file is made when the model would begin to forget, so most tests never have one. Files of tests that
 * passed are removed at their verdict. They live under ROOT/.xtop/runs/RUN/, of which the last
 * RUNS_KEPT stay.
 */
#include "base/alloc.h"
#include "base/fs.h"
#include "base/map.h"
#include "engine/internal.h"
#include "event/codec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUNS_KEPT 10

struct spooled {
	uint64_t test;
	uint32_t attempt;
	int fd; /* -1: closed */
	char *path;
};

struct spool {
	char *root, *directory;
	bool ready, broken;
	size_t kept;
	struct error error; /* "" = none to tell */
	VEC(struct spooled *) files;
	struct map *open_files; /* by test number: at most one a worker */
};

struct spool *spool_new(const char *root, const char *run_id)
{
	struct spool *spool = ALLOC_NEW(struct spool);
	spool->root = alloc_string(root);
	spool->directory = alloc_format("%s/.xtop/runs/%s", root, run_id);
	spool->open_files = map_new();
	return spool;
}

struct old_run {
	char *path;
	struct timespec changed;
};

static int by_age(const void *a, const void *b)
{
	const struct old_run *left = a, *right = b;
	if (left->changed.tv_sec != right->changed.tv_sec)
		return left->changed.tv_sec < right->changed.tv_sec ? 1 : -1;
	return left->changed.tv_nsec < right->changed.tv_nsec ? 1 : -1;
}

static void prune_old_runs(const char *runs)
{
	VEC(struct old_run) old = VEC_INIT;
	DIR *directory = opendir(runs);
	if (!directory)
		return;
	struct dirent *entry;
	while ((entry = readdir(directory))) {
		struct stat info;
		char *path = fs_join(runs, entry->d_name);
		if (entry->d_name[0] != '.' && lstat(path, &info) == 0 && S_ISDIR(info.st_mode))
			vec_push(&old, ((struct old_run){ path, info.st_mtim }));
		else
			free(path);
	}
	closedir(directory);
	if (old.length)
		qsort(old.items, old.length, sizeof(*old.items), by_age);
	for (size_t i = 0; i < old.length; i++) {
		if (i >= RUNS_KEPT - 1)
			fs_remove_tree(old.items[i].path, NULL);
		free(old.items[i].path);
	}
	vec_fini(&old);
}

static int prepare(struct spool *spool)
{
	if (spool->ready)
		return 0;
	char *base = fs_join(spool->root, ".xtop");
	char *runs = fs_join(base, "runs");
	char *ignore = fs_join(base, ".gitignore");
	int result = fs_make_directories(runs, &spool->error);
	if (result == 0) {
		prune_old_runs(runs);
		if (!fs_exists(ignore))
			result = fs_write_atomically(ignore, "*\n", 2, &spool->error);
	}
	if (result == 0)
		result = fs_make_directories(spool->directory, &spool->error);
	spool->ready = result == 0;
	free(ignore);
	free(runs);
	free(base);
	return result;
}

static void give_up(struct spool *spool)
{
	spool->broken = true;
	vec_each(&spool->files, file) {
		if ((*file)->fd >= 0)
			close((*file)->fd);
		(*file)->fd = -1;
	}
}

static void write_to(struct spool *spool, struct spooled *file, const char *bytes, size_t length)
{
	if (spool->broken || file->fd < 0)
		return;
	if (fs_write_all(file->fd, bytes, length) != 0) {
		error_set_errno(&spool->error, errno, "cannot write %s", file->path);
		give_up(spool);
	}
}

static struct spooled *open_file(struct spool *spool, uint64_t test, uint32_t attempt)
{
	if (prepare(spool) != 0) {
		spool->broken = true;
		return NULL;
	}
	struct spooled *file = ALLOC_NEW(struct spooled);
	file->test = test;
	file->attempt = attempt;
	file->path = alloc_format("%s/%llu-%u.out", spool->directory, (unsigned long long)test, attempt);
	file->fd = open(file->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	vec_push(&spool->files, file);
	map_put(spool->open_files, &test, sizeof(test), file);
	if (file->fd < 0) {
		error_set_errno(&spool->error, errno, "cannot create %s", file->path);
		give_up(spool);
	}
	return file;
}

static void close_file(struct spool *spool, struct spooled *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	map_remove(spool->open_files, &file->test, sizeof(file->test));
}

void spool_output(struct spool *spool, struct model *model, const struct event *event)
{
	if (spool->broken || !event->data.length)
		return;
	uint64_t number = event->test;
	struct spooled *file = map_get(spool->open_files, &number, sizeof(number));
	if (!file) {
		const struct test *test = model_test(model, number);
		const struct attempt *attempt = test ? test_last_attempt(test) : NULL;
		if (!attempt || attempt->output.total + event->data.length <= OUTPUT_HEAD + OUTPUT_TAIL)
			return;
		file = open_file(spool, number, attempt->number);
		if (!file)
			return;
		/* So far the model has all of it. */
		struct slice tail = output_tail(&attempt->output);
		write_to(spool, file, attempt->output.head.data, attempt->output.head.length);
		write_to(spool, file, tail.data, tail.length);
	}
	if (event_has(event, dropped) && event->dropped) {
		char note[96];
		int length = snprintf(note, sizeof(note), "\n[xtop: %llu bytes beyond --output-limit left out]\n",
				      (unsigned long long)event->dropped);
		write_to(spool, file, note, (size_t)length);
	}
	write_to(spool, file, event->data.data, event->data.length);
}

const char *spool_finished(struct spool *spool, const struct event *event)
{
	uint64_t test = event->test;
	struct spooled *file = map_get(spool->open_files, &test, sizeof(test));
	if (!file)
		return NULL;
	close_file(spool, file);
	return spool->broken ? NULL : file->path;
}

void spool_verdict(struct spool *spool, const struct event *event)
{
	if (spool->files.length == 0)
		return;
	bool worth_keeping = outcome_is_failure((enum outcome)event->outcome) || event->flaky;
	for (size_t i = 0; i < spool->files.length; i++) {
		struct spooled *file = spool->files.items[i];
		if (file->test != event->test)
			continue;
		if (worth_keeping) {
			spool->kept++;
		} else {
			close_file(spool, file);
			unlink(file->path);
		}
		free(file->path);
		free(file);
		vec_remove(&spool->files, i);
		i--;
	}
}

bool spool_take_error(struct spool *spool, struct error *error)
{
	if (!spool->error.message[0])
		return false;
	*error = spool->error;
	spool->error.message[0] = '\0';
	return true;
}

void spool_free(struct spool *spool)
{
	if (!spool)
		return;
	vec_each(&spool->files, file) {
		close_file(spool, *file);
		unlink((*file)->path);
		free((*file)->path);
		free(*file);
	}
	vec_fini(&spool->files);
	map_free(spool->open_files);
	if (spool->ready && spool->kept == 0)
		rmdir(spool->directory);
	free(spool->directory);
	free(spool->root);
	free(spool);
}
