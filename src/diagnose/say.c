#include "diagnose/say.h"

#include "base/utf8.h"
#include "diagnose/waits.h"
#include "event/codec.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

/* --- pieces --- */

/* What a program printed: in one line that a terminal shows and never obeys, and not too long. */
static void add_quoted(struct slice text, struct str *out)
{
	enum { SHOWN = 200 };
	struct str plain = STR_INIT;
	text = slice_trim(text);
	const char *end = text.length ? memchr(text.data, '\n', text.length) : NULL;
	if (end)
		text.length = (size_t)(end - text.data);
	utf8_add_without_escapes(&plain, text.data, text.length);
	size_t shown = plain.length;
	if (shown > SHOWN) {
		shown = SHOWN;
		/* Not through the middle of a character. */
		while (shown > SHOWN - 4 && ((unsigned char)plain.data[shown] & 0xC0) == 0x80)
			shown--;
	}
	utf8_add_visible(out, plain.data, shown, false);
	if (shown < plain.length)
		str_add_text(out, "...");
	str_fini(&plain);
}

static void add_bytes(uint64_t bytes, struct str *out)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double amount = (double)bytes;
	size_t unit = 0;
	while (amount >= 1024 && unit + 1 < sizeof(units) / sizeof(*units)) {
		amount /= 1024;
		unit++;
	}
	str_add_format(out, amount < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", amount, units[unit]);
}

/* The file as one would name it in the root directory. */
static struct slice shown_file(const struct facts *facts, struct slice file)
{
	const char *root = facts->given->root;
	size_t length = root ? strlen(root) : 0;
	if (length > 0 && file.length > length + 1 && memcmp(file.data, root, length) == 0 &&
	    file.data[length] == '/')
		return (struct slice){ file.data + length + 1, file.length - length - 1 };
	return file;
}

static void add_place(const struct facts *facts, struct str *out)
{
	const struct frame *frame = &facts->frame;
	if (frame->function.length == 0)
		return;
	str_add_text(out, " in ");
	add_quoted(frame->function, out);
	if (frame->file.length == 0 || frame->line == 0)
		return;
	str_add_text(out, " (");
	add_quoted(shown_file(facts, frame->file), out);
	str_add_format(out, ":%u)", frame->line);
}

static void add_phase(const struct facts *facts, struct str *out)
{
	if (facts->phase && strcmp(facts->phase, "setup") == 0)
		str_add_text(out, " in set-up");
	else if (facts->phase && strcmp(facts->phase, "teardown") == 0)
		str_add_text(out, " in teardown");
}

static void add_ending(const struct facts *facts, struct str *out)
{
	const struct evidence *given = facts->given;
	char buffer[32];
	if (given->signal > 0)
		str_add_format(out, "killed by %s", event_signal_name(given->signal, buffer));
	else if (given->exit_code >= 0)
		str_add_format(out, "left with exit code %d", given->exit_code);
	else
		str_add_text(out, "ended");
	if (given->signal > 0 && facts->core_dumped)
		str_add_text(out, " (core dumped)");
}

int said_signal(const struct facts *facts)
{
	int number = facts->given->exit_code - 128;
	return number > 0 && number <= 64 ? number : 0;
}

/* --- crashes --- */

static const struct {
	int number;
	const char *meaning;
} meanings[] = {
	{ SIGFPE, "arithmetic without a result, such as a division by 0" },
	{ SIGILL, "an instruction that this CPU does not have, or a trap that the compiler set" },
	{ SIGTRAP, "a breakpoint without a debugger" },
	{ SIGSYS, "a system call that is forbidden here" },
	{ SIGPIPE, "it wrote to a pipe or socket that nobody reads any more" },
	{ SIGALRM, "a timer that it had set itself" },
	{ SIGVTALRM, "a timer that it had set itself" },
	{ SIGPROF, "a timer that it had set itself" },
	{ SIGXCPU, "the limit of CPU time" },
	{ SIGXFSZ, "the limit of a file's size" },
};

void say_signal(const struct facts *facts, struct str *out)
{
	add_ending(facts, out);
	add_phase(facts, out);
	add_place(facts, out);
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
		if (meanings[i].number == (int)facts->given->signal)
			str_add_format(out, ": %s", meanings[i].meaning);
	}
	if (facts->given->signal == SIGABRT && facts->complaint.length > 0) {
		str_add_text(out, ": ");
		add_quoted(facts->complaint, out);
	}
}

void say_killed(const struct facts *facts, struct str *out)
{
	add_ending(facts, out);
	add_phase(facts, out);
	str_add_text(out, ", which xtop did not send");
	if (facts->given->signal != SIGKILL)
		return;
	if (facts->has_oom)
		str_add_text(out, "; the kernel killed nothing for memory meanwhile (oom_kill +0)");
	else
		str_add_text(out, "; whether the kernel did it for memory can't be seen here");
}

