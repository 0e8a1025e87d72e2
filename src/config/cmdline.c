#include "config/load.h"

#include "base/alloc.h"
#include "config/values.h"

#include <stdlib.h>
#include <string.h>

/* Where the parser stands. */
struct words {
	char *const *argv;
	int argc;
	int next; /* index of the word that comes next */
	struct cmdline *out;
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

	if (!option) {
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

/* Letters after one dash: the first that takes an argument takes the rest of the word, or the next word. */
static int parse_letters(struct words *words, const char *word, struct error *error)
{
	for (const char *letter = word + 1; *letter; letter++) {
		const struct option *option = option_find_letter(*letter);
		char spelling[3] = { '-', *letter, '\0' };
		const char *value;

		if (!option) {
			/* Two dashes may have been meant, as in -maxfail=1. */
			char *name = alloc_string_n(word + 1, strcspn(word + 1, "="));
			const char *suggestion = strlen(name) > 1 ? option_suggest(name) : NULL;

			unknown(suggestion || (*letter & 0x80) ? word : spelling, suggestion, error);
			free(name);
			return -1;
		}
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

/* Whether the first word that is no option names a subcommand. */
static bool take_subcommand(struct cmdline *out, const char *word)
{
	static const struct {
		const char *name;
		enum subcommand command;
	} subcommands[] = {
		{ "run", COMMAND_RUN },
		{ "list", COMMAND_LIST },
		{ "replay", COMMAND_REPLAY },
	};

	for (size_t i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++) {
		if (strcmp(word, subcommands[i].name) == 0) {
			out->command = subcommands[i].command;
			return true;
		}
	}
	return false;
}

int cmdline_parse(int argc, char *const argv[], struct cmdline *out, struct error *error)
{
	struct words words = { .argv = argv, .argc = argc, .next = 1, .out = out };
	bool may_be_subcommand = true;

	*out = (struct cmdline){ .command = COMMAND_RUN };
	while (words.next < words.argc) {
		const char *word = words.argv[words.next++];
		int status = 0;

		if (word[0] != '-' || word[1] == '\0') {
			if (!may_be_subcommand || !take_subcommand(out, word))
				vec_push(&out->operands, alloc_string(word));
			may_be_subcommand = false;
		} else if (strcmp(word, "--") == 0) {
			while (words.next < words.argc)
				vec_push(&out->adapter_arguments, alloc_string(words.argv[words.next++]));
		} else if (word[1] == '-') {
			status = parse_long(&words, word, error);
		} else {
			status = parse_letters(&words, word, error);
		}
		if (status != 0) {
			cmdline_fini(out);
			return -1;
		}
	}
	return 0;
}
