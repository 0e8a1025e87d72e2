#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/fs.h"
#include "feed.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct junit_case {
	char directory[32];
	char *path;
	struct feed feed;
	struct str text; /* the report */
};

static void begin(struct junit_case *junit)
{
	struct error error = ERROR_INIT;

	*junit = (struct junit_case){ .directory = "/tmp/xtop-junit-XXXXXX", .text = STR_INIT };
	assert_non_null(mkdtemp(junit->directory));
	junit->path = fs_join(junit->directory, "made/for/it/junit.xml");
	junit->feed =
		(struct feed){ .model = model_new(), .frontend = report_junit_new(junit->path, &error) };
	assert_non_null(junit->feed.frontend);
	feed_run_started(&junit->feed, 2);
}

static const char *finish(struct junit_case *junit)
{
	struct error error = ERROR_INIT;
	char *host;

	assert_false(fs_exists(junit->path));
	assert_int_equal(junit->feed.frontend->ops->finish(junit->feed.frontend, junit->feed.model, &error),
			 0);
	assert_int_equal(fs_read_file(junit->path, 1 << 24, &junit->text, &error), 0);
	/* The name of this machine, out of the way of comparisons. */
	while ((host = strstr(junit->text.data, " hostname=\""))) {
		char *end = strchr(host + 11, '"') + 1;

		assert_true(end - host > 12);
		memmove(host, end, strlen(end) + 1);
	}
	return junit->text.data;
}

static void end(struct junit_case *junit)
{
	struct error error = ERROR_INIT;

	junit->feed.frontend->ops->free(junit->feed.frontend);
	model_free(junit->feed.model);
	str_fini(&junit->text);
	free(junit->path);
	assert_int_equal(fs_remove_tree(junit->directory, &error), 0);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("missing:\n%s\nin:\n%s", part, text);
}

static const struct ending passed = { .outcome = OUTCOME_PASSED };
static const struct ending failed = { .outcome = OUTCOME_FAILED, .exit_code = 1, .message = "no" };

