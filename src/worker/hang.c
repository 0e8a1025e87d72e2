#include "worker/hang.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#define BETWEEN_LOOKS (200 * CLOCK_MS)
/* More than it takes as a rule; the end of the test, and the next one, wait for it. */
#define TOOL_LIMIT (2 * CLOCK_SECOND)

void hang_begin(struct hang *hang, const struct job *job, pid_t root, bool alone, bool with_stack, uint64_t now)
{
	hang->look = look_new(root, alone, now);
	hang->look_at = now + BETWEEN_LOOKS;
	hang->wants_stack = with_stack;
	hang->enough = job->enough_stacks;
	hang->grace = job->grace;
}

void hang_stop(struct hang *hang)
{
	stack_free(hang->stack);
	hang->stack = NULL;
	hang->look_at = 0;
}

void hang_fini(struct hang *hang)
{
	hang_stop(hang);
	look_free(hang->look);
	free(hang->frames);
	*hang = (struct hang){ .frames = NULL };
}

static const char *path_of(const struct runner_host *host)
{
	for (size_t i = 0; host->environment[i]; i++)
		if (text_starts_with(host->environment[i], "PATH="))
			return host->environment[i] + strlen("PATH=");
	return NULL;
}

void hang_begin_stack(struct hang *hang, const struct runner_host *host, pid_t pid, uint64_t now)
{
	const char *path = path_of(host);
	stack_free(hang->stack);
	hang->stack = NULL;
	if (hang->enough)
		hang->no_stack = "enough";
	else if (hang->grace == 0)
		hang->no_stack = "late";
	else if (path)
		hang->stack = stack_start(path, pid, host->null_fd,
					  now + (hang->grace < TOOL_LIMIT ? hang->grace : TOOL_LIMIT));
}

bool hang_go_on(struct hang *hang, const struct runner_host *host, uint64_t now)
{
	if (hang->look_at && now >= hang->look_at) {
		hang->look_at = 0;
		hang->looked = look_again(hang->look, now);
		/* A debugger would have to wait for it to go on. */
		if (hang->looked && hang->wants_stack && !look_is_stopped(hang->look))
			hang_begin_stack(hang, host, look_pid(hang->look), now);
	}
	if (hang->stack && stack_go_on(hang->stack, now)) {
		free(hang->frames);
		hang->frames = stack_take_text(hang->stack);
		hang->no_stack = stack_was_late(hang->stack) ? "late" : "empty";
		stack_free(hang->stack);
		hang->stack = NULL;
	}
	return !hang->look_at && !hang->stack;
}

unsigned hang_poll_fds(const struct hang *hang, struct pollfd *fds)
{
	if (!hang->stack)
		return 0;
	fds[0] = (struct pollfd){ .fd = stack_fd(hang->stack), .events = POLLIN };
	return 1;
}

uint64_t hang_wake_at(const struct hang *hang)
{
	if (hang->stack)
		return stack_wake_at(hang->stack);
	return hang->look_at ? hang->look_at : UINT64_MAX;
}

void hang_put(const struct hang *hang, const char *stack_key, struct json *evidence)
{
	if (hang->looked)
		look_put(hang->look, evidence);
	if (hang->frames)
		json_put_text(evidence, stack_key, slice_of(hang->frames));
	else if (hang->no_stack)
		json_put_text(evidence, "no_stack", slice_of(hang->no_stack));
}

void hang_describe(const struct hang *hang, struct str *out)
{
	if (!hang->looked)
		return;
	str_add_text(out, "; ");
	look_describe(hang->look, out);
}
