#include "diagnose/diagnose.h"

#include "base/alloc.h"
#include "diagnose/facts.h"
#include "diagnose/say.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* --- signals --- */

static const struct {
	int number;
	enum code_number code;
} signals[] = {
	{ SIGSEGV, CODE_SEGFAULT },       { SIGABRT, CODE_ABORT },        { SIGBUS, CODE_BUS_ERROR },
	{ SIGILL, CODE_FATAL_SIGNAL },    { SIGFPE, CODE_FATAL_SIGNAL },  { SIGTRAP, CODE_FATAL_SIGNAL },
	{ SIGSYS, CODE_FATAL_SIGNAL },    { SIGPIPE, CODE_FATAL_SIGNAL }, { SIGALRM, CODE_FATAL_SIGNAL },
	{ SIGVTALRM, CODE_FATAL_SIGNAL }, { SIGPROF, CODE_FATAL_SIGNAL }, { SIGXCPU, CODE_RESOURCE_LIMIT },
	{ SIGXFSZ, CODE_RESOURCE_LIMIT },
};

/* What nothing but somebody's kill(2) causes is left. */
static enum code_number code_of_signal(unsigned number)
{
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		if (signals[i].number == (int)number)
			return signals[i].code;
	}
	return CODE_KILLED_BY_SOMEBODY;
}

/* --- what the rules ask --- */

static bool is_test(const struct facts *facts)
{
	return facts->given->of == EVIDENCE_ATTEMPT;
}

static bool crashed(const struct facts *facts)
{
	return is_test(facts) && facts->given->outcome == OUTCOME_CRASHED;
}

static bool ran_out_of_time(const struct facts *facts)
{
	return is_test(facts) && facts->given->outcome == OUTCOME_TIMEOUT;
}

static bool went_wrong(const struct facts *facts)
{
	return crashed(facts) || (is_test(facts) && (facts->given->outcome == OUTCOME_FAILED ||
						     facts->given->outcome == OUTCOME_ERROR));
}

static bool is_text(const char *text, const char *word)
{
	return text && strcmp(text, word) == 0;
}

static bool killed_by(const struct facts *facts, const char *whom)
{
	return is_text(facts->killed_by, whom);
}

/* --- rules --- */

static bool fork_came_back(const struct facts *facts)
{
	return facts->forked;
}

static bool given_up(const struct facts *facts)
{
	return facts->given->given_up;
}

static bool killed_for_memory(const struct facts *facts)
{
	return (went_wrong(facts) || !is_test(facts)) && facts->given->signal == SIGKILL &&
	       (facts->oom > 0 || killed_by(facts, "kernel")) && !killed_by(facts, "xtop") &&
	       !killed_by(facts, "person");
}

static bool killed_for_memory_surely(const struct facts *facts)
{
	return killed_for_memory(facts) && killed_by(facts, "kernel");
}

static bool worker_died(const struct facts *facts)
{
	return facts->given->of == EVIDENCE_WORKER ||
	       (crashed(facts) && facts->given->message && text_starts_with(facts->given->message, "its worker "));
}

static bool died_while_collecting(const struct facts *facts)
{
	return facts->given->of == EVIDENCE_COLLECTION ||
	       (crashed(facts) && is_text(facts->phase, "collect"));
}

static bool killed_by_hand(const struct facts *facts)
{
	return crashed(facts) && (killed_by(facts, "person") ||
				  (facts->given->message && strstr(facts->given->message, ", sent by hand")));
}

static bool passed_memory_limit(const struct facts *facts)
{
	return went_wrong(facts) && facts->passed_limit > 0;
}

static uint64_t memory_limit(const struct facts *facts)
{
	return facts->passed_limit ? facts->passed_limit : facts->given->mem_limit;
}

static bool killed_in_limit(const struct facts *facts)
{
	return killed_for_memory(facts) && crashed(facts) && memory_limit(facts) > 0;
}

static bool said_no_memory(const struct facts *facts)
{
	return went_wrong(facts) && facts->given->mem_limit > 0 && facts->memory.length > 0;
}

