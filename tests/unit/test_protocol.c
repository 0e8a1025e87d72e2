#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "adapter/protocol.h"
#include "base/clock.h"

#include <string.h>

static void expect_text(struct str *out, const char *expected)
{
	assert_string_equal(out->data, expected);
	str_clear(out);
}

static void lines_to_a_server(void **state)
{
	char *args[] = { (char *)(uintptr_t) "tests", (char *)(uintptr_t) "-k", (char *)(uintptr_t) "a \"b\"" };
	struct protocol_collect collect = { .run_id = "cafe",
					    .suite = "pytest",
					    .args = args,
					    .arg_count = 3,
					    .generation = 2,
					    .start = "auto",
					    .workers = 8,
					    .capture = "live",
					    .socket = "xtop-cafe-1" };
	struct str out = STR_INIT;

	(void)state;
	protocol_put_collect(&out, &collect);
	expect_text(&out, "{\"do\":\"collect\",\"v\":1,\"run_id\":\"cafe\",\"suite\":\"pytest\","
			  "\"args\":[\"tests\",\"-k\",\"a \\\"b\\\"\"],\"generation\":2,\"start\":\"auto\",\"workers\":8,"
			  "\"capture\":\"live\",\"collect_only\":false,\"auxiliary\":false,\"socket\":\"xtop-cafe-1\"}\n");
	char *patterns[] = { (char *)(uintptr_t) "^OSError: ", (char *)(uintptr_t) "time" };
	collect.arg_count = 0;
	collect.dist = "load";
	collect.only_rerun = patterns;
	collect.only_rerun_count = 2;
	collect.rerun_except = patterns + 1;
	collect.rerun_except_count = 1;
	protocol_put_collect(&out, &collect);
	expect_text(&out, "{\"do\":\"collect\",\"v\":1,\"run_id\":\"cafe\",\"suite\":\"pytest\",\"args\":[],"
			  "\"generation\":2,\"start\":\"auto\",\"workers\":8,\"capture\":\"live\",\"collect_only\":false,"
			  "\"auxiliary\":false,\"dist\":\"load\",\"only_rerun\":[\"^OSError: \",\"time\"],"
			  "\"rerun_except\":[\"time\"],\"socket\":\"xtop-cafe-1\"}\n");
	protocol_put_crashed(&out, 3, "a\nb", 2, "killed by SIGSEGV");
	expect_text(&out, "{\"do\":\"crashed\",\"slot\":3,\"test\":\"a\\nb\",\"ordinal\":2,"
			  "\"message\":\"killed by SIGSEGV\"}\n");
	protocol_put_changes(&out);
	expect_text(&out, "{\"do\":\"changes\"}\n");
	protocol_put_finish(&out, 1, 2, NULL);
	protocol_put_finish(&out, 0, 0, "enough");
	expect_text(&out, "{\"do\":\"finish\",\"failed\":1,\"passed\":2,\"stop\":null}\n"
			  "{\"do\":\"finish\",\"failed\":0,\"passed\":0,\"stop\":\"enough\"}\n");
	str_fini(&out);
}

static void lines_to_a_keeper(void **state)
{
	char *variables[] = { (char *)(uintptr_t) "A=x=y", (char *)(uintptr_t) "EMPTY=", (char *)(uintptr_t) "GONE" };
	struct protocol_keep keep = { .slot = 1,
				      .workers = 8,
				      .run_id = "cafe",
				      .serial = true,
				      .environment = variables,
				      .variable_count = 3 };
	struct str out = STR_INIT;

	(void)state;
	protocol_put_keep(&out, &keep);
	expect_text(&out, "{\"do\":\"keep\",\"v\":1,\"slot\":1,\"workers\":8,\"run_id\":\"cafe\",\"serial\":true,"
			  "\"environment\":{\"A\":\"x=y\",\"EMPTY\":\"\",\"GONE\":null}}\n");
	protocol_put_start(&out);
	protocol_put_kill(&out, 15);
	expect_text(&out, "{\"do\":\"start\"}\n{\"do\":\"kill\",\"signal\":15}\n");
	str_fini(&out);
}

