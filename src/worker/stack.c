#include "worker/stack.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/utf8.h"
#include "worker/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PRINTED_MAX ((size_t)256 << 10)

struct stack {
	pid_t tool;
	int fd; /* -1: it has printed all */
	uint64_t limit;
	bool late;
	struct str printed;
};

static char *find_tool(const char *path, const char *name)
{
	while (path && *path) {
		size_t length = strcspn(path, ":");
		char *directory = alloc_string_n(path, length), *file = fs_join(directory, name);
		free(directory);
		if (file[0] == '/' && fs_is_executable_file(file))
			return file;
		free(file);
		path += length;
		path += *path == ':';
	}
	return NULL;
}

/* Nothing that the user's own environment asks of a debugger: it may ask for files from the network. */
static pid_t start_tool(const char *path, char *const *argv, int null_fd, int out)
{
	char *path_variable = alloc_format("PATH=%s", path), language[] = "LC_ALL=C";
	char *environment[] = { path_variable, language, NULL };
	struct spawn_request request = { .argv = argv, .envp = environment, .fds = { null_fd, out, out } };
	struct error error = ERROR_INIT;
	pid_t pid = spawn_program(&request, &error);
	free(path_variable);
	return pid;
}

#define ARGUMENT(text) (char *)(uintptr_t)(text)

static pid_t start_some_tool(const char *path, pid_t pid, int null_fd, int out)
{
	char number[24];
	snprintf(number, sizeof(number), "%d", (int)pid);
	char *tool = find_tool(path, "eu-stack");
	pid_t started = -1;
	if (tool) {
		char *argv[] = { tool, ARGUMENT("-n"), ARGUMENT("40"), ARGUMENT("-p"), number, NULL };
		started = start_tool(path, argv, null_fd, out);
	} else if ((tool = find_tool(path, "gdb"))) {
		/* The first thread first: it tells most, and what comes last may be cut off. */
		char *argv[] = { tool,
				 ARGUMENT("-nx"),
				 ARGUMENT("-q"),
				 ARGUMENT("-batch"),
				 ARGUMENT("-iex"),
				 ARGUMENT("set auto-load no"),
				 ARGUMENT("-ex"),
				 ARGUMENT("set print frame-arguments none"),
				 ARGUMENT("-ex"),
				 ARGUMENT("thread apply all -ascending backtrace 40"),
				 ARGUMENT("-p"),
				 number,
				 NULL };
		started = start_tool(path, argv, null_fd, out);
	}
	free(tool);
	return started;
}

struct stack *stack_start(const char *path, pid_t pid, int null_fd, uint64_t limit)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return NULL;
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	pid_t tool = start_some_tool(path, pid, null_fd, ends[1]);
	close(ends[1]);
	if (tool < 0) {
		close(ends[0]);
		return NULL;
	}
	struct stack *stack = ALLOC_NEW(struct stack);
	stack->tool = tool;
	stack->fd = ends[0];
	stack->limit = limit;
	str_init(&stack->printed);
	return stack;
}

/* Somebody else may wait for every child of this process: then it is gone already. */
static void end_tool(struct stack *stack)
{
	if (stack->fd >= 0)
		close(stack->fd);
	stack->fd = -1;
	if (stack->tool && waitpid(stack->tool, NULL, WNOHANG) == 0) {
		/* It may not lead its group yet: what starts it need not wait for that (valgrind doesn't). */
		kill(-stack->tool, SIGKILL);
		kill(stack->tool, SIGKILL);
		while (waitpid(stack->tool, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	stack->tool = 0;
}

void stack_free(struct stack *stack)
{
	if (!stack)
		return;
	end_tool(stack);
	str_fini(&stack->printed);
	free(stack);
}

int stack_fd(const struct stack *stack)
{
	return stack->fd;
}

uint64_t stack_wake_at(const struct stack *stack)
{
	return stack->limit;
}

bool stack_go_on(struct stack *stack, uint64_t now)
{
	char buffer[4096];
	while (stack->fd >= 0) {
		ssize_t length = read(stack->fd, buffer, sizeof(buffer));
		if (length > 0 && stack->printed.length < PRINTED_MAX)
			str_add(&stack->printed, buffer, (size_t)length);
		else if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR))
			end_tool(stack);
		else if (length < 0)
			break;
	}
	if (stack->fd >= 0 && now >= stack->limit) {
		stack->late = true;
		end_tool(stack);
	}
	return stack->fd < 0;
}

bool stack_was_late(const struct stack *stack)
{
	return stack->late;
}

/* What else they print is about themselves. */
static bool is_of_stack(struct slice line)
{
	return slice_starts_with(line, "#") || slice_starts_with(line, "Thread ") || slice_starts_with(line, "TID ");
}

char *stack_take_text(struct stack *stack)
{
	struct str text = STR_INIT;
	bool has_frame = false;
	const char *at = stack->printed.data, *end = at + stack->printed.length;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		struct slice line = { at, (size_t)((newline ? newline : end) - at) };
		at = newline ? newline + 1 : end;
		if (!is_of_stack(line))
			continue;
		if (text.length + line.length + 1 > STACK_TEXT_MAX)
			break;
		utf8_add_visible(&text, line.data, line.length, false);
		str_add_char(&text, '\n');
		has_frame = has_frame || line.data[0] == '#';
	}
	if (has_frame)
		return str_take(&text);
	str_fini(&text);
	return NULL;
}
