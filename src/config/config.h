/* One struct with everything that the command line, the environment and xtop.yaml said.
 *
 * Precedence: command line > environment (XTOP_OPT_…) > project file > built-in.
 * Every string is owned by the config and lives as long as it does.
 */
#ifndef XTOP_CONFIG_CONFIG_H
#define XTOP_CONFIG_CONFIG_H

#include "base/err.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>

enum tristate { TRISTATE_AUTO, TRISTATE_YES, TRISTATE_NO };
enum capture_mode { CAPTURE_LIVE, CAPTURE_NO, CAPTURE_FD, CAPTURE_SYS, CAPTURE_TEE_SYS };
enum python_start { PYTHON_START_AUTO, PYTHON_START_FORK, PYTHON_START_SPAWN };
enum report_format { FORMAT_PLAIN, FORMAT_JSON };

/* One entry of `suites:`, or what was put together from arguments. */
struct suite_config {
	char *name;
	char *adapter;          /* name, NULL: to be recognised per program */
	VEC(char *) programs;   /* globs below cwd or root (see adapter/collect.h), or paths; or node ids */
	VEC(char *) args;       /* appended to each program's command line */
	VEC(char *) environment; /* NAME=value */
	char *cwd;              /* absolute; NULL: the root directory */
	uint64_t timeout;       /* ns, 0: none; UINT64_MAX: not set, the run's counts */
	int reruns;             /* -1: not set */
	const char *file;       /* where it was written, for messages: config_name; NULL: the command line */
	int line, column;       /* 1-based; of programs:, or of the name where there is none */
	bool left_out;          /* nothing of it is asked for; set by collect_prepare */
};

struct config {
	/* workers */
	int workers;            /* N; 0: in order, one worker; -1: auto */
	int max_workers;        /* cap for auto, 0: none */
	int max_worker_restart; /* deaths without a finished test; -1: 4 × n */
	char *dist;             /* "load", "no" */

	/* what to run */
	char *root;             /* absolute */
	char *config_file;      /* the project file that was read, absolute; NULL: none */
	char *config_name;      /* what messages call it: relative to the current directory where below it */
	char *adapter;          /* forced for arguments; NULL: recognised */
	VEC(char *) arguments;  /* PATH | TEST-ID | @FILE, as given */
	VEC(char *) adapter_arguments; /* behind "--" */
	VEC(char *) suite_names;       /* --suite: only these; empty: all */
	VEC(struct suite_config) suites;
	bool collect_only;

	/* pytest */
	char *python;           /* a path with a '/' (absolute) or a command; NULL: see adapter/pytest.h */
	enum python_start python_start;
	char *keyword, *markexpr;      /* -k, -m; NULL: none */
	VEC(char *) deselect, override_ini, plugins; /* --deselect, -o, -p */
	char *pytest_file;      /* -c, absolute; NULL: pytest looks for it */
	bool continue_on_collection_errors;
	bool last_failed, failed_first, stepwise;
	VEC(char *) pytest_arguments;  /* all of these as pytest takes them; and --rootdir, if given */

	/* when tests misbehave */
	unsigned max_fail;      /* 0: no limit; -x: 1 */
	uint64_t timeout;       /* ns per attempt, 0: none */
	uint64_t timeout_grace; /* ns between TERM and KILL */
	unsigned reruns;        /* extra attempts after a failure */
	uint64_t reruns_delay;  /* ns */
	bool fail_on_flaky;     /* --flaky-result fail */
	char *quarantine_file;  /* absolute; default ROOT/quarantine.yaml */
	bool no_quarantine;     /* let them gate */

	/* output */
	enum capture_mode capture;
	uint64_t output_limit;  /* bytes per attempt kept in a file */

	/* frontends and reports */
	enum tristate tui;      /* YES: --tui, NO: --no-tui */
	bool ascii, stay;
	enum tristate color;
	enum report_format format;
	char *junit_xml, *events, *record; /* files, NULL: not wanted */
	unsigned durations;     /* slowest tests to list; 0: none, UINT_MAX: all */
	int verbosity;          /* -q: -1, -v: 1, -vv: 2 */
	bool no_tests_pass;     /* --no-tests pass */

	VEC(const char *) options_set; /* see config_option_is_set */
};

/* What the first word was. */
enum subcommand { COMMAND_RUN, COMMAND_LIST, COMMAND_REPLAY, COMMAND_HELP, COMMAND_VERSION };

struct invocation {
	enum subcommand command;
	struct config config;
	char *replay_file; /* COMMAND_REPLAY */
};

/* Parses the command line, then finds and reads the project file (xtop.yaml in the root directory: --rootdir,
 * else that of --config, else the nearest directory upwards that has one, else the current one).
 * `environment` is a NULL-terminated NAME=value list.  -1: usage or configuration error (exit 4): the message
 * says where, what was expected and, for a word that is nearly right, which was meant; `out` is empty then.
 * COMMAND_LIST sets collect_only. COMMAND_HELP and COMMAND_VERSION come with a config that holds nothing. A
 * replay has only the report files that its command line names: those of xtop.yaml belong to the run. */
int config_load(int argc, char *const argv[], char *const environment[], struct invocation *out,
		struct error *error);
void invocation_fini(struct invocation *invocation);

/* Whether the command line, the environment or the project file said something about an option ("maxfail",
 * which --exitfirst does too). */
bool config_option_is_set(const struct config *config, const char *option);
/* Stores what pytest's own configuration says about an option ("reruns-delay", also written "reruns_delay")
 * where nothing set it, as the option's value would be written; it does not count as set afterwards. 1:
 * stored; 0: it was set; -1: there is no such option, or the value is wrong: the message says what was
 * expected. */
int config_apply_default(struct config *config, const char *option, const char *value, struct error *error);

/* A new suite at the end of config->suites, with nothing set; takes `name`. */
struct suite_config *config_add_suite(struct config *config, char *name);

#endif
