/* JUnit XML as Maven's surefire writes it and CI systems read it.  Sources: the schemas
 * surefire-test-report-3.0.xsd (rerunFailure, flakyFailure) and Jenkins' junit-10.xsd.
 *
 * A test that failed is a <failure>; one that could not do its work (error, timeout, crash) an <error>.
 * The first failed attempt is the testcase's own, each later one a rerunFailure or rerunError; where the
 * test passed in the end, each is a flakyFailure or flakyError.  A quarantined failure and a test that
 * never ran are <skipped>, and say why.
 *
 * Tests of pytest are named as its own writer (junit_family xunit2) does, so that a CI system goes on with the
 * history that it has: the classname is the file's path and the classes with dots, the name what is left of the id.
 */
#include "report/report.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/map.h"
#include "event/codec.h"
#include "report/style.h"
#include "report/target.h"
#include "report/xml.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct junit {
	struct frontend base;
	char *path; /* absolute */
};

struct suite {
	const char *name; /* the model's */
	VEC(const struct test *) tests;
	uint32_t failures, errors, skipped;
	uint64_t time;    /* ns, sum of its tests */
	uint64_t started; /* ns since the run began, UINT64_MAX: none of its tests ran */
};

enum result { RESULT_PASSED, RESULT_FAILURE, RESULT_ERROR, RESULT_SKIPPED };

static enum result result_of_outcome(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_FAILED:
		return RESULT_FAILURE;
	case OUTCOME_ERROR:
	case OUTCOME_TIMEOUT:
	case OUTCOME_CRASHED:
		return RESULT_ERROR;
	case OUTCOME_PASSED:
	case OUTCOME_XPASSED:
		return RESULT_PASSED;
	case OUTCOME_SKIPPED:
	case OUTCOME_XFAILED:
	case OUTCOME_NOTRUN:
	case OUTCOME_NONE:
	case OUTCOME_COUNT:
		break;
	}
	return RESULT_SKIPPED;
}

/* Where to start: the place of the first failed attempt, or how many there are. */
static size_t first_failed(const struct test *test)
{
	size_t place = 0;

	while (place < test->attempts.length && !outcome_is_failure(test->attempts.items[place]->outcome))
		place++;
	return place;
}

static enum result result_of(const struct test *test)
{
	size_t first;

	if (!outcome_is_failure(test->outcome))
		return result_of_outcome(test->outcome);
	if (test->quarantined)
		return RESULT_SKIPPED;
	first = first_failed(test);
	if (first < test->attempts.length)
		return result_of_outcome(test->attempts.items[first]->outcome);
	return result_of_outcome(test->outcome);
}

static void add_seconds(struct str *out, const char *name, uint64_t nanoseconds)
{
	str_add_format(out, " %s=\"%.6f\"", name, clock_seconds(nanoseconds));
}

static void add_timestamp(struct str *out, uint64_t wall)
{
	time_t seconds = (time_t)(wall / CLOCK_SECOND);
	struct tm parts;
	char text[64];

	if (gmtime_r(&seconds, &parts) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts))
		xml_add_attribute(out, "timestamp", text);
}

static bool is_pytest(const struct test *test)
{
	return test->adapter && strcmp(test->adapter, "pytest") == 0;
}

/* "tests/test_a.py::TestA::test_x[a::b]" gives "tests.test_a.TestA" and "test_x[a::b]". */
static void add_pytest_name(struct str *out, const struct test *test)
{
	struct str classname = STR_INIT, name = STR_INIT;
	const char *bracket = strchr(test->id, '[');
	const char *end = bracket ? bracket : test->id + strlen(test->id);
	bool is_path = true;
	const char *at = test->id;

	for (;;) {
		const char *next = memmem(at, (size_t)(end - at), "::", 2);
		const char *stop = next ? next : end;
		size_t length = (size_t)(stop - at);

		if (is_path && length >= 3 && memcmp(stop - 3, ".py", 3) == 0)
			length -= 3;
		str_clear(&name);
		for (size_t i = 0; i < length; i++)
			str_add_char(&name, is_path && at[i] == '/' ? '.' : at[i]);
		is_path = false;
		if (!next)
			break;
		if (classname.length)
			str_add_char(&classname, '.');
		str_add(&classname, name.data, name.length);
		at = next + 2;
	}
	if (bracket)
		str_add_text(&name, bracket);
	if (test->ordinal > 1)
		str_add_format(&name, " #%" PRIu32, test->ordinal);
	if (test->iteration)
		str_add_format(&name, " (run %" PRIu32 ")", test->iteration);
	if (test->only_worker >= 0)
		str_add_format(&name, " [gw%d]", test->only_worker);
	xml_add_attribute(out, "classname", classname.length ? classname.data : "");
	xml_add_attribute(out, "name", name.length ? name.data : "");
	str_fini(&classname);
	str_fini(&name);
}

