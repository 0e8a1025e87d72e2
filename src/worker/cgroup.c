#include "worker/cgroup.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALL_FILE ((size_t)64 << 10)
#define LARGE_FILE ((size_t)4 << 20) /* mountinfo, where thousands of containers are mounted */

/* The words of a version's files. */
struct version {
	const char *controller; /* of /proc/self/cgroup; "": version 2, which has all in one hierarchy */
	void (*look)(const char *directory, struct cgroup_limits *out);
};

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

static bool read_text(const char *directory, const char *name, size_t limit, struct str *out)
{
	char *path = fs_join(directory, name);
	str_clear(out);
	bool ok = fs_read_file(path, limit, out, NULL) == 0;
	free(path);
	return ok;
}

/* A file with one number; "max" and what is no number are none. */
static bool read_number(const char *directory, const char *name, uint64_t *number)
{
	struct str text = STR_INIT;
	char *end = NULL;
	bool ok = false;
	if (read_text(directory, name, SMALL_FILE, &text) && text.data[0] >= '0' && text.data[0] <= '9') {
		*number = strtoull(text.data, &end, 10);
		ok = *end == '\0' || *end == '\n';
	}
	str_fini(&text);
	return ok;
}

/* One line of a file of names and numbers. 0: it is not there. */
static uint64_t number_of(const char *directory, const char *name, const char *key)
{
	struct str text = STR_INIT;
	uint64_t number = 0;
	size_t length = strlen(key);
	if (read_text(directory, name, SMALL_FILE, &text)) {
		for (const char *at = text.data; at; at = strchr(at, '\n')) {
			at += *at == '\n';
			if (strncmp(at, key, length) == 0 && at[length] == ' ') {
				number = strtoull(at + length + 1, NULL, 10);
				break;
			}
		}
	}
	str_fini(&text);
	return number;
}

static void note_file(char file[CGROUP_FILE_SIZE], const char *directory, const char *name)
{
	snprintf(file, CGROUP_FILE_SIZE, "%s/%s", directory, name);
}

static void limit_quota(struct cgroup_limits *out, double quota, const char *directory, const char *name)
{
	if (!(quota < out->quota))
		return;
	out->quota = quota;
	note_file(out->quota_file, directory, name);
}

/* Pages of files that nobody used lately are counted as used, but make room as soon as it is wanted. */
static void limit_memory(struct cgroup_limits *out, uint64_t limit, uint64_t used, uint64_t files,
			 const char *directory, const char *name)
{
	used = files < used ? used - files : 0;
	uint64_t left = used < limit ? limit - used : 0;
	if (left >= out->memory)
		return;
	out->memory = left;
	out->memory_limit = limit;
	note_file(out->memory_file, directory, name);
}

/* Of the process's own group, which is looked at first. */
static void note_own(char file[CGROUP_FILE_SIZE], const char *directory, const char *name)
{
	char *path = fs_join(directory, name);
	if (!file[0] && fs_exists(path))
		note_file(file, directory, name);
	free(path);
}

static void look_v2(const char *directory, struct cgroup_limits *out)
{
	struct str text = STR_INIT;
	long long quota, period;
	note_own(out->kills_file, directory, "memory.events");
	note_own(out->pressure_file, directory, "memory.pressure");
	if (read_text(directory, "cpu.max", SMALL_FILE, &text) &&
	    sscanf(text.data, "%lld %lld", &quota, &period) == 2 && quota > 0 && period > 0)
		limit_quota(out, (double)quota / (double)period, directory, "cpu.max");
	str_fini(&text);

	/* Above memory.high nothing is killed, but all is slowed down until it is below again. */
	static const char *const limits[] = { "memory.max", "memory.high" };
	uint64_t used, limit;
	if (!read_number(directory, "memory.current", &used))
		return;
	uint64_t files = number_of(directory, "memory.stat", "inactive_file");
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (read_number(directory, limits[i], &limit))
			limit_memory(out, limit, used, files, directory, limits[i]);
}

static void look_v1_cpu(const char *directory, struct cgroup_limits *out)
{
	uint64_t quota, period;
	/* No limit is -1, which is no number here. */
	if (read_number(directory, "cpu.cfs_quota_us", &quota) && quota > 0 &&
	    read_number(directory, "cpu.cfs_period_us", &period) && period > 0)
		limit_quota(out, (double)quota / (double)period, directory, "cpu.cfs_quota_us");
}

