#include "engine/watch_tree.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define QUIET_MS 120          /* without news, before changes are told */
#define PATIENCE CLOCK_SECOND /* they are told at the latest, although news keep coming */
#define DIRECTORIES_MAX 20000
#define DEPTH_MAX 64

struct watched {
	uv_fs_event_t handle;
	struct watch_tree *tree;
	char *path;
};

/* What a file was when it was told last. */
struct known {
	struct timespec modified;
	off_t size;
	ino_t inode;
	bool there;
};

struct watch_tree {
	uv_loop_t *loop;
	uv_timer_t quiet;
	struct map *watched; /* path → struct watched */
	struct map *known;   /* path → struct known */
	struct map *pending; /* paths that news came of; the values say nothing */
	uint64_t first_news; /* clock_now(), of those that are pending */
	bool told_trouble;
	size_t open; /* handles that the loop has not closed */
	void (*changed)(void *context, char *const *paths, size_t count);
	void (*trouble)(void *context, const char *message);
	void *context;
};

static bool ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), end_length = strlen(end);

	return length >= end_length && strcmp(name + length - end_length, end) == 0;
}

/* Backups, swap files and probes of editors, and what compilers of bytecode leave. */
static bool is_no_source(const char *name)
{
	static const char *const ends[] = { "~", ".swp", ".swx", ".swpx", ".pyc", ".pyo", ".tmp", ".bak", ".orig", ".rej" };

	if (name[0] == '.' || name[0] == '#' || strcmp(name, "4913") == 0)
		return true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (ends_with(name, ends[i]))
			return true;
	return false;
}

static bool holds(const char *directory, const char *name)
{
	char *path = fs_join(directory, name);
	bool there = fs_exists(path);

	free(path);
	return there;
}

/* Directories whose files nobody saves by hand. */
static bool is_passed_over(const char *path, const char *name)
{
	return name[0] == '.' || strcmp(name, "__pycache__") == 0 || strcmp(name, "node_modules") == 0 ||
	       ends_with(name, ".egg-info") || holds(path, "pyvenv.cfg") || holds(path, "CACHEDIR.TAG");
}

static void tell_trouble(struct watch_tree *tree, const char *path, int code)
{
	char *message;

	if (tree->told_trouble)
		return;
	tree->told_trouble = true;
	if (code == UV_ENOSPC)
		message = alloc_format("%s and others are not watched: the system allows no more watches "
				       "(sysctl fs.inotify.max_user_watches)",
				       path);
	else if (code == 0)
		message = alloc_format("%s and others are not watched: there are more than %d directories", path,
				       DIRECTORIES_MAX);
	else
		message = alloc_format("%s is not watched: %s", path, uv_strerror(code));
	tree->trouble(tree->context, message);
	free(message);
}

/* --- what is watched --- */

static void on_news(uv_fs_event_t *handle, const char *name, int events, int status);
static void note(struct watch_tree *tree, const char *path);

static void free_if_closed(struct watch_tree *tree)
{
	if (tree->open > 0)
		return;
	map_free(tree->watched);
	free(tree);
}

static void on_closed(uv_handle_t *handle)
{
	struct watched *watched = handle->data;
	struct watch_tree *tree = watched->tree;

	free(watched->path);
	free(watched);
	tree->open--;
	free_if_closed(tree);
}

static int watch_one(struct watch_tree *tree, const char *path)
{
	struct watched *watched = ALLOC_NEW(struct watched);
	int code;

	watched->tree = tree;
	watched->path = alloc_string(path);
	uv_fs_event_init(tree->loop, &watched->handle);
	watched->handle.data = watched;
	uv_unref((uv_handle_t *)&watched->handle);
	tree->open++;
	code = uv_fs_event_start(&watched->handle, on_news, path, 0);
	if (code != 0) {
		uv_close((uv_handle_t *)&watched->handle, on_closed);
		return code;
	}
	map_put(tree->watched, path, strlen(path), watched);
	return 0;
}

static void forget(struct watch_tree *tree, const char *path)
{
	struct watched *watched = map_remove(tree->watched, path, strlen(path));

	if (watched)
		uv_close((uv_handle_t *)&watched->handle, on_closed);
}

/* The directory and all below it. `fresh`: it came while we watch, with files that are news. Returns what stood in the way
 * of its own watch. */
static int watch_below(struct watch_tree *tree, const char *path, bool fresh, unsigned depth)
{
	struct dirent *entry;
	DIR *directory;
	int code;

	if (map_get(tree->watched, path, strlen(path)) || depth > DEPTH_MAX)
		return 0;
	if (map_count(tree->watched) >= DIRECTORIES_MAX) {
		tell_trouble(tree, path, 0);
		return 0;
	}
	code = watch_one(tree, path);
	if (code != 0)
		return code;
	directory = opendir(path);
	if (!directory)
		return 0; /* it went, or may not be read: then its files can't be tests either */
	while ((entry = readdir(directory)) != NULL) {
		struct stat status;
		char *below;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		below = fs_join(path, entry->d_name);
		if (lstat(below, &status) != 0) {
			/* It went. */
		} else if (S_ISDIR(status.st_mode) && !is_passed_over(below, entry->d_name)) {
			code = watch_below(tree, below, fresh, depth + 1);
			if (code != 0 && code != UV_ENOENT)
				tell_trouble(tree, below, code);
		} else if (S_ISREG(status.st_mode) && fresh && !is_no_source(entry->d_name)) {
			note(tree, below);
		}
		free(below);
	}
	closedir(directory);
	return 0;
}