static bool came_near_limit(const struct facts *facts)
{
	uint64_t limit = facts->given->mem_limit;
	return crashed(facts) && limit > 0 && facts->given->rss >= limit - limit / 10;
}

static bool said_stack_overflow(const struct facts *facts)
{
	return went_wrong(facts) && facts->says_overflow;
}

static bool recursed(const struct facts *facts)
{
	unsigned number = facts->given->signal;
	return crashed(facts) && facts->repeats &&
	       (number == SIGSEGV || number == SIGBUS || number == SIGABRT);
}

static bool sanitizer_reported(const struct facts *facts)
{
	return went_wrong(facts) && facts->sanitizer.length > 0;
}

static bool lost_connection(const struct facts *facts)
{
	return crashed(facts) && (killed_by(facts, "xtop") ||
				  (facts->given->message &&
				   text_starts_with(facts->given->message, "the test process was ended: ")));
}

static bool not_ready(const struct facts *facts)
{
	const char *message = facts->given->message;
	return went_wrong(facts) &&
	       (is_text(facts->phase, "start") ||
		(message && text_starts_with(message, "the test process ended before it was ready")));
}

static bool ended_by_signal(const struct facts *facts, enum code_number code)
{
	return (crashed(facts) || facts->given->of == EVIDENCE_COLLECTION) && facts->given->signal > 0 &&
	       code_of_signal(facts->given->signal) == code;
}

static bool segfault(const struct facts *facts)
{
	return ended_by_signal(facts, CODE_SEGFAULT);
}

static bool aborted(const struct facts *facts)
{
	return ended_by_signal(facts, CODE_ABORT);
}

static bool bus_error(const struct facts *facts)
{
	return ended_by_signal(facts, CODE_BUS_ERROR);
}

static bool fatal_signal(const struct facts *facts)
{
	return ended_by_signal(facts, CODE_FATAL_SIGNAL);
}

static bool resource_limit(const struct facts *facts)
{
	return ended_by_signal(facts, CODE_RESOURCE_LIMIT);
}

static bool killed(const struct facts *facts)
{
	return ended_by_signal(facts, CODE_KILLED_BY_SOMEBODY);
}

/* Where the counters could not be read, the kernel may have done it for memory all the same. */
static bool killed_unseen(const struct facts *facts)
{
	return killed(facts) && facts->given->signal == SIGKILL && !facts->has_oom;
}

static bool left_with_success(const struct facts *facts)
{
	return crashed(facts) && facts->given->exit_code == 0;
}

static bool left_with_failure(const struct facts *facts)
{
	return crashed(facts) && facts->given->exit_code > 0;
}

/* A shell's exit code tells which signal ended the last thing that it ran. */
static bool shell_tells(const struct facts *facts, enum code_number code)
{
	int number = said_signal(facts);
	return is_test(facts) && facts->given->outcome == OUTCOME_FAILED && number > 0 &&
	       !is_text(facts->given->adapter, "pytest") && code_of_signal((unsigned)number) == code;
}

static bool shell_tells_segfault(const struct facts *facts)
{
	return shell_tells(facts, CODE_SEGFAULT);
}

static bool shell_tells_abort(const struct facts *facts)
{
	return shell_tells(facts, CODE_ABORT);
}

static bool shell_tells_bus_error(const struct facts *facts)
{
	return shell_tells(facts, CODE_BUS_ERROR);
}

static bool shell_tells_kill(const struct facts *facts)
{
	return shell_tells(facts, CODE_KILLED_BY_SOMEBODY) && said_signal(facts) == SIGKILL;
}

static bool shell_tells_memory(const struct facts *facts)
{
	return shell_tells_kill(facts) && facts->oom > 0;
}

static bool is_stopped(const struct facts *facts)
{
	return ran_out_of_time(facts) && facts->waiting == WAITING_STOPPED;
}

static bool holds_interpreter_lock(const struct facts *facts)
{
	return ran_out_of_time(facts) && facts->gil;
}

