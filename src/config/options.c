#include "config/options.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/str.h"
#include "config/subcommands.h"

#include <stdlib.h>
#include <string.h>

enum {
	HELP_COLUMN = 26, /* where the help texts begin */
	HELP_WIDTH = 79,
};

const struct option *option_find(const char *name)
{
	if (*name == '\0')
		return NULL;
	for (size_t i = 0; i < option_count; i++) {
		if (strcmp(option_table[i].name, name) == 0 || strcmp(option_table[i].alias, name) == 0)
			return &option_table[i];
	}
	return NULL;
}

const struct option *option_find_letter(char letter)
{
	if (letter == '\0')
		return NULL;
	for (size_t i = 0; i < option_count; i++) {
		if (strchr(option_table[i].letters, letter))
			return &option_table[i];
	}
	return NULL;
}

const char *option_suggest(const char *wrong)
{
	VEC(const char *) words = VEC_INIT;
	const char *nearest;
	size_t length = strlen(wrong);

	if (length == 1) {
		const struct option *option = option_find_letter(*wrong);

		return option ? option->name : NULL;
	}
	for (size_t i = 0; i < option_count; i++) {
		vec_push(&words, option_table[i].name);
		if (*option_table[i].alias)
			vec_push(&words, option_table[i].alias);
	}
	nearest = text_nearest(wrong, words.items, words.length);
	vec_fini(&words);
	if (nearest)
		return nearest;
	/* Other programs take the beginning of a name for the whole. */
	for (size_t i = 0; length >= 3 && i < option_count; i++) {
		if (strncmp(option_table[i].name, wrong, length) == 0)
			return option_table[i].name;
	}
	return NULL;
}

int option_apply(const struct option *option, struct invocation *invocation, const char *directory,
		 const char *value, struct error *error)
{
	char *joined;
	char *path;
	int status;

	if (!option->is_path && !(option->is_command && strchr(value, '/')))
		return option->set(invocation, value, error);
	if (*value == '\0')
		return error_set(error, "expected a file name, found nothing");
	if (strcmp(value, "-") == 0)
		return error_set(error, "expected a file name, found '-' (standard output is /dev/stdout)");
	joined = fs_join(directory, value);
	path = fs_absolute(joined);
	status = option->set(invocation, path, error);
	free(path);
	free(joined);
	return status;
}

/* Appends the sentence with the default in its place. */
static void add_help_text(struct str *out, const struct option *option)
{
	const char *at = option->help;
	const char *mark;

	while ((mark = strstr(at, "%D"))) {
		str_add(out, at, (size_t)(mark - at));
		str_add_text(out, option->fallback ? option->fallback : "");
		at = mark + 2;
	}
	str_add_text(out, at);
}

/* Prints `text` from `column` on, broken between words. */
static void print_wrapped(FILE *out, const char *text, size_t column)
{
	size_t at = column;

	while (*text) {
		size_t length = strcspn(text, " ");

		if (at > HELP_COLUMN && at + 1 + length > HELP_WIDTH) {
			fprintf(out, "\n%*s", HELP_COLUMN, "");
			at = HELP_COLUMN;
		} else if (at > HELP_COLUMN) {
			fputc(' ', out);
			at++;
		}
		fprintf(out, "%.*s", (int)length, text);
		at += length;
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

/* Prints `left`, and in the column behind it, or below where there is no room, `help`. */
static void print_entry(FILE *out, const struct str *left, const char *help)
{
	fputs(left->data, out);
	if (left->length + 2 > HELP_COLUMN)
		fprintf(out, "\n%*s", HELP_COLUMN, "");
	else
		fprintf(out, "%*s", (int)(HELP_COLUMN - left->length), "");
	print_wrapped(out, help, HELP_COLUMN);
}

static void print_option(FILE *out, const struct option *option)
{
	struct str left = STR_INIT;
	struct str help = STR_INIT;

	str_add_text(&left, "  ");
	for (const char *letter = option->letters; *letter; letter++)
		str_add_format(&left, "-%c, ", *letter);
	if (*option->alias)
		str_add_format(&left, "--%s, ", option->alias);
	str_add_format(&left, "--%s", option->name);
	if (option->argument)
		str_add_format(&left, " %s", option->argument);
	add_help_text(&help, option);
	print_entry(out, &left, help.data);
	str_fini(&help);
	str_fini(&left);
}

static void print_subcommand(FILE *out, const struct command_word *command)
{
	struct str left = STR_INIT;

	str_add_format(&left, "  %s%s%s", command->word, *command->usage ? " " : "", command->usage);
	print_entry(out, &left, command->help);
	str_fini(&left);
}

void option_print_help(FILE *out, const char *program)
{
	const char *topic = "";

	fprintf(out,
		"Usage: %s [OPTIONS] [PATH | TEST-ID | @FILE ...] [-- ADAPTER-ARGS ...]\n"
		"       %s SUBCOMMAND ...\n\nSubcommands:\n",
		program, program);
	for (size_t i = 0; i < command_word_count; i++)
		print_subcommand(out, &command_words[i]);
	for (size_t i = 0; i < option_count; i++) {
		if (strcmp(option_table[i].topic, topic) != 0) {
			topic = option_table[i].topic;
			fprintf(out, "\n%s:\n", topic);
		}
		print_option(out, &option_table[i]);
	}
	fprintf(out, "\nSEC is in seconds or has a unit: 250ms, 5m, 2h. Most options may also stand in\n"
		     "xtop.yaml under 'defaults:' or in a variable such as XTOP_OPT_TIMEOUT_GRACE.\n"
		     "Exit status: 0 passed, 1 failures, 2 interrupted or not collected, 3 a fault of\n"
		     "xtop, 4 usage or configuration, 5 no tests. More: man xtop\n");
}
