#include "select/names.h"

#include "base/alloc.h"
#include "base/pattern.h"
#include "base/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct caseless {
	struct str folded;       /* of ASCII */
	struct pattern *pattern; /* of other text; PCRE2 knows its cases in every locale. NULL: it is ASCII */
};

static struct slice from(struct slice text, size_t start)
{
	return (struct slice){ text.data + start, text.length - start };
}

/* Where "::" stands outside of brackets, the length where it does not. The first part is a path, whose
 * brackets end; behind it those of parameters come last and may hold anything. */
static size_t part_end(struct slice text, bool is_path)
{
	size_t depth = 0;

	for (size_t i = 0; i + 1 < text.length; i++) {
		if (text.data[i] == '[') {
			if (!is_path)
				break;
			depth++;
		} else if (text.data[i] == ']' && depth > 0) {
			depth--;
		} else if (depth == 0 && text.data[i] == ':' && text.data[i + 1] == ':') {
			return i;
		}
	}
	return text.length;
}

bool names_next_part(struct slice *rest, struct slice *part)
{
	/* Behind the first part the rest begins with its "::". */
	bool is_path = rest->length < 2 || memcmp(rest->data, "::", 2) != 0;

	if (rest->length == 0)
		return false;
	*part = is_path ? *rest : from(*rest, 2);
	part->length = part_end(*part, is_path);
	*rest = from(*rest, part->length + (is_path ? 0 : 2));
	return true;
}

struct slice names_own(const char *id)
{
	struct slice rest = slice_of(id);
	struct slice part = rest;
	size_t parts = 0;

	while (names_next_part(&rest, &part))
		parts++;
	if (parts != 1)
		return part;
	for (size_t i = part.length; i > 0; i--) {
		if (part.data[i - 1] == '/')
			return from(part, i);
	}
	return part;
}

bool names_next_mark(struct slice *rest, struct slice *mark)
{
	const char *comma;

	if (rest->length == 0)
		return false;
	comma = memchr(rest->data, ',', rest->length);
	*mark = *rest;
	if (comma)
		mark->length = (size_t)(comma - rest->data);
	*rest = from(*rest, mark->length + (comma ? 1 : 0));
	return true;
}

bool names_contain(struct slice name, struct slice part)
{
	return part.length == 0 ||
	       (part.length <= name.length && memmem(name.data, name.length, part.data, part.length) != NULL);
}

/* Letters of other scripts are left to PCRE2, so that the answer does not hang on the locale. */
static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static struct pattern *literal_pattern(struct slice text)
{
	struct str pattern = STR_INIT;
	struct pattern *made;

	str_add_text(&pattern, "(?i)");
	for (size_t i = 0; i < text.length; i++) {
		char c = text.data[i];

		if ((unsigned char)c < 0x80 && !(fold(c) >= 'a' && fold(c) <= 'z') && !(c >= '0' && c <= '9'))
			str_add_char(&pattern, '\\');
		str_add_char(&pattern, c);
	}
	made = pattern_new((struct slice){ pattern.data, pattern.length }, NULL, NULL);
	str_fini(&pattern);
	return made;
}

struct caseless *caseless_new(struct slice text)
{
	struct caseless *caseless = ALLOC_NEW(struct caseless);
	bool is_ascii = true;

	str_init(&caseless->folded);
	for (size_t i = 0; i < text.length; i++) {
		is_ascii = is_ascii && (unsigned char)text.data[i] < 0x80;
		str_add_char(&caseless->folded, fold(text.data[i]));
	}
	/* A text too long for a pattern is found in the case of its letters that are not ASCII. */
	if (!is_ascii)
		caseless->pattern = literal_pattern(text);
	return caseless;
}

void caseless_free(struct caseless *caseless)
{
	if (!caseless)
		return;
	pattern_free(caseless->pattern);
	str_fini(&caseless->folded);
	free(caseless);
}

static bool folds_to(const char *bytes, const struct str *folded)
{
	for (size_t i = 0; i < folded->length; i++) {
		if (fold(bytes[i]) != folded->data[i])
			return false;
	}
	return true;
}

bool caseless_in(const struct caseless *caseless, struct slice name)
{
	if (caseless->pattern)
		return pattern_search(caseless->pattern, name);
	for (size_t i = 0; i + caseless->folded.length <= name.length; i++) {
		if (folds_to(name.data + i, &caseless->folded))
			return true;
	}
	return false;
}

/* The next character; a byte that is none counts as one of its own. */
static uint32_t next(struct slice text, size_t *at)
{
	size_t start = *at;
	uint32_t character = utf8_next(text.data, text.length, at);

	if (character == UTF8_REPLACEMENT && text.data[start] != '\xEF') {
		*at = start + 1;
		return UINT32_C(0x110000) + (unsigned char)text.data[start];
	}
	return character;
}

/* The next character of a glob without its backslash. */
static uint32_t next_plain(struct slice glob, size_t *at)
{
	if (glob.data[*at] == '\\' && *at + 1 < glob.length)
		++*at;
	return next(glob, at);
}

/* Whether a character is in the set whose `[` stands before *at; moves behind its `]`. -1: it has none,
 * the `[` is itself. */
static int in_set(struct slice glob, size_t *at, uint32_t character)
{
	size_t i = *at;
	bool negated = i < glob.length && (glob.data[i] == '!' || glob.data[i] == '^');
	bool found = false;
	size_t first = negated ? ++i : i;

	while (i < glob.length && (glob.data[i] != ']' || i == first)) {
		uint32_t low = next_plain(glob, &i);
		uint32_t high = low;

		if (i + 1 < glob.length && glob.data[i] == '-' && glob.data[i + 1] != ']') {
			i++;
			high = next_plain(glob, &i);
		}
		found = found || (low <= character && character <= high);
	}
	if (i >= glob.length)
		return -1;
	*at = i + 1;
	return found != negated;
}

/* Whether the first character of the glob, no `*`, takes one of the name; moves behind both. */
static bool takes_one(struct slice glob, size_t *at, struct slice name, size_t *place)
{
	uint32_t character = next(name, place);
	int in;

	switch (glob.data[*at]) {
	case '?':
		++*at;
		return true;
	case '[':
		++*at;
		in = in_set(glob, at, character);
		return in < 0 ? character == '[' : in > 0;
	default:
		return next_plain(glob, at) == character;
	}
}

bool names_match_glob(struct slice name, struct slice glob)
{
	size_t at = 0;
	size_t place = 0;
	size_t star = SIZE_MAX; /* behind the last `*` that was met */
	size_t star_place = 0;  /* where the text it stands for ends */

	for (;;) {
		if (at < glob.length && glob.data[at] == '*') {
			star = ++at;
			star_place = place;
			continue;
		}
		if (at == glob.length && place == name.length)
			return true;
		if (at < glob.length && place < name.length && takes_one(glob, &at, name, &place))
			continue;
		/* The last `*` takes one more; those before it need not, whatever follows would fit as
		 * well. */
		if (star == SIZE_MAX || star_place >= name.length)
			return false;
		next(name, &star_place);
		at = star;
		place = star_place;
	}
}
