/* The memory of a test's processes: how much they have, against a limit; the most that a harness had during a test; and
 * whether the kernel killed for want of it. */
#ifndef XTOP_WORKER_MEMORY_H
#define XTOP_WORKER_MEMORY_H

#include "base/json.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* --- against a limit --- */

/* All zero: no limit. */
struct memory_watch {
	uint64_t limit; /* bytes */
	uint64_t next;  /* ns: the next look */
	uint64_t found; /* bytes beyond the limit; 0: it was kept, or the kernel watches */
	bool by_kernel; /* a control group has the limit: nothing is to be looked at */
};

void memory_watch_begin(struct memory_watch *watch, uint64_t limit, bool by_kernel, uint64_t now);
uint64_t memory_watch_wake_at(const struct memory_watch *watch); /* UINT64_MAX: never */
/* Looks, when it is time, at all that lives below `parent`. True: together they have more than the limit. Shared pages
 * are divided among those that share them, where the kernel can tell. */
bool memory_watch_is_beyond(struct memory_watch *watch, pid_t parent, uint64_t now);
/* "used more than --mem-limit 200M: 231M"; the number behind the colon only where it was looked at. */
void memory_watch_describe(const struct memory_watch *watch, struct str *out);
/* killed_by, limit, and rss where it was looked at */
void memory_watch_put(const struct memory_watch *watch, struct json *evidence);

/* Appends bytes as --mem-limit takes them: "200M", "1536K". */
void memory_add_size(struct str *out, uint64_t bytes);

/* --- the peak of a process that lives on --- */

/* All that a test costs is less than a microsecond, unless it ran so long that it can have used much. */
struct memory_peak {
	pid_t pid; /* 0: none yet */
	int statm;
	bool is_old; /* the kernel's peak may be that of a test before */
};

void memory_peak_init(struct memory_peak *peak);
void memory_peak_fini(struct memory_peak *peak);
void memory_peak_begin(struct memory_peak *peak, pid_t pid);
/* The most that it had since then, or what it has now, if `duration` (ns) was short; bytes, 0: not known. */
uint64_t memory_peak_end(struct memory_peak *peak, uint64_t duration);

/* --- the kernel's kills --- */

/* Opens the counter of the control group of this process; -1: there is none. */
int memory_open_kills(void);
/* False: the counter can't be read. */
bool memory_read_kills(int fd, uint64_t *kills);

#endif
