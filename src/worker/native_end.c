#include "worker/native_inside.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "event/codec.h"
#include "worker/descendants.h"

#include <signal.h>
#include <sys/wait.h>

/* Puts another outcome in the place of what the adapter concluded. Takes message and reason. */
static void overrule(struct result *result, enum outcome outcome, char *message, char *reason)
{
	result_fini(result);
	*result = (struct result){ .outcome = outcome, .message = message, .reason = reason };
}

static char *describe_timeout(const struct native *native)
{
	struct str text = STR_INIT;
	str_add_format(&text, "timed out after %g s", clock_seconds(native->base.job->timeout));
	hang_describe(&native->hang, &text);
	if (native->ignored_term && WIFSIGNALED(native->status) && WTERMSIG(native->status) == SIGKILL)
		str_add_format(&text, "; ignored SIGTERM for %g s and was killed",
			       clock_seconds(native->base.job->grace));
	return str_take(&text);
}

static char *describe_memory(const struct native *native)
{
	struct str text = STR_INIT;
	memory_watch_describe(&native->memory, &text);
	return str_take(&text);
}

static void judge(struct native *native, struct result *result)
{
	char buffer[32];
	bool signaled = WIFSIGNALED(native->status);
	const char *last_line = capture_last_line(&native->capture);
	struct ending ending = { .signaled = signaled,
				 .number = signaled ? WTERMSIG(native->status) : WEXITSTATUS(native->status),
				 .core_dumped = signaled && WCOREDUMP(native->status),
				 .last_line = last_line[0] ? last_line : NULL };
	/* Whatever ended it: a reader that still holds a sub-result gives it now. */
	native->base.job->adapter->conclude(native->reader, &ending, result);
	if (native->cause == CAUSE_DEADLINE)
		overrule(result, OUTCOME_TIMEOUT, describe_timeout(native), NULL);
	else if (native->cause == CAUSE_CANCEL)
		overrule(result, OUTCOME_NOTRUN, NULL, alloc_string(native->cancel_reason));
	else if (native->cause == CAUSE_MEMORY)
		overrule(result, OUTCOME_CRASHED, describe_memory(native), NULL);
	else if (native->cause == CAUSE_SIGNAL && signaled && WTERMSIG(native->status) == native->person_signal)
		overrule(result, OUTCOME_CRASHED,
			 alloc_format("killed by %s, sent by hand",
				      event_signal_name((unsigned)native->person_signal, buffer)),
			 NULL);
	leftovers_judge(&native->leftovers, native->base.job->leak, result);
}

/* --- what it leaves behind --- */

static void warn(struct native *native, const struct str *text)
{
	struct event event;
	event_init(&event, EVENT_LOG);
	event_put(&event, level, LEVEL_WARNING);
	event_put(&event, message, ((struct event_text){ text->data, text->length }));
	native_emit(native, &event);
}

static void note_processes(struct native *native)
{
	struct leftovers *leftovers = &native->leftovers;
	struct str text = STR_INIT;
	native->processes_noted = true;
	leftovers_add_children(leftovers);
	if (leftovers->count && native->base.job->leak != LEAK_IGNORE) {
		leftovers_describe_processes(leftovers, "ended now", &text);
		warn(native, &text);
	}
	str_fini(&text);
}

static void note_pipe(struct native *native)
{
	struct str text = STR_INIT;
	native->pipe_noted = true;
	leftovers_add_pipe(&native->leftovers, &native->capture);
	if (native->base.job->leak != LEAK_IGNORE) {
		leftovers_describe_pipe(&native->leftovers, &text);
		warn(native, &text);
	}
	str_fini(&text);
}

static bool descendants_live(void)
{
	pid_t pid;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		continue;
	return pid == 0;
}

static bool was_ended_by_us(const struct native *native)
{
	return native->cause == CAUSE_DEADLINE || native->cause == CAUSE_CANCEL || native->cause == CAUSE_MEMORY;
}

