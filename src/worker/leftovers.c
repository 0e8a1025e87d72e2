#include "worker/leftovers.h"

#include "base/fs.h"
#include "worker/descendants.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMED_MAX 8
#define COMMAND_MAX 200

void leftovers_init(struct leftovers *leftovers)
{
	*leftovers = (struct leftovers){ .count = 0 };
	str_init(&leftovers->list);
	str_init(&leftovers->plain);
	str_init(&leftovers->holders);
}

void leftovers_fini(struct leftovers *leftovers)
{
	str_fini(&leftovers->list);
	str_fini(&leftovers->plain);
	str_fini(&leftovers->holders);
}

static void add_name(struct str *list, pid_t pid, const char *quote)
{
	str_add_format(list, "%s%d %s", list->length ? ", " : "", (int)pid, quote);
	descendants_command(pid, COMMAND_MAX, list);
	str_add_text(list, quote);
}

void leftovers_add(struct leftovers *leftovers, pid_t pid)
{
	if (leftovers->count++ < NAMED_MAX) {
		add_name(&leftovers->list, pid, "`");
		add_name(&leftovers->plain, pid, "");
	} else if (leftovers->count == NAMED_MAX + 1) {
		str_add_text(&leftovers->list, " …");
		str_add_text(&leftovers->plain, " …");
	}
}

void leftovers_add_children(struct leftovers *leftovers)
{
	pid_t pids[NAMED_MAX + 1];
	size_t count = descendants_children(pids, NAMED_MAX + 1);
	for (size_t i = 0; i < count && i <= NAMED_MAX; i++)
		leftovers_add(leftovers, pids[i]);
	if (count > NAMED_MAX)
		leftovers->count += count - NAMED_MAX - 1;
}

/* --- pipes --- */

static bool is_a_pipe_of(const struct capture *capture, const char *link)
{
	for (int i = 0; i < 2; i++) {
		struct stat status;
		char name[48];
		if (capture->pipes[i].fd < 0 || fstat(capture->pipes[i].fd, &status) != 0)
			continue;
		snprintf(name, sizeof(name), "pipe:[%llu]", (unsigned long long)status.st_ino);
		if (strcmp(name, link) == 0)
			return true;
	}
	return false;
}

/* proc_pid_fd(5); those of other users can't be seen. */
static bool holds(pid_t pid, const struct capture *capture)
{
	char path[64], link[64];
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	DIR *directory = opendir(path);
	struct dirent *entry;
	bool found = false;
	while (directory && !found && (entry = readdir(directory))) {
		ssize_t length = readlinkat(dirfd(directory), entry->d_name, link, sizeof(link) - 1);
		if (length <= 0)
			continue;
		link[length] = '\0';
		found = is_a_pipe_of(capture, link);
	}
	if (directory)
		closedir(directory);
	return found;
}

void leftovers_add_pipe(struct leftovers *leftovers, const struct capture *capture)
{
	unsigned named = 0;
	leftovers->pipe_held = true;
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	while (directory && named < NAMED_MAX && (entry = readdir(directory))) {
		pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? (pid_t)strtol(entry->d_name, NULL, 10) : 0;
		if (pid <= 0 || pid == getpid() || !holds(pid, capture))
			continue;
		add_name(&leftovers->holders, pid, "`");
		named++;
	}
	if (directory)
		closedir(directory);
}

bool leftovers_are_none(const struct leftovers *leftovers)
{
	return leftovers->count == 0 && !leftovers->pipe_held;
}

/* --- telling --- */

void leftovers_describe_processes(const struct leftovers *leftovers, const char *fate, struct str *out)
{
	str_add_format(out, "left %zu process%s behind, %s: %s", leftovers->count,
		       leftovers->count == 1 ? "" : "es", fate, leftovers->list.data);
}

void leftovers_describe_pipe(const struct leftovers *leftovers, struct str *out)
{
	str_add_text(out, "the pipe of its output is held open by a process that is no child of it");
	if (leftovers->holders.length)
		str_add_format(out, ": %s", leftovers->holders.data);
	str_add_text(out, "; what is still written there is lost");
}

void leftovers_judge(const struct leftovers *leftovers, enum leak_mode mode, struct result *result)
{
	if (mode != LEAK_FAIL || leftovers_are_none(leftovers) ||
	    (result->outcome != OUTCOME_PASSED && result->outcome != OUTCOME_XPASSED))
		return;
	struct str message = STR_INIT;
	if (leftovers->count == 1)
		str_add_format(&message, "left a process behind: %s", leftovers->plain.data);
	else if (leftovers->count)
		str_add_format(&message, "left %zu processes behind: %s", leftovers->count, leftovers->plain.data);
	else
		str_add_format(&message, "left the pipe of its output held open%s%s",
			       leftovers->holders.length ? " by " : "", leftovers->holders.data);
	result_fini(result);
	*result = (struct result){ .outcome = OUTCOME_FAILED, .message = str_take(&message) };
}

void leftovers_put(const struct leftovers *leftovers, struct json *evidence)
{
	if (leftovers->count)
		json_put_text(evidence, "left_over", (struct slice){ leftovers->list.data, leftovers->list.length });
	if (leftovers->pipe_held)
		json_put_bool(evidence, "pipe_held", true);
	if (leftovers->holders.length)
		json_put_text(evidence, "holders", (struct slice){ leftovers->holders.data, leftovers->holders.length });
}
