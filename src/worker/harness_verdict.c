#include "worker/harness_inside.h"

#include "adapter/adapter.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "event/codec.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* How long processes may outlive the test that began them before they count as left behind, and how often one looks. */
#define LEAK_GRACE (100 * CLOCK_MS)
#define LEAK_LOOK (5 * CLOCK_MS)
#define LEAKS_NAMED 16

/* For a harness that says that it can't run another test. */
#define LEAVE_LIMIT (5 * CLOCK_SECOND)

/* How many harnesses may be killed before they are ready, until the test is said to be impossible. */
#define KILLED_STARTS 10

/* After this it is over. */
void harness_attempt_leave(struct harness_attempt *attempt)
{
	attempt->phase = PHASE_OVER;
	attempt->place->attempt = NULL;
	harness_want(attempt->place->harness, false, clock_now());
	capture_renew(harness_capture(attempt->place->harness), 0);
}

/* What the worker itself decided goes before what the harness says: the outcome, and the first line. */
static void judge(const struct harness_attempt *attempt, struct result *result)
{
	const struct job *job = attempt->base.job;
	char *said = result->message;
	if (attempt->cause == CAUSE_CANCEL) {
		result_fini(result);
		result->outcome = OUTCOME_NOTRUN;
		result->reason = alloc_string(attempt->cancel_reason);
	} else if (attempt->cause == CAUSE_MEMORY) {
		struct str message = STR_INIT;
		memory_watch_describe(&attempt->memory, &message);
		result_fini(result);
		*result = (struct result){ .outcome = OUTCOME_CRASHED, .message = str_take(&message) };
	} else if (attempt->cause == CAUSE_DEADLINE) {
		struct str message = STR_INIT;
		str_add_format(&message, "timed out after %g s", clock_seconds(job->timeout));
		hang_describe(&attempt->hang, &message);
		if (attempt->stubborn && job->grace)
			str_add_text(&message, "; did not react and was killed");
		if (said)
			str_add_format(&message, "\n%s", said);
		result->outcome = OUTCOME_TIMEOUT;
		result->message = str_take(&message);
		free(said);
		free(result->reason);
		result->reason = NULL;
	}
}

/* In which part of the test its deadline passed; NULL: not known. */
static const char *phase_of_hang(const struct harness_attempt *attempt, const struct harness_event *said)
{
	uint64_t timeout = attempt->base.job->timeout;
	if (attempt->tears_down)
		return "teardown";
	if (!said || !said->has_setup)
		return NULL;
	if (said->setup >= timeout)
		return "setup";
	return said->has_call && said->setup + said->call >= timeout ? "call" : "teardown";
}

/* A child that it forked. */
static bool came_back(const struct harness_event *said)
{
	bool forked = false;
	return json_get_bool(said->json, "forked", &forked) && forked;
}

static void put_evidence(const struct harness_attempt *attempt, const struct harness_event *said,
			 const struct harness_end *end, struct json *evidence)
{
	/* The stack that counts is what the harness itself wrote when it was interrupted. */
	hang_put(&attempt->hang, "native_stack", evidence);
	if (attempt->cause == CAUSE_DEADLINE) {
		const char *phase = phase_of_hang(attempt, said);
		if (phase)
			json_put_text(evidence, "phase", slice_of(phase));
		if (attempt->ignored_interrupt)
			json_put_bool(evidence, "ignored_interrupt", true);
		if (attempt->ignored_term)
			json_put_bool(evidence, "ignored_term", true);
	} else if (attempt->cause == CAUSE_MEMORY) {
		memory_watch_put(&attempt->memory, evidence);
	} else if (end && end->lost) {
		json_put_text(evidence, "killed_by", slice_of("xtop"));
	} else if (end && end->known && end->signaled && attempt->cause != CAUSE_CANCEL) {
		evidence_put_signal(evidence, end->number, end->core_dumped, attempt->person_signal,
				    &attempt->kill_count, attempt->base.host->kills_fd);
	}
	if (said && came_back(said))
		json_put_bool(evidence, "forked", true);
	if (attempt->base.job->leak != LEAK_IGNORE)
		leftovers_put(&attempt->leftovers, evidence);
}

