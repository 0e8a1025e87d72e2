#include "config/load.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "config/pytest_options.h"
#include "config/pytest_project.h"
#include "config/subcommands.h"
#include "config/values.h"

#include <stdlib.h>
#include <string.h>

/* Where the parser stands. */
struct words {
	char *const *argv;
	int argc;
	int next; /* index of the word that comes next */
	struct cmdline *out;
	struct strays *strays; /* where options go that are not known; NULL: they are mistakes */
};

void settings_add(struct settings *settings, const struct option *option, const char *spelling,
		  const char *value)
{
	struct setting setting = {
		.option = option,
		.spelling = alloc_string(spelling),
		.value = alloc_string(value),
	};

	vec_push(settings, setting);
}

void settings_fini(struct settings *settings)
{
	vec_each (settings, it) {
		free(it->spelling);
		free(it->value);
	}
	vec_fini(settings);
}

void cmdline_fini(struct cmdline *cmdline)
{
	settings_fini(&cmdline->settings);
	vec_each (&cmdline->operands, it)
		free(*it);
	vec_fini(&cmdline->operands);
	vec_each (&cmdline->bench_arguments, it)
		free(*it);
	vec_fini(&cmdline->bench_arguments);
	vec_each (&cmdline->adapter_arguments, it)
		free(*it);
	vec_fini(&cmdline->adapter_arguments);
}

/* The argument of an option that stands in a word of its own; NULL: it is missing. */
static const char *take_argument(struct words *words, const struct option *option, const char *spelling,
				 struct error *error)
{
	const char *next;
	char *quoted;

	if (words->next == words->argc) {
		error_set(error, "%s needs a value (%s), found nothing behind it", spelling,
			  option->argument);
		return NULL;
	}
	next = words->argv[words->next];
	if (next[0] != '-' || next[1] == '\0') {
		words->next++;
		return next;
	}
	/* A value that was forgotten should not swallow the option behind it. */
	quoted = value_quoted(next);
	error_set(error,
		  "%s needs a value (%s), found the option %s; a value that begins with '-' is written %s%s",
		  spelling, option->argument, quoted, spelling, spelling[1] == '-' ? "=VALUE" : "VALUE");
	free(quoted);
	return NULL;
}

/* Stores the option; the ones that stand for a whole command end the parsing. */
static void add(struct words *words, const struct option *option, const char *spelling, const char *value)
{
	if (option->instead != COMMAND_RUN) {
		words->out->command = option->instead;
		words->next = words->argc;
		return;
	}
	settings_add(&words->out->settings, option, spelling, value);
}

/* Whether the word behind an option that is not known is its value. Of an option that nobody knows that is so
 * unless the word is something to be run. */
static bool takes_next(const struct words *words, const char *spelling)
{
	enum pytest_option kind = pytest_option_kind(spelling);
	const char *next = words->next < words->argc ? words->argv[words->next] : "-";
	char *path;
	bool is_operand;

	if (next[0] == '-' || kind == PYTEST_OPTION_FLAG)
		return false;
	if (kind == PYTEST_OPTION_VALUE)
		return true;
	path = pytest_path_of(next);
	is_operand = next[0] == '@' || *pytest_id_of(next) || fs_exists(path);
	free(path);
	return !is_operand;
}

/* An option that may be pytest's: `word`, of which `spelling` is the part before a value. */
static void add_stray(struct words *words, const char *word, const char *spelling, const char *suggestion)
{
	struct strays *strays = words->strays;
	bool known = pytest_option_kind(spelling) != PYTEST_OPTION_UNKNOWN;

	/* The one that is told by name is the first that may be a slip. */
	if (!strays->spelling || (strays->known && !known)) {
		free(strays->spelling);
		strays->spelling = alloc_string(spelling);
		strays->suggestion = suggestion;
		strays->known = known;
	}
	vec_push(&strays->moved, alloc_string(word));
	if (strcmp(word, spelling) == 0 && takes_next(words, spelling))
		vec_push(&strays->moved, alloc_string(words->argv[words->next++]));
}

/* What to write instead of an option of pytest-xdist's that xtop hasn't, and that does nothing behind "--" either,
 * because pytest does not distribute there; NULL: it is none of them. */
static const char *xdist_advice(const char *spelling)
{
	static const char one_machine[] = "workers are processes of this machine: -n says how many, --python "
					  "which interpreter";
	static const char nothing_copied[] = "workers use the files where they are, nothing is copied";
	static const struct {
		const char *spelling, *advice;
	} options[] = {
		{ "-d", "write --dist load" },
		{ "--tx", one_machine },
		{ "--px", one_machine },
		{ "--rsyncdir", nothing_copied },
		{ "--rsyncignore", nothing_copied },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strcmp(options[i].spelling, spelling) == 0)
			return options[i].advice;
	}
	return NULL;
}

static int refuse_xdist(const char *spelling, struct error *error)
{
	return error_set(error, "%s is an option of pytest-xdist's; %s", spelling, xdist_advice(spelling));
}

static int unknown(const char *word, const char *suggestion, struct error *error)
{
	char *quoted = value_quoted(word);

	if (suggestion)
		error_set(error, "unknown option %s; did you mean '--%s'?", quoted, suggestion);
	else
		error_set(error, "unknown option %s; 'xtop --help' lists those that there are", quoted);
	free(quoted);
	return -1;
}

