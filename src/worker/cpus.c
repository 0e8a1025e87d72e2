#include "worker/cpus.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALL_FILE ((size_t)64 << 10)

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

/* Whether `name` is one of the words between the commas. */
static bool is_listed(const char *list, const char *name)
{
	size_t length = strlen(name);
	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
			return true;
	}
	return false;
}

/* The process's path in a cgroup hierarchy (cgroups(7)): of v2 (controller "") or of v1's cpu controller. */
static char *own_cgroup(const char *controller)
{
	struct str text = STR_INIT;
	char *found = NULL;
	if (fs_read_file("/proc/self/cgroup", SMALL_FILE, &text, NULL) == 0) {
		char *save = NULL;
		for (char *line = strtok_r(text.data, "\n", &save); line && !found;
		     line = strtok_r(NULL, "\n", &save)) {
			char *first = strchr(line, ':');
			char *second = first ? strchr(first + 1, ':') : NULL;
			if (!second)
				continue;
			*second = '\0';
			bool fits = *controller ? is_listed(first + 1, controller) : first[1] == '\0';
			if (fits)
				found = alloc_string(second + 1);
		}
	}
	str_fini(&text);
	return found;
}

static bool read_line(const char *directory, const char *name, struct str *out)
{
	char *path = fs_join(directory, name);
	str_clear(out);
	bool ok = fs_read_file(path, SMALL_FILE, out, NULL) == 0;
	free(path);
	return ok;
}

static double quota_in(const char *directory)
{
	struct str text = STR_INIT;
	double quota = INFINITY;
	long long limit, period;
	if (read_line(directory, "cpu.max", &text)) {
		if (sscanf(text.data, "%lld %lld", &limit, &period) == 2 && limit > 0 && period > 0)
			quota = (double)limit / (double)period;
	} else if (read_line(directory, "cpu.cfs_quota_us", &text) && (limit = atoll(text.data)) > 0 &&
		   read_line(directory, "cpu.cfs_period_us", &text) && (period = atoll(text.data)) > 0) {
		quota = (double)limit / (double)period;
	}
	str_fini(&text);
	return quota;
}

/* The narrowest quota on the way up from the process's own group. */
static double by_quota(const char *mount, const char *controller)
{
	double quota = INFINITY;
	char *group = own_cgroup(controller);
	if (!group)
		return quota;
	for (;;) {
		char *directory = alloc_format("%s%s", mount, group);
		double here = quota_in(directory);
		free(directory);
		if (here < quota)
			quota = here;
		char *slash = strrchr(group, '/');
		if (!slash || group[0] == '\0')
			break;
		*slash = '\0';
	}
	free(group);
	return quota;
}

unsigned cpus_usable(void)
{
	const char *told = getenv("PYTEST_XDIST_AUTO_NUM_WORKERS");
	if (told && *told) {
		char *end;
		long count = strtol(told, &end, 10);
		if (*end == '\0' && count > 0 && count < 100000)
			return (unsigned)count;
	}
	unsigned count = by_affinity();
	double quota = by_quota("/sys/fs/cgroup", "");
	double old = by_quota("/sys/fs/cgroup/cpu", "cpu");
	if (old < quota)
		quota = old;
	if (quota < (double)count)
		count = (unsigned)ceil(quota);
	return count ? count : 1;
}
