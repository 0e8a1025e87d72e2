/* Programs that print TAP: how `prove` would start them, and what it would say of them. */
#include "adapter/adapter.h"

#include "adapter/script.h"
#include "adapter/tap.h"
#include "adapter/tap_line.h"
#include "base/alloc.h"
#include "base/fs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool tap_recognises(const char *path, struct slice head)
{
	return text_ends_with(path, ".t") || text_ends_with(path, ".bats") ||
	       script_head_asks_for(head, "bats");
}

/* `#!/usr/bin/perl -T`: taint mode has to be asked for on the command line, too. */
static const char *taint_switch(const struct script *script)
{
	const char *at = strstr(script->line.data, "perl");

	while (at && (at = strpbrk(at, " \t")) != NULL) {
		at += strspn(at, " \t");
		if (*at != '-' || at[1] == '-')
			continue;
		for (at++; *at && *at != ' ' && *at != '\t'; at++) {
			if (*at == 'T')
				return "-T";
			if (*at == 't')
				return "-t";
			/* What follows these letters is their argument. */
			if (strchr("IMmeE0", *at))
				break;
		}
	}
	return NULL;
}

/* In taint mode perl doesn't look at PERL5LIB, so `prove` says it on the command line. */
static void push_libraries(struct launch *launch)
{
	const char *list = launch_variable(launch, "PERL5LIB");

	while (list && *list) {
		size_t length = strcspn(list, ":");

		if (length > 0)
			vec_push(&launch->argv, alloc_format("-I%.*s", (int)length, list));
		list += length + (list[length] == ':');
	}
}

/* Takes `command`, which stands on PATH, as argv[0]. */
static int push_command(struct launch *launch, const char *command, const char *name, struct error *error)
{
	char *path = launch_find_command(launch, command);

	if (!path)
		return error_set(error, "%s needs %s, which is not on PATH: install it", name, command);
	vec_push(&launch->argv, path);
	return 0;
}

/* perl reads the other switches of the first line by itself. */
static int launch_perl(const struct script *script, const char *name, struct launch *launch,
		       struct error *error)
{
	const char *taint = taint_switch(script);

	if (push_command(launch, "perl", name, error) != 0)
		return -1;
	if (taint) {
		launch_push(launch, taint);
		push_libraries(launch);
	}
	launch_push(launch, name);
	return 0;
}

static int launch_bats(const char *name, struct launch *launch, struct error *error)
{
	if (push_command(launch, "bats", name, error) != 0)
		return -1;
	launch_push(launch, "-t"); /* --formatter tap, as older ones know it, too */
	launch_push(launch, name);
	return 0;
}

static int launch_interpreter(const struct script *script, const char *name, struct launch *launch,
			      struct error *error)
{
	if (script_check_interpreter(script, name, launch, error) != 0)
		return -1;
	launch_push(launch, script->interpreter);
	if (script->argument)
		launch_push(launch, script->argument);
	launch_push(launch, name);
	return 0;
}

/* `name`: the path as the program itself is to see it. */
static int launch_script(const char *path, const struct script *script, const char *name,
			 struct launch *launch, struct error *error)
{
	bool is_perls = text_ends_with(path, ".t") || text_ends_with(path, ".pl");

	if (script_asks_for(script, "perl") || (!script->has_shebang && !script->binary && is_perls))
		return launch_perl(script, name, launch, error);
	if (script_asks_for(script, "bats") || (!script->has_shebang && text_ends_with(path, ".bats")))
		return launch_bats(name, launch, error);
	if (script->has_shebang && !script->executable)
		return launch_interpreter(script, name, launch, error);
	if (!script->executable)
		return error_set(error, "%s is not executable: chmod +x %s, if it is a program", name, name);
	if (script_check_interpreter(script, name, launch, error) != 0)
		return -1;
	launch_push(launch, path);
	return 0;
}

static int tap_launch(const char *path, char *const *args, size_t arg_count, struct launch *launch,
		      struct error *error)
{
	char *name = launch_relative(launch, path);
	struct script script;
	int status = script_open(path, name, &script, error);

	if (status == 0) {
		status = launch_script(path, &script, name, launch, error);
		script_fini(&script);
	}
	free(name);
	if (status != 0)
		return -1;
	for (size_t i = 0; i < arg_count; i++)
		launch_push(launch, args[i]);
	/* Perl's test modules ask whether they talk to a harness or to a person. */
	if (!launch_variable(launch, "HARNESS_ACTIVE"))
		vec_push(&launch->environment, alloc_string("HARNESS_ACTIVE=1"));
	launch->split_streams = true;
	return 0;
}

struct reader {
	struct tap *tap;
	reader_emit *emit;
	void *context;
};

static enum outcome outcome_of_point(const struct tap_point *point)
{
	if (point->unplanned)
		return OUTCOME_FAILED;
	if (point->todo)
		return point->ok ? OUTCOME_XPASSED : OUTCOME_XFAILED;
	if (!point->ok)
		return OUTCOME_FAILED;
	return point->skip ? OUTCOME_SKIPPED : OUTCOME_PASSED;
}