static void each_outcome_is_one_testcase(void **state)
{
	static const struct {
		const char *id;
		struct ending ending;
	} tests[] = {
		{ "tests/unit/pass", { .outcome = OUTCOME_PASSED } },
		{ "tests/unit/fail",
		  { .outcome = OUTCOME_FAILED, .exit_code = 1, .message = "1 < 2\nat \"x\"" } },
		{ "tests/unit/fault", { .outcome = OUTCOME_ERROR, .message = "no such file" } },
		{ "tests/unit/slow",
		  { .outcome = OUTCOME_TIMEOUT, .signal = 15, .message = "no end after 5 s" } },
		{ "tests/unit/crash", { .outcome = OUTCOME_CRASHED, .signal = 11, .code = "XT2001" } },
		{ "./tests/skip", { .outcome = OUTCOME_SKIPPED, .reason = "no db" } },
		{ "../other/xfail", { .outcome = OUTCOME_XFAILED, .reason = "bug 7" } },
		{ "xpass", { .outcome = OUTCOME_XPASSED } },
		{ "known", { .outcome = OUTCOME_FAILED, .exit_code = 2, .quarantined = true } },
	};
	struct junit_case junit;

	(void)state;
	begin(&junit);
	for (unsigned i = 0; i < 9; i++)
		feed_found(&junit.feed, i + 1, tests[i].id);
	feed_found(&junit.feed, 10, "never");
	feed_found(&junit.feed, 11, "cut");
	for (unsigned i = 0; i < 9; i++)
		feed_whole(&junit.feed, i + 1, 0, tests[i].ending);
	feed_verdict(&junit.feed, 10, 0,
		     (struct ending){ .outcome = OUTCOME_NOTRUN, .reason = "interrupted" });
	junit.feed.t = 2 * CLOCK_SECOND;
	feed_run_finished(&junit.feed, 1);
	assert_string_equal(
		finish(&junit),
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites name=\"xtop\" tests=\"11\" failures=\"1\" errors=\"3\" skipped=\"5\" time=\"2.000000\""
		" timestamp=\"2023-11-14T22:13:20\">\n"
		"<testsuite name=\"unit\" tests=\"11\" failures=\"1\" errors=\"3\" skipped=\"5\" time=\"2.250000\""
		" timestamp=\"2023-11-14T22:13:20\">\n"
		"<testcase classname=\"tests.unit\" name=\"tests/unit/pass\" time=\"0.250000\">\n"
		"</testcase>\n"
		"<testcase classname=\"tests.unit\" name=\"tests/unit/fail\" time=\"0.250000\">\n"
		"<failure message=\"exit code 1: 1 &lt; 2\" type=\"failed\">1 &lt; 2\nat \"x\"\nexit code 1\n</failure>\n"
		"</testcase>\n"
		"<testcase classname=\"tests.unit\" name=\"tests/unit/fault\" time=\"0.250000\">\n"
		"<error message=\"no such file\" type=\"error\">no such file\n</error>\n"
		"</testcase>\n"
		"<testcase classname=\"tests.unit\" name=\"tests/unit/slow\" time=\"0.250000\">\n"
		"<error message=\"no end after 5 s\" type=\"timeout\">no end after 5 s\n</error>\n"
		"</testcase>\n"
		"<testcase classname=\"tests.unit\" name=\"tests/unit/crash\" time=\"0.250000\">\n"
		"<error message=\"SIGSEGV\" type=\"crashed\">SIGSEGV\ncode: XT2001\n</error>\n"
		"</testcase>\n"
		"<testcase classname=\"tests\" name=\"./tests/skip\" time=\"0.250000\">\n"
		"<skipped message=\"no db\"/>\n"
		"</testcase>\n"
		"<testcase classname=\"other\" name=\"../other/xfail\" time=\"0.250000\">\n"
		"<skipped type=\"xfail\" message=\"expected to fail: bug 7\"/>\n"
		"</testcase>\n"
		"<testcase classname=\"unit\" name=\"xpass\" time=\"0.250000\">\n"
		"</testcase>\n"
		"<testcase classname=\"unit\" name=\"known\" time=\"0.250000\">\n"
		"<skipped message=\"quarantined: failed: exit code 2\"/>\n"
		"</testcase>\n"
		"<testcase classname=\"unit\" name=\"never\" time=\"0.000000\">\n"
		"<skipped message=\"not run: interrupted\"/>\n"
		"</testcase>\n"
		"<testcase classname=\"unit\" name=\"cut\" time=\"0.000000\">\n"
		"<skipped message=\"not run: the run did not end\"/>\n"
		"</testcase>\n"
		"</testsuite>\n"
		"</testsuites>\n");
	end(&junit);
}

static void suites_have_their_own_counts_and_times(void **state)
{
	struct junit_case junit;
	const char *text;

	(void)state;
	begin(&junit);
	feed_found_in(&junit.feed, 1, "one", "a");
	feed_found_in(&junit.feed, 2, "two", "b");
	feed_found_in(&junit.feed, 3, "one", "c");
	feed_whole(&junit.feed, 1, 0, passed);
	junit.feed.t = 65 * CLOCK_SECOND;
	feed_whole(&junit.feed, 2, 0, failed);
	feed_whole(&junit.feed, 3, 0, passed);
	text = finish(&junit);
	assert_has(text, "<testsuites name=\"xtop\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"0\"");
	assert_has(
		text,
		"<testsuite name=\"one\" tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"0\" time=\"0.500000\""
		" timestamp=\"2023-11-14T22:13:20\">");
	assert_has(
		text,
		"<testsuite name=\"two\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\"0.250000\""
		" timestamp=\"2023-11-14T22:14:25\">");
	end(&junit);
}

