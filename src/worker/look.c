#include "worker/look.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/vec.h"
#include "worker/calls.h"
#include "worker/descendants.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Beyond these nobody reads on, and the worker has other things to do. */
#define PROCESSES_MAX 128
#define THREADS_MAX 256 /* of one process */
#define COMMAND_MAX 200

struct thread {
	pid_t id;
	char state; /* proc_pid_stat(5) */
	uint64_t cpu; /* ns since its start */
};

struct process {
	pid_t pid, parent;
	VEC(struct thread) threads; /* the first one is the process's first, unless that has left */
	uint64_t used; /* ns of CPU between the looks, by all threads */
	uint64_t first_used; /* by the first thread */
	bool always_ready; /* its first thread ran, or waited for a CPU, at both looks */
};

typedef VEC(struct process) process_list;

enum where { WHERE_BLOCKED, WHERE_SPINNING, WHERE_STOPPED };

struct look {
	pid_t root;
	bool alone;
	uint64_t at, between; /* ns: the first look, from there to the second */
	process_list first, second;
	/* What is told; -1: nothing. Indexes of `second`. */
	ssize_t chosen, child;
	enum where where;
	bool has_call;
	struct call call;
	char wchan[64];
	struct str command, child_text; /* of those two, for later they may be gone */
};

/* --- looking --- */

static bool read_thread(pid_t pid, pid_t id, struct thread *thread)
{
	char path[96], text[1024];
	unsigned long long user, kernel;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid, (int)id);
	if (fs_read_small(path, text, sizeof(text)) <= 0)
		return false;
	/* The name stands in parentheses and may hold any byte, so the last ')' ends it. Behind it field 3 is the state, 14
	 * and 15 are utime and stime. */
	char *behind = strrchr(text, ')');
	if (!behind || sscanf(behind + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu", &thread->state, &user,
			      &kernel) != 3)
		return false;
	thread->id = id;
	thread->cpu = (user + kernel) * (CLOCK_SECOND / (unsigned long long)sysconf(_SC_CLK_TCK));
	return true;
}

static bool is_dead(const struct thread *thread)
{
	return thread->state == 'Z' || thread->state == 'X';
}

static void read_threads(struct process *process)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/task", (int)process->pid);
	DIR *directory = opendir(path);
	if (!directory)
		return;
	struct dirent *entry;
	while ((entry = readdir(directory)) && process->threads.length < THREADS_MAX) {
		struct thread thread;
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    read_thread(process->pid, (pid_t)strtol(entry->d_name, NULL, 10), &thread) && !is_dead(&thread))
			vec_push(&process->threads, thread);
	}
	closedir(directory);
}

static void list(pid_t root, process_list *processes)
{
	struct descendant tree[PROCESSES_MAX];
	size_t count = descendants_tree(root, tree, PROCESSES_MAX);
	for (size_t i = 0; i < count && i < PROCESSES_MAX; i++) {
		struct process process = { .pid = tree[i].pid, .parent = tree[i].parent, .threads = VEC_INIT };
		read_threads(&process);
		if (process.threads.length > 0)
			vec_push(processes, process);
		else
			vec_fini(&process.threads);
	}
}

static void free_list(process_list *processes)
{
	vec_each(processes, process)
		vec_fini(&process->threads);
	vec_fini(processes);
}

static const struct process *find_process(const process_list *processes, pid_t pid)
{
	vec_each(processes, process)
		if (process->pid == pid)
			return process;
	return NULL;
}

struct look *look_new(pid_t root, bool alone, uint64_t now)
{
	struct look *look = ALLOC_NEW(struct look);
	look->root = root;
	look->alone = alone;
	look->at = now;
	look->chosen = look->child = -1;
	str_init(&look->command);
	str_init(&look->child_text);
	list(root, &look->first);
	return look;
}

void look_free(struct look *look)
{
	if (!look)
		return;
	free_list(&look->first);
	free_list(&look->second);
	str_fini(&look->command);
	str_fini(&look->child_text);
	free(look);
}

/* --- comparing --- */

