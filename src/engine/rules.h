/* The project's `rules:`, compiled: what they say about a test.
 *
 * For each setting the first rule that matches and says it wins. A mark of the test's own is stronger, and so is what the
 * command line or the environment says; a suite's own settings and `defaults:` are weaker.
 */
#ifndef XTOP_ENGINE_RULES_H
#define XTOP_ENGINE_RULES_H

#include "base/err.h"
#include "config/config.h"
#include "select/facts.h"

#include <stdbool.h>
#include <stdint.h>

struct rules;

/* What the rules say about one test. */
struct ruled {
	bool serial;
	unsigned weight;       /* 0: nothing */
	int priority;
	uint64_t limits;       /* bit i: the config's limit i */
	uint64_t timeout;      /* ns; UINT64_MAX: nothing */
	int reruns;            /* -1: nothing */
	uint64_t reruns_delay; /* ns; UINT64_MAX: nothing */
	double reruns_delay_factor; /* below 0: nothing */
	uint64_t mem_limit;    /* bytes, 0: none; UINT64_MAX: nothing */
	int leak;              /* enum leak_mode; -1: nothing */
	char *unit;            /* what `scope: /regex/` takes out of the id; owned; NULL: nothing */
};

/* NULL: an expression is wrong; the message says where in xtop.yaml. The config is borrowed. */
struct rules *rules_new(const struct config *config, struct error *error);
void rules_free(struct rules *rules); /* NULL is fine */
/* The caller frees out->unit. */
void rules_apply(struct rules *rules, const struct test_facts *facts, struct ruled *out);
/* A regular expression of a rule that was given up, as it took too many steps: its place and text go into a warning.
 * True once for each. The caller frees *message. */
bool rules_gave_up(struct rules *rules, char **message);

#endif