void say_by_hand(const struct facts *facts, struct str *out)
{
	add_ending(facts, out);
	str_add_text(out, ", sent by hand");
}

void say_oom(const struct facts *facts, struct str *out)
{
	if (facts->given->of == EVIDENCE_WORKER)
		str_add_text(out, "the worker was ");
	add_ending(facts, out);
	if (facts->oom > 0)
		str_add_format(
			out,
			"; the kernel's out-of-memory killer ended a process of this cgroup meanwhile (oom_kill "
			"+%" PRIu64 ")",
			facts->oom);
	else
		str_add_text(out, " by the kernel's out-of-memory killer");
}

static void add_limit(const struct facts *facts, struct str *out)
{
	add_bytes(facts->passed_limit ? facts->passed_limit : facts->given->mem_limit, out);
}

void say_limit(const struct facts *facts, struct str *out)
{
	str_add_text(out, "ended at its memory limit of ");
	add_limit(facts, out);
	add_phase(facts, out);
}

void say_no_memory(const struct facts *facts, struct str *out)
{
	str_add_text(out, "found no more memory within its limit of ");
	add_limit(facts, out);
	str_add_text(out, ": ");
	add_quoted(facts->memory, out);
}

void say_near_limit(const struct facts *facts, struct str *out)
{
	add_ending(facts, out);
	str_add_text(out, " when it had used ");
	add_bytes(facts->given->rss, out);
	str_add_text(out, " of the ");
	add_limit(facts, out);
	str_add_text(out, " that it may");
}

void say_overflow(const struct facts *facts, struct str *out)
{
	str_add_text(out, "used up its stack");
	add_place(facts, out);
	if (facts->repeats)
		str_add_text(out, ", which calls itself again and again");
}

void say_sanitizer(const struct facts *facts, struct str *out)
{
	static const char *const marks[] = { "SUMMARY: ", "ERROR: ", "WARNING: " };
	struct slice line = facts->sanitizer;
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		const char *place = memmem(line.data, line.length, marks[i], strlen(marks[i]));
		if (place) {
			place += strlen(marks[i]);
			line = (struct slice){ place, line.length - (size_t)(place - line.data) };
			break;
		}
	}
	add_quoted(line, out);
}

void say_exit(const struct facts *facts, struct str *out)
{
	char buffer[32];
	int number = said_signal(facts);
	add_ending(facts, out);
	if (facts->given->exit_code == 0) {
		str_add_text(out, " in the middle of the test");
	} else {
		str_add_text(out, " before the test was done");
		if (number > 0)
			str_add_format(out, " (as a shell says %s)",
				       event_signal_name((unsigned)number, buffer));
	}
	add_phase(facts, out);
}

void say_shell(const struct facts *facts, struct str *out)
{
	char buffer[32];
	str_add_format(out, "exit code %d, by which a shell tells that what it ran was killed by %s",
		       facts->given->exit_code, event_signal_name((unsigned)said_signal(facts), buffer));
}

void say_message(const struct facts *facts, struct str *out)
{
	if (facts->given->message)
		add_quoted(slice_of(facts->given->message), out);
	else
		add_ending(facts, out);
}

void say_unexplained(const struct facts *facts, struct str *out)
{
	if (facts->given->message)
		add_quoted(slice_of(facts->given->message), out);
	else
		str_add_text(out, "the test's process is gone; how it ended is not known");
}

void say_fork(const struct facts *facts, struct str *out)
{
	(void)facts;
	str_add_text(out, "a child that the test forked returned from the test instead of leaving");
}

/* --- around tests --- */

void say_worker(const struct facts *facts, struct str *out)
{
	const char *message = facts->given->message;
	if (message && text_starts_with(message, "its worker ")) {
		add_quoted(slice_of(message), out);
		return;
	}
	str_add_text(out, "the worker ");
	if (message && text_starts_with(message, "was ")) {
		add_quoted(slice_of(message), out);
		return;
	}
	if (facts->given->signal > 0)
		str_add_text(out, "was ");
	add_ending(facts, out);
}

void say_given_up(const struct facts *facts, struct str *out)
{
	if (facts->given->message)
		add_quoted(slice_of(facts->given->message), out);
	else
		str_add_text(out, "workers died again and again without finishing a test");
}

void say_collecting(const struct facts *facts, struct str *out)
{
	add_ending(facts, out);
	str_add_text(out, " while tests were collected");
	add_place(facts, out);
}

/* --- timeouts --- */

