/* The part of fs.h that makes and removes whole trees of directories. */
#include "base/alloc.h"
#include "base/fs.h"
#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_directory(const char *path, struct error *error)
{
	int number;

	if (mkdir(path, 0777) == 0)
		return 0;
	number = errno;
	/* Not only EEXIST: a read-only or an automounted parent says something else for what is there. */
	if (fs_is_directory(path))
		return 0;
	if (number == EEXIST)
		return error_set(error, "%s: expected a directory, found a file", path);
	return error_set_errno(error, number, "%s: can't make the directory", path);
}

int fs_make_directories(const char *path, struct error *error)
{
	char *partial;
	int status = 0;

	if (!*path)
		return error_set_errno(error, ENOENT, "can't make a directory without a name");
	if (fs_is_directory(path))
		return 0;
	partial = alloc_string(path);
	for (char *at = partial; status == 0 && *at;) {
		char kept;

		at += strspn(at, "/");
		at += strcspn(at, "/");
		kept = *at;
		*at = '\0';
		status = make_directory(partial, error);
		*at = kept;
		at += strspn(at, "/");
	}
	free(partial);
	return status;
}

/* Removing a tree holds one directory open, however deep it goes: xtop may have few descriptors.  The
 * names of a directory are read at once, and the way up is "..", checked against where we came from. */
struct level {
	char *name; /* in the level above; the root's is its path */
	dev_t device;
	ino_t inode;
	VEC(char *) names; /* still to be removed */
};

struct removal {
	VEC(struct level) levels;
	int fd; /* of the last level */
	dev_t device;
	struct error *error;
	bool failed;
};

/* Keeps the first error: later ones (a directory that isn't empty) mostly follow from it. */
static void note_failure(struct removal *removal, int number, const char *name)
{
	struct str path = STR_INIT;

	if (removal->failed)
		return;
	removal->failed = true;
	vec_each(&removal->levels, level) {
		str_add_text(&path, level->name);
		str_add_char(&path, '/');
	}
	str_add_text(&path, name);
	if (number == EXDEV)
		error_set(removal->error, "%s: can't remove: another file system is mounted there",
			  path.data);
	else
		error_set_errno(removal->error, number, "%s: can't remove", path.data);
	str_fini(&path);
}

static int read_names(int fd, struct level *level)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	int number;

	if (!stream) {
		number = errno;
		if (copy >= 0)
			close(copy);
		errno = number;
		return -1;
	}
	while (errno = 0, (entry = readdir(stream)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			vec_push(&level->names, alloc_string(entry->d_name));
	}
	number = errno;
	closedir(stream);
	errno = number;
	return number ? -1 : 0;
}

static int open_directory(int parent, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(parent, name, flags);

	/* Tests leave directories that nobody may read. They are ours, so that can be changed. */
	if (fd < 0 && errno == EACCES) {
		if (fchmodat(parent, name, 0700, AT_SYMLINK_NOFOLLOW) != 0) {
			errno = EACCES;
			return -1;
		}
		fd = openat(parent, name, flags);
	}
	return fd;
}

static void level_fini(struct level *level)
{
	vec_each(&level->names, name)
		free(*name);
	vec_fini(&level->names);
	free(level->name);
}

/* Goes into a directory. Returns 0, or an errno. */
static int enter(struct removal *removal, int parent, const char *name)
{
	struct level level = { .name = alloc_string(name), .names = VEC_INIT };
	struct stat info;
	int fd = open_directory(parent, name);
	int number = 0;

	if (fd < 0) {
		number = errno;
		goto fail;
	}
	if (fstat(fd, &info) != 0) {
		number = errno;
		goto fail_fd;
	}
	if (removal->levels.length > 0 && info.st_dev != removal->device) {
		number = EXDEV;
		goto fail_fd;
	}
	removal->device = info.st_dev;
	level.device = info.st_dev;
	level.inode = info.st_ino;
	/* Without these three bits nothing in it can be removed; where this is refused, the removal
	 * will say so. */
	if ((info.st_mode & 0700) != 0700)
		(void)fchmod(fd, 0700);
	if (read_names(fd, &level) != 0) {
		number = errno;
		goto fail_fd;
	}
	if (removal->fd >= 0)
		close(removal->fd);
	removal->fd = fd;
	vec_push(&removal->levels, level);
	return 0;
fail_fd:
	close(fd);
fail:
	level_fini(&level);
	return number;
}

/* Goes back to the level above, and removes the directory that is empty now. Returns false where there
 * is no way back: the tree was moved meanwhile. */
static bool leave(struct removal *removal)
{
	struct level *level = &removal->levels.items[removal->levels.length - 1];
	const struct level *above = level - 1;
	struct stat info;
	int fd = openat(removal->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *name = level->name;

	level->name = NULL;
	level_fini(level);
	removal->levels.length--;
	if (fd < 0 || fstat(fd, &info) != 0 || info.st_dev != above->device || info.st_ino != above->inode) {
		note_failure(removal, fd < 0 ? errno : ESTALE, name);
		if (fd >= 0)
			close(fd);
		free(name);
		return false;
	}
	close(removal->fd);
	removal->fd = fd;
	if (unlinkat(fd, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
		note_failure(removal, errno, name);
	free(name);
	return true;
}

static void empty_tree(struct removal *removal)
{
	for (;;) {
		struct level *level = &removal->levels.items[removal->levels.length - 1];
		char *name;

		if (level->names.length == 0) {
			if (removal->levels.length == 1 || !leave(removal))
				return;
			continue;
		}
		name = level->names.items[--level->names.length];
		/* Linux says EISDIR for a directory, POSIX EPERM. */
		if (unlinkat(removal->fd, name, 0) != 0 && errno != ENOENT) {
			int number = errno;

			if (number == EISDIR || number == EPERM) {
				int entered = enter(removal, removal->fd, name);

				number = entered == ENOTDIR || entered == ELOOP ? number : entered;
			}
			if (number != 0)
				note_failure(removal, number, name);
		}
		free(name);
	}
}

int fs_remove_tree(const char *path, struct error *error)
{
	struct removal removal = { .levels = VEC_INIT, .fd = -1, .error = error };
	char *root = alloc_string(path);
	size_t length = strlen(root);
	const char *name;
	struct stat info;
	int status = 0;
	int number;

	while (length > 1 && root[length - 1] == '/')
		root[--length] = '\0';
	name = fs_name_of(root);
	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		status = error_set(error, "'%s' is no name of a tree that could be removed", path);
	} else if (lstat(root, &info) != 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			status = error_set_errno(error, errno, "%s: can't remove", root);
	} else if (!S_ISDIR(info.st_mode)) {
		if (unlink(root) != 0 && errno != ENOENT)
			status = error_set_errno(error, errno, "%s: can't remove", root);
	} else {
		number = enter(&removal, AT_FDCWD, root);
		if (number != 0) {
			status = error_set_errno(error, number, "%s: can't remove", root);
		} else {
			empty_tree(&removal);
			vec_each(&removal.levels, level)
				level_fini(level);
			close(removal.fd);
			if (removal.failed)
				status = -1;
			else if (rmdir(root) != 0 && errno != ENOENT)
				status = error_set_errno(error, errno, "%s: can't remove", root);
		}
		vec_fini(&removal.levels);
	}
	free(root);
	return status;
}
