/* One struct with everything that the command line, the environment and xtop.yaml said.
 *
 * Precedence: a test's marker > command line > environment (XTOP_OPT_…) > rules > suite > defaults of the
 * project file > pytest's own configuration (config_apply_default) > built-in.
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
/* What is made of processes that outlive their test, and of pipes that are held open: in each case they are ended. */
enum leak_mode {
	LEAK_REPORT, /* a warning in the log */
	LEAK_FAIL,   /* and a test that passed has failed */
	LEAK_IGNORE, /* nothing is said */
};
#define LEAK_MODES "report|fail|ignore" /* their words, in this order */
enum report_format { FORMAT_PLAIN, FORMAT_JSON };

/* One entry of `suites:`, or what was put together from arguments. */
struct suite_config {
	char *name;
	char *adapter;          /* name, NULL: to be recognised per program */
	VEC(char *) programs;   /* globs below cwd or root (see adapter/collect.h), or paths; or node ids */
	VEC(char *) args;       /* appended to each program's command line */
	VEC(char *) environment; /* NAME=value */
	char *cwd;              /* absolute; NULL: the root directory */
	char *build;            /* for sh -c, makes its programs before they are looked for; NULL: nothing is to be made */
	uint64_t timeout;       /* ns, 0: none; UINT64_MAX: not set, the run's counts */
	int reruns;             /* -1: not set */
	uint64_t mem_limit;     /* bytes, 0: none; UINT64_MAX: not set */
	int leak;               /* enum leak_mode; -1: not set */
	const char *file;       /* where it was written, for messages: config_name; NULL: the command line */
	int line, column;       /* 1-based; of programs:, or of the name where there is none */
	bool left_out;          /* nothing of it is asked for; set by collect_prepare */
};

#define CONFIG_LIMITS_MAX 64

/* One entry of `limits:`. */
struct limit_config {
	char *name;
	unsigned max_workers;   /* 1 to 256 */
	int line, column;       /* 1-based; of the name */
};

/* One entry of `rules:`. For each setting the first rule counts that matches a test and says it. */
struct rule_config {
	char *filter;           /* an expression (select/filter.h), not looked at here */
	int filter_line, filter_column; /* 1-based, of the scalar; line and column of the file */
	int serial;             /* 1, 0; -1: not set */
	bool limits_set;        /* `limit` was written; an empty list means none */
	uint64_t limits;        /* bit i: config->limits.items[i] */
	unsigned weight;        /* 1 to 256; 0: not set */
	int priority;           /* -1000 to 1000; INT_MIN: not set */
	uint64_t timeout;       /* ns, 0: none; UINT64_MAX: not set */
	int reruns;             /* -1: not set */
	uint64_t reruns_delay;  /* ns; UINT64_MAX: not set */
	double reruns_delay_factor; /* below 0: not set */
	uint64_t mem_limit;     /* bytes, 0: none; UINT64_MAX: not set */
	int leak;               /* enum leak_mode; -1: not set */
	char *scope;            /* a regular expression without its slashes; NULL: not set */
	int scope_line, scope_column; /* 1-based, of the scalar; 0: not set */
	const char *file;       /* where it was written, for messages: config_name */
};

/* From when on a test counts as flaky. */
struct flaky_config {
	unsigned window;  /* its latest runs, of which */
	unsigned percent; /* at least so many failed, but not all, */
	unsigned runs;    /* where there are so many */
	unsigned advise;  /* runs from which on a quarantine is advised */
};

struct config {
	/* workers */
	int workers;            /* N; 0: in order, one worker; -1: auto */
	int max_workers;        /* cap for auto, 0: none */
	int max_worker_restart; /* deaths without a finished test; -1: 4 × n */
	char *dist;             /* a mode, or the absolute path of a plugin; NULL: nothing set it */
	unsigned max_sched_chunk;  /* --maxschedchunk, 0: no limit */
	bool no_loadscope_reorder; /* --no-loadscope-reorder */
	char *test_run_uid;     /* --testrunuid; NULL: one is made up */

	/* what to run */
	char *root;             /* absolute */
	char *config_file;      /* the project file that was read, absolute; NULL: none */
	char *config_name;      /* what messages call it: relative to the current directory where below it */
	char *adapter;          /* forced for arguments; NULL: recognised */
	VEC(char *) arguments;  /* PATH | TEST-ID | @FILE, as given */
	VEC(char *) adapter_arguments; /* behind "--" */
	VEC(char *) suite_names;       /* --suite: only these; empty: all */
	VEC(struct suite_config) suites;
	VEC(struct rule_config) rules;   /* in the order of the file */
	VEC(struct limit_config) limits; /* the same; at most CONFIG_LIMITS_MAX */
	char *keyword, *markexpr, *filter; /* -k, -m, -E; NULL: none */
	VEC(char *) deselect;
	bool last_failed, failed_first; /* --lf, --ff */
	bool last_run;          /* --last: the tests that the last run ran */
	char *shard;            /* as written, "2/5"; NULL: none */
	unsigned shard_index, shard_count; /* 1 ≤ index ≤ count; both 0: none */
	bool order_given;       /* --order given */
	bool collect_only;