static const struct thread *find_thread(const struct process *process, pid_t id)
{
	for (size_t i = 0; process && i < process->threads.length; i++)
		if (process->threads.items[i].id == id)
			return &process->threads.items[i];
	return NULL;
}

/* What was not there at the first look has used all that it has used since. */
static void compare(struct look *look)
{
	vec_each(&look->second, process) {
		const struct process *before = find_process(&look->first, process->pid);
		const struct thread *leader = process->threads.items, *same = find_thread(before, leader->id);
		vec_each(&process->threads, thread) {
			const struct thread *old = find_thread(before, thread->id);
			uint64_t then = old ? old->cpu : 0;
			process->used += thread->cpu > then ? thread->cpu - then : 0;
		}
		process->first_used = same && same->cpu < leader->cpu ? leader->cpu - same->cpu : 0;
		process->always_ready = leader->state == 'R' && same && same->state == 'R';
	}
}

static bool is_busy(const struct look *look, uint64_t used)
{
	return used * 2 > look->between;
}

static bool read_call(const struct process *process, struct call *call)
{
	char path[96], text[256];
	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", (int)process->pid, (int)process->threads.items[0].id);
	ssize_t length = fs_read_small(path, text, sizeof(text));
	return length > 0 && call_read(text, call);
}

static void read_wchan(const struct process *process, char *wchan, size_t size)
{
	char path[96];
	snprintf(path, sizeof(path), "/proc/%d/task/%d/wchan", (int)process->pid, (int)process->threads.items[0].id);
	if (fs_read_small(path, wchan, size) <= 0 || strcmp(wchan, "0") == 0)
		wchan[0] = '\0';
	for (char *c = wchan; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != '.')
			*c = '_';
}

/* A shell that waits for `sleep 1000 &` is in sigsuspend. */
static bool waits_for_child(const struct process *process)
{
	struct call call;
	char wchan[64];
	if (read_call(process, &call))
		return call.kind == CALL_CHILD || call.kind == CALL_SIGNAL;
	read_wchan(process, wchan, sizeof(wchan));
	return text_starts_with(wchan, "do_wait") || text_starts_with(wchan, "kernel_wait");
}

/* The child that was started last; -1: none. */
static ssize_t newest_child(const struct look *look, ssize_t parent)
{
	ssize_t found = -1;
	for (size_t i = 0; i < look->second.length; i++)
		if (look->second.items[i].parent == look->second.items[parent].pid &&
		    (found < 0 || look->second.items[i].pid > look->second.items[found].pid))
			found = (ssize_t)i;
	return found;
}

/* From a process downwards, as long as each only waits for the next. */
static ssize_t follow(const struct look *look, ssize_t at)
{
	for (size_t depth = 0; depth < look->second.length && waits_for_child(&look->second.items[at]); depth++) {
		ssize_t child = newest_child(look, at);
		if (child < 0)
			break;
		at = child;
	}
	return at;
}

static ssize_t busiest(const struct look *look)
{
	ssize_t found = -1;
	for (size_t i = 0; i < look->second.length; i++) {
		const struct process *process = &look->second.items[i];
		if (is_busy(look, process->used) &&
		    (found < 0 || process->used > look->second.items[found].used))
			found = (ssize_t)i;
	}
	return found;
}

static bool choose(struct look *look)
{
	ssize_t root = -1;
	for (size_t i = 0; i < look->second.length; i++)
		if (look->second.items[i].pid == look->root)
			root = (ssize_t)i;
	if (root < 0)
		return false;
	ssize_t telling = busiest(look);
	if (telling < 0)
		telling = follow(look, root);
	if (!look->alone) {
		look->chosen = telling;
		return true;
	}
	look->chosen = root;
	/* A child may also be waited for by its output. */
	look->child = telling != root ? telling : newest_child(look, root);
	return true;
}

static void judge(struct look *look, const struct process *process)
{
	char state = process->threads.items[0].state;
	if (state == 'T' || state == 't') {
		look->where = WHERE_STOPPED;
	} else if (is_busy(look, process->first_used) || process->always_ready) {
		/* Always ready: where there are more such than CPUs it may have got little. */
		look->where = WHERE_SPINNING;
	} else {
		look->where = WHERE_BLOCKED;
		look->has_call = read_call(process, &look->call);
		read_wchan(process, look->wchan, sizeof(look->wchan));
	}
}

