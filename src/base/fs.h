/* Files and paths.  Every descriptor made here is close-on-exec. */
#ifndef XTOP_BASE_FS_H
#define XTOP_BASE_FS_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Appends the whole file to `out`. Fails (naming the path) when it can't be read, is a
 * directory, or has more than `limit` bytes. */
int fs_read_file(const char *path, size_t limit, struct str *out, struct error *error);

/* Reads the beginning of a file, at most size - 1 bytes, with one read(2), as files of proc(5) want it, and closes it
 * with a NUL. The bytes read; -1 with errno. */
ssize_t fs_read_small(const char *path, char *buffer, size_t size);

/* Replaces `path` by `bytes`: a temporary file beside it, fsync, rename; the old file's
 * mode is kept. On failure the old file is untouched and nothing is left beside it.
 * A link is followed; a device or a pipe is written to. */
int fs_write_atomically(const char *path, const void *bytes, size_t length, struct error *error);

/* Writes all, through EINTR, short writes and EAGAIN (it waits then). 0, or -1 with errno. */
int fs_write_all(int fd, const void *bytes, size_t length);

int fs_make_directories(const char *path, struct error *error); /* mkdir -p, mode 0777 & ~umask */
/* Removes a tree without following links or crossing into another file system. Missing is success. On
 * failure what can be removed is gone all the same. */
int fs_remove_tree(const char *path, struct error *error);

bool fs_exists(const char *path);
bool fs_is_directory(const char *path);
bool fs_is_executable_file(const char *path); /* a regular file that this user may execute */

/* Path text. Results are the caller's to free. */
char *fs_join(const char *directory, const char *name);   /* name as it is, if absolute */
char *fs_absolute(const char *path);                      /* lexically cleaned, links kept */
/* `path` below `base` (both cleaned): "." if they are equal, `path` itself if it is not below. */
char *fs_relative(const char *path, const char *base);
char *fs_own_directory(void);                             /* of this program; NULL: not known */
char *fs_directory_of(const char *path);                  /* as dirname(3), without changing `path` */
const char *fs_name_of(const char *path);                 /* borrowed: behind the last '/' */

/* All paths that match a glob(7) pattern with `**` for any number of directories, below
 * `directory` (absolute); sorted bytewise, relative to it (absolute, if the pattern is). Hidden
 * entries match only an explicit leading dot; `**` doesn't follow links. Directories on the way
 * that may not be read are passed over. `found` is called for each. Returns the count, or -1. */
int fs_glob(const char *directory, const char *pattern,
	    void (*found)(void *context, const char *relative_path), void *context, struct error *error);

#endif
