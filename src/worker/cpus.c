#include "worker/cpus.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "worker/cgroup.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SMALL_FILE ((size_t)64 << 10)
#define ONLINE_FILE "/sys/devices/system/cpu/online"

/* What the controller needs beside its workers', with some to open for a moment; and what it needs for
 * each: a socket, a pidfd, and the file of a long output. */
#define SPARE_FILES 24
#define WORKER_FILES 3

/* Not sysconf(3): in some C libraries it gives the affinity. */
static unsigned online_cpus(void)
{
	struct str text = STR_INIT;
	unsigned count = 0, first, last;
	int length = 0;
	if (fs_read_file(ONLINE_FILE, SMALL_FILE, &text, NULL) == 0) {
		/* "0-3,8,10-11" */
		for (const char *at = text.data; sscanf(at, "%u%n", &first, &length) == 1; at += *at == ',') {
			at += length;
			last = first;
			if (sscanf(at, "-%u%n", &last, &length) == 1)
				at += length;
			count += last >= first ? last - first + 1 : 0;
		}
	}
	str_fini(&text);
	return count;
}

static unsigned by_affinity(void)
{
	/* The kernel refuses a mask that is smaller than its own. */
	for (int most = 1024; most <= 1 << 20; most *= 2) {
		cpu_set_t *set = CPU_ALLOC((size_t)most);
		size_t size = CPU_ALLOC_SIZE((size_t)most);
		if (!set)
			break;
		int result = sched_getaffinity(0, size, set);
		int count = result == 0 ? CPU_COUNT_S(size, set) : 0;
		CPU_FREE(set);
		if (count > 0)
			return (unsigned)count;
	}
	return 1;
}

/* What programs can get without swapping, by the kernel's estimate. 0: not known. */
static uint64_t available_memory(const char *path)
{
	struct str text = STR_INIT;
	unsigned long long kilobytes = 0;
	if (fs_read_file(path, SMALL_FILE, &text, NULL) == 0) {
		const char *line = strstr(text.data, "MemAvailable:");
		if (!line || sscanf(line, "MemAvailable: %llu kB", &kilobytes) != 1)
			kilobytes = 0;
	}
	str_fini(&text);
	return (uint64_t)kilobytes << 10;
}

static unsigned told_by_environment(void)
{
	const char *told = getenv("PYTEST_XDIST_AUTO_NUM_WORKERS");
	char *end;
	if (!told || !*told)
		return 0;
	long count = strtol(told, &end, 10);
	return *end == '\0' && count > 0 && count < 100000 ? (unsigned)count : 0;
}

static void count_memory(const char *proc, const struct cgroup_limits *limits, struct cpus_count *out)
{
	char *file = fs_join(proc, "meminfo");
	out->memory = available_memory(file);
	if (out->memory)
		snprintf(out->memory_file, sizeof(out->memory_file), "%s", file);
	free(file);
	if (limits->memory != UINT64_MAX && (!out->memory || limits->memory < out->memory)) {
		out->memory = limits->memory;
		snprintf(out->memory_file, sizeof(out->memory_file), "%s", limits->memory_file);
	}
	if (!out->worker_memory || !*out->memory_file)
		return;
	uint64_t workers = out->memory / out->worker_memory;
	out->by_memory = workers == 0 ? 1 : workers < UINT32_MAX ? (unsigned)workers : UINT32_MAX;
}

void cpus_count_by(const char *proc, uint64_t worker_memory, struct cpus_count *out)
{
	struct cgroup_limits limits;
	cgroup_read(proc, &limits);
	memset(out, 0, sizeof(*out));
	out->told = told_by_environment();
	out->affinity = by_affinity();
	out->online = online_cpus();
	if (out->online < out->affinity)
		out->online = out->affinity;
	out->quota = limits.quota;
	snprintf(out->quota_file, sizeof(out->quota_file), "%s", limits.quota_file);
	out->worker_memory = worker_memory;
	count_memory(proc, &limits, out);

	out->workers = out->affinity;
	if (out->quota < (double)out->workers)
		out->workers = (unsigned)ceil(out->quota);
	if (out->by_memory && out->by_memory < out->workers)
		out->workers = out->by_memory;
	if (out->told)
		out->workers = out->told;
}

void cpus_count(uint64_t worker_memory, struct cpus_count *out)
{
	cpus_count_by("/proc", worker_memory, out);
}

unsigned cpus_by_files(uint64_t files)
{
	if (files < SPARE_FILES + WORKER_FILES)
		return 1;
	uint64_t workers = (files - SPARE_FILES) / WORKER_FILES;
	return workers < UINT32_MAX ? (unsigned)workers : UINT32_MAX;
}
