/* The yardstick for starting programs: a bare loop of posix_spawn and wait.
 *
 *     spawn_bench JOBS COUNT PROGRAM [ARGUMENT…]
 *
 * runs the program COUNT times, JOBS at a time, with nothing on standard input and its output thrown away,
 * and prints how many failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Returns whether it failed. */
static bool wait_for_one(void)
{
	int status;

	while (waitpid(-1, &status, 0) < 0) {
		if (errno != EINTR) {
			perror("spawn_bench: waitpid");
			exit(1);
		}
	}
	return status != 0;
}

int main(int argc, char *argv[])
{
	long jobs = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	long count = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
	posix_spawn_file_actions_t actions;
	long running = 0, failed = 0;

	if (argc < 4 || jobs < 1 || count < 0) {
		fprintf(stderr, "spawn_bench: expected JOBS COUNT PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	for (long i = 0; i < count; i++) {
		pid_t pid;
		int number;

		if (running == jobs) {
			failed += wait_for_one();
			running--;
		}
		number = posix_spawn(&pid, argv[3], &actions, NULL, argv + 3, environ);
		if (number) {
			fprintf(stderr, "spawn_bench: %s: %s\n", argv[3], strerror(number));
			return 1;
		}
		running++;
	}
	for (; running; running--)
		failed += wait_for_one();
	posix_spawn_file_actions_destroy(&actions);
	printf("%ld of %ld failed\n", failed, count);
	return failed ? 1 : 0;
}
