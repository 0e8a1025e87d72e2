#include "diagnose/waits.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

/* Beginnings of the names of kernel functions, which differ from version to version in their ends. */
static const struct {
	const char *begins;
	enum waiting waiting;
} channels[] = {
	{ "futex", WAITING_LOCK },
	{ "flock_lock", WAITING_LOCK },
	{ "locks_lock", WAITING_LOCK },
	{ "fcntl_setlk", WAITING_LOCK },
	{ "do_lock_file_wait", WAITING_LOCK },
	{ "do_semtimedop", WAITING_LOCK },
	{ "do_nanosleep", WAITING_SLEEP },
	{ "hrtimer_nanosleep", WAITING_SLEEP },
	{ "sk_wait_data", WAITING_SOCKET },
	{ "inet_csk_accept", WAITING_SOCKET },
	{ "inet_csk_wait", WAITING_SOCKET },
	{ "inet_wait_for_connect", WAITING_SOCKET },
	{ "inet_stream_connect", WAITING_SOCKET },
	{ "__inet_stream_connect", WAITING_SOCKET },
	{ "unix_stream_", WAITING_SOCKET },
	{ "unix_wait_for_peer", WAITING_SOCKET },
	{ "unix_accept", WAITING_SOCKET },
	{ "skb_wait_for_more", WAITING_SOCKET },
	{ "__skb_wait_for_more", WAITING_SOCKET },
	{ "sk_stream_wait", WAITING_SOCKET },
	{ "sock_alloc_send", WAITING_SOCKET },
	{ "tcp_recvmsg", WAITING_SOCKET },
	{ "pipe_read", WAITING_READ },
	{ "anon_pipe_read", WAITING_READ },
	{ "n_tty_read", WAITING_READ },
	{ "eventfd_read", WAITING_READ },
	{ "signalfd_read", WAITING_EVENT },
	{ "pipe_write", WAITING_WRITE },
	{ "anon_pipe_write", WAITING_WRITE },
	{ "n_tty_write", WAITING_WRITE },
	{ "poll_schedule_timeout", WAITING_EVENT },
	{ "do_sys_poll", WAITING_EVENT },
	{ "do_poll", WAITING_EVENT },
	{ "do_select", WAITING_EVENT },
	{ "ep_poll", WAITING_EVENT },
	{ "do_epoll_wait", WAITING_EVENT },
	{ "sigsuspend", WAITING_EVENT },
	{ "do_sigtimedwait", WAITING_EVENT },
	{ "sys_pause", WAITING_EVENT },
	{ "__do_sys_pause", WAITING_EVENT },
	{ "do_wait", WAITING_CHILD },
	{ "kernel_wait", WAITING_CHILD },
	{ "do_signal_stop", WAITING_STOPPED },
	{ "ptrace_stop", WAITING_STOPPED },
	{ "io_schedule", WAITING_DISK },
	{ "folio_wait", WAITING_DISK },
	{ "wait_on_page", WAITING_DISK },
	{ "rpc_wait", WAITING_DISK },
	{ "request_wait_answer", WAITING_DISK },
};

/* Newer architectures have no poll, select or pause, 32-bit x86 no semtimedop or accept. */
struct system_call {
	const char *name;
	long number;
	enum waiting waiting;
	unsigned counts; /* its argument that says for how many descriptors it waits, from 1; 0: none */
};

static const struct system_call calls[] = {
	{ "futex", SYS_futex, WAITING_LOCK, 0 },
	{ "flock", SYS_flock, WAITING_LOCK, 0 },
	{ "fcntl", SYS_fcntl, WAITING_LOCK, 0 },
#ifdef SYS_semtimedop
	{ "semtimedop", SYS_semtimedop, WAITING_LOCK, 0 },
#endif
	{ "nanosleep", SYS_nanosleep, WAITING_SLEEP, 0 },
	{ "clock_nanosleep", SYS_clock_nanosleep, WAITING_SLEEP, 0 },
#ifdef SYS_accept
	{ "accept", SYS_accept, WAITING_SOCKET, 0 },
#endif
	{ "accept4", SYS_accept4, WAITING_SOCKET, 0 },
	{ "connect", SYS_connect, WAITING_SOCKET, 0 },
	{ "recvfrom", SYS_recvfrom, WAITING_SOCKET, 0 },
	{ "recvmsg", SYS_recvmsg, WAITING_SOCKET, 0 },
	{ "sendto", SYS_sendto, WAITING_SOCKET, 0 },
	{ "sendmsg", SYS_sendmsg, WAITING_SOCKET, 0 },
	{ "read", SYS_read, WAITING_READ, 0 },
	{ "readv", SYS_readv, WAITING_READ, 0 },
	{ "write", SYS_write, WAITING_WRITE, 0 },
	{ "writev", SYS_writev, WAITING_WRITE, 0 },
	{ "ppoll", SYS_ppoll, WAITING_EVENT, 2 },
	{ "pselect6", SYS_pselect6, WAITING_EVENT, 1 },
	{ "epoll_pwait", SYS_epoll_pwait, WAITING_EVENT, 0 },
	{ "rt_sigsuspend", SYS_rt_sigsuspend, WAITING_EVENT, 0 },
	{ "rt_sigtimedwait", SYS_rt_sigtimedwait, WAITING_EVENT, 0 },
#ifdef SYS_poll
	{ "poll", SYS_poll, WAITING_EVENT, 2 },
#endif
#ifdef SYS_select
	{ "select", SYS_select, WAITING_EVENT, 1 },
#endif
#ifdef SYS_epoll_wait
	{ "epoll_wait", SYS_epoll_wait, WAITING_EVENT, 0 },
#endif
#ifdef SYS_pause
	{ "pause", SYS_pause, WAITING_EVENT, 0 },
#endif
	{ "wait4", SYS_wait4, WAITING_CHILD, 0 },
	{ "waitid", SYS_waitid, WAITING_CHILD, 0 },
};

enum waiting wchan_waits_for(const char *wchan)
{
	for (size_t i = 0; i < sizeof(channels) / sizeof(*channels); i++) {
		if (text_starts_with(wchan, channels[i].begins))
			return channels[i].waiting;
	}
	return WAITING_NOT;
}

static const struct system_call *find_call(const char *text)
{
	char *end;
	size_t length = strcspn(text, " (");
	long number = strtol(text, &end, 10);
	bool is_number = end != text && (size_t)(end - text) == length;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		if (is_number ? calls[i].number == number
			      : strncmp(calls[i].name, text, length) == 0 && calls[i].name[length] == '\0')
			return &calls[i];
	}
	return NULL;
}

/* The index-th word behind the number, from 1, is 0x0. */
static bool argument_is_zero(const char *text, unsigned index)
{
	for (; index > 0; index--) {
		text = strchr(text, ' ');
		if (!text)
			return false;
		text++;
	}
	return strncmp(text, "0x0", 3) == 0 && (text[3] == ' ' || text[3] == '\0');
}

enum waiting call_waits_for(const char *text)
{
	const struct system_call *call = find_call(text);
	if (!call)
		return WAITING_NOT;
	/* What waits for no descriptor at all only waits for time to pass. */
	return call->counts && argument_is_zero(text, call->counts) ? WAITING_SLEEP : call->waiting;
}

const char *call_name(const char *text)
{
	const struct system_call *call = find_call(text);
	return call ? call->name : NULL;
}
