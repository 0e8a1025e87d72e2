/* The headless frontends. Each constructor borrows nothing beyond its call, and returns a
 * frontend that the caller ends with ops->free, or NULL with a message.
 */
#ifndef XTOP_REPORT_REPORT_H
#define XTOP_REPORT_REPORT_H

#include "report/frontend.h"

#include <stdbool.h>
#include <stdio.h>

struct plain_options {
	FILE *out;          /* borrowed until free: stdout, or stderr where stdout carries a machine's format */
	bool terminal;      /* a progress line that is redrawn; else one line per failure and a heartbeat */
	bool color;         /* SGR sequences */
	bool ascii;         /* no characters beyond ASCII of our own */
	int verbosity;      /* -1 quiet, 0, 1: a line per test with its worker, 2: its output too */
	unsigned width;     /* columns of the terminal, 0: unknown */
	unsigned durations; /* slowest tests to list, 0: none */
	bool live_output;   /* -s: print output at once, each line with its worker */
	bool collect_only;  /* list ids; no summary of outcomes */
	const char *root;   /* for paths in messages */
	const char *section_title, *section; /* NULL; see report_plain_add_section */
};
struct frontend *report_plain_new(const struct plain_options *options);
/* How many of the slowest tests the summary lists, where that becomes known only during the run. */
void report_plain_list_durations(struct frontend *frontend, unsigned count);

/* A section of somebody else's for the summary, before its numbers and the closing line. `text` is safe to show
 * and ends with a newline; both are copied. There is one at most. */
void report_plain_add_section(struct frontend *frontend, const char *title, const char *text);

/* NDJSON of every event, a line each, to `out` (borrowed until free; flushed after each burst: at tick and at
 * verdicts). Fields: include/xtop/event.h. */
struct frontend *report_json_new(FILE *out);
/* The same into a file, made anew. It ends with a whole line, also when the disk is full before the run is over. */
struct frontend *report_json_file_new(const char *path, struct error *error);

/* JUnit XML, written whole and atomically at finish; one testcase per test whatever its attempts. Missing
 * directories are made at once. */
struct frontend *report_junit_new(const char *path, struct error *error);

/* The closing line: "xtop: N passed, N failed, N skipped\n". */
void report_closing_line(FILE *out, const struct run *run);

#endif
