#include "worker/calls.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

struct known {
	const char *name;
	long number;
	enum call_kind kind;
	unsigned counts; /* its argument that says for how many descriptors it waits, from 1; 0: none */
};

/* Newer architectures have no poll, select or pause. */
static const struct known calls[] = {
	{ "futex", SYS_futex, CALL_LOCK, 0 },
	{ "semtimedop", SYS_semtimedop, CALL_LOCK, 0 },
	{ "flock", SYS_flock, CALL_FILE_LOCK, 0 },
	{ "fcntl", SYS_fcntl, CALL_FILE_LOCK, 0 },
	{ "nanosleep", SYS_nanosleep, CALL_SLEEP, 0 },
	{ "clock_nanosleep", SYS_clock_nanosleep, CALL_SLEEP, 0 },
	{ "accept", SYS_accept, CALL_SOCKET, 0 },
	{ "accept4", SYS_accept4, CALL_SOCKET, 0 },
	{ "connect", SYS_connect, CALL_SOCKET, 0 },
	{ "recvfrom", SYS_recvfrom, CALL_SOCKET, 0 },
	{ "recvmsg", SYS_recvmsg, CALL_SOCKET, 0 },
	{ "sendto", SYS_sendto, CALL_SOCKET, 0 },
	{ "sendmsg", SYS_sendmsg, CALL_SOCKET, 0 },
	{ "read", SYS_read, CALL_READ, 0 },
	{ "readv", SYS_readv, CALL_READ, 0 },
	{ "write", SYS_write, CALL_WRITE, 0 },
	{ "writev", SYS_writev, CALL_WRITE, 0 },
	{ "ppoll", SYS_ppoll, CALL_EVENT, 2 },
	{ "pselect6", SYS_pselect6, CALL_EVENT, 1 },
	{ "epoll_pwait", SYS_epoll_pwait, CALL_EVENT, 0 },
#ifdef SYS_poll
	{ "poll", SYS_poll, CALL_EVENT, 2 },
#endif
#ifdef SYS_select
	{ "select", SYS_select, CALL_EVENT, 1 },
#endif
#ifdef SYS_epoll_wait
	{ "epoll_wait", SYS_epoll_wait, CALL_EVENT, 0 },
#endif
#ifdef SYS_pause
	{ "pause", SYS_pause, CALL_SIGNAL, 0 },
#endif
	{ "rt_sigsuspend", SYS_rt_sigsuspend, CALL_SIGNAL, 0 },
	{ "rt_sigtimedwait", SYS_rt_sigtimedwait, CALL_SIGNAL, 0 },
	{ "wait4", SYS_wait4, CALL_CHILD, 0 },
	{ "waitid", SYS_waitid, CALL_CHILD, 0 },
};

/* The text behind so many words; NULL: there are not so many. */
static const char *behind(const char *text, unsigned words)
{
	for (; words > 0 && text; words--) {
		text = strchr(text, ' ');
		if (text)
			text++;
	}
	return text;
}

/* What waits for no descriptor at all only waits for time to pass. */
static bool waits_for_none(const struct known *known, const char *text)
{
	const char *argument = known->counts ? behind(text, known->counts) : NULL;
	return argument && strncmp(argument, "0x0 ", 4) == 0;
}

bool call_read(const char *text, struct call *call)
{
	char *end;
	long number = strtol(text, &end, 10);
	/* "running", or "-1 0x7ff… 0x55…" for a process that is blocked outside of system calls. */
	if (end == text || number < 0)
		return false;
	call->kind = CALL_OTHER;
	snprintf(call->name, sizeof(call->name), "%ld", number);
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		const struct known *known = &calls[i];
		if (known->number != number)
			continue;
		call->kind = known->kind;
		snprintf(call->name, sizeof(call->name), "%s", known->name);
		if (waits_for_none(known, text)) {
			const char *last = behind(text, known->counts) + 3;
			call->kind = CALL_SLEEP;
			snprintf(call->name, sizeof(call->name), "%s%.*s", known->name, (int)(last - end), end);
		}
		break;
	}
	return true;
}

const char *call_words(enum call_kind kind)
{
	switch (kind) {
	case CALL_LOCK:
		return "a lock";
	case CALL_FILE_LOCK:
		return "a file's lock";
	case CALL_SLEEP:
		return "sleeping";
	case CALL_SOCKET:
		return "a socket";
	case CALL_READ:
		return "waiting for input";
	case CALL_WRITE:
		return "nobody reads";
	case CALL_EVENT:
		return "waiting for input or a socket";
	case CALL_SIGNAL:
		return "waiting for a signal";
	case CALL_CHILD:
		return "waiting for a child";
	case CALL_OTHER:
		break;
	}
	return NULL;
}