/* "tests/unit/test_ring" gives "tests.unit"; an id without a directory gives the suite. */
static void add_classname(struct str *out, const struct test *test)
{
	const char *end = strstr(test->id, "::");
	struct str name = STR_INIT;
	const char *at = test->id;

	if (!end)
		end = at + strlen(at);
	for (;;) {
		const char *slash = memchr(at, '/', (size_t)(end - at));
		size_t length;

		if (!slash)
			break;
		length = (size_t)(slash - at);
		if (length && !(length == 1 && at[0] == '.') && !(length == 2 && memcmp(at, "..", 2) == 0)) {
			if (name.length)
				str_add_char(&name, '.');
			str_add(&name, at, length);
		}
		at = slash + 1;
	}
	if (!name.length)
		str_add_text(&name, *test->suite ? test->suite : "xtop");
	xml_add_attribute(out, "classname", name.data);
	str_fini(&name);
}

/* What an attempt says; the verdict's own words belong to the last one. NULL: the test never ran. */
static const char *message_of(const struct test *test, const struct attempt *attempt)
{
	return attempt == test_last_attempt(test) ? test_message(test) : attempt->message;
}

static void add_message(struct str *out, const struct test *test, const struct attempt *attempt)
{
	const char *message = message_of(test, attempt);
	struct str text = STR_INIT;

	if (attempt)
		style_add_ending(&text, attempt, message);
	if (message && *message) {
		str_add_text(&text, text.length ? ": " : "");
		style_add_first_line(&text, message);
	}
	if (text.length)
		xml_add_attribute(out, "message", text.data);
	str_fini(&text);
}

static void add_line(struct str *out, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	str_add_text(out, label);
	xml_add_text(out, slice_of(text));
	str_add_char(out, '\n');
}

/* Everything that is known of an attempt, but for its output. */
static void add_story(struct str *out, const struct test *test, const struct attempt *attempt)
{
	bool is_last = attempt == test_last_attempt(test);
	const char *message = message_of(test, attempt);
	struct str ending = STR_INIT;

	add_line(out, "", message);
	if (attempt)
		style_add_ending(&ending, attempt, message);
	add_line(out, "", ending.data);
	str_fini(&ending);
	add_line(out, "reason: ", is_last ? test_reason(test) : attempt->reason);
	if (attempt && attempt->diagnosis) {
		struct str diagnosis = STR_INIT;

		style_add_diagnosis(&diagnosis, attempt);
		add_line(out, "diagnosis: ", diagnosis.data);
		str_fini(&diagnosis);
	} else {
		add_line(out, "code: ", is_last ? test_code(test) : attempt->code);
	}
	if (!attempt)
		return;
	for (size_t i = 0; i < attempt->points.length; i++) {
		const struct point *point = &attempt->points.items[i];

		if (!outcome_is_failure(point->outcome))
			continue;
		str_add_format(out, "%*snot ok", 2 * (point->depth < 20 ? point->depth : 20), "");
		if (point->number)
			str_add_format(out, " %" PRIu32, point->number);
		add_line(out, " - ", point->name ? point->name : "(no name)");
		add_line(out, "", point->message);
	}
	if (attempt->output.path)
		add_line(out, "whole output: ", attempt->output.path);
}

static void add_output(struct str *out, const struct attempt *attempt)
{
	static const struct style style = { .ascii = false };
	struct str text = STR_INIT, missing = STR_INIT, after = STR_INIT;

	if (!attempt || (!attempt->output.total && !attempt->output.dropped))
		return;
	style_split_output(&style, &attempt->output, &text, &missing, &after);
	if (missing.length) {
		str_add_char(&text, '\n');
		str_add(&text, missing.data, missing.length);
		str_add_char(&text, '\n');
		str_add(&text, after.data, after.length);
	}
	str_add_text(out, "<system-out>");
	xml_add_text(out, (struct slice){ text.data, text.length });
	str_add_text(out, "</system-out>\n");
	str_fini(&text);
	str_fini(&missing);
	str_fini(&after);
}

/* A failed attempt that is not the testcase's own: `kind` is "rerun" or "flaky". */
static void add_other(struct str *out, const char *kind, const struct test *test,
		      const struct attempt *attempt)
{
	const char *tail = result_of_outcome(attempt->outcome) == RESULT_FAILURE ? "Failure" : "Error";

	str_add_format(out, "<%s%s", kind, tail);
	add_message(out, test, attempt);
	xml_add_attribute(out, "type", outcome_name(attempt->outcome));
	str_add_text(out, "><stackTrace>");
	add_story(out, test, attempt);
	str_add_text(out, "</stackTrace>\n");
	add_output(out, attempt);
	str_add_format(out, "</%s%s>\n", kind, tail);
}