static void lines_to_a_harness(void **state)
{
	char *variables[] = { (char *)(uintptr_t) "XTOP_ATTEMPT=2" };
	struct str out = STR_INIT;

	(void)state;
	protocol_put_run(&out, "caf\xC3\xA9", 1, 2, variables, 1);
	expect_text(&out, "{\"do\":\"run\",\"test\":\"caf\xC3\xA9\",\"ordinal\":1,\"attempt\":2,"
			  "\"environment\":{\"XTOP_ATTEMPT\":\"2\"}}\n");
	protocol_put_next(&out, "b", 3);
	protocol_put_next_again(&out);
	protocol_put_next_none(&out);
	protocol_put_leave(&out);
	expect_text(&out, "{\"do\":\"next\",\"test\":\"b\",\"ordinal\":3}\n{\"do\":\"next\",\"again\":true}\n"
			  "{\"do\":\"next\"}\n{\"do\":\"leave\"}\n");
	str_fini(&out);
}

/* --- from a server --- */

static struct server_event server_event(const char *line)
{
	struct server_event event;
	struct error error = ERROR_INIT;

	if (server_event_parse(slice_of(line), &event, &error) != 0)
		fail_msg("'%s': %s", line, error.message);
	return event;
}

static void server_says_what_it_is(void **state)
{
	struct server_event event = server_event(
		"{\"event\":\"configured\",\"pytest\":\"9.2.0\",\"python\":\"3.11.7\",\"executable\":\"/p\",\"rootdir\":\"/r\","
		"\"inifile\":null,\"defaults\":{\"maxfail\":1,\"numprocesses\":\"4\"},\"more\":[1]}");
	int64_t number;

	(void)state;
	assert_int_equal(event.type, SERVER_CONFIGURED);
	assert_string_equal(event.pytest, "9.2.0");
	assert_string_equal(event.python, "3.11.7");
	assert_string_equal(event.executable, "/p");
	assert_string_equal(event.rootdir, "/r");
	assert_null(event.inifile);
	assert_true(json_get_int(event.defaults, "maxfail", &number));
	assert_int_equal(number, 1);
	server_event_fini(&event);
}

static void server_finds_tests(void **state)
{
	struct server_event event = server_event(
		"{\"event\":\"found\",\"id\":\"a.py::T::t[1]\",\"ordinal\":2,\"file\":\"a.py\",\"line\":12,\"scope\":\"a.py::T\","
		"\"marks\":\"slow,flaky\",\"timeout\":5.5,\"reruns\":2,\"reruns_delay\":0.25,"
		"\"reruns_delay_factor\":1.5,\"serial\":true,\"group\":\"db\","
		"\"quarantine\":\"\"}");

	(void)state;
	assert_int_equal(event.type, SERVER_FOUND);
	assert_string_equal(event.id, "a.py::T::t[1]");
	assert_int_equal(event.ordinal, 2);
	assert_string_equal(event.file, "a.py");
	assert_int_equal(event.line, 12);
	assert_string_equal(event.scope, "a.py::T");
	assert_string_equal(event.marks, "slow,flaky");
	assert_string_equal(event.group, "db");
	assert_string_equal(event.quarantine, "");
	assert_true(event.has_timeout && event.timeout == 11 * (CLOCK_SECOND / 2));
	assert_true(event.has_reruns && event.reruns == 2);
	assert_true(event.has_reruns_delay && event.reruns_delay == CLOCK_SECOND / 4);
	assert_true(event.has_reruns_delay_factor && event.reruns_delay_factor >= 1.5 && event.reruns_delay_factor <= 1.5);
	assert_true(event.serial);
	assert_int_equal(event.outcome, OUTCOME_NONE);
	server_event_fini(&event);
	/* Only what must be there; and numbers that make no sense. */
	event = server_event("{\"event\":\"found\",\"id\":\"x\",\"ordinal\":0,\"line\":-1,\"outcome\":\"skipped\","
			     "\"reason\":\"no\",\"reruns_delay_factor\":-1}");
	assert_int_equal(event.ordinal, 1);
	assert_int_equal(event.line, 0);
	assert_false(event.has_timeout || event.has_reruns || event.has_reruns_delay || event.serial);
	assert_false(event.has_reruns_delay_factor);
	assert_null(event.quarantine);
	assert_int_equal(event.outcome, OUTCOME_SKIPPED);
	assert_string_equal(event.reason, "no");
	server_event_fini(&event);
}

