#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/fs.h"
#include "base/json.h"
#include "feed.h"
#include "report/report.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct lines {
	struct feed feed;
	FILE *out;
	char *text;
	size_t length;
};

static void lines_begin(struct lines *lines)
{
	lines->out = open_memstream(&lines->text, &lines->length);
	assert_non_null(lines->out);
	lines->feed = (struct feed){ .model = model_new(), .frontend = report_json_new(lines->out) };
}

static void lines_end(struct lines *lines)
{
	struct error error = ERROR_INIT;

	assert_int_equal(lines->feed.frontend->ops->finish(lines->feed.frontend, lines->feed.model, &error),
			 0);
	lines->feed.frontend->ops->free(lines->feed.frontend);
	model_free(lines->feed.model);
	fclose(lines->out);
	free(lines->text);
}

/* The last line, which must be JSON. The caller frees it. */
static struct json *last_line(struct lines *lines)
{
	struct error error = ERROR_INIT;
	const char *begin, *end;
	struct json *json;

	fflush(lines->out);
	assert_true(lines->length > 0);
	end = lines->text + lines->length - 1;
	assert_int_equal(*end, '\n');
	for (begin = end; begin > lines->text && begin[-1] != '\n';)
		begin--;
	json = json_parse((struct slice){ begin, (size_t)(end - begin) }, "line", &error);
	if (!json)
		fail_msg("%s", error.message);
	return json;
}

static void assert_text(const struct json *json, const char *key, const char *expected)
{
	const char *value = json_get_text(json, key);

	if (!value || !expected) {
		if (value || expected)
			fail_msg("%s: expected %s, found %s", key, expected ? expected : "nothing",
				 value ? value : "nothing");
		return;
	}
	assert_string_equal(value, expected);
}

static void assert_int(const struct json *json, const char *key, int64_t expected)
{
	int64_t value;

	if (!json_get_int(json, key, &value))
		fail_msg("%s is missing", key);
	assert_int_equal(value, expected);
}

static void assert_real(const struct json *json, const char *key, double expected)
{
	double value;

	if (!json_get_real(json, key, &value))
		fail_msg("%s is missing", key);
	assert_true(value == expected);
}

static void assert_bool(const struct json *json, const char *key, bool expected)
{
	bool value;

	if (!json_get_bool(json, key, &value))
		fail_msg("%s is missing", key);
	assert_int_equal(value, expected);
}

static void assert_absent(const struct json *json, const char *key)
{
	int64_t number;

	assert_null(json_get_text(json, key));
	assert_false(json_get_int(json, key, &number));
}

static void every_line_has_version_type_and_time(void **state)
{
	struct lines lines;
	struct json *json;

	(void)state;
	lines_begin(&lines);
	feed_run_started(&lines.feed, 2);
	json = last_line(&lines);
	assert_int(json, "v", 1);
	assert_text(json, "type", "run.started");
	assert_real(json, "t", 0);
	assert_text(json, "run_id", "8f2c1");
	json_free(json);
	lines.feed.t = 1500 * CLOCK_MS;
	feed_log(&lines.feed, LEVEL_WARNING, "careful");
	json = last_line(&lines);
	assert_text(json, "type", "log");
	assert_text(json, "level", "warning");
	assert_real(json, "t", 1.5);
	assert_absent(json, "suite");
	json_free(json);
	lines_end(&lines);
}

static void tests_are_named_by_suite_and_id(void **state)
{
	struct lines lines;
	struct json *json;
	struct event found = feed_make(EVENT_TEST_FOUND);

	(void)state;
	lines_begin(&lines);
	feed_found(&lines.feed, 1, "tests/a");
	event_put(&found, test, 2);
	event_put_text(&found, suite, "unit");
	event_put_text(&found, id, "tests/a");
	event_put(&found, ordinal, 2);
	feed_event(&lines.feed, found);
	feed_started(&lines.feed, 1, 1, 0);
	json = last_line(&lines);
	assert_text(json, "type", "test.started");
	assert_text(json, "suite", "unit");
	assert_text(json, "id", "tests/a");
	assert_int(json, "attempt", 1);
	assert_int(json, "worker", 0);
	assert_absent(json, "test");
	assert_absent(json, "ordinal");
	json_free(json);
	feed_started(&lines.feed, 2, 1, 1);
	json = last_line(&lines);
	assert_int(json, "ordinal", 2);
	json_free(json);
	feed_output(&lines.feed, 1, 1, 0, "a\0\xff\n", 4);
	json = last_line(&lines);
	assert_text(json, "type", "test.output");
	assert_text(json, "id", "tests/a");
	assert_text(json, "stream", "stdout");
	json_free(json);
	fflush(lines.out);
	assert_non_null(strstr(lines.text, "\"data\":\"a\\u0000\xef\xbf\xbd\\n\""));
	lines_end(&lines);
}

