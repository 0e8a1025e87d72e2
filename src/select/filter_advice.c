#include "select/filter_advice.h"

#include "base/alloc.h"
#include "event/codec.h"
#include "select/complaint.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SHOWN_TEXT = 60 }; /* bytes of a text that a proposal repeats */

/* What other runners call it. */
static const struct {
	const char *name;
	const char *here;
} elsewhere[] = {
	{ "package", "suite(...)" },     { "crate", "suite(...)" },      { "project", "suite(...)" },
	{ "binary", "file(...)" },       { "binary_id", "file(...)" },   { "binary-id", "file(...)" },
	{ "path", "file(...)" },         { "module", "file(...)" },      { "program", "file(...)" },
	{ "kind", "adapter(...)" },      { "class", "scope(...)" },      { "mark", "marker(...)" },
	{ "tag", "marker(...)" },        { "label", "marker(...)" },     { "keyword", "test(~...)" },
	{ "id", "test(...)" },           { "nodeid", "test(...)" },      { "status", "outcome(...)" },
	{ "result", "outcome(...)" },    { "state", "outcome(...)" },    { "pass", "outcome(passed)" },
	{ "fail", "outcome(failed)" },   { "skip", "outcome(skipped)" }, { "slow", "duration(> 5s)" },
	{ "time", "duration(> 5s)" },    { "default", "all()" },         { "any", "all()" },
	{ "xdist_group", "group(...)" },
};

/* How much of what was found is repeated: a sign, or all up to white space, a comma or a bracket. */
static size_t found_length(const char *text, size_t at)
{
	size_t end = at;

	if (!text[at] || strchr("(),|&!-", text[at]))
		return 1;
	while (text[end] && !strchr("(),", text[end]) && !expression_space(text, end))
		end++;
	return end - at;
}

static char *found_at(const struct expression_source *source)
{
	return complaint_found(source->text, source->at, found_length(source->text, source->at));
}

static const char *elsewhere_name(const char *name)
{
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
		if (strcasecmp(name, elsewhere[i].name) == 0)
			return elsewhere[i].here;
	}
	return NULL;
}

static bool is_outcome(const char *name)
{
	for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++) {
		if (strcmp(name, outcome_name((enum outcome)i)) == 0)
			return true;
	}
	return false;
}

/* What may have been meant, else what there is. */
static void add_meant(struct str *out, const struct filter_lexer *lexer, const char *name)
{
	static const char quotes[] = "text with brackets stands in quotes";
	const char *here = elsewhere_name(name);
	size_t count = lexer->of_run ? FILTER_FUNCTION_COUNT : FILTER_FIRST_OF_RUN;
	const char *nearest = text_nearest(name, filter_function_names, count);

	if (is_outcome(name)) {
		str_add_format(out, "; did you mean outcome(%s)?", name);
		return;
	}
	if (!here && nearest) {
		str_add_format(out, "; did you mean %s(...)? (%s)", nearest, quotes);
		return;
	}
	if (here)
		str_add_format(out, "; did you mean %s? (functions:", here);
	else
		str_add_format(out, " (%s; functions:", quotes);
	for (size_t i = 0; i < count; i++)
		str_add_format(out, " %s", filter_function_names[i]);
	str_add_char(out, ')');
}

int filter_advise_function(struct filter_lexer *lexer, struct slice name)
{
	struct expression_source *source = &lexer->source;
	char *word = alloc_string_n(name.data, name.length);
	char *found = complaint_found(source->text, source->at, name.length);
	struct str message = STR_INIT;

	str_add_format(&message, "expected a function, found %s", found);
	add_meant(&message, lexer, word);
	expression_complain(source, source->at, "%s", message.data);
	str_fini(&message);
	free(found);
	free(word);
	return -1;
}

int filter_advise_no_argument(struct filter_lexer *lexer, enum filter_function function)
{
	struct expression_source *source = &lexer->source;
	char *found = found_at(source);

	expression_complain(source, source->at, "expected nothing between the brackets of %s(), found %s",
			    filter_function_names[function], found);
	free(found);
	return -1;
}

int filter_advise_argument(struct filter_lexer *lexer, enum filter_function function)
{
	struct expression_source *source = &lexer->source;
	const char *expected = "text, =text, ~text, /regex/ or #glob";
	const char *name = filter_function_names[function];
	char *found = found_at(source);

	if (function == FILTER_DURATION)
		expected = ">, >=, < or <= and a duration, as in duration(> 5s)";
	else if (function == FILTER_OUTCOME)
		expected = "an outcome, as in outcome(failed)";
	else if (function == FILTER_STATUS)
		expected = "a status, as in status(running)";
	expression_complain(source, source->at, "%s() expected %s, found %s", name, expected, found);
	free(found);
	return -1;
}

/* `test(a or b)` and `test(a, b)`: proposes what can have been meant. */
static void add_spelling(struct str *out, const struct filter_lexer *lexer, const char *name, size_t argument)
{
	const char *text = lexer->source.text;
	size_t at = lexer->source.at;
	struct slice first = slice_trim((struct slice){ text + argument, at - argument });
	struct slice whole = { text + argument, at - argument + strcspn(text + at, ")") };
	bool either = text[at] == ',' || (text_starts_with(text + at, "or") && expression_space(text, at + 2));

	if (either && first.length <= SHOWN_TEXT)
		str_add_format(out, "; for either of several write %s(%.*s) or %s(...)", name,
			       (int)first.length, first.data, name);
	if (strcmp(name, filter_function_names[FILTER_OUTCOME]) == 0)
		return;
	str_add_text(out, "; text with spaces, commas or brackets stands in quotes");
	if (whole.length <= SHOWN_TEXT && !memchr(whole.data, '"', whole.length))
		str_add_format(out, ": %s(\"%.*s\")", name, (int)whole.length, whole.data);
}

