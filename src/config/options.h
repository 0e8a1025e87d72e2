/* The option table: the one place that knows which options there are.
 *
 * The command line, the environment, `defaults` in xtop.yaml, --help, and the tests that hold
 * the manual page to it all read this table.
 */
#ifndef XTOP_CONFIG_OPTIONS_H
#define XTOP_CONFIG_OPTIONS_H

#include "base/err.h"
#include "config/config.h"

#include <stddef.h>
#include <stdio.h>

struct option {
	const char *name;      /* long spelling without dashes: "numprocesses" */
	const char *alias;     /* a second long spelling: "junitxml"; "" */
	const char *letters;   /* short spellings: "nj"; "" */
	const char *argument;  /* "N|auto|logical|0"; NULL: takes none */
	const char *topic;     /* heading in --help: "workers" */
	const char *help;      /* one sentence without a full stop; %D stands for the default */
	const char *fallback;  /* the built-in value as it would be written; NULL: none */
	bool in_file;          /* may be written in xtop.yaml */
	bool in_environment;   /* XTOP_OPT_NAME counts */
	bool is_path;          /* a file name, relative to where it is written: see option_apply */
	bool is_command;       /* the same, where it has a '/' in it */
	const char *same_as;   /* the name of the option that it is another way to set; NULL: none */
	bool adds;             /* what one source says adds up; the next source begins anew */
	bool is_for_entries;   /* it describes what `quarantine add` adds, and nothing else takes it */
	enum subcommand instead; /* the option takes the place of the whole command; else COMMAND_RUN */
	/* Stores `value` ("true", "false" and the like for options without an argument) in the config; NULL,
	 * only where `adds`: forgets what was stored. -1: the value is wrong; the message says what was
	 * expected and what was found, without naming the option or the place. NULL where `instead` says it
	 * all. */
	int (*set)(struct invocation *invocation, const char *value, struct error *error);
};

extern const struct option option_table[];
extern const size_t option_count;

const struct option *option_find(const char *name);   /* by any long spelling; NULL: none */
const struct option *option_find_letter(char letter); /* NULL: none */
/* The long spelling that was meant by one with a slip in it, by a part or by the letter; NULL: none is
 * near. */
const char *option_suggest(const char *wrong);
/* Sets one option; relative file names are taken below `directory`. Errors as option->set. */
int option_apply(const struct option *option, struct invocation *invocation, const char *directory,
		 const char *value, struct error *error);
void option_print_help(FILE *out, const char *program);

#endif
