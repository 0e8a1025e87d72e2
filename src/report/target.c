#include "report/target.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Full disks show with the first block. */
static int try_beside(const char *path, const char *directory, struct error *error)
{
	static const char block[4096];
	char *name = alloc_format("%s/.xtop-%ld-try", directory, (long)getpid());
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
	int failure = 0;

	if (fd < 0) {
		failure = errno;
	} else {
		if (fs_write_all(fd, block, sizeof(block)) != 0)
			failure = errno;
		close(fd);
		unlink(name);
	}
	free(name);
	return failure ? error_set_errno(error, failure, "%s: can't be written", path) : 0;
}

int target_check(const char *path, struct error *error)
{
	struct stat info;
	bool exists = stat(path, &info) == 0;
	char *directory;
	int status;

	if (exists && S_ISDIR(info.st_mode))
		return error_set(error, "%s: expected a file, found a directory", path);
	if (exists && access(path, W_OK) != 0)
		return error_set_errno(error, errno, "%s: can't be written", path);
	if (exists && !S_ISREG(info.st_mode))
		return 0;
	directory = fs_directory_of(path);
	status = fs_make_directories(directory, error);
	if (status != 0)
		error_prefix(error, "%s: can't be written", path);
	else
		status = try_beside(path, directory, error);
	free(directory);
	return status;
}

void target_cut_back(const char *path)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct stat info;
	char bytes[4096];
	off_t end;

	if (fd < 0)
		return;
	end = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) ? info.st_size : 0;
	while (end > 0) {
		off_t begin = end > (off_t)sizeof(bytes) ? end - (off_t)sizeof(bytes) : 0;
		ssize_t length = pread(fd, bytes, (size_t)(end - begin), begin);
		const char *newline = length > 0 ? memrchr(bytes, '\n', (size_t)length) : NULL;

		if (length < end - begin)
			break;
		if (!newline && begin > 0) {
			end = begin;
			continue;
		}
		while (ftruncate(fd, newline ? begin + (newline + 1 - bytes) : 0) && errno == EINTR)
			;
		break;
	}
	close(fd);
}
