#include "worker/offspring.h"

#include "worker/descendants.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void close_lists(struct offspring *offspring)
{
	for (int i = 0; i < 2; i++) {
		if (offspring->lists[i] >= 0)
			close(offspring->lists[i]);
		offspring->lists[i] = -1;
	}
}

void offspring_init(struct offspring *offspring)
{
	*offspring = (struct offspring){ .lists = { -1, -1 } };
	str_init(&offspring->known);
	str_init(&offspring->now);
}

void offspring_fini(struct offspring *offspring)
{
	close_lists(offspring);
	str_fini(&offspring->known);
	str_fini(&offspring->now);
}

static int open_list(pid_t pid)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	return pid > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
}

static void look_at(struct offspring *offspring, pid_t harness)
{
	if (offspring->harness == harness)
		return;
	close_lists(offspring);
	offspring->harness = harness;
	offspring->lists[0] = open_list(harness);
	offspring->lists[1] = open_list(descendants_parent(harness));
	str_clear(&offspring->known);
}

static void read_lists(struct offspring *offspring)
{
	char text[4096];
	str_clear(&offspring->now);
	for (int i = 0; i < 2; i++) {
		off_t at = 0;
		ssize_t length;
		str_add_char(&offspring->now, ' ');
		while (offspring->lists[i] >= 0 && (length = pread(offspring->lists[i], text, sizeof(text), at)) > 0) {
			str_add(&offspring->now, text, (size_t)length);
			at += length;
			if ((size_t)length < sizeof(text) / 2)
				break;
		}
	}
}

void offspring_note(struct offspring *offspring, pid_t harness)
{
	look_at(offspring, harness);
	read_lists(offspring);
	struct str before = offspring->known;
	offspring->known = offspring->now;
	offspring->now = before;
}

/* Helpers of Python's multiprocessing, and of libraries that copied it: they end when the interpreter does. */
static bool is_helper(pid_t pid)
{
	static const char *const words[] = { "resource_tracker import main", "semaphore_tracker import main",
					     "forkserver import main" };
	struct str command = STR_INIT;
	bool found = false;
	descendants_command(pid, 1000, &command);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		found = found || strstr(command.data, words[i]);
	str_fini(&command);
	return found;
}

static bool is_known(const struct offspring *offspring, long pid)
{
	char word[32];
	snprintf(word, sizeof(word), " %ld ", pid);
	return pid == offspring->harness || strstr(offspring->known.data, word);
}

size_t offspring_find_new(struct offspring *offspring, pid_t harness, pid_t *pids, size_t max)
{
	look_at(offspring, harness);
	read_lists(offspring);
	if (offspring->known.length == offspring->now.length &&
	    memcmp(offspring->known.data, offspring->now.data, offspring->now.length) == 0)
		return 0;
	size_t count = 0;
	char *at = offspring->now.data, *end;
	for (long pid; (pid = strtol(at, &end, 10)) > 0 && end != at; at = end) {
		if (is_known(offspring, pid) || descendants_is_dead((pid_t)pid) || is_helper((pid_t)pid))
			continue;
		if (count < max)
			pids[count] = (pid_t)pid;
		count++;
	}
	return count;
}
