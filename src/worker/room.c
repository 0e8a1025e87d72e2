#include "worker/room.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "worker/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALL_FILE ((size_t)64 << 10)
#define LOW_PERCENT 5
#define LOW_MOST ((uint64_t)1 << 30)
#define STALLED_LOW 10.0
#define STALLED_ENOUGH 5.0

/* --- reading --- */

/* "MemAvailable:   24210012 kB" */
static uint64_t line_of(const char *text, const char *name)
{
	unsigned long long kilobytes;
	const char *line = strstr(text, name);
	return line && sscanf(line + strlen(name), " %llu kB", &kilobytes) == 1 ? (uint64_t)kilobytes << 10 : 0;
}

static void read_machine(const char *file, struct room_bound *out)
{
	struct str text = STR_INIT;
	if (fs_read_file(file, SMALL_FILE, &text, NULL) == 0 && strstr(text.data, "MemAvailable:")) {
		out->total = line_of(text.data, "MemTotal:");
		out->left = line_of(text.data, "MemAvailable:");
		snprintf(out->file, sizeof(out->file), "%s", file);
	}
	str_fini(&text);
}

/* "full avg10=0.00 avg60=0.00 avg300=0.00 total=19691": nothing but waiting for memory was done. */
static void read_stalls(const char *file, struct room *out)
{
	struct str text = STR_INIT;
	double percent;
	const char *line = NULL;
	if (fs_read_file(file, SMALL_FILE, &text, NULL) == 0)
		line = strstr(text.data, "full avg10=");
	if (line && sscanf(line, "full avg10=%lf", &percent) == 1 && percent > out->stalled) {
		out->stalled = percent;
		snprintf(out->stalled_file, sizeof(out->stalled_file), "%s", file);
	}
	str_fini(&text);
}

static void read_group(const char *proc, struct room *out)
{
	struct cgroup_limits limits;
	cgroup_read(proc, &limits);
	if (limits.memory_file[0]) {
		out->group.total = limits.memory_limit;
		out->group.left = limits.memory;
		memcpy(out->group.file, limits.memory_file, sizeof(out->group.file));
	}
	if (limits.pressure_file[0])
		read_stalls(limits.pressure_file, out);
}

void room_source_init(struct room_source *source, const char *proc, const char *meminfo)
{
	struct cgroup_limits limits;
	cgroup_read(proc, &limits);
	/* Nothing else is worth reading a table of mounts for, every time. */
	*source = (struct room_source){ proc, meminfo, limits.memory_file[0] || limits.pressure_file[0] };
}

void room_read(const struct room_source *source, struct room *out)
{
	char *meminfo = source->meminfo ? alloc_string(source->meminfo) : fs_join(source->proc, "meminfo");
	char *pressure = fs_join(source->proc, "pressure/memory");
	memset(out, 0, sizeof(*out));
	out->stalled = -1;
	read_machine(meminfo, &out->machine);
	read_stalls(pressure, out);
	if (source->grouped)
		read_group(source->proc, out);
	free(meminfo);
	free(pressure);
}

/* --- judging --- */

static enum room_level judge_bound(const struct room_bound *bound, uint64_t need)
{
	uint64_t base = bound->total / 100 * LOW_PERCENT;
	if (base > LOW_MOST)
		base = LOW_MOST;
	uint64_t low = need > base ? need : base;
	if (bound->left < low / 2)
		return ROOM_SCARCE;
	if (bound->left < low)
		return ROOM_LOW;
	return bound->left < low + base / 2 ? ROOM_NARROW : ROOM_ENOUGH;
}

static enum room_level judge_stalls(double stalled)
{
	if (stalled > STALLED_LOW)
		return ROOM_LOW;
	return stalled < STALLED_ENOUGH ? ROOM_ENOUGH : ROOM_NARROW;
}

enum room_level room_judge(const struct room *room, uint64_t need, const struct room_bound **bound)
{
	const struct room_bound *bounds[] = { &room->group, &room->machine };
	enum room_level level = ROOM_ENOUGH;
	*bound = NULL;
	for (size_t i = 0; i < 2; i++) {
		if (!bounds[i]->total)
			continue;
		enum room_level of_this = judge_bound(bounds[i], need);
		if (!*bound || of_this > level) {
			*bound = bounds[i];
			level = of_this;
		}
	}
	enum room_level by_stalls = judge_stalls(room->stalled);
	if (by_stalls > level) {
		*bound = NULL;
		level = by_stalls;
	}
	return level;
}

void room_describe(const struct room *room, const struct room_bound *bound, struct str *out)
{
	if (bound) {
		memory_add_size(out, bound->left);
		str_add_text(out, " of ");
		memory_add_size(out, bound->total);
		str_add_format(out, " of memory are left (%s)", bound->file);
	} else if (room->stalled >= 0) {
		str_add_format(out, "everything stood still for want of memory %.0f %% of the last 10 s (%s)",
			       room->stalled, room->stalled_file);
	}
}
