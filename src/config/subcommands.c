#include "config/subcommands.h"

#include <string.h>

/* clang-format off */
const struct command_word command_words[] = {
	{ .word = "run", .command = COMMAND_RUN, .usage = "[PATH | TEST-ID | @FILE ...]",
	  .help = "run the tests, as without a subcommand",
	  .operands = OPERANDS_TESTS, .needs_directories = true },
	{ .word = "list", .command = COMMAND_LIST, .usage = "[PATH | TEST-ID | @FILE ...]",
	  .help = "list the tests that would be run, and run none",
	  .operands = OPERANDS_TESTS, .needs_directories = true },
	{ .word = "bench", .command = COMMAND_BENCH, .usage = "[-n LIST] [--runs N] [PATH ...]",
	  .help = "find out how many workers are worth it",
	  .operands = OPERANDS_UNREAD, .takes_json = true },
	{ .word = "replay", .command = COMMAND_REPLAY, .usage = "FILE",
	  .help = "show a recorded run again",
	  .operands = OPERANDS_FILE },
	{ .word = "history", .command = COMMAND_HISTORY, .usage = "TEST | export FILE | import FILE ...",
	  .help = "what a test did in earlier runs; copy all of it, or add a copy",
	  .operands = OPERANDS_WORDS, .takes_json = true },
	{ .word = "flaky", .command = COMMAND_FLAKY, .usage = "[TEST ...]",
	  .help = "the tests that sometimes fail, how often, and which fail together",
	  .operands = OPERANDS_WORDS, .takes_json = true },
	{ .word = "quarantine", .command = COMMAND_QUARANTINE, .usage = "add|remove TEST | list | check | suggest",
	  .help = "the tests whose failures do not count",
	  .operands = OPERANDS_WORDS, .takes_json = true },
	{ .word = "explain", .command = COMMAND_EXPLAIN, .usage = "[CODE]",
	  .help = "what a diagnosis such as XT1001 means and what to do, or all of them",
	  .operands = OPERANDS_WORDS, .takes_json = true, .needs_no_project = true },
	{ .word = "doctor", .command = COMMAND_DOCTOR, .usage = "",
	  .help = "how many workers auto is here, and why",
	  .operands = OPERANDS_NONE, .takes_json = true, .needs_directories = true },
	{ .word = "scheduler", .command = COMMAND_SCHEDULER, .usage = "check ./plugin.so",
	  .help = "try a scheduler of one's own on simulated runs",
	  .operands = OPERANDS_WORDS, .takes_json = true },
};
/* clang-format on */

const size_t command_word_count = sizeof(command_words) / sizeof(command_words[0]);

const struct command_word *command_word_find(const char *word)
{
	for (size_t i = 0; i < command_word_count; i++) {
		if (strcmp(command_words[i].word, word) == 0)
			return &command_words[i];
	}
	return NULL;
}

const struct command_word *command_word_of(enum subcommand command)
{
	for (size_t i = 0; i < command_word_count; i++) {
		if (command_words[i].command == command)
			return &command_words[i];
	}
	return NULL;
}
