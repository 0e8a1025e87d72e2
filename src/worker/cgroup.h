/* What the control groups of this process (cgroups(7)) still allow it, up to the root that it can see.
 *
 * Versions 1 and 2, also both at once.  Where the groups are mounted is read from mountinfo, and paths are
 * taken relative to what is mounted there: in a container the group's path is often one of the host.
 */
#ifndef XTOP_WORKER_CGROUP_H
#define XTOP_WORKER_CGROUP_H

#include <stdint.h>

#define CGROUP_FILE_SIZE 256

struct cgroup_limits {
	double quota; /* CPUs' worth of time, the narrowest on the way up; INFINITY: none */
	char quota_file[CGROUP_FILE_SIZE]; /* that says so; "": none */
	uint64_t memory; /* bytes that the narrowest limit leaves, pages of files that could go counted in;
			  * UINT64_MAX: no limit */
	uint64_t memory_limit; /* bytes, that limit itself */
	char memory_file[CGROUP_FILE_SIZE]; /* the limit's; "": none */
	char pressure_file[CGROUP_FILE_SIZE]; /* memory.pressure of this group, version 2 only; "": none */
	char kills_file[CGROUP_FILE_SIZE]; /* whose line "oom_kill N" counts the processes of this group that the kernel
					    * killed for want of memory; "": none */
};

/* `proc`: where proc(5) is mounted, "/proc"; tests have their own. What can't be read sets no limit. */
void cgroup_read(const char *proc, struct cgroup_limits *out);
/* The directory of the group of version 2 that this process is in; the caller frees it. NULL: it can't be seen. */
char *cgroup_own(const char *proc);

#endif
