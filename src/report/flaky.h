/* Flaky tests, by what the history tells of them: which fail most often, and which fail together.
 *
 * Nothing here reads a history: the table (store/history_evidence.h) is the caller's and outlives the list.
 */
#ifndef XTOP_REPORT_FLAKY_H
#define XTOP_REPORT_FLAKY_H

#include "base/json.h"
#include "base/vec.h"
#include "report/style.h"
#include "store/history_evidence.h"

/* Whether a test is in quarantine already. */
enum flaky_hold {
	FLAKY_FREE,
	FLAKY_HELD,     /* by an entry of the file */
	FLAKY_WAS_HELD, /* when it last failed: by its marker, or an entry that is gone */
};

struct flaky_test {
	const struct history_evidence *evidence; /* borrowed from the table */
	enum flaky_hold hold;
	/* Set by flaky_list_arrange. */
	size_t first;    /* index of the first test of its group, its own where it has no group */
	size_t together; /* of that first test: how many the group has; else 0 */
	size_t common;   /* of that first test: runs in which all of them failed */
};

struct flaky_list {
	const struct history_table *table;
	struct history_steadiness steadiness;
	VEC(struct flaky_test) tests;
};

void flaky_list_init(struct flaky_list *list, const struct history_table *table,
		     const struct history_steadiness *steadiness);
void flaky_list_fini(struct flaky_list *list);
/* Takes a test of the table in, whether it is flaky or not. */
void flaky_list_add(struct flaky_list *list, const struct history_evidence *evidence, enum flaky_hold hold);
/* Sorts: those that fail most often first, and right behind each those that fail in the same runs: in at least
 * 2, and in 80 % of those in which either failed and both ran. */
void flaky_list_arrange(struct flaky_list *list);

/* Appends what the test did in its latest HISTORY_RECENT runs, the oldest at the left, a column each: passed,
 * failed, passed when rerun. Returns how many columns. */
size_t flaky_add_spark(struct str *out, const struct style *style, const struct history_evidence *evidence,
		       size_t run_count);
/* "ID" or "ID #2", safe to show; `with_suite`: behind "SUITE: ". */
void flaky_add_name(struct str *out, const struct history_evidence *evidence, bool with_suite);
/* Appends why the test counts as flaky, or why not, without a full stop. */
void flaky_add_why(struct str *out, const struct history_evidence *evidence,
		   const struct history_steadiness *steadiness);
/* What is to be done about a test, in a few words; NULL: nothing. Static. */
const char *flaky_advice(const struct history_evidence *evidence, enum flaky_hold hold,
			 const struct history_steadiness *steadiness);

/* Appends the arranged list as a table with headings; nothing where it is empty. */
void flaky_add_table(struct str *out, const struct style *style, const struct flaky_list *list);
/* The same as an object; the caller frees it. `looked_at`: tests among which they were found. */
struct json *flaky_json(const struct flaky_list *list, size_t looked_at);
/* What JSON says of one test. */
void flaky_put(struct json *object, const struct history_table *table,
	       const struct history_evidence *evidence, enum flaky_hold hold,
	       const struct history_steadiness *steadiness);

#endif
