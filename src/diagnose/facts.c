#include "diagnose/facts.h"

#include "base/json.h"
#include "diagnose/waits.h"

#include <ctype.h>
#include <string.h>

static bool has_text(struct slice text, const char *part)
{
	return text.length > 0 && memmem(text.data, text.length, part, strlen(part));
}

/* The whole line around a place in a text. */
static struct slice line_around(struct slice text, const char *place)
{
	const char *begin = place, *end = place;
	while (begin > text.data && begin[-1] != '\n')
		begin--;
	while (end < text.data + text.length && *end != '\n')
		end++;
	return slice_trim((struct slice){ begin, (size_t)(end - begin) });
}

static const char *find_last(struct slice text, const char *part)
{
	size_t length = strlen(part);
	const char *found = NULL, *next = text.data;
	while (next &&
	       (next = memmem(next, text.length - (size_t)(next - text.data), part, length)) != NULL) {
		found = next;
		next += length;
	}
	return found;
}

/* The last line that has one of the texts; empty: none. */
static struct slice last_line_with(struct slice text, const char *const *parts, size_t count)
{
	const char *found = NULL;
	for (size_t i = 0; i < count; i++) {
		const char *place = find_last(text, parts[i]);
		if (place && (!found || place > found))
			found = place;
	}
	return found ? line_around(text, found) : (struct slice){ NULL, 0 };
}

/* How the C library, runtimes and assertions say that they give up. */
static const char *const complaints[] = {
	"Assertion `",
	"Assertion failed: ",
	"assertion failed",
	"terminate called ",
	"  what():  ",
	"*** stack smashing detected ***",
	"*** buffer overflow detected ***",
	"double free or corruption",
	"free(): ",
	"malloc(): ",
	"realloc(): ",
	"malloc_consolidate(): ",
	"corrupted size vs. prev_size",
	"corrupted double-linked list",
	"munmap_chunk(): ",
	"invalid fastbin entry",
	"Fatal Python error: ",
	"panicked at ",
	"panic: ",
	"fatal error: ",
	"pure virtual method called",
};

static const char *const memory_complaints[] = {
	"MemoryError",      "std::bad_alloc",         "Cannot allocate memory", "memory allocation of ",
	"out of memory",    "Out of memory",          "OutOfMemoryError",       "virtual memory exhausted",
	"memory exhausted", "cannot allocate memory",
};

/* A sanitizer's report, in the order in which its lines say most. */
static const char *const sanitizer_lines[] = {
	"SUMMARY: AddressSanitizer: ",
	"SUMMARY: LeakSanitizer: ",
	"SUMMARY: ThreadSanitizer: ",
	"SUMMARY: MemorySanitizer: ",
	"SUMMARY: UndefinedBehaviorSanitizer",
	"ERROR: AddressSanitizer: ",
	"ERROR: LeakSanitizer: ",
	"WARNING: ThreadSanitizer: ",
	"WARNING: MemorySanitizer: ",
};

/* `lock.c:12:5: runtime error: …`; a Go program panics with the same words, behind no place. */
static struct slice undefined_behaviour(struct slice output)
{
	const char *place = find_last(output, ": runtime error: ");
	if (!place || place == output.data || !isdigit((unsigned char)place[-1]))
		return (struct slice){ NULL, 0 };
	return line_around(output, place);
}

static struct slice find_sanitizer(struct slice output)
{
	for (size_t i = 0; i < sizeof(sanitizer_lines) / sizeof(*sanitizer_lines); i++) {
		const char *place = find_last(output, sanitizer_lines[i]);
		if (place)
			return line_around(output, place);
	}
	return undefined_behaviour(output);
}

static bool says_stack_overflow(struct slice output)
{
	static const char *const signs[] = {
		"AddressSanitizer: stack-overflow", "Cannot recover from stack overflow",
		"has overflowed its stack",         "fatal error: stack overflow",
		"goroutine stack exceeds",
	};
	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
		if (has_text(output, signs[i]))
			return true;
	}
	return false;
}

static uint64_t number_of(const struct json *json, const char *key, bool *has)
{
	int64_t number;
	bool found = json_get_int(json, key, &number) && number >= 0;
	if (has)
		*has = found;
	return found ? (uint64_t)number : 0;
}

static bool is_true(const struct json *json, const char *key)
{
	bool value;
	return json_get_bool(json, key, &value) && value;
}