/* Those that were told to end together with the test have its grace; a daemon was not told. */
static bool may_still_end(const struct native *native, uint64_t now)
{
	return now < native->deadline.at && (!was_ended_by_us(native) || kill(-native->pid, 0) == 0);
}

/* True: they are being ended, or may still end by themselves. */
static bool await_descendants(struct native *native, uint64_t now)
{
	if (!descendants_live())
		return false;
	if (may_still_end(native, now))
		return true;
	if (was_ended_by_us(native)) {
		if (!native->killed && kill(-native->pid, 0) == 0)
			native->ignored_term = true;
	} else if (!native->processes_noted) {
		note_processes(native);
	}
	/* One that became another user's can't be ended, and is not waited for. */
	return descendants_kill(NULL, NULL) > 0 || native->futile_kills++ < 2;
}

/* All that it started is gone, and its pipe has no end: somebody else got hold of it. True: it may still end. */
static bool await_pipe(struct native *native, uint64_t now)
{
	if (was_ended_by_us(native) || native->pipe_noted || !capture_is_open(&native->capture))
		return false;
	if (now < native->deadline.at)
		return true;
	note_pipe(native);
	return false;
}

/* --- its verdict --- */

static void put_evidence(const struct native *native, struct json *evidence)
{
	hang_put(&native->hang, "stack", evidence);
	if (native->ignored_term)
		json_put_bool(evidence, "ignored_term", true);
	if (native->cause == CAUSE_MEMORY)
		memory_watch_put(&native->memory, evidence);
	else if (WIFSIGNALED(native->status) && native->cause != CAUSE_DEADLINE && native->cause != CAUSE_CANCEL)
		evidence_put_signal(evidence, WTERMSIG(native->status), WCOREDUMP(native->status),
				    native->person_signal, &native->kill_count, native->base.host->kills_fd);
	if (native->base.job->leak != LEAK_IGNORE)
		leftovers_put(&native->leftovers, evidence);
}

void native_finish(struct native *native, const struct result *result)
{
	struct event event;
	struct json *evidence = json_new_object();
	struct str evidence_text = STR_INIT;
	event_init(&event, EVENT_TEST_FINISHED);
	event_put(&event, outcome, (int)result->outcome);
	event_put(&event, duration, native->ended - native->started);
	if (native->pid > 0) {
		if (WIFSIGNALED(native->status))
			event_put(&event, signal, (uint64_t)WTERMSIG(native->status));
		else
			event_put(&event, exit_code, WEXITSTATUS(native->status));
		uint64_t user = (uint64_t)native->usage.ru_utime.tv_sec * CLOCK_SECOND +
				(uint64_t)native->usage.ru_utime.tv_usec * 1000;
		uint64_t kernel = (uint64_t)native->usage.ru_stime.tv_sec * CLOCK_SECOND +
				  (uint64_t)native->usage.ru_stime.tv_usec * 1000;
		event_put(&event, cpu, user + kernel);
		event_put(&event, rss, (uint64_t)native->usage.ru_maxrss * 1024);
	}
	event_put_text(&event, message, result->message);
	event_put_text(&event, reason, result->reason);
	native->bailed_out = result->bail_out;
	if (result->bail_out)
		event_put(&event, bail_out, true);
	put_evidence(native, evidence);
	evidence_put_into(&event, evidence, &evidence_text);
	native_emit(native, &event);
	str_fini(&evidence_text);
	json_free(evidence);
	native->phase = PHASE_OVER;
}

void native_try_to_finish(struct native *native, uint64_t now)
{
	if (native->phase != PHASE_LEFTOVERS || native->capture.held || await_descendants(native, now))
		return;
	if (!capture_read_rest(&native->capture) || await_pipe(native, now))
		return;
	/* Telling may have filled the lane. */
	if (native->capture.held)
		return;
	capture_end(&native->capture);
	struct result result = { .outcome = OUTCOME_NONE };
	judge(native, &result);
	native_finish(native, &result);
	result_fini(&result);
}
