/* Lines from servers, keepers and harnesses, made into structs. */
#include "adapter/protocol.h"

#include "base/clock.h"
#include "event/codec.h"

#include <string.h>

/* One line under examination. The first thing that is wrong with it is kept in `error`. */
struct reading {
	const char *speaker;
	const char *event;
	const struct json *json;
	struct error *error;
	bool bad;
};

static void refuse(struct reading *reading, const char *key, const char *expected)
{
	if (!reading->bad)
		error_set(reading->error, "the %s sent \"%s\" without %s in \"%s\"", reading->speaker, reading->event,
			  expected, key);
	reading->bad = true;
}

/* The parsed line with its event's name; NULL with a message. */
static struct json *parse_line(struct slice line, const char *speaker, const char **event, struct error *error)
{
	struct json *json = json_parse(line, speaker, error);

	if (!json) {
		error_prefix(error, "a line of the protocol is no JSON");
		return NULL;
	}
	*event = json_get_text(json, "event");
	if (!*event) {
		error_set(error, "the %s sent a line without an \"event\"", speaker);
		json_free(json);
		return NULL;
	}
	return json;
}

static const char *need_text(struct reading *reading, const char *key)
{
	const char *text = json_get_text(reading->json, key);

	if (!text)
		refuse(reading, key, "a text");
	return text;
}

static int64_t need_int(struct reading *reading, const char *key, int64_t minimum, int64_t maximum)
{
	int64_t value;

	if (json_get_int(reading->json, key, &value) && value >= minimum && value <= maximum)
		return value;
	refuse(reading, key, "a number that fits");
	return minimum;
}

/* Of what may be missing: whatever is no number in this range is as if it were. */
static bool take_uint(const struct reading *reading, const char *key, int64_t minimum, uint32_t *value)
{
	int64_t found;

	if (!json_get_int(reading->json, key, &found) || found < minimum || found > UINT32_MAX)
		return false;
	*value = (uint32_t)found;
	return true;
}

static bool take_seconds(const struct reading *reading, const char *key, uint64_t *nanoseconds)
{
	double seconds;

	if (!json_get_real(reading->json, key, &seconds))
		return false;
	*nanoseconds = clock_from_seconds(seconds);
	return true;
}

static bool take_bool(const struct reading *reading, const char *key, bool otherwise)
{
	bool value;

	return json_get_bool(reading->json, key, &value) ? value : otherwise;
}

static enum outcome outcome_of(const char *name)
{
	for (int i = OUTCOME_NONE + 1; name && i < OUTCOME_COUNT; i++)
		if (strcmp(outcome_name((enum outcome)i), name) == 0)
			return (enum outcome)i;
	return OUTCOME_NONE;
}

static enum event_level level_of(const char *name)
{
	for (int i = LEVEL_NOTE; name && i <= LEVEL_ERROR; i++)
		if (strcmp(event_level_name(i), name) == 0)
			return (enum event_level)i;
	return LEVEL_NOTE;
}

struct event_name {
	const char *text;
	int type;
};

static int type_of(const struct event_name *names, const char *text)
{
	for (; names->text; names++)
		if (strcmp(names->text, text) == 0)
			return names->type;
	return 0; /* …_OTHER */
}

/* --- a server --- */

static void read_found(struct reading *reading, struct server_event *event)
{
	const struct json *json = reading->json;

	event->id = need_text(reading, "id");
	event->ordinal = 1;
	take_uint(reading, "ordinal", 1, &event->ordinal);
	event->file = json_get_text(json, "file");
	take_uint(reading, "line", 0, &event->line);
	event->scope = json_get_text(json, "scope");
	event->marks = json_get_text(json, "marks");
	event->group = json_get_text(json, "group");
	event->quarantine = json_get_text(json, "quarantine");
	event->has_timeout = take_seconds(reading, "timeout", &event->timeout);
	event->has_reruns = take_uint(reading, "reruns", 0, &event->reruns);
	event->has_reruns_delay = take_seconds(reading, "reruns_delay", &event->reruns_delay);
	event->has_reruns_delay_factor = json_get_real(json, "reruns_delay_factor", &event->reruns_delay_factor) &&
					 event->reruns_delay_factor >= 0;
	event->serial = take_bool(reading, "serial", false);
	event->outcome = outcome_of(json_get_text(json, "outcome"));
	event->reason = json_get_text(json, "reason");
}