/* --- news --- */

static bool is_same(const struct known *known, const struct known *now)
{
	return known->there == now->there && known->size == now->size && known->inode == now->inode &&
	       known->modified.tv_sec == now->modified.tv_sec && known->modified.tv_nsec == now->modified.tv_nsec;
}

/* Whether it is another file than the one that was told last. */
static bool has_changed(struct watch_tree *tree, const char *path)
{
	struct known *known = map_get(tree->known, path, strlen(path)), now = { .there = false };
	struct stat status;

	if (stat(path, &status) == 0) {
		if (!S_ISREG(status.st_mode))
			return false;
		now = (struct known){ status.st_mtim, status.st_size, status.st_ino, true };
	}
	if (known && is_same(known, &now))
		return false;
	if (!known) {
		known = ALLOC_NEW(struct known);
		map_put(tree->known, path, strlen(path), known);
	}
	*known = now;
	return true;
}

struct batch {
	struct watch_tree *tree;
	VEC(char *) paths;
};

static void add_changed(void *context, const void *key, size_t length, void *value)
{
	struct batch *batch = context;
	char *path = alloc_string_n(key, length);

	(void)value;
	if (has_changed(batch->tree, path))
		vec_push(&batch->paths, path);
	else
		free(path);
}

static void on_quiet(uv_timer_t *timer)
{
	struct watch_tree *tree = timer->data;
	struct batch batch = { tree, VEC_INIT };

	map_each(tree->pending, add_changed, &batch);
	map_free(tree->pending);
	tree->pending = map_new();
	if (batch.paths.length > 0)
		tree->changed(tree->context, batch.paths.items, batch.paths.length);
	vec_each(&batch.paths, path)
		free(*path);
	vec_fini(&batch.paths);
}

static void note(struct watch_tree *tree, const char *path)
{
	uint64_t now = clock_now(), waited;

	if (map_count(tree->pending) == 0)
		tree->first_news = now;
	map_put(tree->pending, path, strlen(path), tree);
	waited = now - tree->first_news;
	uv_update_time(tree->loop);
	uv_timer_start(&tree->quiet, on_quiet, waited + QUIET_MS * CLOCK_MS < PATIENCE ? QUIET_MS : 0, 0);
}

static void on_news(uv_fs_event_t *handle, const char *name, int events, int status)
{
	struct watched *watched = handle->data;
	struct watch_tree *tree = watched->tree;
	struct stat found;
	char *path;

	(void)events;
	if (status < 0 || !name)
		return;
	if (lstat(watched->path, &found) != 0) {
		forget(tree, watched->path);
		return;
	}
	path = fs_join(watched->path, name);
	if (lstat(path, &found) != 0) {
		forget(tree, path); /* if it was a directory */
		if (!is_no_source(name))
			note(tree, path);
	} else if (S_ISDIR(found.st_mode)) {
		if (!is_passed_over(path, name)) {
			int code = watch_below(tree, path, true, 1);
			if (code != 0 && code != UV_ENOENT)
				tell_trouble(tree, path, code);
		}
	} else if (!is_no_source(name)) {
		note(tree, path);
	}
	free(path);
}

/* --- life --- */

struct watch_tree *watch_tree_new(uv_loop_t *loop, const char *directory,
				  void (*changed)(void *context, char *const *paths, size_t count),
				  void (*trouble)(void *context, const char *message), void *context,
				  struct error *error)
{
	struct watch_tree *tree = ALLOC_NEW(struct watch_tree);
	int code;

	tree->loop = loop;
	tree->watched = map_new();
	tree->known = map_new();
	tree->pending = map_new();
	tree->changed = changed;
	tree->trouble = trouble;
	tree->context = context;
	uv_timer_init(loop, &tree->quiet);
	tree->quiet.data = tree;
	uv_unref((uv_handle_t *)&tree->quiet);
	tree->open = 1;
	code = watch_below(tree, directory, false, 0);
	if (code != 0) {
		error_set(error, "%s can't be watched: %s", directory, uv_strerror(code));
		watch_tree_close(tree);
		return NULL;
	}
	return tree;
}

void watch_tree_know(struct watch_tree *tree, const char *path)
{
	has_changed(tree, path);
}

static void close_one(void *context, const void *key, size_t length, void *value)
{
	struct watched *watched = value;

	(void)context;
	(void)key;
	(void)length;
	uv_close((uv_handle_t *)&watched->handle, on_closed);
}

static void free_known(void *context, const void *key, size_t length, void *value)
{
	(void)context;
	(void)key;
	(void)length;
	free(value);
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct watch_tree *tree = handle->data;

	tree->open--;
	free_if_closed(tree);
}

void watch_tree_close(struct watch_tree *tree)
{
	if (!tree)
		return;
	map_each(tree->watched, close_one, NULL);
	map_each(tree->known, free_known, NULL);
	map_free(tree->known);
	map_free(tree->pending);
	uv_close((uv_handle_t *)&tree->quiet, on_timer_closed);
}
