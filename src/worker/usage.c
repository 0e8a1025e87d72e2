#include "worker/usage.h"

#include "base/clock.h"
#include "base/fs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MAX_DEPTH 16

static uint64_t time_of(struct timeval time)
{
	return (uint64_t)time.tv_sec * CLOCK_SECOND + (uint64_t)time.tv_usec * 1000;
}

/* proc_pid_stat(5): fields 14 to 17 are utime, stime, cutime, cstime in ticks; 24 is rss in pages. */
static void add_process(int pid, struct usage *usage, int count_time)
{
	char path[64], text[1024];
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (fs_read_small(path, text, sizeof(text)) <= 0)
		return;
	const char *at = strrchr(text, ')');
	if (!at)
		return;
	unsigned long long ticks = 0, value;
	at++;
	for (int field = 3; field <= 24 && at; field++) {
		at += strspn(at, " ");
		if (field >= 14 && field <= 17) {
			value = strtoull(at, NULL, 10);
			ticks += value;
		} else if (field == 24) {
			usage->rss += strtoull(at, NULL, 10) * (unsigned long long)sysconf(_SC_PAGESIZE);
		}
		at = strchr(at, ' ');
	}
	usage->processes++;
	if (count_time)
		usage->cpu += ticks * (CLOCK_SECOND / (unsigned long long)sysconf(_SC_CLK_TCK));
}

static void add_children(int pid, int depth, void (*add)(int child, void *context), void *context)
{
	char path[96], text[8192];
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	if (depth > MAX_DEPTH || fs_read_small(path, text, sizeof(text)) <= 0)
		return;
	char *at = text, *end;
	for (long child; (child = strtol(at, &end, 10)) > 0 && end != at; at = end) {
		add((int)child, context);
		add_children((int)child, depth + 1, add, context);
	}
}

static void add_usage(int pid, void *context)
{
	add_process(pid, context, 1);
}

void usage_measure(struct usage *usage)
{
	struct rusage self, waited;
	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &waited);
	usage->cpu = time_of(self.ru_utime) + time_of(self.ru_stime) + time_of(waited.ru_utime) +
		     time_of(waited.ru_stime);
	usage->rss = 0;
	usage->processes = 0;
	int pid = (int)getpid();
	add_process(pid, usage, 0);
	add_children(pid, 0, add_usage, usage);
}

void usage_add_process(pid_t pid, struct usage *usage)
{
	add_process((int)pid, usage, 1);
	usage_add_below(pid, usage);
}

void usage_add_below(pid_t parent, struct usage *usage)
{
	add_children((int)parent, 0, add_usage, usage);
}

struct shares {
	uint64_t bytes;
	int unknown;
};

/* proc_pid_smaps(5) */
static void add_share(int pid, void *context)
{
	struct shares *shares = context;
	char path[64], text[2048];
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	const char *line = fs_read_small(path, text, sizeof(text)) > 0 ? strstr(text, "\nPss:") : NULL;
	if (line)
		shares->bytes += strtoull(line + strlen("\nPss:"), NULL, 10) * 1024;
	else
		shares->unknown = 1;
}

uint64_t usage_share_below(pid_t parent, uint64_t rss)
{
	struct shares shares = { 0, 0 };
	add_children((int)parent, 0, add_share, &shares);
	return shares.unknown ? rss : shares.bytes;
}