static void look_v1_memory(const char *directory, struct cgroup_limits *out)
{
	uint64_t limit, used;
	note_own(out->kills_file, directory, "memory.oom_control");
	/* No limit is the largest number of pages: 2⁶³ bytes, less a part of a page. */
	if (!read_number(directory, "memory.limit_in_bytes", &limit) || limit >= UINT64_C(1) << 62 ||
	    !read_number(directory, "memory.usage_in_bytes", &used))
		return;
	limit_memory(out, limit, used, number_of(directory, "memory.stat", "total_inactive_file"), directory,
		     "memory.limit_in_bytes");
}

/* The process's path in a hierarchy, by /proc/self/cgroup. The caller frees it; NULL: it is in none. */
static char *own_path(const char *proc, const char *controller)
{
	struct str text = STR_INIT;
	char *found = NULL;
	if (read_text(proc, "self/cgroup", SMALL_FILE, &text)) {
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

/* Undoes what mountinfo writes for blanks and backslashes: three octal digits. */
static void unescape(char *text)
{
	char *to = text;
	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' && from[2] <= '7' &&
		    from[3] >= '0' && from[3] <= '7') {
			*to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* A line of mountinfo, proc_pid_mountinfo(5): "31 23 0:28 ROOT POINT OPTIONS … - TYPE SOURCE
 * SUPER-OPTIONS". */
struct mount {
	char *root, *point;
	const char *type, *options;
};

static bool parse_mount(char *line, struct mount *mount)
{
	char *save = NULL, *fields[5];
	char *behind = strstr(line, " - ");
	if (!behind)
		return false;
	*behind = '\0';
	for (int i = 0; i < 5; i++)
		if (!(fields[i] = strtok_r(i ? NULL : line, " ", &save)))
			return false;
	mount->root = fields[3];
	mount->point = fields[4];
	mount->type = strtok_r(behind + 3, " ", &save);
	mount->options = mount->type && strtok_r(NULL, " ", &save) ? strtok_r(NULL, " ", &save) : NULL;
	unescape(mount->root);
	unescape(mount->point);
	return mount->options != NULL;
}

/* What of `path` is below `root`; NULL: it isn't. */
static const char *below(const char *path, const char *root)
{
	size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
	if (strncmp(path, root, length) != 0 || (path[length] != '/' && path[length] != '\0'))
		return NULL;
	return path + length;
}

/* Where a hierarchy is mounted: its directory, and in *rest the process's path below it. */
static char *find_mount(const char *proc, const char *controller, const char *path, const char **rest)
{
	struct str text = STR_INIT;
	char *found = NULL, *save = NULL;
	*rest = "";
	if (!read_text(proc, "self/mountinfo", LARGE_FILE, &text))
		str_clear(&text);
	for (char *line = strtok_r(text.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct mount mount;
		if (!parse_mount(line, &mount) ||
		    strcmp(mount.type, *controller ? "cgroup" : "cgroup2") != 0 ||
		    (*controller && !is_listed(mount.options, controller)))
			continue;
		const char *here = below(path, mount.root);
		/* A mount that is not above the process's group belongs to it all the same where a
		 * namespace hides the path: what stands there is the nearest group that can be seen. */
		if (!here && found)
			continue;
		free(found);
		found = alloc_string(mount.point);
		if (here) {
			*rest = here;
			break;
		}
	}
	str_fini(&text);
	return found;
}

/* NULL: there is none. *mount_length: how much of it is where the hierarchy is mounted. */
static char *own_directory(const char *proc, const char *controller, size_t *mount_length)
{
	const char *rest = NULL;
	char *path = own_path(proc, controller), *directory = NULL;
	char *mount = path ? find_mount(proc, controller, path, &rest) : NULL;
	if (mount) {
		/* "/" alone is the mount itself, and so is a path out of it. */
		bool inside = strcmp(rest, "/") != 0 && !strstr(rest, "/..");
		directory = alloc_format("%s%s", mount, inside ? rest : "");
		*mount_length = strlen(mount);
	}
	free(mount);
	free(path);
	return directory;
}

char *cgroup_own(const char *proc)
{
	size_t mount_length;
	return own_directory(proc, "", &mount_length);
}

static void look_up(const char *proc, const struct version *version, struct cgroup_limits *out)
{
	size_t mount_length;
	char *directory = own_directory(proc, version->controller, &mount_length);
	if (directory) {
		for (;;) {
			version->look(directory, out);
			char *slash = strrchr(directory, '/');
			if (!slash || strlen(directory) <= mount_length)
				break;
			*slash = '\0';
		}
		free(directory);
	}
}

void cgroup_read(const char *proc, struct cgroup_limits *out)
{
	static const struct version versions[] = {
		{ "", look_v2 },
		{ "cpu", look_v1_cpu },
		{ "memory", look_v1_memory },
	};
	memset(out, 0, sizeof(*out));
	out->quota = INFINITY;
	out->memory = UINT64_MAX;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		look_up(proc, &versions[i], out);
}