static void equal_ids_have_names_of_their_own(void **state)
{
	struct junit_case junit;
	struct event found = feed_make(EVENT_TEST_FOUND);
	const char *text;

	(void)state;
	begin(&junit);
	event_put(&found, test, 1);
	event_put_text(&found, suite, "unit");
	event_put_text(&found, id, "a");
	event_put(&found, ordinal, 2);
	event_put_text(&found, file, "src/a.c");
	event_put(&found, line, 7);
	feed_event(&junit.feed, found);
	text = finish(&junit);
	assert_has(text, "classname=\"unit\" name=\"a #2\" time=\"0.000000\" file=\"src/a.c\" line=\"7\"");
	end(&junit);
}

static void reruns_are_told_as_surefire_does(void **state)
{
	struct junit_case junit;
	const char *text;

	(void)state;
	begin(&junit);
	feed_found(&junit.feed, 1, "a");
	feed_found(&junit.feed, 2, "b");
	feed_started(&junit.feed, 1, 1, 0);
	feed_text(&junit.feed, 1, 1, 0, "first\n");
	feed_finished(&junit.feed, 1, 1, 0, failed);
	feed_started(&junit.feed, 1, 2, 0);
	feed_text(&junit.feed, 1, 2, 0, "second\n");
	feed_finished(&junit.feed, 1, 2, 0, (struct ending){ .outcome = OUTCOME_CRASHED, .signal = 6 });
	feed_verdict(&junit.feed, 1, 2, (struct ending){ .outcome = OUTCOME_CRASHED, .signal = 6 });
	feed_started(&junit.feed, 2, 1, 0);
	feed_text(&junit.feed, 2, 1, 0, "once\n");
	feed_finished(&junit.feed, 2, 1, 0, failed);
	feed_started(&junit.feed, 2, 2, 0);
	feed_text(&junit.feed, 2, 2, 0, "fine\n");
	feed_finished(&junit.feed, 2, 2, 0, passed);
	feed_verdict(&junit.feed, 2, 2, (struct ending){ .outcome = OUTCOME_PASSED, .flaky = true });
	text = finish(&junit);
	assert_has(text, "tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\"");
	assert_has(text,
		   "<failure message=\"exit code 1: no\" type=\"failed\">no\nexit code 1\n</failure>\n"
		   "<rerunError message=\"SIGABRT\" type=\"crashed\"><stackTrace>SIGABRT\n</stackTrace>\n"
		   "<system-out>second\n</system-out>\n"
		   "</rerunError>\n"
		   "<system-out>first\n</system-out>\n"
		   "</testcase>\n");
	assert_has(
		text,
		"name=\"b\" time=\"0.250000\">\n"
		"<flakyFailure message=\"exit code 1: no\" type=\"failed\"><stackTrace>no\nexit code 1\n</stackTrace>\n"
		"<system-out>once\n</system-out>\n"
		"</flakyFailure>\n"
		"</testcase>\n");
	end(&junit);
}

static void any_bytes_become_legible_xml(void **state)
{
	static const char bytes[] =
		"\033[31mred\033[0m <&>\r\n]]> \"q\" \0\a\x7f \xff\xc3 \xef\xbf\xbe \xc2\x85 \xed\xa0\x80\n";
	struct junit_case junit;
	const char *text;

	(void)state;
	begin(&junit);
	feed_found_in(&junit.feed, 1, "a<b>\"&\x01", "dir\x02/id \"x\" <\xff>\n");
	feed_started(&junit.feed, 1, 1, 0);
	feed_output(&junit.feed, 1, 1, 0, bytes, sizeof(bytes) - 1);
	feed_ended(&junit.feed, 1, 0, (struct ending){ .outcome = OUTCOME_FAILED, .message = "<\x03>\t&" });
	text = finish(&junit);
	assert_has(text, "<testsuite name=\"a&lt;b&gt;&quot;&amp;^A\"");
	assert_has(text, "classname=\"dir^B\" name=\"dir^B/id &quot;x&quot; &lt;&lt;FF&gt;&gt;\\n\"");
	assert_has(text,
		   "<failure message=\"&lt;^C&gt;\\t&amp;\" type=\"failed\">&lt;^C&gt;\t&amp;\n</failure>");
	assert_has(
		text,
		"<system-out>red &lt;&amp;&gt;\n]]&gt; \"q\" ^@^G^? &lt;FF&gt;&lt;C3&gt; &lt;U+FFFE&gt; &lt;U+0085&gt; "
		"&lt;ED&gt;&lt;A0&gt;&lt;80&gt;\n</system-out>");
	for (size_t i = 0; i < junit.text.length && text[i]; i++)
		assert_true((unsigned char)text[i] >= 0x20 || text[i] == '\n' || text[i] == '\t');
	end(&junit);
}

