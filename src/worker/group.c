#include "worker/group.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/str.h"
#include "worker/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL_FILE ((size_t)64 << 10)

struct group_tree {
	char *own, *path, *home;
	bool moved;   /* this process is in home */
	bool enabled; /* own hands out memory since then */
};

/* Whole, in one call: the kernel takes each as a value. */
static bool put(const char *directory, const char *name, const char *text)
{
	char *path = fs_join(directory, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (fd >= 0)
		close(fd);
	free(path);
	return ok;
}

/* Whether a file of words has this one. */
static bool has_word(const char *directory, const char *name, const char *word)
{
	char *path = fs_join(directory, name), *save = NULL;
	struct str text = STR_INIT;
	bool found = false;
	if (fs_read_file(path, SMALL_FILE, &text, NULL) == 0)
		for (char *at = strtok_r(text.data, " \n", &save); at && !found; at = strtok_r(NULL, " \n", &save))
			found = strcmp(at, word) == 0;
	str_fini(&text);
	free(path);
	return found;
}

static bool has_file(const char *directory, const char *name)
{
	char *path = fs_join(directory, name);
	bool there = fs_exists(path);
	free(path);
	return there;
}

/* Nobody else is in the group. */
static bool is_alone(const char *directory)
{
	char *path = fs_join(directory, "cgroup.procs");
	char self[24];
	struct str text = STR_INIT;
	snprintf(self, sizeof(self), "%d\n", (int)getpid());
	bool alone = fs_read_file(path, SMALL_FILE, &text, NULL) == 0 && strcmp(text.data, self) == 0;
	str_fini(&text);
	free(path);
	return alone;
}

static bool go_home(struct group_tree *tree)
{
	if (mkdir(tree->home, 0755) != 0)
		return false;
	tree->moved = put(tree->home, "cgroup.procs", "0");
	return tree->moved;
}

static bool hand_out(struct group_tree *tree)
{
	if (!has_word(tree->own, "cgroup.subtree_control", "memory")) {
		if (!put(tree->own, "cgroup.subtree_control", "+memory"))
			return false;
		tree->enabled = true;
	}
	return put(tree->path, "cgroup.subtree_control", "+memory");
}

struct group_tree *group_tree_new(const char *proc)
{
	char *own = cgroup_own(proc);
	if (!own)
		return NULL;
	/* Only the root has no type. What it hands out is the machine's business. */
	bool is_root = !has_file(own, "cgroup.type");
	bool fits = has_word(own, "cgroup.controllers", "memory") &&
		    (is_root ? has_word(own, "cgroup.subtree_control", "memory") : is_alone(own));
	struct group_tree *tree = ALLOC_NEW(struct group_tree);
	tree->own = own;
	tree->path = alloc_format("%s/xtop-%d", own, (int)getpid());
	tree->home = fs_join(tree->path, "main");
	if (fits && mkdir(tree->path, 0755) == 0 && (is_root || go_home(tree)) && hand_out(tree))
		return tree;
	group_tree_free(tree);
	return NULL;
}

static void remove_workers(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	while (directory && (entry = readdir(directory))) {
		if (!text_starts_with(entry->d_name, "gw"))
			continue;
		char *group = fs_join(path, entry->d_name);
		rmdir(group);
		free(group);
	}
	if (directory)
		closedir(directory);
}

void group_tree_free(struct group_tree *tree)
{
	if (!tree)
		return;
	remove_workers(tree->path);
	put(tree->path, "cgroup.subtree_control", "-memory");
	if (tree->enabled)
		put(tree->own, "cgroup.subtree_control", "-memory");
	if (tree->moved)
		put(tree->own, "cgroup.procs", "0");
	rmdir(tree->home);
	rmdir(tree->path);
	free(tree->own);
	free(tree->path);
	free(tree->home);
	free(tree);
}

const char *group_tree_path(const struct group_tree *tree)
{
	return tree ? tree->path : NULL;
}

/* --- a worker's --- */

static int open_file(const char *directory, const char *name, int flags)
{
	char *path = fs_join(directory, name);
	int fd = open(path, flags | O_CLOEXEC);
	free(path);
	return fd;
}

static void close_all(struct group *group)
{
	int *files[] = { &group->procs, &group->limit_file, &group->events };
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		if (*files[i] >= 0)
			close(*files[i]);
		*files[i] = -1;
	}
}

void group_open(struct group *group, const char *tree, unsigned slot)
{
	*group = (struct group){ -1, -1, -1, 0, 0 };
	if (!tree)
		return;
	char *path = alloc_format("%s/gw%u", tree, slot);
	if ((mkdir(path, 0755) == 0 || errno == EEXIST) && put(path, "memory.oom.group", "1")) {
		/* What may go to the disk instead would only be slow. */
		put(path, "memory.swap.max", "0");
		group->procs = open_file(path, "cgroup.procs", O_WRONLY);
		group->limit_file = open_file(path, "memory.max", O_WRONLY);
		group->events = open_file(path, "memory.events", O_RDONLY);
	}
	if (group->procs < 0 || group->limit_file < 0 || group->events < 0)
		close_all(group);
	free(path);
}

/* "oom N": the limit was reached and nothing could be reclaimed. "oom_kill" counts kills for want of the machine's memory
 * too. */
static uint64_t count_full(const struct group *group)
{
	char text[512];
	ssize_t length = pread(group->events, text, sizeof(text) - 1, 0);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	const char *line = strstr(text, "\noom ");
	return line ? strtoull(line + strlen("\noom "), NULL, 10) : 0;
}

bool group_begin(struct group *group, uint64_t limit)
{
	char text[24];
	if (group->procs < 0 || limit == 0)
		return false;
	if (limit != group->limit) {
		int length = snprintf(text, sizeof(text), "%llu", (unsigned long long)limit);
		if (pwrite(group->limit_file, text, (size_t)length, 0) != length)
			return false;
		group->limit = limit;
	}
	group->full = count_full(group);
	return true;
}

bool group_add(const struct group *group, pid_t pid)
{
	char text[24];
	int length = snprintf(text, sizeof(text), "%d", (int)pid);
	return write(group->procs, text, (size_t)length) == length;
}

bool group_was_full(const struct group *group)
{
	return group->events >= 0 && count_full(group) > group->full;
}
