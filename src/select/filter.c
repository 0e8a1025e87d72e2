#include "select/filter.h"

#include "base/alloc.h"
#include "config/values.h"
#include "event/codec.h"
#include "select/complaint.h"
#include "select/filter_advice.h"

#include <stdlib.h>
#include <string.h>

static const enum filter_argument arguments[] = {
#define X(name, text, argument) ARGUMENT_##argument,
	FILTER_FUNCTIONS(X)
#undef X
};

const char *const filter_function_names[] = {
#define X(name, text, argument) text,
	FILTER_FUNCTIONS(X)
#undef X
};

const char *const filter_statuses[] = {
	"waiting", "running", "retry",	 "again",   "passed",  "failed", "error", "timeout",
	"crashed", "skipped", "xfailed", "xpassed", "notrun", "flaky",  NULL,
};

struct parser {
	struct filter_lexer lexer; /* whose source is its first member too */
	struct filter *filter;
	struct slice bare; /* the bare word that was read last */
};

static struct parser *parser_of(struct expression_source *source)
{
	return (struct parser *)(void *)source;
}

static void call_fini(struct filter_call *call)
{
	free(call->matcher.text);
	pattern_free(call->matcher.pattern);
	caseless_free(call->matcher.caseless);
}

/* FILTER_FUNCTION_COUNT: there is none of that name. */
static enum filter_function find_function(struct slice name)
{
	unsigned i = 0;

	while (i < FILTER_FUNCTION_COUNT && !slice_equal_text(name, filter_function_names[i]))
		i++;
	return (enum filter_function)i;
}

/* Where the byte number `offset` of a regular expression is in the text; its slashes have lost their
 * backslashes. */
static size_t regex_place(const char *text, size_t opened, size_t offset)
{
	size_t at = opened + 1;

	while (offset > 0) {
		bool pair = text[at] == '\\' && text[at + 1];

		if (pair && text[at + 1] == '/') {
			at += 2;
			offset--;
		} else {
			size_t length = pair && offset > 1 ? 2 : 1;

			at += length;
			offset -= length;
		}
	}
	return at;
}

static int compile_regex(struct expression_source *source, struct matcher *matcher, size_t length,
			 size_t opened)
{
	struct error error = ERROR_INIT;
	size_t offset;

	matcher->pattern = pattern_new((struct slice){ matcher->text, length }, &offset, &error);
	if (matcher->pattern)
		return 0;
	return expression_complain(source, regex_place(source->text, opened, offset),
				   "expected a regular expression: %s", error.message);
}

static enum matcher_kind read_kind(struct filter_lexer *lexer)
{
	static const struct {
		char sign;
		enum matcher_kind kind;
	} kinds[] = { { '=', MATCHER_EQUAL },
		      { '~', MATCHER_CASELESS },
		      { '#', MATCHER_GLOB },
		      { '/', MATCHER_REGEX } };
	struct expression_source *source = &lexer->source;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (source->text[source->at] != kinds[i].sign)
			continue;
		if (kinds[i].kind != MATCHER_REGEX)
			source->at++;
		return kinds[i].kind;
	}
	return MATCHER_PART;
}

static int read_matcher(struct filter_lexer *lexer, bool bare, enum filter_function function,
			struct matcher *matcher)
{
	struct expression_source *source = &lexer->source;
	struct str text = STR_INIT;
	size_t start, length;
	int result;

	matcher->kind = read_kind(lexer);
	if (!bare)
		filter_lexer_skip_space(lexer);
	start = source->at;
	if (matcher->kind == MATCHER_REGEX)
		result = filter_lexer_regex(lexer, &text);
	else
		result = filter_lexer_text(lexer, bare, &text);
	length = text.length;
	matcher->text = str_take(&text);
	if (result != 0)
		return -1;
	if (length == 0)
		return filter_advise_argument(lexer, function);
	if (matcher->kind == MATCHER_REGEX)
		return compile_regex(source, matcher, length, start);
	if (matcher->kind == MATCHER_CASELESS)
		matcher->caseless = caseless_new((struct slice){ matcher->text, length });
	return 0;
}

static bool is_outcome(const char *word)
{
	for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++) {
		if (strcmp(word, outcome_name((enum outcome)i)) == 0)
			return true;
	}
	return false;
}

/* An outcome's name is meant whole: "passed" is a part of "xpassed". */
static int read_outcome(struct filter_lexer *lexer, struct matcher *matcher)
{
	size_t argument = lexer->source.at;

	if (read_matcher(lexer, false, FILTER_OUTCOME, matcher) != 0)
		return -1;
	if (matcher->kind == MATCHER_PART)
		matcher->kind = MATCHER_EQUAL;
	if (matcher->kind == MATCHER_EQUAL && !is_outcome(matcher->text))
		return filter_advise_outcome(lexer, argument, matcher->text);
	return 0;
}

/* Likewise what the dashboard calls it. */
static int read_status(struct filter_lexer *lexer, struct matcher *matcher)
{
	size_t argument = lexer->source.at;
	unsigned i = 0;

	if (read_matcher(lexer, false, FILTER_STATUS, matcher) != 0)
		return -1;
	if (matcher->kind == MATCHER_PART)
		matcher->kind = MATCHER_EQUAL;
	while (filter_statuses[i] && strcmp(matcher->text, filter_statuses[i]))
		i++;
	if (matcher->kind == MATCHER_EQUAL && !filter_statuses[i])
		return filter_advise_status(lexer, argument, matcher->text);
	return 0;
}