static bool computes(const struct facts *facts)
{
	return ran_out_of_time(facts) && facts->has_cpu && facts->cpu >= CPU_BUSY &&
	       facts->waiting == WAITING_NOT;
}

/* On a machine with much to do it gets only a part of a CPU. */
static bool runs(const struct facts *facts)
{
	return ran_out_of_time(facts) && facts->state == 'R' && (!facts->has_cpu || facts->cpu >= CPU_IDLE);
}

static bool waits_for(const struct facts *facts, enum waiting waiting)
{
	return ran_out_of_time(facts) && facts->waiting == waiting;
}

static bool waits_for_lock(const struct facts *facts)
{
	return waits_for(facts, WAITING_LOCK);
}

static bool sleeps(const struct facts *facts)
{
	return waits_for(facts, WAITING_SLEEP);
}

static bool waits_for_socket(const struct facts *facts)
{
	return waits_for(facts, WAITING_SOCKET);
}

static bool reads(const struct facts *facts)
{
	return waits_for(facts, WAITING_READ);
}

static bool writes(const struct facts *facts)
{
	return waits_for(facts, WAITING_WRITE);
}

static bool waits_for_event(const struct facts *facts)
{
	return waits_for(facts, WAITING_EVENT);
}

static bool waits_for_child(const struct facts *facts)
{
	return waits_for(facts, WAITING_CHILD);
}

static bool waits_in_kernel(const struct facts *facts)
{
	return waits_for(facts, WAITING_DISK);
}

static bool ignored_term(const struct facts *facts)
{
	return ran_out_of_time(facts) && facts->ignored_term;
}

static bool hangs_in_setup(const struct facts *facts)
{
	return ran_out_of_time(facts) && is_text(facts->phase, "setup");
}

static bool hangs_in_teardown(const struct facts *facts)
{
	return ran_out_of_time(facts) && is_text(facts->phase, "teardown");
}

static bool was_flaky(const struct facts *facts)
{
	return facts->given->of == EVIDENCE_VERDICT && facts->given->flaky;
}

static bool left_processes(const struct facts *facts)
{
	return is_test(facts) && facts->left_over;
}

static bool held_pipe(const struct facts *facts)
{
	return is_test(facts) && facts->pipe_held;
}

/* A TAP program that had promised more than it told. */
static bool fell_short(const struct facts *facts)
{
	const char *message = facts->given->message;
	return went_wrong(facts) && facts->given->exit_code >= 0 && is_text(facts->given->adapter, "tap") && message &&
	       text_starts_with(message, "planned ") && strstr(message, " but ran ");
}

static bool fell_short_with_success(const struct facts *facts)
{
	return fell_short(facts) && facts->given->exit_code == 0;
}

struct rule {
	bool (*fits)(const struct facts *facts);
	enum code_number code;
	enum certainty certainty;
	say_function *say;
	bool aside; /* worth telling also where an earlier rule gave the code */
};

#define POSSIBLE CERTAINTY_POSSIBLE
#define LIKELY CERTAINTY_LIKELY
#define CERTAIN CERTAINTY_CERTAIN

/* The first that fits gives the code: what was seen to happen goes before what the end of a process looks
 * like, and that before what is only usual. */
