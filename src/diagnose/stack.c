/* Stacks as faulthandler, gdb and eu-stack print them. */
#include "diagnose/facts.h"
#include "diagnose/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* How many of the innermost frames may be a library's, above those who called it. */
#define LOOKED_AT 8

static bool skip_text(struct slice *line, const char *text)
{
	size_t length = strlen(text);
	if (!slice_starts_with(*line, text))
		return false;
	*line = (struct slice){ line->data + length, line->length - length };
	return true;
}

static unsigned take_number(struct slice *line)
{
	unsigned number = 0;
	while (line->length > 0 && isdigit((unsigned char)line->data[0])) {
		number = number > 100000000 ? number : number * 10 + (unsigned)(line->data[0] - '0');
		line->data++, line->length--;
	}
	return number;
}

/* `  File "/p/test_a.py", line 12 in test_b` */
static bool read_python_frame(struct slice line, struct frame *frame)
{
	line = slice_trim(line);
	if (!skip_text(&line, "File \""))
		return false;
	const char *end = memchr(line.data, '"', line.length);
	if (!end)
		return false;
	struct slice file = { line.data, (size_t)(end - line.data) };
	line = (struct slice){ end, line.length - file.length };
	if (!skip_text(&line, "\", line "))
		return false;
	unsigned number = take_number(&line);
	/* ", in" is what a traceback has, which begins at the other end. */
	if (!skip_text(&line, " in "))
		return false;
	*frame = (struct frame){ .function = slice_trim(line), .file = file, .line = number };
	return frame->function.length > 0;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == ':' || c == '~' || c == '.' || c == '$';
}

static bool slice_ends_with(struct slice text, const char *end)
{
	size_t length = strlen(end);
	return text.length >= length && memcmp(text.data + text.length - length, end, length) == 0;
}

/* Behind the last of these words; empty: it is not there. */
static struct slice behind_last(struct slice line, const char *word)
{
	size_t length = strlen(word);
	struct slice found = { NULL, 0 };
	const char *next = line.data, *end = line.data + line.length;
	while ((next = memmem(next, (size_t)(end - next), word, length)) != NULL) {
		next += length;
		found = (struct slice){ next, (size_t)(end - next) };
	}
	return found;
}

/* gdb tells the source, "at hang.c:12", or the library, "from /lib/libc.so.6"; eu-stack a symbol's version. */
static void read_native_place(struct slice line, struct frame *frame)
{
	struct slice source = behind_last(line, " at ");
	size_t colon = source.length;
	while (colon > 0 && source.data[colon - 1] != ':')
		colon--;
	frame->shared = behind_last(line, " from /").length > 0 || memchr(line.data, '@', line.length);
	if (colon < 2)
		return;
	struct slice number = { source.data + colon, source.length - colon };
	frame->line = take_number(&number);
	frame->file = (struct slice){ source.data, colon - 1 };
}

/* `#1  0x00007f… in futex_wait (…) at lock.c:12` of gdb, `#1  0x00007f… pthread_mutex_lock` of eu-stack, which
 * may name no function at all. */
static bool read_native_frame(struct slice line, struct frame *frame)
{
	line = slice_trim(line);
	if (!skip_text(&line, "#") || line.length == 0 || !isdigit((unsigned char)line.data[0]))
		return false;
	take_number(&line);
	line = slice_trim(line);
	bool has_address = skip_text(&line, "0x");
	if (has_address) {
		while (line.length > 0 && isxdigit((unsigned char)line.data[0]))
			line.data++, line.length--;
		line = slice_trim(line);
		skip_text(&line, "in ");
	}
	size_t length = 0;
	while (length < line.length && is_name(line.data[length]))
		length++;
	bool has_brackets =
		length + 1 < line.length && line.data[length] == ' ' && line.data[length + 1] == '(';
	/* Other lines begin with '#' and a number too. */
	if (length == 0 || (!has_address && !has_brackets))
		return false;
	*frame = (struct frame){ .function = { line.data, length }, .native = true };
	read_native_place(line, frame);
	return true;
}

static bool read_frame(struct slice line, struct frame *frame)
{
	return read_python_frame(line, frame) || read_native_frame(line, frame);
}

/* Where the stack of the thread begins that matters: faulthandler calls it the current one, or names no thread
 * where there is one only; to gdb the first thread is number 1, and comes last. The newest of several: what
 * was printed before may have been another one. */
static struct slice from_current_thread(struct slice stack)
{
	struct slice rest = stack, line, found = stack;
	while (text_next_line(&rest, &line)) {
		line = slice_trim(line);
		if (slice_starts_with(line, "Current thread ") ||
		    slice_starts_with(line, "Stack (most recent") || slice_starts_with(line, "Thread 1 ("))
			found = rest;
	}
	return found;
}

