#include "cli/cli.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* About 15 that the controller needs beside its workers', three for the only worker, and some to open for a moment.
 * libuv neither works nor fails properly with less. */
#define LEAST_DESCRIPTORS 24

void cli_open_standard_files(void)
{
	/* The first free number is what open(2) gives, so each lands where it is missing. */
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR);
}

int cli_close_output(int code)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	if (errno == EPIPE) /* the reader had enough */
		return code;
	struct error error;
	if (errno)
		error_set_errno(&error, errno, "standard output could not be written");
	else
		error_set(&error, "standard output could not be written");
	return cli_fail(EXIT_INTERNAL, error.message);
}

int cli_check_surroundings(struct error *error)
{
	char here[PATH_MAX];
	/* Without one every relative path would mean something below the root of the file system. */
	if (!getcwd(here, sizeof(here)) && errno != ERANGE)
		return error_set_errno(error, errno, "the working directory can't be used");
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max != RLIM_INFINITY &&
	    limit.rlim_max < LEAST_DESCRIPTORS)
		return error_set(error, "this process may open only %lu files (`ulimit -n`); a run needs at least %d",
				 (unsigned long)limit.rlim_max, LEAST_DESCRIPTORS);
	return 0;
}

static void close_handle(uv_handle_t *handle, void *unused)
{
	(void)unused;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void cli_end_loop(uv_loop_t *loop)
{
	uv_walk(loop, close_handle, NULL);
	while (uv_loop_alive(loop)) /* once more where the loop was stopped before it ran */
		uv_run(loop, UV_RUN_DEFAULT);
	uv_loop_close(loop);
}

char *cli_command_line(int argc, char *const argv[])
{
	struct str line = STR_INIT;
	str_add_text(&line, "xtop");
	for (int i = 1; i < argc; i++) {
		str_add_char(&line, ' ');
		str_add_shell_quoted(&line, argv[i]);
	}
	return str_take(&line);
}

int cli_fail(int code, const char *message)
{
	fflush(stdout);
	fprintf(stderr, "xtop: %s\n", message);
	return code;
}
