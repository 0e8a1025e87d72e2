#include "tui/place.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "event/codec.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)4 << 20)
#define OUTPUT_LOOKED_AT ((size_t)16 << 10)
#define MENTIONS_TRIED 32 /* each may read a file */

struct mention {
	struct slice file;
	uint32_t line;
};

typedef VEC(struct mention) mention_list;

/* --- finding them --- */

static bool is_of_path(char c)
{
	return (unsigned char)c > ' ' && !strchr("\"'`()<>[]{}|,;:=", c);
}

static uint32_t read_number(const char *text, size_t length, size_t *at)
{
	uint32_t number = 0;

	while (*at < length && isdigit((unsigned char)text[*at]) && number < 100000000)
		number = number * 10 + (uint32_t)(text[(*at)++] - '0');
	return number;
}

/* A name with nothing but letters is a word: "error:3" is no place. */
static bool may_be_file(struct slice file)
{
	bool dot = false;

	for (size_t i = 0; i < file.length; i++)
		dot = dot || file.data[i] == '.' || file.data[i] == '/';
	return dot && file.length < 4096 && isdigit((unsigned char)file.data[0]) == 0;
}

static void add_mention(mention_list *list, struct slice file, uint32_t line)
{
	struct mention mention = { file, line };

	if (line && may_be_file(file))
		vec_push(list, mention);
}

/* FILE:12 and FILE: line 12, at the colon. */
static void look_at_colon(struct slice line, size_t colon, mention_list *list)
{
	size_t begin = colon, at = colon + 1;

	while (begin > 0 && is_of_path(line.data[begin - 1]))
		begin--;
	if (begin == colon || at >= line.length)
		return;
	if (line.length - at > 6 && !memcmp(line.data + at, " line ", 6))
		at += 6;
	if (isdigit((unsigned char)line.data[at]))
		add_mention(list, (struct slice){ line.data + begin, colon - begin },
			    read_number(line.data, line.length, &at));
}

static void look_at_line(struct slice line, mention_list *list)
{
	static const char mark[] = "File \"", behind[] = "\", line ";
	struct slice trimmed = slice_trim(line);

	if (slice_starts_with(trimmed, mark)) {
		const char *file = trimmed.data + strlen(mark);
		size_t left = trimmed.length - strlen(mark);
		const char *quote = memchr(file, '"', left);
		size_t length = quote ? (size_t)(quote - file) : left, at = length + strlen(behind);

		if (at < left && !memcmp(quote, behind, strlen(behind)))
			add_mention(list, (struct slice){ file, length }, read_number(file, left, &at));
		return;
	}
	for (size_t i = 0; i < line.length; i++)
		if (line.data[i] == ':')
			look_at_colon(line, i, list);
}

static void look_at_text(struct slice text, mention_list *list)
{
	while (text.length) {
		const char *newline = memchr(text.data, '\n', text.length);
		size_t length = newline ? (size_t)(newline - text.data) : text.length;

		look_at_line((struct slice){ text.data, length }, list);
		length += newline != NULL;
		text.data += length;
		text.length -= length;
	}
}

/* --- choosing one --- */

static bool is_installed(const char *shown)
{
	return strstr(shown, "site-packages/") || strstr(shown, "dist-packages/") || strstr(shown, "node_modules/");
}

static struct place make_place(char *path, const char *root, uint32_t line)
{
	struct place place = { .path = path, .shown = fs_relative(path, root), .line = line, .text = STR_INIT };

	return place;
}

static bool read_place(const struct host *host, struct place *place)
{
	struct error error;

	return host->read(host->context, place->path, FILE_MAX, &place->text, &error) == 0 &&
	       !memchr(place->text.data, '\0', place->text.length) && /* a program is no source */
	       (!place->line || place_line(place, place->line).data);
}