static void add_failure(struct str *out, const struct test *test, const char *element)
{
	size_t first = first_failed(test);
	const struct attempt *attempt = first < test->attempts.length ? test->attempts.items[first] : NULL;

	/* A failed verdict without a failed attempt: what it says stands with the last attempt, if there is one. */
	if (!attempt)
		attempt = test_last_attempt(test);
	str_add_format(out, "<%s", element);
	add_message(out, test, attempt);
	xml_add_attribute(out, "type",
			  outcome_name(first < test->attempts.length ? attempt->outcome : test->outcome));
	str_add_char(out, '>');
	add_story(out, test, attempt);
	str_add_format(out, "</%s>\n", element);
	for (size_t i = first + 1; i < test->attempts.length; i++)
		if (outcome_is_failure(test->attempts.items[i]->outcome))
			add_other(out, "rerun", test, test->attempts.items[i]);
	add_output(out, attempt);
}

static void add_skipped(struct str *out, const struct test *test)
{
	struct str message = STR_INIT;
	struct str why = STR_INIT;
	const char *type = test->outcome == OUTCOME_XFAILED ? "xfail" : NULL;

	if (is_pytest(test) && test->outcome == OUTCOME_XFAILED)
		type = "pytest.xfail";
	else if (is_pytest(test) && test->outcome == OUTCOME_SKIPPED)
		type = "pytest.skip";
	if (outcome_is_failure(test->outcome))
		str_add_format(&message, "quarantined: %s", outcome_name(test->outcome));
	else if (test->outcome == OUTCOME_NOTRUN)
		str_add_text(&message, "not run");
	else if (test->outcome == OUTCOME_XFAILED && !is_pytest(test))
		str_add_text(&message, "expected to fail");
	else if (test->outcome == OUTCOME_NONE)
		str_add_text(&message, "not run: the run did not end");
	style_add_why(&why, test);
	if (message.length && why.length)
		str_add_text(&message, ": ");
	str_add(&message, why.data, why.length);
	str_add_text(out, "<skipped");
	xml_add_attribute(out, "type", type);
	xml_add_attribute(out, "message", message.length ? message.data : "");
	str_add_text(out, "/>\n");
	str_fini(&message);
	str_fini(&why);
	if (outcome_is_failure(test->outcome))
		add_output(out, test_last_attempt(test));
}

static void add_name(struct str *out, const struct test *test)
{
	struct str name = STR_INIT;

	if (is_pytest(test)) {
		add_pytest_name(out, test);
		return;
	}
	add_classname(out, test);
	style_add_name(&name, test, false);
	xml_add_attribute(out, "name", name.data);
	str_fini(&name);
}

static void add_property(struct str *out, const char *name, const char *value)
{
	str_add_text(out, "<property");
	xml_add_attribute(out, "name", name);
	xml_add_attribute(out, "value", value);
	str_add_text(out, "/>\n");
}

/* What the test recorded about itself; the last attempt's. */
static void add_properties(struct str *out, const struct test *test)
{
	const struct attempt *last = test_last_attempt(test);
	struct error error = ERROR_INIT;
	struct json *properties;

	if (!last || !last->properties)
		return;
	properties = json_parse(slice_of(last->properties), "properties", &error);
	if (json_count(properties)) {
		str_add_text(out, "<properties>\n");
		for (size_t i = 0; i < json_count(properties); i++) {
			const struct json *pair = json_at(properties, i);

			add_property(out, json_text_at(pair, 0), json_text_at(pair, 1));
		}
		str_add_text(out, "</properties>\n");
	}
	json_free(properties);
}

static void add_test(struct str *out, const struct test *test)
{
	str_add_text(out, "<testcase");
	add_name(out, test);
	add_seconds(out, "time", test->duration);
	xml_add_attribute(out, "file", test->file);
	if (test->line)
		str_add_format(out, " line=\"%" PRIu32 "\"", test->line);
	str_add_text(out, ">\n");
	add_properties(out, test);
	switch (result_of(test)) {
	case RESULT_FAILURE:
		add_failure(out, test, "failure");
		break;
	case RESULT_ERROR:
		add_failure(out, test, "error");
		break;
	case RESULT_SKIPPED:
		add_skipped(out, test);
		break;
	case RESULT_PASSED:
		for (size_t i = 0; i < test->attempts.length; i++)
			if (outcome_is_failure(test->attempts.items[i]->outcome))
				add_other(out, "flaky", test, test->attempts.items[i]);
		break;
	}
	str_add_text(out, "</testcase>\n");
}