static const char *doing(const struct facts *facts)
{
	if (facts->gil)
		return "C code kept the interpreter lock";
	switch (facts->waiting) {
	case WAITING_STOPPED:
		return facts->state == 't' ? "held by a debugger" : "stopped, and nobody continued it";
	case WAITING_LOCK:
		return "blocked in a lock";
	case WAITING_SLEEP:
		return "sleeping";
	case WAITING_SOCKET:
		return "blocked on a socket";
	case WAITING_READ:
		return "blocked in reading";
	case WAITING_WRITE:
		return "blocked in writing";
	case WAITING_EVENT:
		return "waiting for an event that did not come";
	case WAITING_CHILD:
		return "waiting for a child process";
	case WAITING_DISK:
		return "blocked in the kernel";
	case WAITING_NOT:
		break;
	}
	if (facts->state == 'R' && facts->has_cpu && facts->cpu < CPU_IDLE)
		return "it wanted to run, but had next to nothing of a CPU";
	return facts->state == 'R' || (facts->has_cpu && facts->cpu >= CPU_BUSY) ? "spinning" : NULL;
}

void say_hang(const struct facts *facts, struct str *out)
{
	const char *message = facts->given->message;
	const char *what = doing(facts);
	/* What follows in the worker's message is told here in another way. */
	if (message && text_starts_with(message, "timed out after "))
		add_quoted((struct slice){ message, strcspn(message, ";\n") }, out);
	else
		str_add_text(out, "timed out");
	add_phase(facts, out);
	if (what)
		str_add_format(out, ": %s", what);
	if (facts->frame.function.length > 0)
		str_add_text(out, what ? "," : ":");
	add_place(facts, out);
	if (facts->waiting != WAITING_NOT && facts->has_cpu && facts->cpu >= CPU_BUSY)
		str_add_text(out, ", while another thread computed");
	if (facts->ignored_term)
		str_add_text(out, "; ignored SIGTERM and was killed");
}

/* --- what did not fail --- */

void say_flaky(const struct facts *facts, struct str *out)
{
	unsigned failures = facts->given->attempts > 1 ? facts->given->attempts - 1 : 1;
	str_add_format(out, "failed %u time%s, then passed", failures, failures == 1 ? "" : "s");
	if (facts->given->message) {
		str_add_text(out, ": ");
		add_quoted(slice_of(facts->given->message), out);
	}
}

void say_left_over(const struct facts *facts, struct str *out)
{
	str_add_text(out, "left behind ");
	add_quoted(slice_of(facts->left_over), out);
}

void say_pipe(const struct facts *facts, struct str *out)
{
	(void)facts;
	str_add_text(out, "ended while something still held the pipe of its output open");
}

/* --- evidence --- */

static void add_comma(struct str *out)
{
	if (out->length > 0)
		str_add_text(out, ", ");
}

static void add_state(const struct facts *facts, struct str *out)
{
	const char *call = facts->call ? call_name(facts->call) : NULL;
	if (!facts->state && !facts->wchan && !call)
		return;
	if (facts->state)
		str_add_format(out, "state %c", facts->state);
	if (facts->wchan || call) {
		str_add_text(out, facts->state ? " in " : "in ");
		add_quoted(slice_of(facts->wchan ? facts->wchan : call), out);
	}
	if (facts->wchan && call)
		str_add_format(out, " (%s)", call);
}

static void add_no_stack(const char *why, struct str *out)
{
	static const struct {
		const char *word, *text;
	} reasons[] = {
		{ "enough", "no stack: the run has enough of others" },
		{ "late", "no stack: the grace is too short for a debugger" },
		{ "empty", "no stack: the debugger saw none" },
	};
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		if (strcmp(why, reasons[i].word) == 0) {
			add_comma(out);
			str_add_text(out, reasons[i].text);
		}
	}
}

void say_evidence(const struct facts *facts, struct str *out)
{
	const struct evidence *given = facts->given;
	bool hang = given->outcome == OUTCOME_TIMEOUT;
	if (hang)
		add_state(facts, out);
	if (hang && facts->has_cpu) {
		add_comma(out);
		str_add_format(out, "%.2f s of CPU in 0.2 s", facts->cpu);
	}
	if (hang && facts->threads > 1) {
		add_comma(out);
		str_add_format(out, "%" PRId64 " threads", facts->threads);
	}
	if (hang && facts->no_stack)
		add_no_stack(facts->no_stack, out);
	bool leaks_only = given->outcome != OUTCOME_CRASHED && (facts->left_over || facts->pipe_held);
	if (!hang && !leaks_only && given->rss > 0) {
		add_comma(out);
		str_add_text(out, "peak memory ");
		add_bytes(given->rss, out);
	}
	if (!hang && given->outcome == OUTCOME_CRASHED && given->signal != SIGABRT &&
	    facts->complaint.length > 0) {
		add_comma(out);
		str_add_text(out, "it said: ");
		add_quoted(facts->complaint, out);
	}
}
