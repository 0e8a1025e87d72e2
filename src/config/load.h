/* The parts of config_load: each source becomes a list of settings, the project file goes into the config at
 * once. Private to config/ and its tests.
 */
#ifndef XTOP_CONFIG_LOAD_H
#define XTOP_CONFIG_LOAD_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "config/config.h"
#include "config/options.h"

/* What one source says about one option. */
struct setting {
	const struct option *option;
	char *spelling; /* as the user wrote it, for messages: "-n", "XTOP_OPT_TIMEOUT" */
	char *value;    /* "true" for options without an argument on the command line */
};

struct settings { /* a VEC */
	struct setting *items;
	size_t length;
	size_t capacity;
};

void settings_add(struct settings *settings, const struct option *option, const char *spelling,
		  const char *value);
void settings_fini(struct settings *settings);

/* The words of a command line, told apart. */
struct cmdline {
	enum subcommand command;
	struct settings settings;
	VEC(char *) operands;          /* without the subcommand */
	VEC(char *) bench_arguments;   /* COMMAND_BENCH: all words but that one; settings say nothing then */
	VEC(char *) adapter_arguments; /* behind "--" */
};

/* --help, --version and the word `bench` end the parsing: what stands behind them is not looked at. On failure
 * there is nothing to free. */
int cmdline_parse(int argc, char *const argv[], struct cmdline *out, struct error *error);
void cmdline_fini(struct cmdline *cmdline);

/* Options of a command line that xtop does not have, but pytest may. */
struct strays {
	char *spelling;         /* of the first that need not be pytest's, else of the first; NULL: none */
	const char *suggestion; /* what may have been meant by it; NULL: nothing is near */
	bool known;             /* it is pytest's, or that of a plugin that everybody knows */
	VEC(char *) kept;       /* the words before "--" without the program's name and without them */
	VEC(char *) moved;      /* they and their values */
};

/* As cmdline_parse, but options that are not known are put aside. -1: there are other mistakes. */
int cmdline_parse_strays(int argc, char *const argv[], struct cmdline *out, struct strays *strays);
void strays_fini(struct strays *strays);

/* XTOP_OPT_… in the order of the option table. An empty value is the same as none. */
int environment_parse(char *const environment[], struct settings *out, struct error *error);

/* Notes for config_option_is_set that a source said something about an option, and for config_option_is_forced
 * where it was the command line or the environment. */
void config_note_set(struct config *config, const struct option *option, bool is_forced);

/* Reads the project file, config.config_file, into the config. */
int file_load(struct invocation *invocation, struct error *error);
/* The same for its text. */
int file_load_text(struct slice text, struct invocation *invocation, struct error *error);

#endif