static void count(struct suite *suite, const struct test *test)
{
	enum result result = result_of(test);

	vec_push(&suite->tests, test);
	suite->failures += result == RESULT_FAILURE;
	suite->errors += result == RESULT_ERROR;
	suite->skipped += result == RESULT_SKIPPED;
	suite->time += test->duration;
	if (test->attempts.length && test->attempts.items[0]->started < suite->started)
		suite->started = test->attempts.items[0]->started;
}

static void add_counts(struct str *out, const struct suite *suite, size_t tests)
{
	str_add_format(
		out, " tests=\"%zu\" failures=\"%" PRIu32 "\" errors=\"%" PRIu32 "\" skipped=\"%" PRIu32 "\"",
		tests, suite->failures, suite->errors, suite->skipped);
}

/* Of a shard: which, and by what history it was cut; reports of shards that saw different ones don't add up. */
static void add_run_properties(struct str *out, const struct run *run)
{
	if (!run->shard)
		return;
	str_add_text(out, "<properties>\n");
	add_property(out, "xtop.shard", run->shard);
	if (run->history)
		add_property(out, "xtop.history", run->history);
	str_add_text(out, "</properties>\n");
}

static void add_suite(struct str *out, const struct run *run, const struct suite *suite, const char *host)
{
	str_add_text(out, "<testsuite");
	xml_add_attribute(out, "name", *suite->name ? suite->name : "xtop");
	add_counts(out, suite, suite->tests.length);
	add_seconds(out, "time", suite->time);
	add_timestamp(out, run->wall + (suite->started == UINT64_MAX ? 0 : suite->started));
	xml_add_attribute(out, "hostname", host);
	str_add_text(out, ">\n");
	add_run_properties(out, run);
	for (size_t i = 0; i < suite->tests.length; i++)
		add_test(out, suite->tests.items[i]);
	str_add_text(out, "</testsuite>\n");
}

static void add_run(struct str *out, const struct run *run)
{
	VEC(struct suite) suites = VEC_INIT;
	struct map *places = map_new(); /* a suite's name to its place in `suites`, plus one */
	struct suite all = { .name = "xtop" };
	char host[256] = "localhost";

	for (size_t i = 0; i < run->tests.length; i++) {
		const struct test *test = run->tests.items[i];
		size_t length = strlen(test->suite);
		size_t place = (size_t)(uintptr_t)map_get(places, test->suite, length);

		if (!place) {
			vec_push(&suites, ((struct suite){ .name = test->suite, .started = UINT64_MAX }));
			place = suites.length;
			map_put(places, test->suite, length, (void *)(uintptr_t)place);
		}
		count(&suites.items[place - 1], test);
	}
	map_free(places);
	vec_each(&suites, suite) {
		all.failures += suite->failures;
		all.errors += suite->errors;
		all.skipped += suite->skipped;
	}
	if (gethostname(host, sizeof(host)) == 0)
		host[sizeof(host) - 1] = '\0';
	str_add_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"xtop\"");
	add_counts(out, &all, run->tests.length);
	add_seconds(out, "time", run->finished ? run->duration : run->now);
	add_timestamp(out, run->wall);
	str_add_text(out, ">\n");
	vec_each(&suites, suite) {
		add_suite(out, run, suite, host);
		vec_fini(&suite->tests);
	}
	str_add_text(out, "</testsuites>\n");
	vec_fini(&suites);
}

static void junit_hear(struct frontend *frontend, const struct model *model, const struct event *event)
{
	(void)frontend, (void)model, (void)event;
}

static int junit_finish(struct frontend *frontend, const struct model *model, struct error *error)
{
	const struct junit *junit = (struct junit *)frontend;
	struct str text = STR_INIT;
	int status;

	add_run(&text, model_run(model));
	status = fs_write_atomically(junit->path, text.data, text.length, error);
	str_fini(&text);
	return status;
}

static void junit_free(struct frontend *frontend)
{
	struct junit *junit = (struct junit *)frontend;

	free(junit->path);
	free(junit);
}

static const struct frontend_ops junit_ops = {
	.name = "junit",
	.hear = junit_hear,
	.tick = NULL,
	.finish = junit_finish,
	.free = junit_free,
};

struct frontend *report_junit_new(const char *path, struct error *error)
{
	char *absolute = fs_absolute(path);
	struct junit *junit;

	if (target_check(absolute, error) != 0) {
		free(absolute);
		return NULL;
	}
	junit = ALLOC_NEW(struct junit);
	junit->base.ops = &junit_ops;
	junit->path = absolute;
	return &junit->base;
}
