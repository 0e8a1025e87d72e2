/* What `xtop doctor` found out: about the machine, the project, and what tests are run with. */
#ifndef XTOP_CLI_DOCTOR_H
#define XTOP_CLI_DOCTOR_H

#include "base/str.h"
#include "config/config.h"
#include "worker/cpus.h"

#include <stdbool.h>
#include <stdint.h>

/* Texts are owned, NULL: not known, or there is none. */
struct doctor {
	const struct config *config;
	struct cpus_count cpus;
	uint64_t files;     /* that this process may open (the hard limit, which a run takes); UINT64_MAX: all */
	unsigned automatic; /* workers that -n auto means, all limits counted */

	bool history_usable;
	char *history_problem; /* why it can't be used */
	uint64_t history_size; /* bytes; 0: there is no file yet */
	size_t history_tests;
	bool history_durations, history_snapshot;
	char *history_fingerprint;

	char *python, *python_version, *pytest_version;
	char *pytest_problem;  /* why there can be no run of pytest's tests */
	VEC(char *) libraries; /* name and version in turn; a version may be NULL */
};

/* As one screen of text. */
void doctor_add_report(const struct doctor *doctor, struct str *out);
/* As one object (xtop(1)), in one line. */
void doctor_add_json(const struct doctor *doctor, struct str *out);

#endif