static struct event_text text_of(struct slice slice)
{
	return (struct event_text){slice.data, slice.length};
}

static void take_point(void *context, const struct tap_point *point)
{
	const struct reader *reader = context;
	struct event event = {.type = EVENT_TEST_POINT};

	event_put(&event, number, point->number);
	event_put(&event, depth, point->depth);
	event_put(&event, outcome, (int)outcome_of_point(point));
	if (point->name.length > 0)
		event_put(&event, name, text_of(point->name));
	if (point->diagnostics.length > 0)
		event_put(&event, message, text_of(point->diagnostics));
	else if (point->unplanned)
		event_put_text(&event, message, "more points than planned");
	if (point->reason.length > 0)
		event_put(&event, reason, text_of(point->reason));
	reader->emit(reader->context, &event);
}

static struct reader *tap_reader_new(reader_emit *emit, void *context)
{
	struct reader *reader = ALLOC_NEW(struct reader);

	reader->tap = tap_new(take_point, reader);
	reader->emit = emit;
	reader->context = context;
	return reader;
}

static void tap_reader_feed(struct reader *reader, enum event_stream stream, const char *bytes, size_t length)
{
	if (stream == STREAM_STDOUT)
		tap_feed(reader->tap, bytes, length);
}

static void tap_reader_free(struct reader *reader)
{
	if (!reader)
		return;
	tap_free(reader->tap);
	free(reader);
}

static void add_part(struct str *message)
{
	if (message->length > 0)
		str_add_text(message, ", ");
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* `failed 2 of 310 points: 17, 204` */
static void add_failed(const struct tap_summary *summary, struct str *message)
{
	const uint64_t known = sizeof(summary->first_failed) / sizeof(summary->first_failed[0]);

	str_add_format(message, "failed %" PRIu64 " of %" PRIu64 " point%s", summary->failed, summary->run,
		       plural(summary->run));
	for (uint64_t i = 0; i < summary->failed && i < known; i++)
		str_add_format(message, "%s%" PRIu64, i == 0 ? ": " : ", ", summary->first_failed[i]);
	if (summary->failed > known)
		str_add_format(message, " and %" PRIu64 " more", summary->failed - known);
}

static void add_parse_errors(const struct tap_summary *summary, struct str *message)
{
	add_part(message);
	str_add_text(message, summary->anything || summary->parse_errors > 1 ? summary->first_parse_error
									     : "no TAP in its output");
	if (summary->parse_errors > 1)
		str_add_format(message, " (and %" PRIu64 " more TAP error%s)", summary->parse_errors - 1,
			       plural(summary->parse_errors - 1));
}

static bool is_tap(const char *text)
{
	struct tap_line line;

	tap_line_read(slice_of(text), 14, &line);
	return line.kind == TAP_POINT || line.kind == TAP_PLAN || line.kind == TAP_VERSION;
}

static void describe_failure(const struct tap_summary *summary, const struct ending *ending,
			     struct str *message)
{
	bool ended_badly = ending->signaled || ending->number != 0;

	/* What follows from a bail-out, a plan that was not kept and an exit code, is not news. */
	if (summary->bailed_out)
		str_add_format(message, "Bail out!%s%s", summary->bail_reason[0] ? " " : "",
			       summary->bail_reason);
	if (ending->signaled) {
		add_part(message);
		ending_describe(ending, message);
	}
	if (summary->bailed_out)
		return;
	if (summary->failed > 0) {
		add_part(message);
		add_failed(summary, message);
	}
	if (summary->parse_errors > 0)
		add_parse_errors(summary, message);
	if (ended_badly && !ending->signaled) {
		add_part(message);
		ending_describe(ending, message);
	}
	/* Failed points say more than the last line does; without them it often is why the program gave up. */
	if (ended_badly && summary->failed == 0 && !is_tap(ending->last_line))
		ending_add_last_line(ending, ": ", message);
}

static void tap_conclude(struct reader *reader, const struct ending *ending, struct result *result)
{
	const struct tap_summary *summary;
	struct str message = STR_INIT;

	tap_end(reader->tap);
	summary = tap_summary(reader->tap);
	*result = (struct result){.outcome = OUTCOME_PASSED, .bail_out = summary->bailed_out};
	if (!ending->signaled && ending->number == 0 && summary->failed == 0 && summary->parse_errors == 0 &&
	    !summary->bailed_out) {
		if (summary->skip_all) {
			result->outcome = OUTCOME_SKIPPED;
			result->reason = alloc_string(summary->skip_reason[0] ? summary->skip_reason
									      : "no reason given");
		}
		return;
	}
	result->outcome = ending->signaled ? OUTCOME_CRASHED : OUTCOME_FAILED;
	describe_failure(summary, ending, &message);
	result->message = str_take(&message);
}

const struct adapter adapter_tap = {
	.name = "tap",
	.summary = "programs that print the Test Anything Protocol; perl's .t files, bats files",
	.recognises = tap_recognises,
	.launch = tap_launch,
	.reader_new = tap_reader_new,
	.reader_feed = tap_reader_feed,
	.conclude = tap_conclude,
	.reader_free = tap_reader_free,
};