/* `base`: a directory, relative to the root, in which the name may be meant. */
static bool try_file(const struct host *host, const char *root, const char *base, struct slice file, uint32_t line,
		     struct place *out)
{
	char *name = alloc_string_n(file.data, file.length);
	char *below = *base ? fs_join(base, name) : alloc_string(name);
	char *joined = fs_join(root, below), *path = fs_absolute(joined);
	struct place place = make_place(path, root, line);
	bool found = place.shown[0] != '/' && !is_installed(place.shown) && read_place(host, &place);

	free(name);
	free(below);
	free(joined);
	if (found)
		*out = place;
	else
		place_fini(&place);
	return found;
}

/* pytest names files as seen from where it runs, which may be a directory below the root: then the test's own
 * file is named by the end of its path. The caller frees it. */
static char *find_base(const struct test *test, const mention_list *list)
{
	size_t length = test->file ? strlen(test->file) : 0;

	for (size_t i = 0; i < list->length; i++) {
		struct slice file = list->items[i].file;
		size_t front = length - file.length;

		if (file.length < length && test->file[front - 1] == '/' &&
		    !memcmp(test->file + front, file.data, file.length))
			return alloc_string_n(test->file, front);
	}
	return alloc_string("");
}

static bool choose(const struct host *host, const char *root, const struct test *test, const mention_list *list,
		   struct place *out)
{
	char *base = find_base(test, list);
	bool found = false;
	size_t tried = 0;

	for (size_t i = list->length; i > 0 && !found && tried < MENTIONS_TRIED; i--, tried++) {
		const struct mention *mention = &list->items[i - 1];

		found = (*base && try_file(host, root, base, mention->file, mention->line, out)) ||
			try_file(host, root, "", mention->file, mention->line, out);
	}
	free(base);
	return found;
}

static bool find_in(const struct host *host, const char *root, const struct test *test, const char *bytes,
		    size_t length, struct place *out)
{
	mention_list list = VEC_INIT;
	struct str text = STR_INIT;
	bool found;

	utf8_add_without_escapes(&text, bytes, length);
	look_at_text((struct slice){ text.data, text.length }, &list);
	found = choose(host, root, test, &list, out);
	if (found)
		out->failed = true;
	vec_fini(&list);
	str_fini(&text);
	return found;
}

static bool find_in_output(const struct host *host, const char *root, const struct test *test,
			   const struct output *output, struct place *out)
{
	struct slice tail = output_tail(output);
	struct str text = STR_INIT;
	bool found;

	if (!output_gap(output))
		str_add(&text, output->head.data, output->head.length);
	str_add(&text, tail.data, tail.length);
	if (text.length > OUTPUT_LOOKED_AT)
		str_cut_front(&text, text.length - OUTPUT_LOOKED_AT);
	found = find_in(host, root, test, text.data, text.length, out);
	str_fini(&text);
	return found;
}

bool place_find(const struct host *host, const char *root, const struct test *test, const struct attempt *attempt,
		struct place *out)
{
	const char *message = attempt && attempt->message ? attempt->message : test_message(test);
	bool failed = attempt ? outcome_is_failure(attempt->outcome) : outcome_is_failure(test->outcome);
	const char *file = test->file ? test->file : test->id;

	if (!host || !root)
		return false;
	if (failed && message && find_in(host, root, test, message, strlen(message), out))
		return true;
	if (failed && attempt && find_in_output(host, root, test, &attempt->output, out))
		return true;
	return try_file(host, root, "", slice_of(file), test->line, out);
}

void place_fini(struct place *place)
{
	free(place->path);
	free(place->shown);
	str_fini(&place->text);
}

struct slice place_line(const struct place *place, uint32_t line)
{
	const char *at = place->text.data, *end = at + place->text.length;

	for (uint32_t i = 1; at < end; i++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		struct slice found = { at, (size_t)((newline ? newline : end) - at) };

		if (i == line)
			return found;
		at = newline ? newline + 1 : end;
	}
	return (struct slice){ NULL, 0 };
}