static void verdict_has_all_that_is_promised(void **state)
{
	struct lines lines;
	struct json *json;
	struct event found = feed_make(EVENT_TEST_FOUND);
	struct event verdict = feed_make(EVENT_TEST_VERDICT);

	(void)state;
	lines_begin(&lines);
	event_put(&found, test, 1);
	event_put_text(&found, suite, "unit");
	event_put_text(&found, id, "tests/a::b");
	event_put_text(&found, file, "tests/a");
	event_put(&found, line, 12);
	feed_event(&lines.feed, found);
	feed_started(&lines.feed, 1, 1, 3);
	lines.feed.t = CLOCK_SECOND;
	feed_finished(
		&lines.feed, 1, 1, 3,
		(struct ending){
			.outcome = OUTCOME_CRASHED, .signal = 11, .message = "boom", .code = "XT2001" });
	json = last_line(&lines);
	assert_text(json, "type", "test.finished");
	assert_text(json, "file", "tests/a");
	assert_int(json, "signal", 11);
	json_free(json);
	/* The event says only what it must: the rest comes from the model. */
	event_put(&verdict, test, 1);
	event_put(&verdict, outcome, OUTCOME_CRASHED);
	feed_event(&lines.feed, verdict);
	json = last_line(&lines);
	assert_text(json, "type", "test.verdict");
	assert_text(json, "suite", "unit");
	assert_text(json, "id", "tests/a::b");
	assert_text(json, "outcome", "crashed");
	assert_bool(json, "flaky", false);
	assert_bool(json, "quarantined", false);
	assert_int(json, "attempts", 1);
	assert_real(json, "duration", 0.25);
	assert_int(json, "worker", 3);
	assert_int(json, "signal", 11);
	assert_text(json, "message", "boom");
	assert_text(json, "code", "XT2001");
	assert_text(json, "file", "tests/a");
	assert_int(json, "line", 12);
	assert_absent(json, "exit_code");
	json_free(json);
	lines_end(&lines);
}

static void test_that_never_ran_has_a_reason_and_no_worker(void **state)
{
	struct lines lines;
	struct json *json;

	(void)state;
	lines_begin(&lines);
	feed_found(&lines.feed, 1, "a");
	feed_verdict(&lines.feed, 1, 0,
		     (struct ending){ .outcome = OUTCOME_NOTRUN, .reason = "interrupted" });
	json = last_line(&lines);
	assert_text(json, "outcome", "notrun");
	assert_text(json, "reason", "interrupted");
	assert_int(json, "attempts", 0);
	assert_absent(json, "worker");
	json_free(json);
	fflush(lines.out);
	assert_non_null(strstr(lines.text, "\"worker\":null"));
	lines_end(&lines);
}

static void last_line_counts_the_tests(void **state)
{
	static const struct ending endings[] = {
		{ .outcome = OUTCOME_PASSED },  { .outcome = OUTCOME_PASSED, .flaky = true },
		{ .outcome = OUTCOME_FAILED },  { .outcome = OUTCOME_FAILED, .quarantined = true },
		{ .outcome = OUTCOME_SKIPPED }, { .outcome = OUTCOME_NOTRUN },
	};
	struct lines lines;
	struct json *json;

	(void)state;
	lines_begin(&lines);
	for (unsigned i = 0; i < 6; i++) {
		feed_found(&lines.feed, i + 1, "a");
		feed_whole(&lines.feed, i + 1, 0, endings[i]);
	}
	lines.feed.t = 2 * CLOCK_SECOND;
	feed_run_finished(&lines.feed, 1);
	json = last_line(&lines);
	assert_text(json, "type", "run.finished");
	assert_int(json, "exit_code", 1);
	assert_real(json, "duration", 2);
	assert_int(json, "tests", 6);
	assert_int(json, "passed", 2);
	assert_int(json, "failed", 1);
	assert_int(json, "skipped", 2);
	assert_int(json, "notrun", 1);
	assert_int(json, "flaky", 1);
	assert_int(json, "quarantined", 1);
	json_free(json);
	lines_end(&lines);
}