static void server_ends_its_collection(void **state)
{
	struct server_event event = server_event("{\"event\":\"collect.error\",\"file\":\"b.py\",\"message\":\"m\\nn\"}");

	(void)state;
	assert_int_equal(event.type, SERVER_COLLECT_ERROR);
	assert_string_equal(event.file, "b.py");
	assert_string_equal(event.message, "m\nn");
	server_event_fini(&event);
	event = server_event("{\"event\":\"collected\",\"tests\":7,\"deselected\":2,\"start\":\"spawn\",\"why\":[\"a\",\"b\"],"
			     "\"stop\":true}");
	assert_int_equal(event.type, SERVER_COLLECTED);
	assert_int_equal(event.tests, 7);
	assert_int_equal(event.deselected, 2);
	assert_string_equal(event.start, "spawn");
	assert_int_equal(json_count(event.why), 2);
	assert_string_equal(json_text_at(event.why, 1), "b");
	assert_true(event.stop);
	server_event_fini(&event);
	event = server_event("{\"event\":\"failed\",\"code\":4,\"message\":\"usage\"}");
	assert_int_equal(event.type, SERVER_FAILED);
	assert_int_equal(event.code, 4);
	assert_string_equal(event.message, "usage");
	server_event_fini(&event);
}

static void server_says_the_rest(void **state)
{
	struct server_event event = server_event("{\"event\":\"log\",\"level\":\"warning\",\"message\":\"w\"}");

	(void)state;
	assert_int_equal(event.type, SERVER_LOG);
	assert_int_equal(event.level, LEVEL_WARNING);
	server_event_fini(&event);
	event = server_event("{\"event\":\"log\",\"level\":\"loud\",\"message\":\"w\"}");
	assert_int_equal(event.level, LEVEL_NOTE);
	server_event_fini(&event);
	event = server_event("{\"event\":\"keeper\",\"slot\":3,\"pid\":123}");
	assert_int_equal(event.type, SERVER_KEEPER);
	assert_int_equal(event.slot, 3);
	assert_int_equal(event.pid, 123);
	server_event_fini(&event);
	event = server_event("{\"event\":\"changes\",\"files\":[\"a.py\"]}");
	assert_int_equal(event.type, SERVER_CHANGES);
	assert_string_equal(json_text_at(event.files, 0), "a.py");
	server_event_fini(&event);
	event = server_event("{\"event\":\"summary\",\"text\":\"t\"}");
	assert_int_equal(event.type, SERVER_SUMMARY);
	assert_string_equal(event.text, "t");
	server_event_fini(&event);
	event = server_event("{\"event\":\"finished\",\"status\":1}");
	assert_int_equal(event.type, SERVER_FINISHED);
	assert_int_equal(event.status, 1);
	server_event_fini(&event);
	event = server_event("{\"event\":\"news\"}");
	assert_int_equal(event.type, SERVER_OTHER);
	assert_string_equal(event.name, "news");
	server_event_fini(&event);
}

/* --- from a keeper and a harness --- */

