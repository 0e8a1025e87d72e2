/* The harness protocol: the lines by which xtop, fork servers, keepers and harnesses talk (xtop-protocol(5)).
 *
 * Lines to them are appended to a str, newline included.  Lines from them are parsed into one struct for
 * each kind of speaker; its texts and lists are borrowed from the JSON that it holds, until its _fini.
 * Unknown keys are skipped; an unknown event has type …_OTHER and is to be ignored with a log.
 *
 * Parsers give -1 with a message that says what is wrong with the line; then there is nothing to free.
 * Durations here are nanoseconds; on the wire they are seconds.
 */
#ifndef XTOP_ADAPTER_PROTOCOL_H
#define XTOP_ADAPTER_PROTOCOL_H

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "xtop/event.h"

#include <stdbool.h>
#include <stdint.h>

#define PROTOCOL_VERSION 1

/* --- to a server --- */

struct protocol_collect {
	const char *run_id, *suite;
	char *const *args; /* for pytest */
	size_t arg_count;
	unsigned generation; /* from 1 */
	const char *start;   /* "auto" "fork" "spawn" */
	unsigned workers;    /* 0: -n 0 */
	const char *capture; /* "live" "no" "fd" "sys" "tee-sys" */
	bool collect_only;
	bool auxiliary;      /* a second server, for reruns of changed code only */
	const char *dist;    /* --dist; NULL: it was not given */
	/* --only-rerun and --rerun-except, as the server's own language searches them; none: what pytest's own
	 * configuration says. */
	char *const *only_rerun, *const *rerun_except;
	size_t only_rerun_count, rerun_except_count;
	const char *socket;  /* abstract name on which it listens for workers */
};
void protocol_put_collect(struct str *out, const struct protocol_collect *collect);
void protocol_put_crashed(struct str *out, unsigned slot, const char *id, uint32_t ordinal, const char *message);
void protocol_put_changes(struct str *out);
void protocol_put_finish(struct str *out, uint64_t failed, uint64_t passed, const char *stop); /* stop NULL: null */

/* --- to a keeper --- */

struct protocol_keep {
	unsigned slot, workers;
	const char *run_id;
	bool serial;
	/* NAME=value: to be set, NAME without '=': to be unset. */
	char *const *environment;
	size_t variable_count;
};
void protocol_put_keep(struct str *out, const struct protocol_keep *keep);
void protocol_put_start(struct str *out); /* H, stdout and stderr go with it */
void protocol_put_kill(struct str *out, int number);

/* --- to a harness --- */

/* `environment` as in protocol_keep. */
void protocol_put_run(struct str *out, const char *id, uint32_t ordinal, uint32_t attempt, char *const *environment,
		      size_t variable_count);
void protocol_put_next(struct str *out, const char *id, uint32_t ordinal);
void protocol_put_next_again(struct str *out);
void protocol_put_next_none(struct str *out);
void protocol_put_leave(struct str *out);

/* --- from a server --- */

enum server_event_type {
	SERVER_OTHER,
	SERVER_CONFIGURED,
	SERVER_FOUND,
	SERVER_COLLECT_ERROR,
	SERVER_COLLECTED,
	SERVER_FAILED,
	SERVER_LOG,
	SERVER_KEEPER,
	SERVER_CHANGES,
	SERVER_SUMMARY,
	SERVER_FINISHED,
};

/* A text that is not there is NULL, a list that is not there is NULL (json_count gives 0 for it). */
struct server_event {
	enum server_event_type type;
	const char *name; /* of the event, as it was sent */
	struct json *json;

	/* CONFIGURED */
	const char *pytest, *python, *executable, *rootdir, *inifile;
	/* Only what is set somewhere: numprocesses (text), maxfail, reruns, durations (int), reruns_delay, timeout
	 * (seconds), dist (text) …; read it with json_get_*. NULL: none. */
	const struct json *defaults;