static void verdicts_reach_the_file_at_once(void **state)
{
	char directory[] = "/tmp/xtop-json-XXXXXX";
	struct feed feed = { .model = model_new() };
	struct error error = ERROR_INIT;
	struct str text = STR_INIT;
	char *path;

	(void)state;
	assert_non_null(mkdtemp(directory));
	path = fs_join(directory, "events.json");
	feed.frontend = report_json_file_new(path, &error);
	assert_non_null(feed.frontend);
	feed_found(&feed, 1, "a");
	feed_whole(&feed, 1, 0, (struct ending){ .outcome = OUTCOME_PASSED });
	assert_int_equal(fs_read_file(path, 1 << 20, &text, &error), 0);
	assert_non_null(strstr(text.data, "\"type\":\"test.verdict\""));
	assert_int_equal(text.data[text.length - 1], '\n');
	assert_int_equal(feed.frontend->ops->finish(feed.frontend, feed.model, &error), 0);
	feed.frontend->ops->free(feed.frontend);
	model_free(feed.model);
	str_fini(&text);
	free(path);
	assert_int_equal(fs_remove_tree(directory, &error), 0);
}

static void file_that_can_not_be_made_is_named(void **state)
{
	struct error error = ERROR_INIT;

	(void)state;
	assert_null(report_json_file_new("/nowhere/events.json", &error));
	assert_non_null(strstr(error.message, "/nowhere/events.json: can't be written: "));
}

static void full_disk_is_told_at_the_end(void **state)
{
	struct feed feed = { .model = model_new() };
	struct error error = ERROR_INIT;

	(void)state;
	feed.frontend = report_json_file_new("/dev/full", &error);
	assert_non_null(feed.frontend);
	feed_run_started(&feed, 1);
	feed.frontend->ops->tick(feed.frontend, feed.model, 0);
	feed_log(&feed, LEVEL_NOTE, "more");
	assert_int_equal(feed.frontend->ops->finish(feed.frontend, feed.model, &error), -1);
	assert_non_null(
		strstr(error.message, "/dev/full: the events could not be written: No space left on device"));
	feed.frontend->ops->free(feed.frontend);
	model_free(feed.model);
}

/* A limit on the size of files stands for a disk that gets full. */
static void full_file_ends_with_a_whole_line(void **state)
{
	enum { LIMIT = 10000, EVENTS = 200 };
	char directory[] = "/tmp/xtop-test-XXXXXX";
	struct feed feed = { .model = model_new() };
	struct error error = ERROR_INIT;
	struct str text = STR_INIT;
	struct rlimit before, limit;
	char *path;

	(void)state;
	assert_non_null(mkdtemp(directory));
	path = fs_join(directory, "events");
	feed.frontend = report_json_file_new(path, &error);
	assert_non_null(feed.frontend);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = LIMIT;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (int i = 0; i < EVENTS; i++) {
		feed_log(&feed, LEVEL_NOTE, "a line of the log that is long enough to fill a file with some of them");
		feed.frontend->ops->tick(feed.frontend, feed.model, 0);
	}
	assert_int_equal(feed.frontend->ops->finish(feed.frontend, feed.model, &error), -1);
	feed.frontend->ops->free(feed.frontend);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_non_null(strstr(error.message, "events: the events could not be written: File too large"));
	assert_int_equal(fs_read_file(path, 2 * LIMIT, &text, &error), 0);
	assert_in_range(text.length, LIMIT / 2, LIMIT);
	assert_int_equal(text.data[text.length - 1], '\n');
	model_free(feed.model);
	str_fini(&text);
	free(path);
	assert_int_equal(fs_remove_tree(directory, &error), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_has_version_type_and_time),
		cmocka_unit_test(tests_are_named_by_suite_and_id),
		cmocka_unit_test(verdict_has_all_that_is_promised),
		cmocka_unit_test(test_that_never_ran_has_a_reason_and_no_worker),
		cmocka_unit_test(last_line_counts_the_tests),
		cmocka_unit_test(verdicts_reach_the_file_at_once),
		cmocka_unit_test(file_that_can_not_be_made_is_named),
		cmocka_unit_test(full_disk_is_told_at_the_end),
		cmocka_unit_test(full_file_ends_with_a_whole_line),
	};

	return cmocka_run_group_tests_name("json_report", tests, NULL, NULL);
}
