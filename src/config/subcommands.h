/* The table of subcommands: the command line, --help and messages read it, and a test holds the manual to it. */
#ifndef XTOP_CONFIG_SUBCOMMANDS_H
#define XTOP_CONFIG_SUBCOMMANDS_H

#include "config/config.h"

#include <stddef.h>

/* What the words behind a subcommand are that are no options. */
enum operands {
	OPERANDS_TESTS, /* paths and ids, and behind "--" arguments of the tests */
	OPERANDS_FILE,  /* one file */
	OPERANDS_WORDS, /* the subcommand reads them */
	OPERANDS_NONE,
	OPERANDS_UNREAD, /* the subcommand reads its options too */
};

struct command_word {
	const char *word;
	enum subcommand command;
	const char *usage; /* what stands behind the word: "FILE"; "" */
	const char *help;  /* what it does, without a full stop */
	enum operands operands;
	bool takes_json;        /* --json: it prints a table */
	bool needs_directories; /* those of the suites must be there */
	bool needs_no_project;  /* neither the project file nor the environment is read */
};

extern const struct command_word command_words[]; /* in the order of --help */
extern const size_t command_word_count;

const struct command_word *command_word_find(const char *word);             /* NULL: it is none */
const struct command_word *command_word_of(enum subcommand command); /* NULL: it has no word */

#endif
