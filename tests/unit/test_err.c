#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

#include <errno.h>
#include <string.h>

static void set_gives_minus_one_and_the_message(void **state)
{
	struct error error = ERROR_INIT;

	(void)state;
	assert_string_equal(error.message, "");
	assert_int_equal(error_set(&error, "%s:%d: expected %s", "xtop.yaml", 3, "seconds"), -1);
	assert_string_equal(error.message, "xtop.yaml:3: expected seconds");
}

static void nobody_needs_to_listen(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, "x"), -1);
	assert_int_equal(error_set_errno(NULL, ENOENT, "x"), -1);
	assert_int_equal(error_prefix(NULL, "x"), -1);
}

static void errno_text_stands_behind(void **state)
{
	struct error error = ERROR_INIT;
	char expected[200] = "a/b: ";

	(void)state;
	strncat(expected, strerror(ENOENT), 100);
	assert_int_equal(error_set_errno(&error, ENOENT, "%s", "a/b"), -1);
	assert_string_equal(error.message, expected);
}

static void prefix_stands_before(void **state)
{
	struct error error = ERROR_INIT;

	(void)state;
	error_set(&error, "inner");
	assert_int_equal(error_prefix(&error, "outer %d", 1), -1);
	assert_string_equal(error.message, "outer 1: inner");
	error_set(&error, "%s again", error.message); /* its own text may be an argument */
	assert_string_equal(error.message, "outer 1: inner again");
}

static void no_newline_at_the_end(void **state)
{
	struct error error = ERROR_INIT;

	(void)state;
	error_set(&error, "two\nlines\n\n");
	assert_string_equal(error.message, "two\nlines");
}

static void long_text_is_cut_between_characters(void **state)
{
	struct error error = ERROR_INIT;
	char text[2 * ERROR_MESSAGE_SIZE];

	(void)state;
	for (size_t shift = 0; shift < 2; shift++) {
		memset(text, 'x', shift);
		for (size_t i = shift; i + 2 < sizeof(text); i += 2)
			memcpy(text + i, "\xC3\xA9", 3);
		error_set(&error, "%s", text);
		assert_int_equal(strlen(error.message), ERROR_MESSAGE_SIZE - 2 + shift);
		assert_memory_equal(error.message, text, strlen(error.message));
	}
}

static void the_cause_survives_a_long_text(void **state)
{
	struct error error = ERROR_INIT;
	char text[2 * ERROR_MESSAGE_SIZE];
	const char *cause = strerror(EACCES);
	size_t length;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	error_set_errno(&error, EACCES, "%s", text);
	length = strlen(error.message);
	assert_int_equal(length, ERROR_MESSAGE_SIZE - 1);
	assert_string_equal(error.message + length - strlen(cause), cause);
	error_set(&error, "%s", text);
	error_prefix(&error, "%s", text + ERROR_MESSAGE_SIZE); /* both too long: half and half */
	assert_int_equal(strlen(error.message), ERROR_MESSAGE_SIZE - 1);
	assert_memory_equal(error.message + ERROR_MESSAGE_SIZE / 2, ": x", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_gives_minus_one_and_the_message),
		cmocka_unit_test(nobody_needs_to_listen),
		cmocka_unit_test(errno_text_stands_behind),
		cmocka_unit_test(prefix_stands_before),
		cmocka_unit_test(no_newline_at_the_end),
		cmocka_unit_test(long_text_is_cut_between_characters),
		cmocka_unit_test(the_cause_survives_a_long_text),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
