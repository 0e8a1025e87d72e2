#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "feed.h"
#include "report/cause.h"

#include <stdlib.h>
#include <string.h>

static void assert_normal(const char *text, const char *expected)
{
	struct str out = STR_INIT;

	cause_normalise(text, &out);
	assert_string_equal(out.data, expected);
	str_fini(&out);
}

static void numbers_and_addresses_do_not_count(void **state)
{
	(void)state;
	assert_normal("assert 3 == 10", "assert ? == ?");
	assert_normal("took 1.25s, -7 of 3,000", "took ?s, -? of ?,?");
	assert_normal("<Lock object at 0x7F62dead00>", "<Lock object at 0x?>");
	assert_normal("0x", "?x");
	assert_normal("run 550e8400-e29b-41d4-a716-446655440000 failed", "run ? failed");
	assert_normal("commit 3f01fdfe is gone", "commit ? is gone");
	assert_normal("test_p_12[gw3]", "test_p_?[gw?]");
	assert_normal("[Errno 111] refused", "[Errno ?] refused");
}

/* Words of hexadecimal letters, and whatever has more to it. */
static void words_stay(void **state)
{
	(void)state;
	assert_normal("effaced facade", "effaced facade");
	assert_normal("defaced", "defaced");
	assert_normal("KeyError: 'alice'", "KeyError: 'alice'");
	assert_normal("ValueError: \xc3\xa9t\xc3\xa9", "ValueError: \xc3\xa9t\xc3\xa9");
	assert_normal("550e8400-e29b-41d4-a716", "?-e?b-?d?-a?");
}

static void of_a_temporary_file_only_the_name_counts(void **state)
{
	(void)state;
	assert_normal("No such file: '/tmp/pytest-of-me/pytest-7/popen-gw1/test_p_1_0/missing.txt'",
		      "No such file: '/?/missing.txt'");
	assert_normal("/tmp/x", "/?/x");
	assert_normal("open /var/tmp/a/b/ failed", "open /?/ failed");
	assert_normal("/home/tmp/a", "/home/tmp/a");
	assert_normal("http://host/tmp/a/b", "http://host/tmp/a/b");
}

static void one_line_without_escapes_and_doubled_blanks(void **state)
{
	struct str text = STR_INIT;

	(void)state;
	assert_normal("  \033[31mred\033[0m \t  end \nthe rest", "red end");
	assert_normal("", "");
	assert_normal("\n", "");
	for (int i = 0; i < 5000; i++)
		str_add_text(&text, "ab ");
	{
		struct str out = STR_INIT;

		cause_normalise(text.data, &out);
		assert_in_range(out.length, 100, 500);
		str_fini(&out);
	}
	str_fini(&text);
}

static void assert_place(const char *message, const char *expected)
{
	struct slice place = cause_place(message);
	char *text = alloc_string_n(place.length ? place.data : "", place.length);

	assert_string_equal(text, expected);
	free(text);
}

static void the_last_line_tells_where(void **state)
{
	(void)state;
	assert_place("E: no\n\ntests/a.py:12: E", "tests/a.py:12");
	assert_place("E: no\n\ntests/a.py:12: E\n\n", "tests/a.py:12");
	assert_place("no\nsrc/my file.c:7: error: Failure!", "src/my file.c:7");
	assert_place("tests/a.py:12: E", "");
	assert_place("E: no\nsomething: 12: else", "");
	assert_place("E: no\na.py:12", "");
	assert_place("E: no\n:12: x", "");
	assert_place("", "");
}

struct told {
	struct feed feed;
	struct str cause;
};

/* The cause of a test that ends so; "" where it tells none. */
static const char *cause_after(struct told *told, struct ending ending, const char *diagnosis)
{
	struct event event = feed_make(EVENT_DIAGNOSIS);

	model_free(told->feed.model);
	told->feed.model = model_new();
	feed_found(&told->feed, 1, "a");
	feed_started(&told->feed, 1, 1, 0);
	if (diagnosis) {
		event_put(&event, test, 1);
		event_put(&event, attempt, 1);
		event_put_text(&event, code, "XT1001");
		event_put_text(&event, message, diagnosis);
		feed_event(&told->feed, event);
	}
	feed_ended(&told->feed, 1, 0, ending);
	str_clear(&told->cause);
	if (!cause_of(model_test(told->feed.model, 1), &told->cause))
		assert_int_equal(told->cause.length, 0);
	return told->cause.data;
}

static void what_was_raised_and_where_is_the_cause(void **state)
{
	struct told told = { .cause = STR_INIT };
	struct ending failed = { .outcome = OUTCOME_FAILED,
				 .message = "E: got 3\n> x\n\n/tmp/run7/a.py:12: E" };
	struct ending skipped = { .outcome = OUTCOME_SKIPPED, .reason = "needs 4 CPUs" };

	(void)state;
	assert_string_equal(cause_after(&told, failed, NULL), "E: got ? at a.py:12");
	failed.message = "exit code 1: connection refused";
	assert_string_equal(cause_after(&told, failed, NULL), "exit code ?: connection refused");
	assert_string_equal(cause_after(&told, skipped, NULL), "needs ? CPUs");
	model_free(told.feed.model);
	str_fini(&told.cause);
}

static void how_a_process_ended_is_no_cause(void **state)
{
	struct told told = { .cause = STR_INIT };
	struct ending failed = { .outcome = OUTCOME_FAILED, .exit_code = 1, .message = "exit code 1" };
	struct ending crashed = { .outcome = OUTCOME_CRASHED, .signal = 11, .message = "killed by SIGSEGV" };
	struct ending hung = { .outcome = OUTCOME_TIMEOUT, .message = "timeout: 2 s are over" };
	struct ending passed = { .outcome = OUTCOME_PASSED };

	(void)state;
	assert_string_equal(cause_after(&told, failed, NULL), "");
	assert_string_equal(cause_after(&told, crashed, NULL), "");
	assert_string_equal(cause_after(&told, hung, NULL), "");
	assert_string_equal(cause_after(&told, passed, NULL), "");
	/* What the evidence says of the place is one. */
	assert_string_equal(cause_after(&told, crashed, "killed by SIGSEGV in f (a.c:7)\npeak memory 27 MiB"),
			    "killed by SIGSEGV in f (a.c:?)");
	model_free(told.feed.model);
	str_fini(&told.cause);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_and_addresses_do_not_count),
		cmocka_unit_test(words_stay),
		cmocka_unit_test(of_a_temporary_file_only_the_name_counts),
		cmocka_unit_test(one_line_without_escapes_and_doubled_blanks),
		cmocka_unit_test(the_last_line_tells_where),
		cmocka_unit_test(what_was_raised_and_where_is_the_cause),
		cmocka_unit_test(how_a_process_ended_is_no_cause),
	};

	return cmocka_run_group_tests_name("cause", tests, NULL, NULL);
}
