#include "worker/descendants.h"

#include "base/fs.h"
#include "base/utf8.h"
#include "base/vec.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct process {
	pid_t pid, parent;
	char state;
	int threads;
	bool ours, kept;
};

typedef VEC(struct process) process_list;
typedef VEC(pid_t) pid_list;

/* proc_pid_stat(5): the name stands in parentheses and may hold any byte, so the last ')' ends it. */
static bool read_process(pid_t pid, struct process *process)
{
	char path[64], text[1024];
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (fs_read_small(path, text, sizeof(text)) <= 0)
		return false;
	char *behind = strrchr(text, ')');
	int parent;
	/* Field 3 is the state, 4 the parent, 20 the number of threads. */
	if (!behind || sscanf(behind + 1, " %c %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %d",
			      &process->state, &parent, &process->threads) != 3)
		return false;
	process->pid = pid;
	process->parent = (pid_t)parent;
	process->ours = process->kept = false;
	return true;
}

static void list_processes(process_list *list)
{
	DIR *directory = opendir("/proc");
	if (!directory)
		return;
	struct dirent *entry;
	while ((entry = readdir(directory))) {
		struct process process;
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    read_process((pid_t)strtol(entry->d_name, NULL, 10), &process))
			vec_push(list, process);
	}
	closedir(directory);
}

/* A process whose first thread has left looks like a zombie while the others work on. */
static bool is_dead(const struct process *process)
{
	return (process->state == 'Z' || process->state == 'X') && process->threads <= 1;
}

/* Down the tree from what is marked already, until a pass finds no more: pids are in no helpful order. */
static void mark_below(process_list *list)
{
	for (bool again = true; again;) {
		again = false;
		vec_each(list, process) {
			if (process->ours)
				continue;
			vec_each(list, parent) {
				if (parent->pid == process->parent && parent->ours) {
					process->ours = true;
					process->kept = parent->kept;
					again = true;
					break;
				}
			}
		}
	}
}

size_t descendants_tree(pid_t root, struct descendant *found, size_t max)
{
	process_list list = VEC_INIT;
	size_t count = 0;
	list_processes(&list);
	vec_each(&list, process)
		process->ours = process->pid == root;
	mark_below(&list);
	vec_each(&list, process) {
		if (!process->ours || is_dead(process))
			continue;
		if (count < max)
			found[count] = (struct descendant){ process->pid, process->parent };
		count++;
	}
	vec_fini(&list);
	return count;
}

pid_t descendants_parent(pid_t pid)
{
	struct process process;
	return read_process(pid, &process) ? process.parent : -1;
}

bool descendants_is_dead(pid_t pid)
{
	struct process process;
	return !read_process(pid, &process) || is_dead(&process);
}

size_t descendants_children(pid_t *pids, size_t max)
{
	process_list list = VEC_INIT;
	size_t count = 0;
	pid_t self = getpid();
	list_processes(&list);
	vec_each(&list, process) {
		if (process->parent != self || is_dead(process))
			continue;
		if (count < max)
			pids[count] = process->pid;
		count++;
	}
	vec_fini(&list);
	return count;
}

/* Returns how many processes were signalled; our children among them are added to *children, if given. */
static size_t kill_below(bool (*keep)(void *context, pid_t child), void *context, pid_list *children)
{
	process_list list = VEC_INIT;
	size_t killed = 0;
	pid_t self = getpid();
	list_processes(&list);
	vec_each(&list, process) {
		if (process->parent == self) {
			process->ours = true;
			process->kept = keep && keep(context, process->pid);
		}
	}
	mark_below(&list);
	vec_each(&list, process) {
		if (!process->ours || process->kept || is_dead(process) || kill(process->pid, SIGKILL) != 0)
			continue;
		killed++;
		if (children && process->parent == self)
			vec_push(children, process->pid);
	}
	vec_fini(&list);
	return killed;
}

size_t descendants_kill(bool (*keep)(void *context, pid_t child), void *context)
{
	return kill_below(keep, context, NULL);
}

void descendants_end(bool (*keep)(void *context, pid_t child), void *context)
{
	pid_list children = VEC_INIT;
	/* What nobody may signal never ends; what came to light behind our back does, with the next look. */
	for (unsigned futile = 0; futile < 3;) {
		vec_clear(&children);
		futile = kill_below(keep, context, &children) > 0 ? 0 : futile + 1;
		vec_each(&children, child)
			while (waitpid(*child, NULL, 0) < 0 && errno == EINTR)
				continue;
		pid_t pid;
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			continue;
		if (pid < 0 && errno == ECHILD)
			break;
	}
	vec_fini(&children);
}

void descendants_command(pid_t pid, size_t limit, struct str *out)
{
	char path[64], text[4096];
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	ssize_t length = fs_read_small(path, text, sizeof(text));
	if (length > 0) {
		while (length > 0 && text[length - 1] == '\0')
			length--;
		for (ssize_t i = 0; i < length; i++)
			if (text[i] == '\0')
				text[i] = ' ';
		utf8_add_visible(out, text, (size_t)length < limit ? (size_t)length : limit, false);
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	length = fs_read_small(path, text, sizeof(text));
	str_add_char(out, '[');
	if (length > 1)
		utf8_add_visible(out, text, (size_t)length - 1, false);
	str_add_char(out, ']');
}