static int read_duration(struct filter_lexer *lexer, struct filter_call *call)
{
	struct expression_source *source = &lexer->source;
	struct error error = ERROR_INIT;
	bool longer = source->text[source->at] == '>';
	char *word;
	size_t length;
	int result;

	if (!longer && source->text[source->at] != '<')
		return filter_advise_argument(lexer, FILTER_DURATION);
	source->at++;
	call->comparison = longer ? LONGER : SHORTER;
	if (source->text[source->at] == '=') {
		source->at++;
		call->comparison = longer ? LONGER_OR_EQUAL : SHORTER_OR_EQUAL;
	}
	filter_lexer_skip_space(lexer);
	length = filter_lexer_text_length(lexer, false);
	word = alloc_string_n(source->text + source->at, length);
	result = value_duration(word, &call->duration, &error);
	free(word);
	if (result != 0)
		return expression_complain(source, source->at, "%s", error.message);
	source->at += length;
	return 0;
}

static int read_argument(struct filter_lexer *lexer, struct filter_call *call)
{
	switch (arguments[call->function]) {
	case ARGUMENT_MATCHER:
		return read_matcher(lexer, false, call->function, &call->matcher);
	case ARGUMENT_OUTCOME:
		return read_outcome(lexer, &call->matcher);
	case ARGUMENT_STATUS:
		return read_status(lexer, &call->matcher);
	case ARGUMENT_DURATION:
		return read_duration(lexer, call);
	case ARGUMENT_NOTHING:
		break;
	}
	if (lexer->source.text[lexer->source.at] && lexer->source.text[lexer->source.at] != ')')
		return filter_advise_no_argument(lexer, call->function);
	return 0;
}

/* Reads from behind the opening bracket to behind the closing one. */
static int read_brackets(struct filter_lexer *lexer, struct filter_call *call)
{
	struct expression_source *source = &lexer->source;
	size_t argument;

	filter_lexer_skip_space(lexer);
	argument = source->at;
	if (read_argument(lexer, call) != 0)
		return -1;
	filter_lexer_skip_space(lexer);
	if (source->text[source->at] != ')')
		return filter_advise_close(lexer, call->function, argument);
	source->at++;
	return 0;
}

static int read_bare(struct parser *parser, struct filter_call *call)
{
	struct expression_source *source = &parser->lexer.source;
	size_t start = source->at;

	call->function = FILTER_TEST;
	if (read_matcher(&parser->lexer, true, FILTER_TEST, &call->matcher) != 0)
		return -1;
	parser->bare = (struct slice){ source->text + start, source->at - start };
	call->is_word = call->matcher.kind == MATCHER_PART && !strchr("\"'", source->text[start]);
	return 0;
}

static int read_call(struct parser *parser, struct filter_call *call)
{
	struct filter_lexer *lexer = &parser->lexer;
	struct expression_source *source = &lexer->source;
	struct slice name = { source->text + source->at, filter_lexer_name_length(lexer) };
	size_t start = source->at;
	enum token token;
	size_t opened;

	call->function = find_function(name);
	source->at += name.length;
	token = source->peek(source);
	opened = source->at;
	if (name.length == 0 || token != TOKEN_OPEN ||
	    (call->function == FILTER_FUNCTION_COUNT && opened != start + name.length)) {
		source->at = start;
		return read_bare(parser, call);
	}
	if (call->function == FILTER_FUNCTION_COUNT) {
		source->at = start;
		return filter_advise_function(lexer, name);
	}
	if (call->function >= FILTER_FIRST_OF_RUN && !lexer->of_run) {
		source->at = start;
		return filter_advise_of_run(lexer, call->function);
	}
	source->at = opened + 1;
	parser->bare.length = 0;
	return read_brackets(lexer, call);
}

static int read_leaf(struct expression_source *source, uint32_t *number)
{
	struct parser *parser = parser_of(source);
	struct filter_call call = { .function = FILTER_TEST };

	if (source->text[source->at] == ',')
		return source->refuse(source, WISH_FACTOR, 0);
	if (read_call(parser, &call) != 0) {
		call_fini(&call);
		return -1;
	}
	*number = (uint32_t)parser->filter->calls.length;
	vec_push(&parser->filter->calls, call);
	return 0;
}

static int refuse(struct expression_source *source, enum wish wish, size_t opened)
{
	struct parser *parser = parser_of(source);

	return filter_advise_token(&parser->lexer, wish, opened, parser->bare);
}

static struct filter *parse(const char *text, bool of_run, size_t *column, struct error *error)
{
	struct filter *filter = ALLOC_NEW(struct filter);
	struct parser parser = { .filter = filter };
	int result;

	filter_lexer_init(&parser.lexer, text, error);
	parser.lexer.of_run = of_run;
	parser.lexer.source.leaf = read_leaf;
	parser.lexer.source.refuse = refuse;
	result = expression_parse(&filter->expression, &parser.lexer.source);
	if (result != 0 && column)
		*column = complaint_column(text, parser.lexer.source.wrong);
	filter_lexer_fini(&parser.lexer);
	if (result == 0)
		return filter;
	filter_free(filter);
	return NULL;
}

struct filter *filter_parse(const char *text, size_t *column, struct error *error)
{
	return parse(text, false, column, error);
}

struct filter *filter_parse_of_run(const char *text, size_t *column, struct error *error)
{
	return parse(text, true, column, error);
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	vec_each(&filter->calls, it)
		call_fini(it);
	vec_fini(&filter->calls);
	expression_fini(&filter->expression);
	free(filter);
}