/* Whether the child is a part of what there is to tell. */
static bool waits_on_child(const struct look *look)
{
	return look->child >= 0 && look->where == WHERE_BLOCKED &&
	       (!look->has_call || look->call.kind == CALL_CHILD || look->call.kind == CALL_EVENT ||
		look->call.kind == CALL_READ || look->call.kind == CALL_SIGNAL);
}

bool look_again(struct look *look, uint64_t now)
{
	list(look->root, &look->second);
	look->between = now > look->at ? now - look->at : 1;
	compare(look);
	if (!choose(look))
		return false;
	const struct process *process = &look->second.items[look->chosen];
	judge(look, process);
	descendants_command(process->pid, COMMAND_MAX, &look->command);
	if (!waits_on_child(look))
		look->child = -1;
	if (look->child >= 0) {
		const struct process *child = &look->second.items[look->child];
		str_add_format(&look->child_text, "%d `", (int)child->pid);
		descendants_command(child->pid, COMMAND_MAX, &look->child_text);
		str_add_char(&look->child_text, '`');
	}
	return true;
}

/* --- telling --- */

pid_t look_pid(const struct look *look)
{
	return look->second.items[look->chosen].pid;
}

bool look_is_stopped(const struct look *look)
{
	return look->where == WHERE_STOPPED;
}

void look_put(const struct look *look, struct json *evidence)
{
	static const char *const words[] = { [WHERE_BLOCKED] = "blocked",
					     [WHERE_SPINNING] = "spinning",
					     [WHERE_STOPPED] = "stopped" };
	const struct process *process = &look->second.items[look->chosen];
	char state[2] = { process->threads.items[0].state, '\0' };
	json_put_text(evidence, "where", slice_of(words[look->where]));
	json_put_text(evidence, "state", slice_of(look->where == WHERE_SPINNING ? "R" : state));
	if (look->has_call)
		json_put_text(evidence, "syscall", slice_of(look->call.name));
	if (look->wchan[0])
		json_put_text(evidence, "wchan", slice_of(look->wchan));
	/* As if the looks had been as far apart as they should. */
	double used = (double)process->used / (double)look->between * 0.2;
	json_put_real(evidence, "cpu", (double)(int64_t)(used * 1000 + 0.5) / 1000);
	json_put_int(evidence, "pid", process->pid);
	json_put_text(evidence, "command", (struct slice){ look->command.data, look->command.length });
	json_put_int(evidence, "threads", (int64_t)process->threads.length);
	if (look->child >= 0)
		json_put_text(evidence, "child", (struct slice){ look->child_text.data, look->child_text.length });
}

static void describe_call(const struct look *look, struct str *out)
{
	const char *name = look->call.name, *words = call_words(look->call.kind);
	if (look->call.kind == CALL_OTHER)
		str_add_format(out, " in system call %s", name);
	else
		str_add_format(out, " in %.*s", (int)strcspn(name, " "), name);
	if (words)
		str_add_format(out, " (%s)", words);
}

void look_describe(const struct look *look, struct str *out)
{
	const struct process *process = &look->second.items[look->chosen];
	if (process->pid == look->root)
		str_add_text(out, "it");
	else
		str_add_format(out, "its process %d `%s`", (int)process->pid, look->command.data);
	switch (look->where) {
	case WHERE_SPINNING:
		str_add_text(out, " was spinning");
		return;
	case WHERE_STOPPED:
		str_add_text(out, process->threads.items[0].state == 't' ? " was held by a debugger" : " was stopped");
		return;
	case WHERE_BLOCKED:
		break;
	}
	str_add_text(out, " was blocked");
	if (look->has_call)
		describe_call(look, out);
	if (look->child >= 0) {
		str_add_format(out, ", its child is %s", look->child_text.data);
		if (is_busy(look, look->second.items[look->child].used))
			str_add_text(out, ", which was spinning");
	} else if (is_busy(look, process->used)) {
		str_add_text(out, " while another thread was spinning");
	}
}