static int parse_long(struct words *words, const char *word, struct error *error)
{
	const char *equals = strchr(word, '=');
	char *spelling = equals ? alloc_string_n(word, (size_t)(equals - word)) : alloc_string(word);
	const struct option *option = option_find(spelling + 2);
	const char *value = equals ? equals + 1 : NULL;
	int status = -1;

	if (!option && xdist_advice(spelling)) {
		refuse_xdist(spelling, error);
	} else if (!option && words->strays) {
		add_stray(words, word, spelling, option_suggest(spelling + 2));
		status = 0;
	} else if (!option) {
		unknown(spelling, option_suggest(spelling + 2), error);
	} else if (!option->argument && value) {
		char *quoted = value_quoted(value);

		error_set(error, "%s takes no value, found %s", spelling, quoted);
		free(quoted);
	} else {
		if (!option->argument)
			value = "true";
		else if (!value)
			value = take_argument(words, option, spelling, error);
		if (value) {
			add(words, option, spelling, value);
			status = 0;
		}
	}
	free(spelling);
	return status;
}

/* Two dashes may have been meant, as in -maxfail=1: the long spelling, NULL: they were not. */
static const char *long_spelling(const char *word, bool exactly)
{
	char *name = alloc_string_n(word + 1, strcspn(word + 1, "="));
	const char *meant = NULL;

	if (strlen(name) > 1 && (!exactly || option_find(name)))
		meant = option_suggest(name);
	free(name);
	return meant;
}

static int unknown_letter(struct words *words, const char *word, const char *letter, struct error *error)
{
	char spelling[3] = { '-', *letter, '\0' };
	const char *suggestion = long_spelling(word, false);

	if (!suggestion && xdist_advice(spelling))
		return refuse_xdist(spelling, error);
	if (words->strays && !suggestion) {
		char *rest = alloc_format("-%s", letter);

		if (letter > word + 1)
			vec_push(&words->strays->kept, alloc_string_n(word, (size_t)(letter - word)));
		add_stray(words, rest, spelling, NULL);
		free(rest);
		return 0;
	}
	return unknown(suggestion || (*letter & 0x80) ? word : spelling, suggestion, error);
}

/* Letters after one dash: the first that takes an argument takes the rest of the word, or the next word. */
static int parse_letters(struct words *words, const char *word, struct error *error)
{
	/* -maxfail=1 would be a mark that nobody has. */
	if (long_spelling(word, true))
		return unknown(word, long_spelling(word, true), error);
	for (const char *letter = word + 1; *letter; letter++) {
		const struct option *option = option_find_letter(*letter);
		char spelling[3] = { '-', *letter, '\0' };
		const char *value;

		if (!option)
			return unknown_letter(words, word, letter, error);
		if (!option->argument) {
			add(words, option, spelling, "true");
			if (words->out->command == option->instead && option->instead != COMMAND_RUN)
				return 0;
			continue;
		}
		value = letter + 1;
		if (*value == '=')
			value++;
		else if (*value == '\0')
			value = take_argument(words, option, spelling, error);
		if (!value)
			return -1;
		add(words, option, spelling, value);
		return 0;
	}
	return 0;
}

/* The benchmark has options of its own, such as a list of numbers behind -n, so it reads its words itself. */
static void take_bench(struct words *words)
{
	for (int i = 1; i < words->argc; i++) {
		if (i != words->next - 1)
			vec_push(&words->out->bench_arguments, alloc_string(words->argv[i]));
	}
	words->next = words->argc;
}

static void parse_word(struct words *words, const char *word, bool *may_be_subcommand)
{
	const struct command_word *found = *may_be_subcommand ? command_word_find(word) : NULL;

	*may_be_subcommand = false;
	if (!found) {
		vec_push(&words->out->operands, alloc_string(word));
		return;
	}
	words->out->command = found->command;
	if (found->operands == OPERANDS_UNREAD)
		take_bench(words);
}

static int parse(struct words *words, struct error *error)
{
	bool may_be_subcommand = true;

	while (words->next < words->argc) {
		int start = words->next++;
		const char *word = words->argv[start];
		size_t moved = words->strays ? words->strays->moved.length : 0;
		int status = 0;

		if (word[0] != '-' || word[1] == '\0') {
			parse_word(words, word, &may_be_subcommand);
		} else if (strcmp(word, "--") == 0) {
			while (words->next < words->argc)
				vec_push(&words->out->adapter_arguments,
					 alloc_string(words->argv[words->next++]));
			return 0;
		} else if (word[1] == '-') {
			status = parse_long(words, word, error);
		} else {
			status = parse_letters(words, word, error);
		}
		if (status != 0)
			return -1;
		while (words->strays && words->strays->moved.length == moved && start < words->next)
			vec_push(&words->strays->kept, alloc_string(words->argv[start++]));
	}
	return 0;
}

int cmdline_parse(int argc, char *const argv[], struct cmdline *out, struct error *error)
{
	struct words words = { .argv = argv, .argc = argc, .next = 1, .out = out };

	*out = (struct cmdline){ .command = COMMAND_RUN };
	if (parse(&words, error) == 0)
		return 0;
	cmdline_fini(out);
	return -1;
}

int cmdline_parse_strays(int argc, char *const argv[], struct cmdline *out, struct strays *strays)
{
	struct words words = { .argv = argv, .argc = argc, .next = 1, .out = out, .strays = strays };

	*out = (struct cmdline){ .command = COMMAND_RUN };
	*strays = (struct strays){ .spelling = NULL };
	if (parse(&words, NULL) == 0)
		return 0;
	cmdline_fini(out);
	strays_fini(strays);
	return -1;
}

void strays_fini(struct strays *strays)
{
	free(strays->spelling);
	vec_each (&strays->kept, it)
		free(*it);
	vec_fini(&strays->kept);
	vec_each (&strays->moved, it)
		free(*it);
	vec_fini(&strays->moved);
}
