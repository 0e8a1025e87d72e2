#include "config/values.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	SHOWN_LENGTH = 60, /* bytes of a wrong value that a message repeats */
	WORD_SIZE = 32,    /* the longest word of a choice */
	WORD_COUNT = 8,    /* the most words of a choice */
	PARTS_MAX = 100000,
	FACTOR_MAX = 1000,
};

/* A deadline is a point in time plus a duration; below this their sum can't overflow. */
#define LONGEST_DURATION (UINT64_C(30) * 365 * 24 * 3600 * CLOCK_SECOND)

char *value_quoted(const char *text)
{
	struct str quoted = STR_INIT;
	size_t length = strlen(text);
	size_t shown = length;

	if (length == 0)
		return alloc_string("nothing");
	if (length > SHOWN_LENGTH) {
		shown = SHOWN_LENGTH;
		while (shown > 0 && ((unsigned char)text[shown] & 0xC0) == 0x80)
			shown--;
	}
	str_add_char(&quoted, '\'');
	utf8_add_visible(&quoted, text, shown, false);
	str_add_text(&quoted, shown < length ? "...'" : "'");
	return str_take(&quoted);
}

static int refuse(struct error *error, const char *expected, const char *text)
{
	char *quoted = value_quoted(text);

	error_set(error, "expected %s, found %s", expected, quoted);
	free(quoted);
	return -1;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads digits at *text and moves behind them. False: there are none, or the number is larger than `limit`. */
static bool read_digits(const char **text, uint64_t limit, uint64_t *number)
{
	const char *at = *text;
	uint64_t value = 0;

	if (!is_digit(*at))
		return false;
	for (; is_digit(*at); at++) {
		uint64_t digit = (uint64_t)(*at - '0');

		if (value > (limit - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*text = at;
	*number = value;
	return true;
}

int value_duration(const char *text, uint64_t *ns, struct error *error)
{
	static const char expected[] = "a duration such as 90, 1.5, 250ms, 30s, 5m or 2h, at most 30 years";
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "", CLOCK_SECOND },       { "s", CLOCK_SECOND },        { "ms", CLOCK_MS },
		{ "m", 60 * CLOCK_SECOND }, { "h", 3600 * CLOCK_SECOND },
	};
	const char *at = text;
	const char *fraction = NULL;
	uint64_t whole;

	if (!read_digits(&at, LONGEST_DURATION, &whole))
		return refuse(error, expected, text);
	if (*at == '.') {
		fraction = ++at;
		if (!is_digit(*at))
			return refuse(error, expected, text);
		while (is_digit(*at))
			at++;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint64_t total;
		uint64_t place = units[i].ns;

		if (strcmp(at, units[i].name) != 0)
			continue;
		if (whole > LONGEST_DURATION / units[i].ns)
			return refuse(error, expected, text);
		total = whole * units[i].ns;
		/* Digits that stand for less than a nanosecond are dropped. */
		for (; fraction && is_digit(*fraction) && place >= 10; fraction++) {
			place /= 10;
			total += place * (uint64_t)(*fraction - '0');
		}
		if (total > LONGEST_DURATION)
			return refuse(error, expected, text);
		*ns = total;
		return 0;
	}
	return refuse(error, expected, text);
}

int value_size(const char *text, uint64_t *bytes, struct error *error)
{
	static const char expected[] = "a size such as 4096, 64K, 10M or 1G";
	static const char units[] = "KMGT";
	const char *at = text;
	uint64_t number;
	unsigned shift = 0;

	if (!read_digits(&at, INT64_MAX, &number))
		return refuse(error, expected, text);
	if (*at != '\0') {
		const char upper = (char)(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);
		const char *unit = strchr(units, upper);

		if (unit) {
			shift = 10 * (unsigned)(unit - units + 1);
			at++;
			if (*at == 'i' && at[1] == 'B')
				at++;
		}
		if (*at == 'B')
			at++;
	}
	/* Sizes end up as offsets in files, which are signed. */
	if (*at != '\0' || number > (uint64_t)INT64_MAX >> shift)
		return refuse(error, expected, text);
	*bytes = number << shift;
	return 0;
}

int value_count(const char *text, long minimum, long maximum, long *count, struct error *error)
{
	char expected[80];
	const char *at = text;
	uint64_t number;

	if (read_digits(&at, LONG_MAX, &number) && *at == '\0' && (long)number >= minimum &&
	    (long)number <= maximum) {
		*count = (long)number;
		return 0;
	}
	/* Only a number that is too large need hear of a limit that nobody reaches. */
	if (maximum >= INT_MAX && (strlen(text) < 10 || text[strspn(text, "0123456789")] != '\0'))
		snprintf(expected, sizeof(expected), "a number, %ld or more", minimum);
	else
		snprintf(expected, sizeof(expected), "a number from %ld to %ld", minimum, maximum);
	return refuse(error, expected, text);
}

int value_number(const char *text, long minimum, long maximum, long *number, struct error *error)
{
	char expected[80];
	bool is_negative = *text == '-';
	const char *at = text + is_negative;
	uint64_t digits;

	if (read_digits(&at, LONG_MAX, &digits) && *at == '\0') {
		long value = is_negative ? -(long)digits : (long)digits;

		if (value >= minimum && value <= maximum) {
			*number = value;
			return 0;
		}
	}
	snprintf(expected, sizeof(expected), "a number from %ld to %ld", minimum, maximum);
	return refuse(error, expected, text);
}

int value_factor(const char *text, double *factor, struct error *error)
{
	const char *at = text;
	uint64_t number;
	double parts = 1;
	bool is_right;

	/* Not by strtod(3), which also takes "inf", "0x1" and the locale's comma. */
	is_right = read_digits(&at, FACTOR_MAX, &number);
	if (is_right && *at == '.') {
		at++;
		is_right = is_digit(*at);
		for (; is_digit(*at); at++) {
			/* What is behind the ninth place is dropped. */
			if (parts >= 1e9)
				continue;
			number = number * 10 + (uint64_t)(*at - '0');
			parts *= 10;
		}
	}
	if (!is_right || *at != '\0' || (double)number > FACTOR_MAX * parts)
		return refuse(error, "a number from 0 to 1000, such as 2 or 1.5", text);
	*factor = (double)number / parts;
	return 0;
}

int value_part(const char *text, unsigned *index, unsigned *count, struct error *error)
{
	const char *at = text;
	uint64_t part;
	uint64_t parts;

	if (read_digits(&at, PARTS_MAX, &part) && *at++ == '/' && read_digits(&at, PARTS_MAX, &parts) &&
	    *at == '\0' && part >= 1 && part <= parts) {
		*index = (unsigned)part;
		*count = (unsigned)parts;
		return 0;
	}
	return refuse(error, "I/N such as 2/5, I from 1 to N and N at most 100000", text);
}

int value_choice(const char *text, const char *words, int *index, struct error *error)
{
	return value_choice_or(text, words, NULL, index, error);
}

int value_choice_or(const char *text, const char *words, const char *other, int *index, struct error *error)
{
	char copies[WORD_COUNT][WORD_SIZE];
	const char *list[WORD_COUNT];
	struct str expected = STR_INIT;
	const char *nearest;
	char *quoted;
	size_t count = 0;

	for (const char *at = words; count < WORD_COUNT; count++) {
		size_t length = strcspn(at, "|");

		if (length == strlen(text) && strncmp(at, text, length) == 0) {
			*index = (int)count;
			str_fini(&expected);
			return 0;
		}
		if (count > 0)
			str_add_text(&expected, at[length] || other ? ", " : " or ");
		str_add(&expected, at, length);
		snprintf(copies[count], sizeof(copies[count]), "%.*s", (int)length, at);
		list[count] = copies[count];
		if (at[length] == '\0') {
			count++;
			break;
		}
		at += length + 1;
	}
	if (other)
		str_add_format(&expected, " or %s", other);
	quoted = value_quoted(text);
	nearest = text_nearest(text, list, count);
	if (nearest)
		error_set(error, "expected %s, found %s; did you mean '%s'?", expected.data, quoted, nearest);
	else
		error_set(error, "expected %s, found %s", expected.data, quoted);
	free(quoted);
	str_fini(&expected);
	return -1;
}

int value_flag(const char *text, bool *on, struct error *error)
{
	static const char *const words[] = { "true", "false", "yes", "no", "on", "off", "1", "0" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*on = i % 2 == 0;
			return 0;
		}
	}
	return refuse(error, "true or false", text);
}
