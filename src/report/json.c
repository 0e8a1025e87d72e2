#include "report/report.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"
#include "event/codec.h"
#include "report/target.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <unistd.h>

struct json_report {
	struct frontend base;
	FILE *out;
	char *path; /* NULL: `out` is borrowed */
	struct str line;
	int failure; /* errno of the first write that failed; nothing is written from then on */
};

static void put_text(struct json *object, const char *key, const char *text)
{
	if (text)
		json_put_text(object, key, slice_of(text));
}

static void put_name(struct json *object, const struct test *test)
{
	put_text(object, "suite", test->suite);
	put_text(object, "id", test->id);
	if (test->ordinal > 1)
		json_put_int(object, "ordinal", test->ordinal);
	if (test->iteration)
		json_put_int(object, "iteration", test->iteration);
}

static void put_place(struct json *object, const struct test *test)
{
	put_text(object, "file", test->file);
	if (test->line)
		json_put_int(object, "line", test->line);
}

/* What a consumer may rely on in every verdict, whether the event says it or it follows from the model. */
static void put_verdict(struct json *object, const struct event *event, const struct test *test)
{
	const struct attempt *last = test_last_attempt(test);

	if (!event_has(event, flaky))
		json_put_bool(object, "flaky", test->flaky);
	if (!event_has(event, quarantined))
		json_put_bool(object, "quarantined", test->quarantined);
	if (!event_has(event, attempts))
		json_put_int(object, "attempts", (int64_t)test->attempts.length);
	if (!event_has(event, duration))
		json_put_real(object, "duration", clock_seconds(test->duration));
	if (last && !event_has(event, worker))
		json_put_int(object, "worker", last->worker);
	else if (!event_has(event, worker))
		json_put_real(object, "worker", NAN); /* null: it never ran */
	if (!event_has(event, message))
		put_text(object, "message", test_message(test));
	if (!event_has(event, reason))
		put_text(object, "reason", test_reason(test));
	if (!event_has(event, code))
		put_text(object, "code", test_code(test));
	if (last && last->signal && !event_has(event, signal))
		json_put_int(object, "signal", last->signal);
	if (last && last->exit_code >= 0 && !event_has(event, exit_code))
		json_put_int(object, "exit_code", last->exit_code);
}

static void put_counts(struct json *object, const struct run *run)
{
	struct tally_summary sum = tally_sum(&run->tally);

	json_put_int(object, "tests", run->tally.found);
	json_put_int(object, "passed", sum.passed);
	json_put_int(object, "failed", sum.failed);
	json_put_int(object, "skipped", sum.skipped);
	json_put_int(object, "notrun", sum.notrun);
	json_put_int(object, "flaky", run->tally.flaky);
	json_put_int(object, "quarantined", run->tally.quarantined);
}

static void fail(struct json_report *report, int number)
{
	report->failure = number ? number : EIO;
	if (!report->path)
		return;
	/* What is buffered must not follow when the file is closed. A disk may have taken half a line already. */
	__fpurge(report->out);
	target_cut_back(report->path);
}

static void flush(struct json_report *report)
{
	if (!report->failure && fflush(report->out))
		fail(report, errno);
}

static void json_hear(struct frontend *frontend, const struct model *model, const struct event *event)
{
	struct json_report *report = (struct json_report *)frontend;
	const struct test *test = model_test(model, event->test);
	struct json *object;

	if (report->failure)
		return;
	object = event_to_json(event);
	if (test && event->type != EVENT_TEST_FOUND)
		put_name(object, test);
	if (test && (event->type == EVENT_TEST_FINISHED || event->type == EVENT_TEST_VERDICT))
		put_place(object, test);
	if (test && event->type == EVENT_TEST_VERDICT)
		put_verdict(object, event, test);
	if (event->type == EVENT_RUN_FINISHED)
		put_counts(object, model_run(model));
	str_clear(&report->line);
	json_dump(object, &report->line);
	str_add_char(&report->line, '\n');
	json_free(object);
	errno = 0;
	if (fwrite(report->line.data, 1, report->line.length, report->out) != report->line.length)
		fail(report, errno);
	if (event->type == EVENT_TEST_VERDICT || event->type == EVENT_RUN_FINISHED)
		flush(report);
}

static void json_tick(struct frontend *frontend, const struct model *model, uint64_t now)
{
	(void)model, (void)now;
	flush((struct json_report *)frontend);
}

static int json_finish(struct frontend *frontend, const struct model *model, struct error *error)
{
	struct json_report *report = (struct json_report *)frontend;

	(void)model;
	flush(report);
	/* Whoever reads a pipe may leave when they saw enough. */
	if (!report->failure || (!report->path && report->failure == EPIPE))
		return 0;
	return error_set_errno(error, report->failure, "%s: the events could not be written",
			       report->path ? report->path : "json");
}

static void json_report_free(struct frontend *frontend)
{
	struct json_report *report = (struct json_report *)frontend;

	if (report->path)
		fclose(report->out);
	free(report->path);
	str_fini(&report->line);
	free(report);
}

static const struct frontend_ops json_ops = {
	.name = "json",
	.hear = json_hear,
	.tick = json_tick,
	.finish = json_finish,
	.free = json_report_free,
};

struct frontend *report_json_new(FILE *out)
{
	struct json_report *report = ALLOC_NEW(struct json_report);

	report->base.ops = &json_ops;
	report->out = out;
	str_init(&report->line);
	return &report->base;
}

struct frontend *report_json_file_new(const char *path, struct error *error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	struct frontend *frontend;

	if (!out) {
		error_set_errno(error, errno, "%s: can't be written", path);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	frontend = report_json_new(out);
	((struct json_report *)frontend)->path = alloc_string(path);
	return frontend;
}