	/* FOUND */
	const char *id; /* always */
	uint32_t ordinal; /* from 1 */
	const char *file; /* also COLLECT_ERROR */
	uint32_t line;    /* from 1; 0: not known */
	const char *scope, *marks, *group;
	bool has_timeout, has_reruns, has_reruns_delay, has_reruns_delay_factor;
	uint64_t timeout, reruns_delay; /* ns; timeout 0: none */
	double reruns_delay_factor;     /* 0 or more: of each delay to the one before it */
	uint32_t reruns;
	bool serial;
	const char *quarantine; /* the reason, may be ""; NULL: it is not */
	enum outcome outcome;   /* the verdict of what never runs (skipped, error); OUTCOME_NONE: it is to be run */
	const char *reason;     /* of that outcome */

	/* COLLECTED */
	uint64_t tests, deselected;
	const char *start;      /* "fork" "spawn" */
	const struct json *why; /* texts: what speaks against forking */
	bool stop;              /* there were errors, and none is to be run */

	int code;            /* FAILED: the exit code that it means for xtop */
	const char *message; /* COLLECT_ERROR, FAILED, LOG: always there */
	enum event_level level; /* LOG */
	unsigned slot;          /* KEEPER */
	int64_t pid;            /* KEEPER */
	const struct json *files; /* CHANGES: texts */
	const char *text;         /* SUMMARY */
	int status;               /* FINISHED */
};
int server_event_parse(struct slice line, struct server_event *event, struct error *error);
void server_event_fini(struct server_event *event);

/* --- from a keeper --- */

enum keeper_event_type { KEEPER_OTHER, KEEPER_STARTED, KEEPER_ENDED };

struct keeper_event {
	enum keeper_event_type type;
	const char *name;
	struct json *json;
	int64_t pid;
	/* ENDED */
	bool signaled, core_dumped;
	int number;        /* exit code, or signal */
	bool has_usage;
	uint64_t cpu, rss; /* ns, bytes */
};
int keeper_event_parse(struct slice line, struct keeper_event *event, struct error *error);
void keeper_event_fini(struct keeper_event *event);

/* --- from a harness --- */

enum harness_event_type {
	HARNESS_OTHER,
	HARNESS_READY,
	HARNESS_FAILED,   /* it can't run tests, and exits: message */
	HARNESS_NEXT,     /* "next?": outcome, may_rerun */
	HARNESS_FINISHED, /* one attempt */
	HARNESS_LATE,     /* message */
	HARNESS_LOG,      /* level, message */
};

struct harness_event {
	enum harness_event_type type;
	const char *name;
	struct json *json;

	enum outcome outcome; /* NEXT: so far; FINISHED */
	bool may_rerun;       /* NEXT, FINISHED: the test's own conditions allow another attempt */
	const char *message, *reason, *code, *file;
	const char *stop_reason; /* FINISHED: no other test of the suite is to be run, and why; NULL: go on */
	uint32_t line; /* of the failure, from 1; 0: not known */
	bool has_setup, has_call, has_teardown;
	uint64_t setup, call, teardown; /* ns */
	bool keep;                      /* it can run other tests */
	const char *node;               /* FINISHED: of this something stays set up, "": of all; NULL: of none */
	bool alone;                     /* FINISHED: another test could be in the way of this one's rerun */
	const struct json *properties;  /* [["name", "value"], …] */
	const struct json *output;      /* [["stdout", "text"], …] */
	const struct json *points;      /* [{"name", "outcome", "message"}, …] */
	enum event_level level;         /* LOG */
};
int harness_event_parse(struct slice line, struct harness_event *event, struct error *error);
void harness_event_fini(struct harness_event *event);

struct harness_output {
	enum event_stream stream;
	struct slice text;
};
/* The index-th of `output`; false: behind the end. */
bool harness_event_output(const struct harness_event *event, size_t index, struct harness_output *output);

struct harness_point {
	const char *name, *message; /* NULL: none */
	enum outcome outcome;
};
bool harness_event_point(const struct harness_event *event, size_t index, struct harness_point *point);

#endif
