#include "base/fs.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024 };

static int read_all(int fd, const char *path, size_t limit, struct str *out, struct error *error)
{
	size_t start = out->length;
	struct stat info;

	if (fstat(fd, &info) != 0)
		return error_set_errno(error, errno, "%s", path);
	if (S_ISDIR(info.st_mode))
		return error_set(error, "%s: expected a file, found a directory", path);
	if (S_ISREG(info.st_mode) && info.st_size > 0 && (uintmax_t)info.st_size <= limit)
		str_reserve(out, (size_t)info.st_size + 1);
	for (;;) {
		size_t room = out->capacity - out->length;
		ssize_t got;

		/* Files in /proc say 0 bytes and pipes say nothing, so the size was only a hint. */
		if (room < 2) {
			str_reserve(out, READ_SIZE);
			room = out->capacity - out->length;
		}
		got = read(fd, out->data + out->length, room - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set_errno(error, errno, "%s", path);
		if (got == 0)
			return 0;
		out->length += (size_t)got;
		out->data[out->length] = '\0';
		if (out->length - start > limit)
			return error_set(error,
					 "%s: has more than %zu bytes, which is the most that is read of it",
					 path, limit);
	}
}

int fs_read_file(const char *path, size_t limit, struct str *out, struct error *error)
{
	size_t start = out->length;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int status;

	if (fd < 0)
		return error_set_errno(error, errno, "%s", path);
	status = read_all(fd, path, limit, out, error);
	close(fd);
	if (status != 0) {
		out->length = start;
		if (out->capacity)
			out->data[start] = '\0';
	}
	return status;
}

ssize_t fs_read_small(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t length = read(fd, buffer, size - 1);
	close(fd);
	if (length >= 0)
		buffer[length] = '\0';
	return length;
}

int fs_write_all(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length > 0) {
		ssize_t written = write(fd, at, length);

		if (written > 0) {
			at += written;
			length -= (size_t)written;
		} else if (written == 0) {
			errno = EIO;
			return -1;
		} else if (errno == EAGAIN) {
			struct pollfd wait = { .fd = fd, .events = POLLOUT };

			if (poll(&wait, 1, -1) < 0 && errno != EINTR)
				return -1;
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

/* Creates a file of a name that nothing else has, beside `path`. Returns its descriptor and sets *name. */
static int create_beside(const char *path, char **name)
{
	char *directory = fs_directory_of(path);
	int fd;

	for (unsigned try = 0;; try++) {
		/* Not mkstemp(3): that gives 0600, where a new file should have what the umask leaves. */
		char *file = alloc_format(".xtop-%ld-%llx-%u", (long)getpid(),
					  (unsigned long long)clock_wall() & 0xFFFFFFFF, try);
		char *temporary = fs_join(directory, file);

		free(file);
		fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd >= 0 || errno != EEXIST || try >= 100) {
			int number = errno;

			*name = temporary;
			free(directory);
			errno = number;
			return fd;
		}
		free(temporary);
	}
}

static void keep_owner_and_mode(int fd, const struct stat *old)
{
	struct stat new;

	/* Ownership is kept where that is allowed; it goes first, because it may clear bits of the mode. */
	if (fstat(fd, &new) == 0 && (new.st_uid != old->st_uid || new.st_gid != old->st_gid) &&
	    fchown(fd, old->st_uid, old->st_gid) != 0)
		return; /* not ours to give away: the umask's mode is the safe one for the new owner */
	fchmod(fd, old->st_mode & 07777);
}

static void sync_directory_of(const char *path)
{
	char *directory = fs_directory_of(path);
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* The new file is in place whatever this says; not every file system can sync a directory. */
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(directory);
}

/* `path` is what messages say, `target` is where a link leads to. */
static int replace(const char *path, const char *target, const struct stat *old, const void *bytes,
		   size_t length, struct error *error)
{
	char *temporary;
	int fd = create_beside(target, &temporary);
	int number = 0;

	if (fd < 0) {
		error_set_errno(error, errno, "%s: can't create a file beside it", path);
		free(temporary);
		return -1;
	}
	if (old)
		keep_owner_and_mode(fd, old);
	if (fs_write_all(fd, bytes, length) != 0 || fsync(fd) != 0)
		number = errno;
	if (close(fd) != 0 && number == 0)
		number = errno;
	if (number == 0 && rename(temporary, target) != 0)
		number = errno;
	if (number != 0) {
		unlink(temporary);
		free(temporary);
		return error_set_errno(error, number, "%s: can't write", path);
	}
	sync_directory_of(target);
	free(temporary);
	return 0;
}

/* A device, a pipe or a socket is written to; a file in its place would be a disaster for /dev/null. */
static int write_through(const char *path, const void *bytes, size_t length, struct error *error)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	int number = 0;

	if (fd < 0)
		return error_set_errno(error, errno, "%s", path);
	if (fs_write_all(fd, bytes, length) != 0)
		number = errno;
	if (close(fd) != 0 && number == 0)
		number = errno;
	return number ? error_set_errno(error, number, "%s: can't write", path) : 0;
}

int fs_write_atomically(const char *path, const void *bytes, size_t length, struct error *error)
{
	struct stat old;
	char *target;
	int status;

	if (stat(path, &old) != 0) {
		if (errno != ENOENT)
			return error_set_errno(error, errno, "%s", path);
		return replace(path, path, NULL, bytes, length, error);
	}
	if (S_ISDIR(old.st_mode))
		return error_set(error, "%s: expected a file, found a directory", path);
	if (!S_ISREG(old.st_mode))
		return write_through(path, bytes, length, error);
	target = realpath(path, NULL);
	if (!target)
		return error_set_errno(error, errno, "%s", path);
	status = replace(path, target, &old, bytes, length, error);
	free(target);
	return status;
}

bool fs_exists(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0;
}

bool fs_is_directory(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool fs_is_executable_file(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

char *fs_own_directory(void)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length <= 0)
		return NULL;
	path[length] = '\0';
	return fs_directory_of(path);
}