static void read_server_event(struct reading *reading, struct server_event *event)
{
	const struct json *json = reading->json;

	switch (event->type) {
	case SERVER_CONFIGURED:
		event->pytest = json_get_text(json, "pytest");
		event->python = json_get_text(json, "python");
		event->executable = json_get_text(json, "executable");
		event->rootdir = json_get_text(json, "rootdir");
		event->inifile = json_get_text(json, "inifile");
		event->defaults = json_get_object(json, "defaults");
		break;
	case SERVER_FOUND:
		read_found(reading, event);
		break;
	case SERVER_COLLECT_ERROR:
		event->file = need_text(reading, "file");
		event->message = need_text(reading, "message");
		break;
	case SERVER_COLLECTED:
		event->tests = (uint64_t)need_int(reading, "tests", 0, INT64_MAX);
		if (json_get_int(json, "deselected", &(int64_t){ 0 }))
			event->deselected = (uint64_t)need_int(reading, "deselected", 0, INT64_MAX);
		event->start = json_get_text(json, "start");
		event->why = json_get_array(json, "why");
		event->stop = take_bool(reading, "stop", false);
		break;
	case SERVER_FAILED:
		event->code = (int)need_int(reading, "code", 0, 255);
		event->message = need_text(reading, "message");
		break;
	case SERVER_LOG:
		event->level = level_of(json_get_text(json, "level"));
		event->message = need_text(reading, "message");
		break;
	case SERVER_KEEPER:
		event->slot = (unsigned)need_int(reading, "slot", 0, XTOP_SLOTS_MAX - 1);
		event->pid = need_int(reading, "pid", 1, INT32_MAX);
		break;
	case SERVER_CHANGES:
		event->files = json_get_array(json, "files");
		if (!event->files)
			refuse(reading, "files", "a list");
		break;
	case SERVER_SUMMARY:
		event->text = need_text(reading, "text");
		break;
	case SERVER_FINISHED:
		event->status = (int)need_int(reading, "status", 0, INT32_MAX);
		break;
	case SERVER_OTHER:
		break;
	}
}

int server_event_parse(struct slice line, struct server_event *event, struct error *error)
{
	static const struct event_name names[] = {
		{ "configured", SERVER_CONFIGURED },
		{ "found", SERVER_FOUND },
		{ "collect.error", SERVER_COLLECT_ERROR },
		{ "collected", SERVER_COLLECTED },
		{ "failed", SERVER_FAILED },
		{ "log", SERVER_LOG },
		{ "keeper", SERVER_KEEPER },
		{ "changes", SERVER_CHANGES },
		{ "summary", SERVER_SUMMARY },
		{ "finished", SERVER_FINISHED },
		{ NULL, SERVER_OTHER },
	};
	struct reading reading = { .speaker = "server", .error = error };

	memset(event, 0, sizeof(*event));
	event->json = parse_line(line, reading.speaker, &reading.event, error);
	if (!event->json)
		return -1;
	reading.json = event->json;
	event->name = reading.event;
	event->type = (enum server_event_type)type_of(names, event->name);
	read_server_event(&reading, event);
	if (!reading.bad)
		return 0;
	server_event_fini(event);
	return -1;
}

void server_event_fini(struct server_event *event)
{
	json_free(event->json);
	memset(event, 0, sizeof(*event));
}

/* --- a keeper --- */

static void read_ended(struct reading *reading, struct keeper_event *event)
{
	int64_t number, rss = 0;
	double cpu = 0;

	event->pid = need_int(reading, "pid", 1, INT32_MAX);
	event->signaled = json_get_int(reading->json, "signal", &number);
	if (event->signaled)
		event->number = (int)need_int(reading, "signal", 1, 127);
	else
		event->number = (int)need_int(reading, "exit_code", 0, 255);
	event->core_dumped = event->signaled && take_bool(reading, "core", false);
	event->has_usage = json_get_real(reading->json, "cpu", &cpu) && json_get_int(reading->json, "rss", &rss);
	event->cpu = clock_from_seconds(cpu);
	event->rss = rss > 0 ? (uint64_t)rss : 0;
}

int keeper_event_parse(struct slice line, struct keeper_event *event, struct error *error)
{
	static const struct event_name names[] = {
		{ "started", KEEPER_STARTED },
		{ "ended", KEEPER_ENDED },
		{ NULL, KEEPER_OTHER },
	};
	struct reading reading = { .speaker = "keeper", .error = error };

	memset(event, 0, sizeof(*event));
	event->json = parse_line(line, reading.speaker, &reading.event, error);
	if (!event->json)
		return -1;
	reading.json = event->json;
	event->name = reading.event;
	event->type = (enum keeper_event_type)type_of(names, event->name);
	if (event->type == KEEPER_STARTED)
		event->pid = need_int(&reading, "pid", 1, INT32_MAX);
	else if (event->type == KEEPER_ENDED)
		read_ended(&reading, event);
	if (!reading.bad)
		return 0;
	keeper_event_fini(event);
	return -1;
}