	/* pytest */
	char *python;           /* a path with a '/' (absolute) or a command; NULL: see adapter/pytest.h */
	enum python_start python_start;
	VEC(char *) override_ini, plugins; /* -o, -p */
	char *pytest_file;      /* -c, absolute; NULL: pytest looks for it */
	bool continue_on_collection_errors;
	bool stepwise;
	bool pdb;               /* pytest itself runs the tests, in order, with its debugger */
	/* All of these as pytest takes them, -k, -m, --deselect, --lf and --ff; and --rootdir, if given. */
	VEC(char *) pytest_arguments;

	/* when tests misbehave */
	unsigned max_fail;      /* 0: no limit; -x: 1 */
	uint64_t timeout;       /* ns per attempt, 0: none */
	uint64_t timeout_grace; /* ns between TERM and KILL */
	unsigned reruns;        /* extra attempts after a failure */
	uint64_t slow;          /* ns from which on a test is marked as slow, 0: never */
	uint64_t session_timeout; /* ns for the whole run, 0: none */
	uint64_t reruns_delay;  /* ns before the first rerun */
	double reruns_delay_factor; /* 0 to 1000; each further delay is so many times the one before */
	VEC(char *) only_rerun, rerun_except; /* regular expressions, not looked at here */
	int force_reruns;       /* stronger than everything else that is said of reruns; -1: not set */
	int max_suite_reruns;   /* of all tests together; -1: no limit */
	unsigned stress;        /* how often each test runs, 0: once, and it is no stress run */
	uint64_t mem_limit;     /* bytes that a test may use, 0: no limit */
	enum leak_mode leak;
	bool fail_on_flaky;     /* --flaky-result fail */
	char *quarantine_file;  /* absolute; default ROOT/quarantine.yaml */
	bool no_quarantine;     /* let them gate */
	bool skip_quarantine;   /* don't run them; at most one of the two is set */
	char *reason, *owner, *issue; /* of `quarantine add`; NULL: not given */
	char *expires;          /* the same: "2027-01-31" or "30d" */
	bool flaky_report;      /* --flaky-report */
	struct flaky_config flaky;
	char *history_file;     /* absolute; default ROOT/.xtop/history.db */
	bool no_history;        /* --no-history: it is neither read nor written */

	/* output */
	enum capture_mode capture;
	uint64_t output_limit;  /* bytes per attempt kept in a file */

	/* frontends and reports */
	enum tristate tui;      /* YES: --tui, NO: --no-tui */
	enum tristate stay;     /* behind the end of the run: AUTO: if it failed, or a key was pressed */
	bool ascii, watch, linear;
	char *theme;            /* of the dashboard: a name, or a path (absolute where it has a '/'); NULL: none */
	enum tristate color;
	enum report_format format;
	char *junit_xml, *events, *record; /* files, NULL: not wanted */
	unsigned durations;     /* slowest tests to list; 0: none, UINT_MAX: all */
	int verbosity;          /* -q: -1, -v: 1, -vv: 2 */
	bool no_tests_pass;     /* --no-tests pass */
	bool json;              /* --json, of subcommands that print tables */

	VEC(const char *) options_set;    /* see config_option_is_set */
	VEC(const char *) options_forced; /* see config_option_is_forced */
};

/* What the first word was. */
enum subcommand {
	COMMAND_RUN,
	COMMAND_LIST,
	COMMAND_BENCH,
	COMMAND_REPLAY,
	COMMAND_HISTORY,
	COMMAND_FLAKY,
	COMMAND_QUARANTINE,
	COMMAND_EXPLAIN,
	COMMAND_DOCTOR,
	COMMAND_SCHEDULER,
	COMMAND_HELP,
	COMMAND_VERSION
};

struct invocation {
	enum subcommand command;
	struct config config;
	char *replay_file; /* COMMAND_REPLAY */
	VEC(char *) operands; /* of subcommands that neither run nor replay: the words that are no options */
	VEC(char *) bench_arguments; /* COMMAND_BENCH: all words but the one that says so, as they are */
};

/* Parses the command line, then finds and reads the project file (xtop.yaml in the root directory: --rootdir,
 * else that of --config, else the nearest directory upwards that has one, else the current one).
 * `environment` is a NULL-terminated NAME=value list.  -1: usage or configuration error (exit 4): the message
 * says where, what was expected and, for a word that is nearly right, which was meant; `out` is empty then.
 * COMMAND_LIST sets collect_only. COMMAND_BENCH, COMMAND_HELP and COMMAND_VERSION come with a config that
 * holds nothing, COMMAND_EXPLAIN with one that has no root and only what the command line says, so that it
 * works in a broken project too. A replay has only the report files that its command line names: those of
 * xtop.yaml belong to the run. */
int config_load(int argc, char *const argv[], char *const environment[], struct invocation *out,
		struct error *error);
void invocation_fini(struct invocation *invocation);

/* Whether the command line, the environment or the project file said something about an option ("maxfail",
 * which --exitfirst does too). */
bool config_option_is_set(const struct config *config, const char *option);
/* Whether the command line or the environment did: then it is stronger than rules and suites. */
bool config_option_is_forced(const struct config *config, const char *option);
/* Stores what pytest's own configuration says about an option ("reruns-delay", also written "reruns_delay")
 * where nothing set it, as the option's value would be written; what may be repeated ("only_rerun") is added.
 * It does not count as set afterwards. 1: stored; 0: it was set; -1: there is no such option, or the value is
 * wrong: the message says what was expected. */
int config_apply_default(struct config *config, const char *option, const char *value, struct error *error);

/* A new suite at the end of config->suites, with nothing set; takes `name`. */
struct suite_config *config_add_suite(struct config *config, char *name);

#endif