static const struct rule rules[] = {
	{ fork_came_back, CODE_FORK_CAME_BACK, CERTAIN, say_fork, false },
	{ given_up, CODE_WORKERS_DIE_AGAIN, CERTAIN, say_given_up, false },
	{ killed_by_hand, CODE_KILLED_BY_SOMEBODY, CERTAIN, say_by_hand, false },
	{ died_while_collecting, CODE_DIED_WHILE_COLLECTING, CERTAIN, say_collecting, false },
	{ passed_memory_limit, CODE_MEMORY_LIMIT, CERTAIN, say_limit, false },
	{ killed_in_limit, CODE_MEMORY_LIMIT, LIKELY, say_limit, false },
	{ killed_for_memory_surely, CODE_OUT_OF_MEMORY, CERTAIN, say_oom, true },
	{ killed_for_memory, CODE_OUT_OF_MEMORY, LIKELY, say_oom, true },
	{ worker_died, CODE_WORKER_DIED, CERTAIN, say_worker, false },
	/* timeouts */
	{ is_stopped, CODE_STOPPED_PROCESS, CERTAIN, say_hang, false },
	{ holds_interpreter_lock, CODE_HOLDS_INTERPRETER_LOCK, CERTAIN, say_hang, false },
	{ computes, CODE_SPINNING, CERTAIN, say_hang, false },
	{ runs, CODE_SPINNING, LIKELY, say_hang, false },
	{ waits_for_lock, CODE_BLOCKED_IN_LOCK, LIKELY, say_hang, false },
	{ sleeps, CODE_SLEEPING, LIKELY, say_hang, false },
	{ waits_for_socket, CODE_BLOCKED_ON_SOCKET, LIKELY, say_hang, false },
	{ waits_for_child, CODE_WAITING_FOR_CHILD, LIKELY, say_hang, false },
	{ writes, CODE_BLOCKED_WRITING, LIKELY, say_hang, false },
	{ reads, CODE_BLOCKED_READING, LIKELY, say_hang, false },
	{ waits_for_event, CODE_WAITING_FOR_EVENT, LIKELY, say_hang, false },
	{ waits_in_kernel, CODE_BLOCKED_IN_KERNEL, LIKELY, say_hang, false },
	{ hangs_in_setup, CODE_HANG_IN_SETUP, CERTAIN, say_hang, true },
	{ hangs_in_teardown, CODE_HANG_IN_TEARDOWN, CERTAIN, say_hang, true },
	{ ignored_term, CODE_IGNORES_SIGTERM, CERTAIN, say_hang, true },
	{ ran_out_of_time, CODE_HANG_IN_CALL, CERTAIN, say_hang, false },
	/* crashes */
	{ said_no_memory, CODE_MEMORY_LIMIT, LIKELY, say_no_memory, false },
	{ said_stack_overflow, CODE_STACK_OVERFLOW, CERTAIN, say_overflow, false },
	{ recursed, CODE_STACK_OVERFLOW, LIKELY, say_overflow, false },
	{ sanitizer_reported, CODE_SANITIZER_REPORT, CERTAIN, say_sanitizer, false },
	{ lost_connection, CODE_LOST_CONNECTION, CERTAIN, say_message, false },
	{ not_ready, CODE_NOT_READY, CERTAIN, say_message, false },
	{ came_near_limit, CODE_MEMORY_LIMIT, POSSIBLE, say_near_limit, false },
	{ segfault, CODE_SEGFAULT, CERTAIN, say_signal, true },
	{ aborted, CODE_ABORT, CERTAIN, say_signal, true },
	{ bus_error, CODE_BUS_ERROR, CERTAIN, say_signal, true },
	{ fatal_signal, CODE_FATAL_SIGNAL, CERTAIN, say_signal, true },
	{ resource_limit, CODE_RESOURCE_LIMIT, CERTAIN, say_signal, true },
	{ killed_unseen, CODE_KILLED_BY_SOMEBODY, POSSIBLE, say_killed, true },
	{ killed, CODE_KILLED_BY_SOMEBODY, LIKELY, say_killed, true },
	{ left_with_success, CODE_EXIT_IN_TEST, CERTAIN, say_exit, false },
	{ left_with_failure, CODE_EXIT_CODE, CERTAIN, say_exit, false },
	{ crashed, CODE_UNEXPLAINED_END, CERTAIN, say_unexplained, false },
	{ shell_tells_segfault, CODE_SEGFAULT, POSSIBLE, say_shell, false },
	{ shell_tells_abort, CODE_ABORT, POSSIBLE, say_shell, false },
	{ shell_tells_bus_error, CODE_BUS_ERROR, POSSIBLE, say_shell, false },
	{ shell_tells_memory, CODE_OUT_OF_MEMORY, POSSIBLE, say_shell, false },
	{ shell_tells_kill, CODE_KILLED_BY_SOMEBODY, POSSIBLE, say_shell, false },
	{ fell_short_with_success, CODE_EXIT_IN_TEST, LIKELY, say_exit, false },
	{ fell_short, CODE_EXIT_CODE, LIKELY, say_exit, false },
	/* what passes, or fails as tests do */
	{ was_flaky, CODE_PASSED_AFTER_FAILING, CERTAIN, say_flaky, false },
	{ left_processes, CODE_PROCESS_LEFT_OVER, CERTAIN, say_left_over, true },
	{ held_pipe, CODE_PIPE_HELD_OPEN, CERTAIN, say_pipe, true },
};

