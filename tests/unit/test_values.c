#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/values.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)

static void durations_are_read_to_the_nanosecond(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} cases[] = {
		{ "0", 0 },
		{ "90", 90 * SECOND },
		{ "1.5", 1500000000 },
		{ "250ms", 250000000 },
		{ "30s", 30 * SECOND },
		{ "5m", 300 * SECOND },
		{ "2h", 7200 * SECOND },
		{ "0.1m", 6 * SECOND },
		{ "0.000000001", 1 },
		{ "0.0000000019", 1 },
		{ "1.000001ms", 1000001 },
		{ "0.25h", 900 * SECOND },
		{ "007", 7 * SECOND },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error error = ERROR_INIT;
		uint64_t ns = 99;

		assert_int_equal(value_duration(cases[i].text, &ns, &error), 0);
		assert_int_equal(ns, cases[i].ns);
		assert_string_equal(error.message, "");
	}
}

static void wrong_durations_say_what_was_found(void **state)
{
	static const char *const texts[] = { "soon",
					     "-1",
					     "+1",
					     "1e3",
					     "0x10",
					     "1.",
					     ".5",
					     "1 s",
					     "inf",
					     "nan",
					     "1d",
					     "1.5.",
					     "5 ",
					     " 5",
					     "1ns",
					     "5s5",
					     "5M",
					     "18446744073709551616",
					     "99999999999999999999h",
					     "300000h",
					     "9e9" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct error error = ERROR_INIT;
		uint64_t ns = 99;

		assert_int_equal(value_duration(texts[i], &ns, &error), -1);
		assert_int_equal(ns, 99);
		assert_non_null(strstr(error.message, "expected a duration"));
		assert_non_null(strstr(error.message, texts[i]));
	}
	{
		struct error error = ERROR_INIT;
		uint64_t ns;

		assert_int_equal(value_duration("", &ns, &error), -1);
		assert_non_null(strstr(error.message, "found nothing"));
	}
}

static void the_longest_duration_can_be_added_to_a_point_in_time(void **state)
{
	uint64_t ns;

	(void)state;
	assert_int_equal(value_duration("262800h", &ns, NULL), 0);
	assert_true(ns < UINT64_MAX / 8);
	assert_int_equal(value_duration("262800.1h", &ns, NULL), -1);
	assert_int_equal(value_duration("262801h", &ns, NULL), -1);
}