static void keeper_says_how_it_ended(void **state)
{
	struct keeper_event event;

	(void)state;
	assert_int_equal(keeper_event_parse(slice_of("{\"event\":\"started\",\"pid\":12}"), &event, NULL), 0);
	assert_int_equal(event.type, KEEPER_STARTED);
	assert_int_equal(event.pid, 12);
	keeper_event_fini(&event);
	assert_int_equal(keeper_event_parse(slice_of("{\"event\":\"ended\",\"pid\":12,\"signal\":11,\"core\":true,"
						     "\"cpu\":1.25,\"rss\":4096}"),
					    &event, NULL),
			 0);
	assert_int_equal(event.type, KEEPER_ENDED);
	assert_true(event.signaled && event.core_dumped && event.has_usage);
	assert_int_equal(event.number, 11);
	assert_true(event.cpu == CLOCK_SECOND / 4 * 5);
	assert_int_equal(event.rss, 4096);
	keeper_event_fini(&event);
	assert_int_equal(keeper_event_parse(slice_of("{\"event\":\"ended\",\"pid\":12,\"exit_code\":3}"), &event, NULL), 0);
	assert_false(event.signaled || event.core_dumped || event.has_usage);
	assert_int_equal(event.number, 3);
	keeper_event_fini(&event);
}

static struct harness_event harness_event(const char *line)
{
	struct harness_event event;
	struct error error = ERROR_INIT;

	if (harness_event_parse(slice_of(line), &event, &error) != 0)
		fail_msg("'%s': %s", line, error.message);
	return event;
}

static void harness_gives_a_verdict(void **state)
{
	struct harness_event event = harness_event(
		"{\"event\":\"finished\",\"outcome\":\"failed\",\"setup\":0.5,\"teardown\":0.0,\"message\":\"m\",\"rerun\":false,"
		"\"keep\":false,\"code\":\"XT4001\",\"file\":\"a.py\",\"line\":3,\"properties\":[[\"k\",\"v\"]],"
		"\"output\":[[\"stderr\",\"e\\u0000\"],[\"stdout\"],7],"
		"\"points\":[{\"name\":\"p\",\"outcome\":\"passed\"},{\"message\":\"m\",\"outcome\":\"odd\"},3]}");
	struct harness_output output;
	struct harness_point point;

	(void)state;
	assert_int_equal(event.type, HARNESS_FINISHED);
	assert_int_equal(event.outcome, OUTCOME_FAILED);
	assert_true(event.has_setup && event.setup == CLOCK_SECOND / 2);
	assert_true(event.has_teardown && event.teardown == 0);
	assert_false(event.has_call);
	assert_string_equal(event.message, "m");
	assert_null(event.reason);
	assert_false(event.may_rerun || event.keep);
	assert_string_equal(event.code, "XT4001");
	assert_string_equal(event.file, "a.py");
	assert_int_equal(event.line, 3);
	assert_int_equal(json_count(event.properties), 1);
	assert_true(harness_event_output(&event, 0, &output));
	assert_int_equal(output.stream, STREAM_STDERR);
	assert_true(slice_equal(output.text, (struct slice){ "e\0", 2 }));
	assert_true(harness_event_output(&event, 1, &output) && harness_event_output(&event, 2, &output));
	assert_int_equal(output.text.length, 0);
	assert_false(harness_event_output(&event, 3, &output));
	assert_true(harness_event_point(&event, 0, &point));
	assert_string_equal(point.name, "p");
	assert_null(point.message);
	assert_int_equal(point.outcome, OUTCOME_PASSED);
	assert_true(harness_event_point(&event, 1, &point) && harness_event_point(&event, 2, &point));
	assert_int_equal(point.outcome, OUTCOME_NONE);
	assert_false(harness_event_point(&event, 3, &point));
	harness_event_fini(&event);
	event = harness_event("{\"event\":\"finished\",\"outcome\":\"passed\"}");
	assert_true(event.may_rerun && event.keep);
	assert_false(harness_event_output(&event, 0, &output) || harness_event_point(&event, 0, &point));
	harness_event_fini(&event);
}