static const struct rule *next_fit(const struct facts *facts, const struct rule *from)
{
	for (; from < rules + sizeof(rules) / sizeof(*rules); from++) {
		if (from->fits(facts))
			return from;
	}
	return NULL;
}

static bool is_told(const struct diagnosis *diagnosis, const struct code *code)
{
	bool told = diagnosis->code == code;
	for (size_t i = 0; i < DIAGNOSIS_ASIDE; i++)
		told = told || diagnosis->aside[i] == code;
	return told;
}

static void add_aside(const struct facts *facts, const struct rule *rule, struct diagnosis *out)
{
	size_t count = 0;
	while (count < DIAGNOSIS_ASIDE && (rule = next_fit(facts, rule + 1)) != NULL) {
		const struct code *code = code_of(rule->code);
		if (rule->aside && !is_told(out, code))
			out->aside[count++] = code;
	}
}

/* What a failing test has printed may be what it is about. */
static enum certainty certainty_of(const struct rule *rule, const struct facts *facts)
{
	bool by_text = rule->fits == said_no_memory || rule->fits == said_stack_overflow ||
		       rule->fits == sanitizer_reported;
	if (!by_text || crashed(facts))
		return rule->certainty;
	return rule->certainty == CERTAIN ? LIKELY : POSSIBLE;
}

bool diagnose(const struct evidence *evidence, struct diagnosis *out)
{
	struct facts facts;
	*out = (struct diagnosis){ .code = NULL };
	facts_init(&facts, evidence);
	const struct rule *rule = next_fit(&facts, rules);
	if (rule) {
		struct str sentence = STR_INIT, seen = STR_INIT;
		rule->say(&facts, &sentence);
		say_evidence(&facts, &seen);
		diagnosis_init(out, rule->code, certainty_of(rule, &facts), sentence.data, seen.data);
		add_aside(&facts, rule, out);
		str_fini(&sentence);
		str_fini(&seen);
	}
	facts_fini(&facts);
	return rule != NULL;
}

void diagnosis_init(struct diagnosis *diagnosis, enum code_number number, enum certainty certainty,
		    const char *sentence, const char *evidence)
{
	*diagnosis = (struct diagnosis){ .code = code_of(number),
					 .certainty = certainty,
					 .sentence = alloc_string(sentence),
					 .evidence = alloc_string(evidence ? evidence : "") };
}

void diagnosis_fini(struct diagnosis *diagnosis)
{
	free(diagnosis->sentence);
	free(diagnosis->evidence);
	*diagnosis = (struct diagnosis){ .code = NULL };
}

const char *certainty_name(enum certainty certainty)
{
	switch (certainty) {
	case CERTAINTY_POSSIBLE:
		return "possible";
	case CERTAINTY_LIKELY:
		return "likely";
	case CERTAINTY_CERTAIN:
		break;
	}
	return "certain";
}

void diagnosis_say(const struct diagnosis *diagnosis, struct str *out)
{
	if (diagnosis->certainty == CERTAINTY_LIKELY)
		str_add_text(out, "likely: ");
	else if (diagnosis->certainty == CERTAINTY_POSSIBLE)
		str_add_text(out, "possibly: ");
	str_add_text(out, diagnosis->sentence);
	if (diagnosis->evidence[0])
		str_add_format(out, "\n%s", diagnosis->evidence);
}
