/* How much memory can still be had, and whether that is so little that the kernel might soon kill for it.
 *
 * Three things tell: MemAvailable of proc_meminfo(5), the narrowest limit of the control groups on the way up
 * (worker/cgroup.h), and how long processes stood still for want of memory ("full" of /proc/pressure/memory and of the own
 * group's memory.pressure).  Whichever is the tightest counts.
 */
#ifndef XTOP_WORKER_ROOM_H
#define XTOP_WORKER_ROOM_H

#include "base/str.h"
#include "worker/cgroup.h"

#include <stdbool.h>
#include <stdint.h>

/* One that sets a bound. */
struct room_bound {
	uint64_t total, left;        /* bytes; total 0: there is none */
	char file[CGROUP_FILE_SIZE]; /* that says so */
};

struct room {
	struct room_bound machine, group;
	double stalled;              /* percent of the last 10 s, the larger one; below 0: not known */
	char stalled_file[CGROUP_FILE_SIZE];
};

/* Where all that is read; to be looked at again and again. */
struct room_source {
	const char *proc;    /* where proc(5) is mounted; borrowed */
	const char *meminfo; /* instead of its meminfo, NULL: that; borrowed */
	bool grouped;        /* a group sets a limit, or tells of its stalls */
};
void room_source_init(struct room_source *source, const char *proc, const char *meminfo);
void room_read(const struct room_source *source, struct room *out);

enum room_level {
	ROOM_ENOUGH,
	ROOM_NARROW, /* neither: what was held stays held, what goes on goes on */
	ROOM_LOW,
	ROOM_SCARCE, /* less than half of what is low already */
};

/* `need`: bytes that the next test may take, by what others took; 0: not known. Low is less than that, or than a base of
 * 5 % of the whole but at most 1 GiB, or standing still for more than 10 % of the time. Enough is half the base more, and
 * less than 5 % of the time. *bound becomes the one that is the tightest; NULL: it is the stalls, or nothing is known. */
enum room_level room_judge(const struct room *room, uint64_t need, const struct room_bound **bound);

/* Appends "312M of 8G of memory are left (/proc/meminfo)", or how long processes stood still. */
void room_describe(const struct room *room, const struct room_bound *bound, struct str *out);

#endif
