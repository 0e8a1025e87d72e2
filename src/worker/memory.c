#include "worker/memory.h"

#include "base/clock.h"
#include "base/fs.h"
#include "worker/cgroup.h"
#include "worker/usage.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_EVERY (50 * CLOCK_MS)
/* In less time a process can hardly fill more than a few megabytes. */
#define PEAK_MATTERS (1 * CLOCK_MS)

/* --- against a limit --- */

void memory_watch_begin(struct memory_watch *watch, uint64_t limit, bool by_kernel, uint64_t now)
{
	*watch = (struct memory_watch){ .limit = limit, .next = now + LOOK_EVERY, .by_kernel = by_kernel };
}

uint64_t memory_watch_wake_at(const struct memory_watch *watch)
{
	return watch->limit && !watch->found && !watch->by_kernel ? watch->next : UINT64_MAX;
}

bool memory_watch_is_beyond(struct memory_watch *watch, pid_t parent, uint64_t now)
{
	if (now < memory_watch_wake_at(watch))
		return false;
	struct usage usage = { .rss = 0 };
	usage_add_below(parent, &usage);
	/* What is shared was counted in each; counting it right takes long, so only where it matters. */
	if (usage.rss > watch->limit && usage.processes > 1)
		usage.rss = usage_share_below(parent, usage.rss);
	if (usage.rss > watch->limit)
		watch->found = usage.rss;
	watch->next = now + LOOK_EVERY;
	return watch->found != 0;
}

void memory_add_size(struct str *out, uint64_t bytes)
{
	static const char units[] = "BKMGT";
	unsigned unit = 0;
	/* As it was written, where it was written in whole units. */
	while (bytes >= 1024 && units[unit + 1] && (bytes % 1024 == 0 || bytes >= 10240)) {
		bytes = bytes % 1024 == 0 ? bytes / 1024 : (bytes + 512) / 1024;
		unit++;
	}
	str_add_format(out, "%llu", (unsigned long long)bytes);
	if (unit)
		str_add_char(out, units[unit]);
}

void memory_watch_describe(const struct memory_watch *watch, struct str *out)
{
	str_add_text(out, "used more than --mem-limit ");
	memory_add_size(out, watch->limit);
	if (watch->by_kernel)
		return;
	str_add_text(out, ": ");
	memory_add_size(out, watch->found);
}

void memory_watch_put(const struct memory_watch *watch, struct json *evidence)
{
	json_put_text(evidence, "killed_by", slice_of(watch->by_kernel ? "kernel" : "xtop"));
	json_put_int(evidence, "limit", (int64_t)watch->limit);
	if (!watch->by_kernel)
		json_put_int(evidence, "rss", (int64_t)watch->found);
}

/* --- the peak --- */

void memory_peak_init(struct memory_peak *peak)
{
	*peak = (struct memory_peak){ .statm = -1 };
}

void memory_peak_fini(struct memory_peak *peak)
{
	if (peak->statm >= 0)
		close(peak->statm);
	memory_peak_init(peak);
}

static void look_at(struct memory_peak *peak, pid_t pid)
{
	char path[64];
	if (peak->pid == pid)
		return;
	memory_peak_fini(peak);
	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	peak->pid = pid;
	peak->statm = open(path, O_RDONLY | O_CLOEXEC);
	peak->is_old = true;
}

void memory_peak_begin(struct memory_peak *peak, pid_t pid)
{
	char path[64];
	look_at(peak, pid);
	if (!peak->is_old)
		return;
	snprintf(path, sizeof(path), "/proc/%d/clear_refs", (int)pid);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	/* Where it can't be reset, the peak is that of all tests so far. */
	peak->is_old = write(fd, "5", 1) != 1;
	close(fd);
}

/* proc_pid_statm(5): the second number is resident, in pages. */
static uint64_t resident(const struct memory_peak *peak)
{
	char text[128], *end;
	ssize_t length = peak->statm < 0 ? -1 : pread(peak->statm, text, sizeof(text) - 1, 0);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	strtoull(text, &end, 10);
	return strtoull(end, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t peak_of(pid_t pid)
{
	char path[64], text[4096];
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (fs_read_small(path, text, sizeof(text)) <= 0)
		return 0;
	const char *line = strstr(text, "\nVmHWM:");
	return line ? strtoull(line + strlen("\nVmHWM:"), NULL, 10) * 1024 : 0;
}

uint64_t memory_peak_end(struct memory_peak *peak, uint64_t duration)
{
	if (duration < PEAK_MATTERS)
		return resident(peak);
	peak->is_old = true;
	return peak_of(peak->pid);
}

/* --- the kernel's kills --- */

int memory_open_kills(void)
{
	struct cgroup_limits limits;
	cgroup_read("/proc", &limits);
	return limits.kills_file[0] ? open(limits.kills_file, O_RDONLY | O_CLOEXEC) : -1;
}

bool memory_read_kills(int fd, uint64_t *kills)
{
	char text[512];
	ssize_t length = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);
	if (length <= 0)
		return false;
	text[length] = '\0';
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (text_starts_with(line, "oom_kill ")) {
			*kills = strtoull(line + strlen("oom_kill "), NULL, 10);
			return true;
		}
	}
	return false;
}