static void failed_points_and_the_gap_are_told(void **state)
{
	struct junit_case junit;
	char line[64];
	const char *text;

	(void)state;
	begin(&junit);
	feed_found(&junit.feed, 1, "a.t");
	feed_started(&junit.feed, 1, 1, 0);
	for (int i = 0; i < 4000; i++) {
		snprintf(line, sizeof(line), "line number %04d\n", i);
		feed_text(&junit.feed, 1, 1, 0, line);
	}
	feed_point(&junit.feed, 1, 1, 0, OUTCOME_PASSED, "fine", NULL);
	feed_point(&junit.feed, 1, 2, 0, OUTCOME_FAILED, "bad", "got: 1");
	feed_ended(&junit.feed, 1, 0,
		   (struct ending){ .outcome = OUTCOME_FAILED, .exit_code = 1, .message = "no",
				    .output_file = "/runs/1.out" });
	text = finish(&junit);
	assert_has(text, ">no\nexit code 1\nnot ok 2 - bad\ngot: 1\nwhole output: /runs/1.out\n</failure>");
	assert_has(text, "line number 0962\n\n[… 34.4 KiB only in the file]\nline number 3037\n");
	end(&junit);
}

static void pytest_tests_are_named_as_pytest_does(void **state)
{
	static const char *const ids[] = {
		"tests/unit/test_a.py::TestA::TestB::test_x[a::b/c.py-[]]",
		"test_a.py::test_plain",
		"tests/broken.py",
		"tests/README.md::doc.py",
		"a::b",
	};
	static const char *const names[] = {
		"<testcase classname=\"tests.unit.test_a.TestA.TestB\" name=\"test_x[a::b/c.py-[]]\" time",
		"<testcase classname=\"test_a\" name=\"test_plain\" time",
		"<testcase classname=\"\" name=\"tests.broken\" time",
		"<testcase classname=\"tests.README.md\" name=\"doc.py\" time",
		"<testcase classname=\"a\" name=\"b #2\" time",
	};
	struct junit_case junit;
	const char *text;

	(void)state;
	begin(&junit);
	for (unsigned i = 0; i < 5; i++) {
		struct event found = feed_make(EVENT_TEST_FOUND);

		event_put(&found, test, i + 1);
		event_put_text(&found, suite, "pytest");
		event_put_text(&found, adapter, "pytest");
		event_put_text(&found, id, ids[i]);
		if (i == 4)
			event_put(&found, ordinal, 2);
		feed_event(&junit.feed, found);
	}
	feed_whole(&junit.feed, 1, 0, (struct ending){ .outcome = OUTCOME_XFAILED, .reason = "bug 7" });
	feed_whole(&junit.feed, 2, 0, (struct ending){ .outcome = OUTCOME_SKIPPED, .reason = "no db" });
	feed_whole(&junit.feed, 3, 0, (struct ending){ .outcome = OUTCOME_XFAILED });
	text = finish(&junit);
	for (unsigned i = 0; i < 5; i++)
		assert_has(text, names[i]);
	assert_has(text, "<skipped type=\"pytest.xfail\" message=\"bug 7\"/>");
	assert_has(text, "<skipped type=\"pytest.skip\" message=\"no db\"/>");
	assert_has(text, "<skipped type=\"pytest.xfail\" message=\"\"/>");
	end(&junit);
}