static void harness_says_the_rest(void **state)
{
	static const struct {
		const char *line;
		enum harness_event_type type;
	} lines[] = {
		{ "{\"event\":\"ready\"}", HARNESS_READY },
		{ "{\"event\":\"failed\",\"message\":\"m\"}", HARNESS_FAILED },
		{ "{\"event\":\"late\",\"message\":\"m\"}", HARNESS_LATE },
		{ "{\"event\":\"log\",\"level\":\"error\",\"message\":\"m\"}", HARNESS_LOG },
		{ "{\"event\":\"configured\"}", HARNESS_OTHER },
	};
	struct harness_event event;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		event = harness_event(lines[i].line);
		assert_int_equal(event.type, lines[i].type);
		if (event.type != HARNESS_READY && event.type != HARNESS_OTHER)
			assert_string_equal(event.message, "m");
		harness_event_fini(&event);
	}
	event = harness_event("{\"event\":\"next?\",\"outcome\":\"error\",\"rerun\":false}");
	assert_int_equal(event.type, HARNESS_NEXT);
	assert_int_equal(event.outcome, OUTCOME_ERROR);
	assert_false(event.may_rerun);
	harness_event_fini(&event);
}

enum speaker { SERVER, KEEPER, HARNESS };

static void expect_refused(enum speaker speaker, const char *line, const char *expected)
{
	struct server_event server;
	struct keeper_event keeper;
	struct harness_event harness;
	struct error error = ERROR_INIT;
	int result = speaker == SERVER	 ? server_event_parse(slice_of(line), &server, &error) :
		     speaker == KEEPER ? keeper_event_parse(slice_of(line), &keeper, &error) :
					 harness_event_parse(slice_of(line), &harness, &error);

	assert_int_equal(result, -1);
	if (strncmp(error.message, expected, strlen(expected)) != 0)
		fail_msg("expected '%s…', found '%s'", expected, error.message);
}

static void lines_that_lack_something_are_refused(void **state)
{
	(void)state;
	expect_refused(SERVER, "{\"event\":\"found\",\"id\":3}", "the server sent \"found\" without a text in \"id\"");
	expect_refused(SERVER, "{\"event\":\"collect.error\"}",
		       "the server sent \"collect.error\" without a text in \"file\"");
	expect_refused(SERVER, "{\"event\":\"keeper\",\"slot\":256,\"pid\":1}",
		       "the server sent \"keeper\" without a number that fits in \"slot\"");
	expect_refused(SERVER, "{\"event\":\"collected\",\"tests\":1,\"deselected\":-1}",
		       "the server sent \"collected\" without a number that fits in \"deselected\"");
	expect_refused(SERVER, "{\"event\":\"changes\"}", "the server sent \"changes\" without a list in \"files\"");
	expect_refused(KEEPER, "{\"event\":\"started\",\"pid\":0}",
		       "the keeper sent \"started\" without a number that fits in \"pid\"");
	expect_refused(KEEPER, "{\"event\":\"ended\",\"pid\":1}",
		       "the keeper sent \"ended\" without a number that fits in \"exit_code\"");
	expect_refused(HARNESS, "{\"event\":\"finished\",\"outcome\":\"timeout\"}",
		       "the harness sent \"finished\" without an outcome in \"outcome\"");
	expect_refused(HARNESS, "{\"do\":\"run\"}", "the harness sent a line without an \"event\"");
	expect_refused(HARNESS, "[]", "the harness sent a line without an \"event\"");
	expect_refused(HARNESS, "{", "a line of the protocol is no JSON: harness:1:");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_to_a_server),
		cmocka_unit_test(lines_to_a_keeper),
		cmocka_unit_test(lines_to_a_harness),
		cmocka_unit_test(server_says_what_it_is),
		cmocka_unit_test(server_finds_tests),
		cmocka_unit_test(server_ends_its_collection),
		cmocka_unit_test(server_says_the_rest),
		cmocka_unit_test(keeper_says_how_it_ended),
		cmocka_unit_test(harness_gives_a_verdict),
		cmocka_unit_test(harness_says_the_rest),
		cmocka_unit_test(lines_that_lack_something_are_refused),
	};

	return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}
