/* What a worker and the tests below it use, by proc(5). */
#ifndef XTOP_WORKER_USAGE_H
#define XTOP_WORKER_USAGE_H

#include <stdint.h>
#include <sys/types.h>

struct usage {
	uint64_t cpu; /* ns, user and system: this process, what it waited for, and what lives below it */
	uint64_t rss; /* bytes resident now, summed over this process and its descendants (shared pages count in each) */
	unsigned processes; /* how many of them were seen */
};

/* Of the calling process and its descendants. Where the kernel does not list children
 * (/proc/PID/task/TID/children), only those that ended count. */
void usage_measure(struct usage *usage);
/* Adds another process and its descendants. */
void usage_add_process(pid_t pid, struct usage *usage);
/* Adds the descendants of a process, but not itself. */
void usage_add_below(pid_t parent, struct usage *usage);
/* Bytes resident of those, each shared page counted in parts; `rss`, their sum, where the kernel can't tell. Takes
 * milliseconds. */
uint64_t usage_share_below(pid_t parent, uint64_t rss);

#endif