static void read_json(struct facts *facts)
{
	struct error error = ERROR_INIT;
	const char *seen = facts->given->seen;
	facts->json = seen ? json_parse(slice_of(seen), "evidence", &error) : NULL;
	const struct json *json = facts->json;
	if (!json)
		return;
	const char *state = json_get_text(json, "state");
	facts->phase = json_get_text(json, "phase");
	facts->wchan = json_get_text(json, "wchan");
	facts->call = json_get_text(json, "syscall");
	facts->killed_by = json_get_text(json, "killed_by");
	facts->no_stack = json_get_text(json, "no_stack");
	facts->state = state ? state[0] : '\0';
	facts->has_cpu = json_get_real(json, "cpu", &facts->cpu);
	facts->threads = (int64_t)number_of(json, "threads", NULL);
	facts->oom = number_of(json, "oom", &facts->has_oom);
	facts->passed_limit = number_of(json, "limit", NULL);
	facts->gil = is_true(json, "gil");
	facts->ignored_term = is_true(json, "ignored_term");
	facts->stopped = is_true(json, "stopped");
	facts->forked = is_true(json, "forked");
	facts->core_dumped = facts->core_dumped || is_true(json, "core");
	facts->pipe_held = facts->pipe_held || is_true(json, "pipe_held");
	if (!facts->left_over)
		facts->left_over = json_get_text(json, "left_over");
	facts->stack = slice_of(json_get_text(json, "stack"));
	facts->native_stack = slice_of(json_get_text(json, "native_stack"));
	/* That lock is another's, and the interrupt was not heard. */
	if (is_true(json, "ignored_interrupt") && stack_awaits_interpreter(facts->native_stack))
		facts->gil = true;
	/* Of a process that runs, or that may not be looked into, the kernel says 0. */
	if (facts->wchan && (facts->wchan[0] == '\0' || strcmp(facts->wchan, "0") == 0))
		facts->wchan = NULL;
}

static bool is_vague(enum waiting waiting)
{
	return waiting == WAITING_NOT || waiting == WAITING_EVENT || waiting == WAITING_READ;
}

/* The kernel's word counts; but what it calls reading and polling, the program may call waiting for a child. */
static void find_waiting(struct facts *facts)
{
	if (facts->stopped || facts->state == 'T' || facts->state == 't') {
		facts->waiting = WAITING_STOPPED;
		return;
	}
	if (facts->state == 'R')
		return;
	if (facts->wchan)
		facts->waiting = wchan_waits_for(facts->wchan);
	if (is_vague(facts->waiting) && facts->call) {
		enum waiting called = call_waits_for(facts->call);
		if (called != WAITING_NOT && (facts->waiting == WAITING_NOT || called == WAITING_SLEEP))
			facts->waiting = called;
	}
	if (is_vague(facts->waiting)) {
		enum waiting called = stack_waits_for(facts->stack);
		if (called != WAITING_NOT && called != WAITING_EVENT)
			facts->waiting = called;
		else if (facts->waiting == WAITING_NOT)
			facts->waiting = called;
	}
	if (facts->waiting == WAITING_NOT && facts->state == 'D')
		facts->waiting = WAITING_DISK;
}

/* Any output may look like a stack; these come from faulthandler and from sanitizers. */
static bool has_stack(const struct facts *facts)
{
	return has_text(facts->given->output, "(most recent call first):") || facts->sanitizer.length > 0;
}

void facts_init(struct facts *facts, const struct evidence *evidence)
{
	*facts = (struct facts){ .given = evidence,
				 .left_over = evidence->left_over,
				 .core_dumped = evidence->core_dumped,
				 .pipe_held = evidence->pipe_held };
	read_json(facts);
	facts->oom = facts->oom > evidence->oom_kills ? facts->oom : evidence->oom_kills;
	facts->sanitizer = find_sanitizer(evidence->output);
	facts->complaint =
		last_line_with(evidence->output, complaints, sizeof(complaints) / sizeof(*complaints));
	facts->memory = last_line_with(evidence->output, memory_complaints,
				       sizeof(memory_complaints) / sizeof(*memory_complaints));
	if (facts->memory.length == 0)
		facts->memory = last_line_with(slice_of(evidence->message), memory_complaints,
					       sizeof(memory_complaints) / sizeof(*memory_complaints));
	if (facts->stack.length == 0 && has_stack(facts))
		facts->stack = evidence->output;
	if (facts->stack.length == 0)
		facts->stack = facts->native_stack;
	find_waiting(facts);
	stack_find_place(facts->stack, &facts->frame);
	facts->says_overflow = says_stack_overflow(evidence->output);
	facts->repeats = stack_repeats(facts->stack);
}

void facts_fini(struct facts *facts)
{
	json_free(facts->json);
	*facts = (struct facts){ .given = NULL };
}
