/* The system calls in which a process may wait for long, by what /proc/PID/syscall says (proc_pid_syscall(5)). */
#ifndef XTOP_WORKER_CALLS_H
#define XTOP_WORKER_CALLS_H

#include <stdbool.h>

enum call_kind {
	CALL_OTHER,
	CALL_LOCK,
	CALL_FILE_LOCK,
	CALL_SLEEP,
	CALL_SOCKET,
	CALL_READ,
	CALL_WRITE,
	CALL_EVENT,
	CALL_SIGNAL,
	CALL_CHILD,
};

#define CALL_NAME_SIZE 64

struct call {
	enum call_kind kind;
	/* "futex"; the number where the name is not known. With its first arguments where they make it something else:
	 * "select 0x0". */
	char name[CALL_NAME_SIZE];
};

/* `text` is the file's. False: the process was in no system call, or may not be looked into. */
bool call_read(const char *text, struct call *call);

/* What it waits for, in a few words: "a lock". NULL: nothing to add to the name. */
const char *call_words(enum call_kind kind);

#endif