void keeper_event_fini(struct keeper_event *event)
{
	json_free(event->json);
	memset(event, 0, sizeof(*event));
}

/* --- a harness --- */

/* The outcomes that a harness may give: timeouts, crashes and what was not run are xtop's own to judge. */
static enum outcome need_outcome(struct reading *reading)
{
	enum outcome outcome = outcome_of(json_get_text(reading->json, "outcome"));

	switch (outcome) {
	case OUTCOME_PASSED:
	case OUTCOME_FAILED:
	case OUTCOME_ERROR:
	case OUTCOME_SKIPPED:
	case OUTCOME_XFAILED:
	case OUTCOME_XPASSED:
		break;
	default:
		refuse(reading, "outcome", "an outcome");
		break;
	}
	return outcome;
}

static void read_finished(struct reading *reading, struct harness_event *event)
{
	const struct json *json = reading->json;

	event->outcome = need_outcome(reading);
	event->message = json_get_text(json, "message");
	event->reason = json_get_text(json, "reason");
	event->code = json_get_text(json, "code");
	event->stop_reason = json_get_text(json, "stop");
	event->file = json_get_text(json, "file");
	take_uint(reading, "line", 0, &event->line);
	event->has_setup = take_seconds(reading, "setup", &event->setup);
	event->has_call = take_seconds(reading, "call", &event->call);
	event->has_teardown = take_seconds(reading, "teardown", &event->teardown);
	event->may_rerun = take_bool(reading, "rerun", true);
	event->keep = take_bool(reading, "keep", true);
	event->node = json_get_text(json, "standing");
	event->alone = take_bool(reading, "alone", false);
	event->properties = json_get_array(json, "properties");
	event->output = json_get_array(json, "output");
	event->points = json_get_array(json, "points");
}

static void read_harness_event(struct reading *reading, struct harness_event *event)
{
	switch (event->type) {
	case HARNESS_NEXT:
		event->outcome = need_outcome(reading);
		event->may_rerun = take_bool(reading, "rerun", true);
		break;
	case HARNESS_FINISHED:
		read_finished(reading, event);
		break;
	case HARNESS_FAILED:
	case HARNESS_LATE:
		event->message = need_text(reading, "message");
		break;
	case HARNESS_LOG:
		event->level = level_of(json_get_text(reading->json, "level"));
		event->message = need_text(reading, "message");
		break;
	case HARNESS_READY:
	case HARNESS_OTHER:
		break;
	}
}

int harness_event_parse(struct slice line, struct harness_event *event, struct error *error)
{
	static const struct event_name names[] = {
		{ "ready", HARNESS_READY },
		{ "failed", HARNESS_FAILED },
		{ "next?", HARNESS_NEXT },
		{ "finished", HARNESS_FINISHED },
		{ "late", HARNESS_LATE },
		{ "log", HARNESS_LOG },
		{ NULL, HARNESS_OTHER },
	};
	struct reading reading = { .speaker = "harness", .error = error };

	memset(event, 0, sizeof(*event));
	event->json = parse_line(line, reading.speaker, &reading.event, error);
	if (!event->json)
		return -1;
	reading.json = event->json;
	event->name = reading.event;
	event->type = (enum harness_event_type)type_of(names, event->name);
	read_harness_event(&reading, event);
	if (!reading.bad)
		return 0;
	harness_event_fini(event);
	return -1;
}

void harness_event_fini(struct harness_event *event)
{
	json_free(event->json);
	memset(event, 0, sizeof(*event));
}

bool harness_event_output(const struct harness_event *event, size_t index, struct harness_output *output)
{
	const struct json *pair = json_at(event->output, index);
	const char *stream = json_text_at(pair, 0);

	if (index >= json_count(event->output))
		return false;
	*output = (struct harness_output){ .stream = STREAM_STDOUT };
	if (stream && strcmp(stream, event_stream_name(STREAM_STDERR)) == 0)
		output->stream = STREAM_STDERR;
	json_bytes_at(pair, 1, &output->text);
	return true;
}

bool harness_event_point(const struct harness_event *event, size_t index, struct harness_point *point)
{
	const struct json *json = json_at(event->points, index);

	if (index >= json_count(event->points))
		return false;
	point->name = json_get_text(json, "name");
	point->message = json_get_text(json, "message");
	point->outcome = outcome_of(json_get_text(json, "outcome"));
	return true;
}