/* Calls of C libraries that wait, without underscores in front and what glibc puts around them. */
static const struct {
	const char *name;
	enum waiting waiting;
} native_calls[] = {
	{ "futex_wait", WAITING_LOCK },
	{ "futex_abstimed_wait", WAITING_LOCK },
	{ "lll_lock_wait", WAITING_LOCK },
	{ "pthread_mutex_lock", WAITING_LOCK },
	{ "pthread_mutex_timedlock", WAITING_LOCK },
	{ "pthread_cond_wait", WAITING_LOCK },
	{ "pthread_cond_timedwait", WAITING_LOCK },
	{ "pthread_rwlock_rdlock", WAITING_LOCK },
	{ "pthread_rwlock_wrlock", WAITING_LOCK },
	{ "pthread_join", WAITING_LOCK },
	{ "pthread_clockjoin_ex", WAITING_LOCK },
	{ "pthread_barrier_wait", WAITING_LOCK },
	{ "sem_wait", WAITING_LOCK },
	{ "sem_timedwait", WAITING_LOCK },
	{ "new_sem_wait_slow", WAITING_LOCK },
	{ "flock", WAITING_LOCK },
	{ "timedwait_cp", WAITING_LOCK },
	{ "nanosleep", WAITING_SLEEP },
	{ "clock_nanosleep", WAITING_SLEEP },
	{ "usleep", WAITING_SLEEP },
	{ "sleep", WAITING_SLEEP },
	{ "accept", WAITING_SOCKET },
	{ "accept4", WAITING_SOCKET },
	{ "connect", WAITING_SOCKET },
	{ "recv", WAITING_SOCKET },
	{ "recvfrom", WAITING_SOCKET },
	{ "recvmsg", WAITING_SOCKET },
	{ "send", WAITING_SOCKET },
	{ "sendto", WAITING_SOCKET },
	{ "sendmsg", WAITING_SOCKET },
	{ "read", WAITING_READ },
	{ "readv", WAITING_READ },
	{ "write", WAITING_WRITE },
	{ "writev", WAITING_WRITE },
	{ "poll", WAITING_EVENT },
	{ "ppoll", WAITING_EVENT },
	{ "select", WAITING_EVENT },
	{ "pselect", WAITING_EVENT },
	{ "epoll_wait", WAITING_EVENT },
	{ "epoll_pwait", WAITING_EVENT },
	{ "pause", WAITING_EVENT },
	{ "sigsuspend", WAITING_EVENT },
	{ "sigwait", WAITING_EVENT },
	{ "sigwaitinfo", WAITING_EVENT },
	{ "wait4", WAITING_CHILD },
	{ "waitpid", WAITING_CHILD },
	{ "waitid", WAITING_CHILD },
};

/* Functions of Python's library, by the end of their file's path. NULL: any function of it. */
static const struct {
	const char *file, *function;
	enum waiting waiting;
} python_calls[] = {
	{ "/subprocess.py", "communicate", WAITING_CHILD },
	{ "/subprocess.py", "_communicate", WAITING_CHILD },
	{ "/subprocess.py", "wait", WAITING_CHILD },
	{ "/subprocess.py", "_wait", WAITING_CHILD },
	{ "/subprocess.py", "_try_wait", WAITING_CHILD },
	{ "/multiprocessing/popen_fork.py", NULL, WAITING_CHILD },
	{ "/multiprocessing/process.py", "join", WAITING_CHILD },
	{ "/multiprocessing/connection.py", "_recv", WAITING_READ },
	{ "/multiprocessing/connection.py", "_send", WAITING_WRITE },
	{ "/threading.py", "wait", WAITING_LOCK },
	{ "/threading.py", "acquire", WAITING_LOCK },
	{ "/threading.py", "join", WAITING_LOCK },
	{ "/threading.py", "_wait_for_tstate_lock", WAITING_LOCK },
	{ "/queue.py", "get", WAITING_LOCK },
	{ "/queue.py", "put", WAITING_LOCK },
	{ "/concurrent/futures/_base.py", "result", WAITING_LOCK },
	{ "/multiprocessing/synchronize.py", NULL, WAITING_LOCK },
	{ "/socket.py", NULL, WAITING_SOCKET },
	{ "/ssl.py", NULL, WAITING_SOCKET },
	{ "/http/client.py", NULL, WAITING_SOCKET },
	{ "/selectors.py", "select", WAITING_EVENT },
	{ "/asyncio/base_events.py", NULL, WAITING_EVENT },
};

/* "__GI___libc_read", "read64", "__read_nocancel" → "read". */
static struct slice plain_name(struct slice name)
{
	static const char *const ends[] = { "_nocancel", "_time64", "64" };
	bool again = true;
	while (again) {
		while (skip_text(&name, "_"))
			continue;
		again = skip_text(&name, "GI_") || skip_text(&name, "libc_");
	}
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		size_t length = strlen(ends[i]);
		if (name.length > length && memcmp(name.data + name.length - length, ends[i], length) == 0)
			name.length -= length;
	}
	return name;
}

