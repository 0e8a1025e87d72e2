/* What an expression may ask about a test. */
#ifndef XTOP_SELECT_FACTS_H
#define XTOP_SELECT_FACTS_H

#include "xtop/event.h"

#include <stdbool.h>
#include <stdint.h>

/* Texts are borrowed; NULL: none, or not known. */
struct test_facts {
	const char *suite, *id, *file, *scope, *group;
	const char *marks;     /* names, comma separated; NULL: none */
	const char *adapter;
	uint32_t ordinal;      /* among equal ids of a suite, from 1 */
	enum outcome outcome;  /* the last verdict (of history, or of this run), NONE: none is known */
	bool flaky, quarantined; /* the last verdict was flaky; it is in quarantine now */
	uint64_t duration;     /* ns: the last or expected one; UINT64_MAX: not known */
	/* Of the run that is looked at; NULL: none, or there is no such run. `worker` is "gw" and a number. */
	const char *status, *worker, *code, *message;
};

#endif