static void sizes_are_powers_of_1024(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = {
		{ "0", 0 },
		{ "4096", 4096 },
		{ "64K", 65536 },
		{ "64k", 65536 },
		{ "64KB", 65536 },
		{ "64KiB", 65536 },
		{ "10M", 10485760 },
		{ "1G", 1073741824 },
		{ "1T", UINT64_C(1) << 40 },
		{ "12B", 12 },
		{ "9223372036854775807", INT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t bytes = 99;

		assert_int_equal(value_size(cases[i].text, &bytes, NULL), 0);
		assert_int_equal(bytes, cases[i].bytes);
	}
}

static void wrong_sizes_are_refused(void **state)
{
	static const char *const texts[] = { "",
					     "K",
					     "-1",
					     "1.5M",
					     "10X",
					     "10Ki",
					     "10 M",
					     "1MBB",
					     "9223372036854775808",
					     "9007199254740992K",
					     "8388608T" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct error error = ERROR_INIT;
		uint64_t bytes = 99;

		assert_int_equal(value_size(texts[i], &bytes, &error), -1);
		assert_int_equal(bytes, 99);
		assert_non_null(strstr(error.message, "expected a size"));
	}
}

static void counts_keep_to_their_limits(void **state)
{
	struct error error = ERROR_INIT;
	long count = 99;

	(void)state;
	assert_int_equal(value_count("2", 2, 5, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_int_equal(value_count("5", 2, 5, &count, NULL), 0);
	assert_int_equal(count, 5);
	assert_int_equal(value_count("1", 2, 5, &count, &error), -1);
	assert_string_equal(error.message, "expected a number from 2 to 5, found '1'");
	assert_int_equal(value_count("6", 2, 5, &count, &error), -1);
	assert_int_equal(value_count("5x", 2, 5, &count, &error), -1);
	assert_int_equal(value_count("", 0, 5, &count, &error), -1);
	assert_int_equal(count, 5);
}

static void a_limit_that_nobody_reaches_is_not_told(void **state)
{
	struct error error = ERROR_INIT;
	long count;

	(void)state;
	assert_int_equal(value_count("many", 0, INT_MAX, &count, &error), -1);
	assert_string_equal(error.message, "expected a number, 0 or more, found 'many'");
	assert_int_equal(value_count("2147483648", 0, INT_MAX, &count, &error), -1);
	assert_string_equal(error.message, "expected a number from 0 to 2147483647, found '2147483648'");
	assert_int_equal(value_count("99999999999999999999", 0, INT_MAX, &count, &error), -1);
}

static void a_choice_is_one_of_its_words(void **state)
{
	struct error error = ERROR_INIT;
	int index = 9;

	(void)state;
	assert_int_equal(value_choice("auto", "auto|yes|no", &index, NULL), 0);
	assert_int_equal(index, 0);
	assert_int_equal(value_choice("no", "auto|yes|no", &index, NULL), 0);
	assert_int_equal(index, 2);
	assert_int_equal(value_choice("n", "auto|yes|no", &index, NULL), -1);
	assert_int_equal(value_choice("", "auto|yes|no", &index, NULL), -1);
	assert_int_equal(value_choice("auto|yes", "auto|yes|no", &index, NULL), -1);
	assert_int_equal(value_choice("jsn", "plain|json", &index, &error), -1);
	assert_string_equal(error.message, "expected plain or json, found 'jsn'; did you mean 'json'?");
	assert_int_equal(value_choice("teal", "auto|yes|no", &index, &error), -1);
	assert_string_equal(error.message, "expected auto, yes or no, found 'teal'");
	assert_int_equal(index, 2);
}

static void a_choice_may_allow_what_is_no_word(void **state)
{
	struct error error = ERROR_INIT;
	int index = 9;

	(void)state;
	assert_int_equal(value_choice_or("no", "load|no", "./x.so", &index, NULL), 0);
	assert_int_equal(index, 1);
	assert_int_equal(value_choice_or("./x.so", "load|no", "./x.so", &index, &error), -1);
	assert_string_equal(error.message, "expected load, no or ./x.so, found './x.so'");
	assert_int_equal(value_choice_or("lod", "load|no", "./x.so", &index, &error), -1);
	assert_string_equal(error.message, "expected load, no or ./x.so, found 'lod'; did you mean 'load'?");
}

static void numbers_may_be_below_zero(void **state)
{
	static const char *const wrong[] = { "",     "-",   "--1", "+1",  "1.5",
					     "1001", "-11", "0x1", "1 ",  "99999999999999999999",
					     "-9223372036854775808" };
	static const struct {
		const char *text;
		long number;
	} right[] = { { "0", 0 }, { "-0", 0 }, { "-10", -10 }, { "1000", 1000 }, { "007", 7 } };
	struct error error = ERROR_INIT;
	long number;

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		number = 99;
		assert_int_equal(value_number(right[i].text, -10, 1000, &number, NULL), 0);
		assert_int_equal(number, right[i].number);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		number = 99;
		assert_int_equal(value_number(wrong[i], -10, 1000, &number, NULL), -1);
		assert_int_equal(number, 99);
	}
	assert_int_equal(value_number("high", -10, 1000, &number, &error), -1);
	assert_string_equal(error.message, "expected a number from -10 to 1000, found 'high'");
}

static void a_part_is_one_of_several(void **state)
{
	static const char *const wrong[] = { "",    "2",    "/",    "2/",	"/5",	  "0/5",      "6/5", "-1/5",
					     "2/0", "2/5x", "2//5", "2/ 5",	"2 / 5",  "1/100001", "a/b", "1/2/3",
					     "99999999999999999999/99999999999999999999" };
	struct error error = ERROR_INIT;
	unsigned index = 9;
	unsigned count = 9;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(value_part(wrong[i], &index, &count, NULL), -1);
	assert_int_equal(index, 9);
	assert_int_equal(count, 9);
	assert_int_equal(value_part("1/1", &index, &count, NULL), 0);
	assert_int_equal(index, 1);
	assert_int_equal(count, 1);
	assert_int_equal(value_part("100000/100000", &index, &count, NULL), 0);
	assert_int_equal(index, 100000);
	assert_int_equal(value_part("2/5", &index, &count, NULL), 0);
	assert_int_equal(index, 2);
	assert_int_equal(count, 5);
	assert_int_equal(value_part("5/2", &index, &count, &error), -1);
	assert_string_equal(error.message,
			    "expected I/N such as 2/5, I from 1 to N and N at most 100000, found '5/2'");
}

static void factors_are_decimal_numbers(void **state)
{
	static const struct {
		const char *text;
		double factor;
	} cases[] = {
		{ "0", 0 },	   { "1", 1 },	     { "1.5", 1.5 },		{ "0.3", 0.3 },
		{ "002.50", 2.5 }, { "1000", 1000 }, { "1000.00000", 1000 }, { "1.0000000009", 1 },
	};
	static const char *const wrong[] = { "",    "-1",  "+1",  "1.",	  ".5",	     "1,5",  "1e2", "inf",
					     "nan", "0x1", "1.5x", "1001", "1000.001", "1..5", " 1",  "1.5.1" };
	double factor = -1;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error error = ERROR_INIT;

		assert_int_equal(value_factor(cases[i].text, &factor, &error), 0);
		/* As exact as the compiler reads it. */
		assert_true(factor == cases[i].factor);
	}
	factor = -1;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct error error = ERROR_INIT;

		assert_int_equal(value_factor(wrong[i], &factor, &error), -1);
		assert_true(factor == -1);
		assert_ptr_equal(strstr(error.message, "expected a number from 0 to 1000, such as 2 or 1.5, found "),
				 error.message);
	}
}