/* Takes the result. `said` and `end`, one of them NULL, have what goes along. */
void harness_attempt_finish(struct harness_attempt *attempt, struct result *result, const struct harness_event *said,
			  const struct harness_end *end)
{
	struct event event;
	struct str properties = STR_INIT, evidence_text = STR_INIT;
	struct json *evidence = json_new_object();
	attempt->bailed_out = attempt->base.job->stop_on_failure && outcome_is_failure(result->outcome);
	event_init(&event, EVENT_TEST_FINISHED);
	event_put(&event, outcome, (int)result->outcome);
	uint64_t finished_at = attempt->finished_at ? attempt->finished_at : clock_now();
	event_put(&event, duration, attempt->started ? finished_at - attempt->started : 0);
	event_put_text(&event, message, result->message);
	event_put_text(&event, reason, result->reason);
	if (said) {
		if (said->stop_reason) {
			attempt->bailed_out = true;
			event_put(&event, bail_out, true);
			if (!result->reason)
				event_put_text(&event, reason, said->stop_reason);
		}
		if (said->has_setup)
			event_put(&event, setup, said->setup);
		if (said->has_call)
			event_put(&event, call, said->call);
		if (said->has_teardown)
			event_put(&event, teardown, said->teardown);
		event_put_text(&event, code, said->code);
		event_put_text(&event, file, said->file);
		if (said->line)
			event_put(&event, line, said->line);
		if (json_count(said->properties)) {
			json_dump(said->properties, &properties);
			event_put_text(&event, properties, properties.data);
		}
		if (!said->may_rerun)
			event_put(&event, rerun, false);
		uint64_t peak = memory_peak_end(&attempt->place->peak, event.duration);
		if (peak)
			event_put(&event, rss, peak);
	}
	if (end && end->known) {
		if (end->signaled)
			event_put(&event, signal, (uint64_t)end->number);
		else
			event_put(&event, exit_code, end->number);
		if (end->has_usage) {
			event_put(&event, cpu, end->cpu);
			event_put(&event, rss, end->rss);
		}
	}
	put_evidence(attempt, said, end, evidence);
	evidence_put_into(&event, evidence, &evidence_text);
	harness_attempt_leave(attempt);
	harness_attempt_emit(attempt, &event);
	json_free(evidence);
	str_fini(&evidence_text);
	str_fini(&properties);
	result_fini(result);
}

static void send_points(struct harness_attempt *attempt, const struct harness_event *said)
{
	struct harness_point point;
	for (size_t i = 0; harness_event_point(said, i, &point); i++) {
		if (point.outcome == OUTCOME_NONE)
			continue;
		struct event event;
		event_init(&event, EVENT_TEST_POINT);
		event_put(&event, number, i + 1);
		event_put(&event, depth, 0);
		event_put(&event, outcome, (int)point.outcome);
		event_put_text(&event, name, point.name);
		event_put_text(&event, message, point.message);
		harness_attempt_emit(attempt, &event);
	}
}

static char *copy(const char *text)
{
	return text ? alloc_string(text) : NULL;
}

static void warn(struct harness_attempt *attempt, const char *text)
{
	struct event event;
	event_init(&event, EVENT_LOG);
	event_put(&event, level, LEVEL_WARNING);
	event_put_text(&event, message, text);
	harness_attempt_emit(attempt, &event);
}

static void note_leaks(struct harness_attempt *attempt, const pid_t *pids, size_t count)
{
	struct leftovers *leftovers = &attempt->leftovers;
	for (size_t i = 0; i < count && i < LEAKS_NAMED; i++)
		leftovers_add(leftovers, pids[i]);
	leftovers->count = count;
	if (attempt->base.job->leak == LEAK_IGNORE)
		return;
	struct str text = STR_INIT;
	leftovers_describe_processes(leftovers, "to be ended with its test process", &text);
	warn(attempt, text.data);
	str_fini(&text);
}

/* Processes that live on though nothing stands that the test has set up. They are not ended yet: a library may have begun
 * them for all tests to come. True: they may still end by themselves. */
static bool await_offspring(struct harness_attempt *attempt, uint64_t now)
{
	struct harness_place *place = attempt->place;
	bool stands = false;
	pid_t pids[LEAKS_NAMED];
	if (attempt->leaks_noted || attempt->cause != CAUSE_ITSELF || attempt->terminated)
		return false;
	json_get_bool(attempt->finished.json, "stands", &stands);
	size_t count = stands ? 0 : offspring_find_new(&place->offspring, harness_pid(place->harness), pids, LEAKS_NAMED);
	if (count && now < attempt->finished_at + LEAK_GRACE) {
		deadline_set(&attempt->deadline, now + LEAK_LOOK, now);
		return true;
	}
	attempt->leaks_noted = true;
	if (count)
		note_leaks(attempt, pids, count);
	return false;
}

