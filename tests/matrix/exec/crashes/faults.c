/* Ends itself in the way that it is called by. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is made of each frame keeps a compiler from making a loop of the calls. */
static int deeper(const char *before, int depth)
{
	char frame[4096];
	memset(frame, before[depth % 7], sizeof(frame));
	int found = deeper(frame, depth + 1);
	return found + frame[found & 4095];
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	char *buffer = malloc(8);
	/* What xtop's own sanitizers were told, an exit code above all, is not meant for this program's. */
	if (getenv("ASAN_OPTIONS")) {
		unsetenv("ASAN_OPTIONS");
		execv("/proc/self/exe", argv);
	}
	name = name ? name + 1 : argv[0];
	puts("words before the end");
	fflush(stdout);
	if (strcmp(name, "segfault") == 0)
		*(volatile int *)(size_t)(argc - 1) = 1;
	else if (strcmp(name, "abort") == 0)
		assert(argc == 0);
	else if (strcmp(name, "overflow") == 0)
		return deeper("overflow", 0);
	else if (strcmp(name, "sanitizer") == 0)
		((volatile char *)buffer)[argc * 8] = 1;
	free(buffer);
	return 0;
}
