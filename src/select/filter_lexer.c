#include "select/filter_lexer.h"

#include "base/alloc.h"
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char closer_of(char opener)
{
	return opener == '(' ? ')' : ']';
}

/* Finds the brackets that are balanced, whatever stands around them, in one go: a text may hold as many as
 * it likes. */
static uint32_t *find_partners(const char *text)
{
	size_t length = strlen(text);
	uint32_t *partners = alloc_zeroed(length + 1, sizeof(*partners));
	VEC(uint32_t) open = VEC_INIT;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '(' || text[i] == '[') {
			vec_push(&open, (uint32_t)i);
		} else if ((text[i] == ')' || text[i] == ']') && open.length > 0) {
			uint32_t last = open.items[open.length - 1];

			if (closer_of(text[last]) == text[i]) {
				partners[last] = (uint32_t)i;
				open.length--;
			} else {
				/* None of them can be balanced with this one within it. */
				vec_clear(&open);
			}
		}
	}
	vec_fini(&open);
	return partners;
}

/* The words are words only where they stand alone: "not/this.sh" and "and-more" are texts. */
static enum token word_token(const char *text, size_t *length)
{
	static const struct {
		const char *word;
		enum token token;
	} words[] = { { "and", TOKEN_AND }, { "or", TOKEN_OR }, { "not", TOKEN_NOT } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t end = strlen(words[i].word);

		if (text_starts_with(text, words[i].word) &&
		    (text[end] == '\0' || strchr("()", text[end]) || expression_space(text, end))) {
			*length = end;
			return words[i].token;
		}
	}
	return TOKEN_OTHER;
}

static enum token peek(struct expression_source *source)
{
	struct filter_lexer *lexer = (struct filter_lexer *)(void *)source;

	filter_lexer_skip_space(lexer);
	lexer->token_length = 1;
	switch (source->text[source->at]) {
	case '\0':
		return TOKEN_END;
	case '(':
		return TOKEN_OPEN;
	case ')':
		return TOKEN_CLOSE;
	case '|':
		return TOKEN_OR;
	case '&':
		return TOKEN_AND;
	case '-':
		return TOKEN_MINUS;
	case '!':
		return TOKEN_NOT;
	default:
		return word_token(source->text + source->at, &lexer->token_length);
	}
}

static void skip(struct expression_source *source)
{
	const struct filter_lexer *lexer = (const struct filter_lexer *)(const void *)source;

	source->at += lexer->token_length;
}

void filter_lexer_init(struct filter_lexer *lexer, const char *text, struct error *error)
{
	*lexer = (struct filter_lexer){
		.source = { .text = text, .error = error, .peek = peek, .skip = skip },
		.partners = find_partners(text),
	};
}

void filter_lexer_fini(struct filter_lexer *lexer)
{
	free(lexer->partners);
}

void filter_lexer_skip_space(struct filter_lexer *lexer)
{
	struct expression_source *source = &lexer->source;
	size_t length;

	while ((length = expression_space(source->text, source->at)) > 0)
		source->at += length;
}

size_t filter_lexer_name_length(const struct filter_lexer *lexer)
{
	const char *start = lexer->source.text + lexer->source.at;
	const char *end = start;

	if (is_letter(*end)) {
		while (is_letter(*end) || is_digit(*end) || *end == '-')
			end++;
	}
	return (size_t)(end - start);
}

size_t filter_lexer_text_length(const struct filter_lexer *lexer, bool bare)
{
	const char *text = lexer->source.text;
	size_t start = lexer->source.at;
	size_t end = start;

	while (text[end] && !strchr(bare ? "),|&" : "),", text[end]) && !expression_space(text, end)) {
		/* A bracket that is not balanced was meant as one of the expression. */
		if (bare && text[end] == '(' && !lexer->partners[end])
			break;
		end = (lexer->partners[end] ? lexer->partners[end] : end) + 1;
	}
	return end - start;
}

static int read_quoted(struct filter_lexer *lexer, struct str *out)
{
	struct expression_source *source = &lexer->source;
	size_t opened = source->at;
	char quote = source->text[opened];

	for (size_t i = opened + 1; source->text[i]; i++) {
		char c = source->text[i];

		if (c == quote) {
			source->at = i + 1;
			return 0;
		}
		if (c == '\\' && (source->text[i + 1] == quote || source->text[i + 1] == '\\'))
			c = source->text[++i];
		str_add_char(out, c);
	}
	return expression_complain(source, opened, "expected a closing %c for this one, found the end",
				   quote);
}

/* Word processors make these of straight quotes, and then the text is never found. */
static bool is_curly_quote(const char *text)
{
	return text_starts_with(text, "\xE2\x80") &&
	       (text[2] == '\x98' || text[2] == '\x99' || (text[2] >= '\x9C' && text[2] <= '\x9E'));
}

int filter_lexer_text(struct filter_lexer *lexer, bool bare, struct str *out)
{
	struct expression_source *source = &lexer->source;
	char c = source->text[source->at];
	size_t length;

	if (c == '"' || c == '\'')
		return read_quoted(lexer, out);
	if (is_curly_quote(source->text + source->at))
		return expression_complain(source, source->at,
					   "expected text, or a straight quote (\" or '), found a curly one");
	length = filter_lexer_text_length(lexer, bare);
	str_add(out, source->text + source->at, length);
	source->at += length;
	return 0;
}

int filter_lexer_regex(struct filter_lexer *lexer, struct str *out)
{
	struct expression_source *source = &lexer->source;
	size_t opened = source->at;

	for (size_t i = opened + 1; source->text[i]; i++) {
		if (source->text[i] == '/') {
			source->at = i + 1;
			return 0;
		}
		if (source->text[i] == '\\' && source->text[i + 1]) {
			if (source->text[i + 1] != '/')
				str_add_char(out, '\\');
			i++;
		}
		str_add_char(out, source->text[i]);
	}
	return expression_complain(source, opened,
				   "expected a '/' that closes this regular expression, found the end");
}