static void truth_has_several_spellings(void **state)
{
	static const char *const yes[] = { "true", "True", "yes", "on", "1" };
	static const char *const no[] = { "false", "FALSE", "no", "off", "0" };
	struct error error = ERROR_INIT;
	bool on;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		on = false;
		assert_int_equal(value_flag(yes[i], &on, NULL), 0);
		assert_true(on);
		assert_int_equal(value_flag(no[i], &on, NULL), 0);
		assert_false(on);
	}
	assert_int_equal(value_flag("2", &on, &error), -1);
	assert_string_equal(error.message, "expected true or false, found '2'");
}

static void a_quoted_value_is_safe_and_short(void **state)
{
	char *quoted = value_quoted("a\033[31m\nb");
	char text[300];

	(void)state;
	assert_string_equal(quoted, "'a^[[31m\\nb'");
	free(quoted);
	quoted = value_quoted("");
	assert_string_equal(quoted, "nothing");
	free(quoted);
	/* é is two bytes: the cut must not go through one. */
	for (size_t i = 0; i < 149; i++)
		memcpy(text + 2 * i + 1, "\xC3\xA9", 2);
	text[0] = 'x';
	text[299] = '\0';
	quoted = value_quoted(text);
	assert_true(strlen(quoted) < 70);
	assert_null(strchr(quoted, '<'));
	assert_non_null(strstr(quoted, "...'"));
	free(quoted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_read_to_the_nanosecond),
		cmocka_unit_test(wrong_durations_say_what_was_found),
		cmocka_unit_test(the_longest_duration_can_be_added_to_a_point_in_time),
		cmocka_unit_test(sizes_are_powers_of_1024),
		cmocka_unit_test(wrong_sizes_are_refused),
		cmocka_unit_test(counts_keep_to_their_limits),
		cmocka_unit_test(a_limit_that_nobody_reaches_is_not_told),
		cmocka_unit_test(a_choice_is_one_of_its_words),
		cmocka_unit_test(a_choice_may_allow_what_is_no_word),
		cmocka_unit_test(numbers_may_be_below_zero),
		cmocka_unit_test(a_part_is_one_of_several),
		cmocka_unit_test(factors_are_decimal_numbers),
		cmocka_unit_test(truth_has_several_spellings),
		cmocka_unit_test(a_quoted_value_is_safe_and_short),
	};

	return cmocka_run_group_tests_name("values", tests, NULL, NULL);
}