/* The harness gave its verdict; all that it printed before belongs to this test. */
void harness_attempt_try_to_finish(struct harness_attempt *attempt, uint64_t now)
{
	struct harness_place *place = attempt->place;
	struct capture *capture = harness_capture(place->harness);
	if (attempt->phase != PHASE_FINISHING || place->held || await_offspring(attempt, now))
		return;
	if (place->held || !capture_read_rest(capture))
		return;
	deadline_set(&attempt->deadline, DEADLINE_NEVER, now);
	struct harness_event *said = &attempt->finished;
	struct harness_output output;
	for (size_t i = 0; harness_event_output(said, i, &output); i++)
		capture_add(capture, output.stream, output.text);
	capture_end(capture);
	send_points(attempt, said);
	if (came_back(said))
		warn(attempt, "a child that it forked returned from the test instead of leaving, and was ended");
	struct result result = { .outcome = said->outcome,
				 .message = copy(said->message),
				 .reason = copy(said->reason) };
	judge(attempt, &result);
	leftovers_judge(&attempt->leftovers, attempt->base.job->leak, &result);
	bool stays = said->keep && !attempt->terminated && harness_is_kept(place->harness);
	attempt->base.host->stands(attempt->base.host->context, stays ? said->node : NULL, said->alone);
	harness_attempt_finish(attempt, &result, said, NULL);
	harness_event_fini(said);
	if (!stays)
		harness_leave(place->harness, LEAVE_LIMIT, now);
}

/* Its harness was not listened to meanwhile. */
void harness_attempt_go_on_finishing(struct harness_attempt *attempt, uint64_t now)
{
	harness_attempt_try_to_finish(attempt, now);
	if (attempt->phase == PHASE_OVER)
		harness_pump(attempt->place->harness, now);
}

static void describe_crash(struct harness_attempt *attempt, const struct harness_end *end, struct str *out)
{
	char buffer[32];
	if (attempt->cause == CAUSE_SIGNAL && end->known && end->signaled && end->number == attempt->person_signal) {
		str_add_format(out, "killed by %s, sent by hand", event_signal_name((unsigned)end->number, buffer));
		return;
	}
	if (end->lost && end->failure) {
		str_add_format(out, "the test process was ended: %s", end->failure);
	} else {
		harness_end_describe(end, out);
		if (!end->known || !end->signaled)
			str_add_text(out, " before the test was done");
	}
	struct ending ending = { .last_line = capture_last_line(harness_capture(attempt->place->harness)) };
	ending_add_last_line(&ending, ": ", out);
}

/* It can't have been this test's fault, but without a harness there is no other verdict. */
static void fail_to_start(struct harness_attempt *attempt, const struct harness_end *end)
{
	struct outside *outside = &attempt->place->outside;
	struct str message = STR_INIT;
	harness_attempt_tell_start(attempt, harness_pid(attempt->place->harness));
	if (outside->text.length)
		harness_attempt_kept(attempt, STREAM_STDOUT, (struct slice){ outside->text.data, outside->text.length },
				     0);
	str_clear(&outside->text);
	harness_place_tell_outside(attempt->place); /* what did not fit */
	if (end->failure) {
		str_add_text(&message, end->failure);
	} else {
		str_add_text(&message, "the test process ended before it was ready: ");
		harness_end_describe(end, &message);
		struct ending ending = { .last_line = capture_last_line(harness_capture(attempt->place->harness)) };
		ending_add_last_line(&ending, ": ", &message);
	}
	struct result result = { .outcome = OUTCOME_ERROR, .message = str_take(&message) };
	harness_attempt_finish(attempt, &result, NULL, end);
}

/* Without a word of its own, and by no fault that it names. With its keeper goes what would tell how it ended. */
static bool was_killed(const struct harness_end *end)
{
	return end->known ? end->signaled && end->number == SIGKILL : !end->failure;
}

bool harness_attempt_ended(struct harness_attempt *attempt, const struct harness_end *end, uint64_t now)
{
	if (attempt->phase == PHASE_PREPARING) {
		if (end->was_ready || end->was_leaving) {
			/* One that got ready while this was held is not wanted any more. */
			harness_want(attempt->place->harness, true, now);
			return false;
		}
		/* Somebody may have killed it; what kills every one is told. */
		if (was_killed(end) && attempt->killed_starts++ < KILLED_STARTS)
			return false;
		fail_to_start(attempt, end);
		return true;
	}
	struct str message = STR_INIT;
	capture_end(harness_capture(attempt->place->harness));
	if (attempt->grouped && attempt->cause == CAUSE_ITSELF && end->known && end->signaled &&
	    end->number == SIGKILL && group_was_full(attempt->base.host->group))
		attempt->cause = CAUSE_MEMORY;
	if (attempt->cause == CAUSE_ITSELF || attempt->cause == CAUSE_SIGNAL)
		describe_crash(attempt, end, &message);
	struct result result = { .outcome = OUTCOME_CRASHED };
	if (message.length)
		result.message = str_take(&message);
	judge(attempt, &result);
	harness_attempt_finish(attempt, &result, NULL, end);
	return true;
}

void harness_attempt_unreachable(struct harness_attempt *attempt)
{
	harness_attempt_leave(attempt);
	attempt->base.host->no_server(attempt->base.host->context, attempt->place->server);
}