static void properties_are_those_of_the_last_attempt(void **state)
{
	struct junit_case junit;
	struct event event;
	const char *text;

	(void)state;
	begin(&junit);
	feed_found(&junit.feed, 1, "a");
	feed_found(&junit.feed, 2, "b");
	for (unsigned attempt = 1; attempt <= 2; attempt++) {
		feed_started(&junit.feed, 1, attempt, 0);
		event = feed_ending(EVENT_TEST_FINISHED, 1, attempt == 1 ? &failed : &passed);
		event_put(&event, attempt, attempt);
		event_put(&event, worker, 0);
		event_put_text(&event, properties,
			       attempt == 1 ? "[[\"old\",\"1\"]]" : "[[\"k<\",\"v\\n\"],[\"k<\",\"w\"]]");
		feed_event(&junit.feed, event);
	}
	feed_verdict(&junit.feed, 1, 2, passed);
	feed_started(&junit.feed, 2, 1, 0);
	event = feed_ending(EVENT_TEST_FINISHED, 2, &passed);
	event_put(&event, attempt, 1);
	event_put(&event, worker, 0);
	event_put_text(&event, properties, "[[1],{\"a\":[]}");
	feed_event(&junit.feed, event);
	feed_verdict(&junit.feed, 2, 1, passed);
	text = finish(&junit);
	assert_has(text, "<properties>\n"
			 "<property name=\"k&lt;\" value=\"v&#10;\"/>\n"
			 "<property name=\"k&lt;\" value=\"w\"/>\n"
			 "</properties>\n");
	assert_null(strstr(text, "old"));
	assert_null(strstr(strstr(text, "name=\"b\""), "<propert"));
	end(&junit);
}

static void run_without_tests_is_a_report_too(void **state)
{
	struct junit_case junit;

	(void)state;
	begin(&junit);
	junit.feed.t = CLOCK_SECOND;
	feed_run_finished(&junit.feed, 5);
	assert_has(finish(&junit),
		   "<testsuites name=\"xtop\" tests=\"0\" failures=\"0\" errors=\"0\" skipped=\"0\" "
		   "time=\"1.000000\" timestamp=\"2023-11-14T22:13:20\">\n</testsuites>\n");
	end(&junit);
}

static void path_that_can_not_be_written_is_refused_before_the_run(void **state)
{
	char directory[] = "/tmp/xtop-junit-XXXXXX";
	struct error error = ERROR_INIT;
	char *file, *below;

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_null(report_junit_new(directory, &error));
	assert_has(error.message, "expected a file, found a directory");
	file = fs_join(directory, "file");
	below = fs_join(file, "junit.xml");
	assert_int_equal(fs_write_atomically(file, "x", 1, &error), 0);
	assert_null(report_junit_new(below, &error));
	assert_has(error.message, file);
	free(file);
	free(below);
	assert_int_equal(fs_remove_tree(directory, &error), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_outcome_is_one_testcase),
		cmocka_unit_test(suites_have_their_own_counts_and_times),
		cmocka_unit_test(equal_ids_have_names_of_their_own),
		cmocka_unit_test(reruns_are_told_as_surefire_does),
		cmocka_unit_test(any_bytes_become_legible_xml),
		cmocka_unit_test(failed_points_and_the_gap_are_told),
		cmocka_unit_test(pytest_tests_are_named_as_pytest_does),
		cmocka_unit_test(properties_are_those_of_the_last_attempt),
		cmocka_unit_test(run_without_tests_is_a_report_too),
		cmocka_unit_test(path_that_can_not_be_written_is_refused_before_the_run),
	};

	return cmocka_run_group_tests_name("junit", tests, NULL, NULL);
}
