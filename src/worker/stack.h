/* The stacks of another process's threads, by eu-stack(1) or gdb(1), where one of them is on the PATH.
 *
 * The tool is a child of the caller, in a process group of its own, and is killed when it takes too long.
 * Nothing here waits: the owner polls the descriptor and calls in.
 */
#ifndef XTOP_WORKER_STACK_H
#define XTOP_WORKER_STACK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define STACK_TEXT_MAX ((size_t)8 << 10)

struct stack;

/* NULL: there is no tool, or it can't be started. `path`: where it is looked for, as $PATH has it; `limit`: ns, when it is
 * given up. */
struct stack *stack_start(const char *path, pid_t pid, int null_fd, uint64_t limit);
void stack_free(struct stack *stack); /* kills the tool if it still runs */
int stack_fd(const struct stack *stack);
uint64_t stack_wake_at(const struct stack *stack);
/* When the descriptor is ready, or the time has come. True: it is done. */
bool stack_go_on(struct stack *stack, uint64_t now);
bool stack_was_late(const struct stack *stack); /* it was given up */
/* The frames, innermost first, with lines that name their threads; the caller frees it. NULL: there are none. */
char *stack_take_text(struct stack *stack);

#endif
