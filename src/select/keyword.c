#include "select/keyword.h"

#include "base/alloc.h"
#include "base/vec.h"
#include "select/complaint.h"
#include "select/expression.h"
#include "select/names.h"

#include <stdlib.h>
#include <string.h>

struct word {
	char *text;
	struct caseless *caseless; /* of -k */
	bool has_arguments;
};

struct keyword {
	enum keyword_kind kind;
	struct expression expression; /* without steps: all tests are meant */
	VEC(struct word) words;
};

struct reader {
	struct expression_source source; /* the first member: a pointer to it is one to this */
	size_t token_length;
	struct keyword *keyword;
};

struct question {
	const struct keyword *keyword;
	const struct test_facts *facts;
};

static bool is_identifier(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Letters of all scripts belong to words; which of the other characters are letters nobody need know here. */
static size_t word_length(const char *text, size_t at)
{
	size_t end = at;

	while (is_identifier(text[end]) || (text[end] && strchr(":+-.[]\\/", text[end])) ||
	       ((unsigned char)text[end] >= 0x80 && !expression_space(text, end)))
		end++;
	return end - at;
}

static void skip_space(struct expression_source *source)
{
	source->at += strspn(source->text + source->at, " \t");
}

static enum token peek(struct expression_source *source)
{
	struct reader *reader = (struct reader *)(void *)source;
	struct slice word;

	skip_space(source);
	word = (struct slice){ source->text + source->at, word_length(source->text, source->at) };
	reader->token_length = word.length;
	if (slice_equal_text(word, "and"))
		return TOKEN_AND;
	if (slice_equal_text(word, "or"))
		return TOKEN_OR;
	if (slice_equal_text(word, "not"))
		return TOKEN_NOT;
	if (word.length > 0)
		return TOKEN_OTHER;
	reader->token_length = 1;
	switch (source->text[source->at]) {
	case '\0':
		return TOKEN_END;
	case '(':
		return TOKEN_OPEN;
	case ')':
		return TOKEN_CLOSE;
	default:
		return TOKEN_OTHER;
	}
}

static void skip(struct expression_source *source)
{
	source->at += ((struct reader *)(void *)source)->token_length;
}

static int complain_found(struct expression_source *source, const char *expected, const char *advice)
{
	size_t length = word_length(source->text, source->at);
	char *found;

	/* A character that may be of several bytes. */
	if (length == 0) {
		length = expression_space(source->text, source->at);
		length += length == 0;
	}
	found = complaint_found(source->text, source->at, length);
	expression_complain(source, source->at, "expected %s, found %s%s", expected, found, advice);
	free(found);
	return -1;
}

/* What a character that no word has may have been meant for. */
static const char *advice_on(const char *text, size_t at, enum wish wish)
{
	char c = text[at];

	if (c == '\0')
		return "";
	if (c == ')' && wish == WISH_OPERATOR)
		return ", which closes nothing";
	if (expression_space(text, at))
		return "; only plain spaces and tabs stand between words";
	if (strchr("&|!,;", c))
		return "; the operators are and, or, not";
	if (strchr("'\"*?=~#^$<>", c))
		return "; words have letters, digits and _ : + - . [ ] \\ / only, -E takes any text";
	return "";
}

static int refuse(struct expression_source *source, enum wish wish, size_t opened)
{
	static const char *const operators[] = { "and", "or", "not" };
	const char *nearest = NULL;
	struct str expected = STR_INIT;
	struct str advice = STR_INIT;
	size_t length = word_length(source->text, source->at);

	if (wish == WISH_FACTOR)
		str_add_text(&expected, "a word, 'not' or '('");
	else if (wish == WISH_OPERATOR)
		str_add_text(&expected, "'and', 'or' or the end");
	else
		str_add_format(&expected, "'and', 'or' or a ')' for the '(' in column %zu",
			       complaint_column(source->text, opened));
	if (length > 1 && wish != WISH_FACTOR) {
		char *word = alloc_string_n(source->text + source->at, length);

		nearest = text_nearest(word, operators, 3);
		free(word);
	}
	if (nearest)
		str_add_format(&advice, "; did you mean '%s'?", nearest);
	else
		str_add_text(&advice, advice_on(source->text, source->at, wish));
	complain_found(source, expected.data, advice.data);
	str_fini(&advice);
	str_fini(&expected);
	return -1;
}

static int read_string(struct expression_source *source)
{
	const char quotes[] = { source->text[source->at], '\\', '\0' };
	size_t end = source->at + 1 + strcspn(source->text + source->at + 1, quotes);

	if (source->text[end] == '\\')
		return expression_complain(source, end,
					   "expected text without \\, which pytest refuses here as well");
	if (!source->text[end])
		return expression_complain(source, source->at,
					   "expected a closing %c for this one, found the end", quotes[0]);
	source->at = end + 1;
	return 0;
}

static int read_value(struct expression_source *source)
{
	static const char *const words[] = { "True", "False", "None" };
	struct slice word;
	size_t sign;

	skip_space(source);
	if (source->text[source->at] == '"' || source->text[source->at] == '\'')
		return read_string(source);
	word = (struct slice){ source->text + source->at, word_length(source->text, source->at) };
	for (size_t i = 0; i < 3; i++) {
		if (slice_equal_text(word, words[i])) {
			source->at += word.length;
			return 0;
		}
	}
	sign = word.length > 0 && word.data[0] == '-';
	if (word.length == sign || strspn(word.data + sign, "0123456789") != word.length - sign)
		return complain_found(source, "a text in quotes, a whole number, True, False or None", "");
	source->at += word.length;
	return 0;
}

/* `(name=value, ...)` behind a marker. */
static int read_arguments(struct expression_source *source)
{
	do {
		size_t length = 0;

		source->at++;
		skip_space(source);
		while (is_identifier(source->text[source->at + length]))
			length++;
		if (length == 0 || strchr("0123456789", source->text[source->at]))
			return complain_found(source, "a name, as in mark(name=1)", "");
		source->at += length;
		skip_space(source);
		if (source->text[source->at] != '=')
			return complain_found(source, "'=', as in mark(name=1)", "");
		source->at++;
		if (read_value(source) != 0)
			return -1;
		skip_space(source);
	} while (source->text[source->at] == ',');
	if (source->text[source->at] != ')')
		return complain_found(source, "',' or ')'", "");
	source->at++;
	return 0;
}

static int read_leaf(struct expression_source *source, uint32_t *number)
{
	struct reader *reader = (struct reader *)(void *)source;
	size_t start = source->at;
	struct word word = { .text = NULL };
	size_t length = word_length(source->text, start);

	if (length == 0)
		return refuse(source, WISH_FACTOR, 0);
	source->at += length;
	if (peek(source) == TOKEN_OPEN) {
		if (reader->keyword->kind == KEYWORD_NAMES)
			return expression_complain(source, source->at,
						   "expected 'and', 'or' or the end, found '('; "
						   "-k takes words only, -E takes functions");
		word.has_arguments = true;
		if (read_arguments(source) != 0)
			return -1;
	}
	word.text = alloc_string_n(source->text + start, length);
	if (reader->keyword->kind == KEYWORD_NAMES)
		word.caseless = caseless_new((struct slice){ word.text, length });
	*number = (uint32_t)reader->keyword->words.length;
	vec_push(&reader->keyword->words, word);
	return 0;
}

struct keyword *keyword_parse(enum keyword_kind kind, const char *text, struct error *error)
{
	struct keyword *keyword = ALLOC_NEW(struct keyword);
	struct reader reader = {
		.source = { .text = text,
			    .error = error,
			    .peek = peek,
			    .skip = skip,
			    .leaf = read_leaf,
			    .refuse = refuse },
		.keyword = keyword,
	};

	keyword->kind = kind;
	if (text[strspn(text, " \t")] == '\0' || expression_parse(&keyword->expression, &reader.source) == 0)
		return keyword;
	keyword_free(keyword);
	return NULL;
}

void keyword_free(struct keyword *keyword)
{
	if (!keyword)
		return;
	vec_each(&keyword->words, it) {
		caseless_free(it->caseless);
		free(it->text);
	}
	vec_fini(&keyword->words);
	expression_fini(&keyword->expression);
	free(keyword);
}

static bool is_in_names(const struct word *word, const struct test_facts *facts)
{
	struct slice rest = slice_of(facts->id);
	const char *slash = facts->file ? strrchr(facts->file, '/') : NULL;
	struct slice name;

	while (names_next_part(&rest, &name)) {
		if (caseless_in(word->caseless, name))
			return true;
	}
	rest = slice_of(facts->marks);
	while (names_next_mark(&rest, &name)) {
		if (caseless_in(word->caseless, name))
			return true;
	}
	return caseless_in(word->caseless, slice_of(slash ? slash + 1 : facts->file));
}

/* Other adapters' markers have no arguments, so none has the ones that are asked for. */
static bool is_mark(const struct word *word, const struct test_facts *facts)
{
	struct slice rest = slice_of(facts->marks);
	struct slice mark;

	while (!word->has_arguments && names_next_mark(&rest, &mark)) {
		if (slice_equal_text(mark, word->text))
			return true;
	}
	return false;
}

static bool word_matches(void *context, uint32_t number)
{
	const struct question *question = context;
	const struct word *word = &question->keyword->words.items[number];

	return question->keyword->kind == KEYWORD_NAMES ? is_in_names(word, question->facts)
							: is_mark(word, question->facts);
}

bool keyword_matches(const struct keyword *keyword, const struct test_facts *facts)
{
	struct question question = { keyword, facts };

	return keyword->expression.steps.length == 0 ||
	       expression_holds(&keyword->expression, word_matches, &question);
}