int filter_advise_close(struct filter_lexer *lexer, enum filter_function function, size_t argument)
{
	struct expression_source *source = &lexer->source;
	const char *name = filter_function_names[function];
	char *found = found_at(source);
	struct str message = STR_INIT;

	str_add_format(&message, "expected ')' behind %s(..., found %s", name, found);
	if (!source->text[source->at]) {
		/* The one that was meant to close it may have been taken for text. */
		if (strchr(source->text + argument, ')'))
			str_add_text(&message, "; text whose brackets are not balanced stands in quotes");
	} else if (function == FILTER_DURATION) {
		str_add_text(&message, "; a duration is a number with ms, s, m or h right behind it");
	} else if (source->text[argument] == '/') {
		str_add_text(&message,
			     "; a / within a regular expression is written \\/, (?i) at its start ignores "
			     "case, and text that begins with / stands in quotes");
	} else {
		add_spelling(&message, lexer, name, argument);
	}
	expression_complain(source, source->at, "%s", message.data);
	str_fini(&message);
	free(found);
	return -1;
}

int filter_advise_outcome(struct filter_lexer *lexer, size_t argument, const char *word)
{
	const char *names[OUTCOME_COUNT];
	struct str message = STR_INIT;
	const char *nearest;
	size_t count = 0;
	char *found = complaint_found(word, 0, strlen(word));

	str_add_text(&message, "expected an outcome (");
	for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++) {
		names[count] = outcome_name((enum outcome)i);
		str_add_format(&message, count > 0 ? " %s" : "%s", names[count]);
		count++;
	}
	str_add_format(&message, "), found %s", found);
	nearest = text_nearest(word, names, count);
	if (nearest)
		str_add_format(&message, "; did you mean '%s'?", nearest);
	expression_complain(&lexer->source, argument, "%s", message.data);
	str_fini(&message);
	free(found);
	return -1;
}

int filter_advise_status(struct filter_lexer *lexer, size_t argument, const char *word)
{
	struct str message = STR_INIT;
	const char *nearest;
	size_t count = 0;
	char *found = complaint_found(word, 0, strlen(word));

	str_add_text(&message, "expected a status (");
	for (; filter_statuses[count]; count++)
		str_add_format(&message, count > 0 ? " %s" : "%s", filter_statuses[count]);
	str_add_format(&message, "), found %s", found);
	nearest = text_nearest(word, filter_statuses, count);
	if (nearest)
		str_add_format(&message, "; did you mean '%s'?", nearest);
	expression_complain(&lexer->source, argument, "%s", message.data);
	str_fini(&message);
	free(found);
	return -1;
}

int filter_advise_of_run(struct filter_lexer *lexer, enum filter_function function)
{
	return expression_complain(&lexer->source, lexer->source.at,
				   "%s() asks what only a run knows, for the dashboard's filter line%s",
				   filter_function_names[function],
				   function == FILTER_STATUS ? "; did you mean outcome(...), of the last run?" : "");
}

/* Behind a complete expression stands a text: what may have been meant by it. */
static void add_operator_meant(struct str *out, const char *text, size_t at, struct slice word)
{
	static const char *const operators[] = { "and", "or", "not" };
	size_t length = found_length(text, at);
	char *found = alloc_string_n(text + at, length);
	const char *nearest = text_nearest(found, operators, 3);

	if (nearest && length > 1)
		str_add_format(out, "; did you mean '%s'?", nearest);
	else if (strchr("><=", text[at]))
		str_add_text(out,
			     "; what to look for stands in brackets, as in marker(slow) or duration(> 5s)");
	else if (word.length > 0 && text[at] != ')' && text[at] != '(')
		str_add_text(out, "; text with spaces stands in quotes");
	free(found);
}

int filter_advise_token(struct filter_lexer *lexer, enum wish wish, size_t opened, struct slice word)
{
	struct expression_source *source = &lexer->source;
	const char *text = source->text;
	char *found = found_at(source);
	struct str message = STR_INIT;

	switch (wish) {
	case WISH_FACTOR:
		str_add_format(&message,
			       "expected a function such as name(...), a word, 'not' or '(', found %s",
			       found);
		if (source->at > 0 && strchr("|&", text[source->at]) &&
		    text[source->at - 1] == text[source->at])
			str_add_format(&message, "; one '%c' is enough", text[source->at]);
		else if (text[source->at] == '-')
			str_add_text(&message,
				     "; 'a - b' is 'a and not b', text that begins with - stands in quotes");
		break;
	case WISH_OPERATOR:
		str_add_format(&message, "expected 'and', 'or' or the end, found %s", found);
		if (text[source->at] == ')')
			str_add_text(&message, ", which closes nothing");
		break;
	case WISH_CLOSE:
		str_add_format(&message, "expected 'and', 'or' or a ')' for the '(' in column %zu, found %s",
			       complaint_column(text, opened), found);
		break;
	}
	if (wish != WISH_FACTOR && text[source->at])
		add_operator_meant(&message, text, source->at, word);
	expression_complain(source, source->at, "%s", message.data);
	str_fini(&message);
	free(found);
	return -1;
}