static enum waiting waits_in(const struct frame *frame)
{
	if (!frame->native) {
		for (size_t i = 0; i < sizeof(python_calls) / sizeof(*python_calls); i++) {
			if (slice_ends_with(frame->file, python_calls[i].file) &&
			    (!python_calls[i].function ||
			     slice_equal_text(frame->function, python_calls[i].function)))
				return python_calls[i].waiting;
		}
		return WAITING_NOT;
	}
	struct slice name = plain_name(frame->function);
	for (size_t i = 0; i < sizeof(native_calls) / sizeof(*native_calls); i++) {
		if (slice_equal_text(name, native_calls[i].name))
			return native_calls[i].waiting;
	}
	return WAITING_NOT;
}

/* Lowest first: read and poll are how something else is waited for, and that stands further out. */
static int weight_of(enum waiting waiting)
{
	switch (waiting) {
	case WAITING_NOT:
		return 0;
	case WAITING_EVENT:
		return 1;
	case WAITING_READ:
	case WAITING_WRITE:
		return 2;
	case WAITING_LOCK:
	case WAITING_SLEEP:
	case WAITING_SOCKET:
	case WAITING_CHILD:
	case WAITING_DISK:
	case WAITING_STOPPED:
		break;
	}
	return 3;
}

/* What stands between the project's code and what it waits in. */
static bool is_library(const struct frame *frame)
{
	static const char *const places[] = { "/site-packages/", "/dist-packages/", "/lib/python",
					      "/xtop_pytest/",   "<frozen",         "/sysdeps/" };
	/* glibc's own files have names relative to where it was built. */
	if (frame->native && (frame->shared || waits_in(frame) != WAITING_NOT ||
			      frame->function.data[0] == '_' || slice_starts_with(frame->file, "./nptl/")))
		return true;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && frame->file.length > 0; i++) {
		if (memmem(frame->file.data, frame->file.length, places[i], strlen(places[i])))
			return true;
	}
	return false;
}

enum waiting stack_waits_for(struct slice stack)
{
	struct slice rest = from_current_thread(stack), line;
	struct frame frame;
	enum waiting found = WAITING_NOT;
	unsigned seen = 0;
	while (seen < LOOKED_AT && text_next_line(&rest, &line)) {
		if (!read_frame(line, &frame)) {
			if (seen > 0)
				break; /* the next thread's */
			continue;
		}
		seen++;
		enum waiting waiting = waits_in(&frame);
		if (weight_of(waiting) > weight_of(found))
			found = waiting;
		/* What called the project's own code is another matter. */
		if (weight_of(found) == 3 || !is_library(&frame))
			break;
	}
	return found;
}

void stack_find_place(struct slice stack, struct frame *frame)
{
	struct slice rest = from_current_thread(stack), line;
	struct frame read;
	bool any = false;
	*frame = (struct frame){ .line = 0 };
	while (text_next_line(&rest, &line)) {
		if (!read_frame(line, &read)) {
			if (any)
				break; /* the next thread's */
			continue;
		}
		if (!any)
			*frame = read;
		any = true;
		if (!is_library(&read)) {
			*frame = read;
			break;
		}
	}
}

bool stack_awaits_interpreter(struct slice stack)
{
	struct slice rest = stack, line;
	bool first = true;
	while (text_next_line(&rest, &line)) {
		struct frame frame;
		if (slice_starts_with(slice_trim(line), "Thread "))
			first = slice_starts_with(slice_trim(line), "Thread 1 (");
		else if (!first && read_native_frame(line, &frame) && slice_equal_text(frame.function, "take_gil"))
			return true;
	}
	return false;
}

static int compare_frames(const void *a, const void *b)
{
	const struct frame *left = a, *right = b;
	if (left->line != right->line)
		return left->line < right->line ? -1 : 1;
	if (left->function.length != right->function.length)
		return left->function.length < right->function.length ? -1 : 1;
	return memcmp(left->function.data, right->function.data, left->function.length);
}

bool stack_repeats(struct slice stack)
{
	enum { MOST = 128, DEEP = 24, TIMES = 4 };
	struct slice rest = from_current_thread(stack), line;
	struct frame frames[MOST];
	size_t count = 0, different = 0;
	while (count < MOST && text_next_line(&rest, &line)) {
		if (read_frame(line, &frames[count]))
			count++;
		else if (count > 0)
			break;
	}
	if (count < DEEP)
		return false;
	qsort(frames, count, sizeof(*frames), compare_frames);
	for (size_t i = 0; i < count; i++)
		different += i == 0 || compare_frames(&frames[i - 1], &frames[i]) != 0;
	return count >= TIMES * different;
}
