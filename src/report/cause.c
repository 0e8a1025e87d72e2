#include "report/cause.h"

#include "base/utf8.h"

#include <ctype.h>
#include <string.h>

/* Bytes of a line that count: a message may be a whole page in one line. */
#define LINE_LIMIT 400

/* Hexadecimal digits from here on, without a blank or another letter behind them. */
static size_t hex_length(const char *text, size_t length, bool *has_digit)
{
	size_t end = 0;

	*has_digit = false;
	while (end < length && isxdigit((unsigned char)text[end])) {
		*has_digit = *has_digit || isdigit((unsigned char)text[end]);
		end++;
	}
	return end < length && (isalnum((unsigned char)text[end]) || text[end] == '_') ? 0 : end;
}

/* The bytes of a UUID, 0: there is none here. */
static size_t uuid_length(const char *text, size_t length)
{
	static const size_t groups[] = { 8, 4, 4, 4, 12 };
	size_t at = 0;

	for (size_t group = 0; group < 5; group++) {
		if (group && (at >= length || text[at++] != '-'))
			return 0;
		for (size_t i = 0; i < groups[group]; i++)
			if (at >= length || !isxdigit((unsigned char)text[at++]))
				return 0;
	}
	return at;
}

static size_t number_length(const char *text, size_t length)
{
	size_t end = 0;

	while (end < length && (isdigit((unsigned char)text[end]) || (text[end] == '.' && end + 1 < length &&
								      isdigit((unsigned char)text[end + 1]))))
		end++;
	return end;
}

static bool ends_path(char c)
{
	return isspace((unsigned char)c) || strchr("'\"`()[]{}<>,;:|", c);
}

/* The bytes of a temporary file's directory, with the slash at its end; 0: there is none here. */
static size_t temporary_length(const char *text, size_t length)
{
	static const char *const places[] = { "/tmp/", "/var/tmp/", "/dev/shm/", "/run/user/" };
	size_t end = 0, slash = 0;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && !end; i++)
		if (slice_starts_with((struct slice){ text, length }, places[i]))
			end = strlen(places[i]);
	if (!end)
		return 0;
	slash = end;
	for (; end < length && !ends_path(text[end]); end++)
		if (text[end] == '/')
			slash = end + 1;
	return slash;
}

static void add_normalised(struct str *out, const char *text, size_t length)
{
	bool word = false; /* the byte before belongs to a word */

	for (size_t at = 0; at < length;) {
		size_t left = length - at, piece;
		const char *here = text + at;
		bool has_digit;

		if (isspace((unsigned char)*here)) {
			if (out->length && out->data[out->length - 1] != ' ')
				str_add_char(out, ' ');
			at++;
			word = false;
		} else if (!word && *here == '/' && (piece = temporary_length(here, left))) {
			str_add_text(out, "/?/");
			at += piece;
		} else if (!word && left > 2 && here[0] == '0' && (here[1] == 'x' || here[1] == 'X') &&
			   (piece = hex_length(here + 2, left - 2, &has_digit))) {
			str_add_text(out, "0x?");
			at += piece + 2;
		} else if (!word && ((piece = uuid_length(here, left)) ||
				     ((piece = hex_length(here, left, &has_digit)) >= 7 && has_digit))) {
			/* A UUID, or a hash. */
			str_add_char(out, '?');
			at += piece;
		} else if ((piece = number_length(here, left))) {
			str_add_char(out, '?');
			at += piece;
			word = true;
		} else {
			word = isalnum((unsigned char)*here) || *here == '_' || (unsigned char)*here >= 0x80;
			str_add_char(out, *here);
			at++;
		}
	}
	while (out->length && out->data[out->length - 1] == ' ')
		out->data[--out->length] = '\0';
}

void cause_normalise(const char *text, struct str *out)
{
	size_t length = strcspn(text, "\n");
	struct str line = STR_INIT, plain = STR_INIT;

	utf8_add_without_escapes(&plain, text, length > LINE_LIMIT ? LINE_LIMIT : length);
	add_normalised(&line, plain.data, plain.length);
	str_add(out, line.data, line.length);
	str_fini(&line);
	str_fini(&plain);
}

struct slice cause_place(const char *message)
{
	struct slice rest = slice_trim(slice_of(message)), line;
	const char *newline = rest.length ? memrchr(rest.data, '\n', rest.length) : NULL;
	size_t at;

	if (!newline)
		return (struct slice){ NULL, 0 };
	line.data = newline + 1;
	line.length = (size_t)(rest.data + rest.length - line.data);
	/* The first colon with a number and another colon behind it; what stands before is a path. */
	for (at = 0; at < line.length; at++) {
		size_t end = at + 1;

		if (line.data[at] != ':')
			continue;
		while (end < line.length && isdigit((unsigned char)line.data[end]))
			end++;
		if (at > 0 && end > at + 1 && end < line.length && line.data[end] == ':')
			return (struct slice){ line.data, end };
		if (at + 1 < line.length && line.data[at + 1] == ' ')
			break;
	}
	return (struct slice){ NULL, 0 };
}

/* What xtop itself says of how a process ended tells nothing about why. */
static bool says_nothing(const char *text)
{
	static const char *const ends[] = { "killed by SIG", "ended by SIG", "timeout", "was killed by" };

	if (!*text || !strcmp(text, "exit code ?") || !strcmp(text, "failed"))
		return true;
	/* With a place behind it, it does. */
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (text_starts_with(text, ends[i]))
			return !strstr(text, " in ");
	return false;
}

bool cause_of(const struct test *test, struct str *out)
{
	const struct attempt *attempt = test_last_attempt(test);
	const char *message = test_message(test), *text = message;
	struct str line = STR_INIT;
	struct slice place;
	bool tells;

	if ((test->outcome == OUTCOME_TIMEOUT || test->outcome == OUTCOME_CRASHED) && attempt &&
	    attempt->diagnosis)
		text = attempt->diagnosis;
	if (!text)
		text = test_reason(test);
	if (!text)
		return false;
	cause_normalise(text, &line);
	place = cause_place(message ? message : "");
	tells = line.length && (place.length || !says_nothing(line.data));
	if (tells) {
		str_add(out, line.data, line.length);
		if (place.length) {
			size_t from = temporary_length(place.data, place.length);

			str_add_text(out, " at ");
			str_add(out, place.data + from, place.length - from);
		}
	}
	str_fini(&line);
	return tells;
}
