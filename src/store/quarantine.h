/* quarantine.yaml: tests that run but do not gate, a file that is meant to be committed.
 *
 *     - test: tests/net.t          # the id
 *       suite: unit                # optional; without it the id counts in every suite
 *       reason: fails when DNS is slow
 *       since: 2026-11-22          # UTC date
 *       expires: 2026-12-22        # optional; from that date on it gates again
 *
 * Also understood and kept: owner, issue, evidence.  Writing is atomic and keeps comments, order and
 * unknown spacing of what is there: an entry is appended as text, or its lines are taken out.
 */
#ifndef XTOP_STORE_QUARANTINE_H
#define XTOP_STORE_QUARANTINE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct quarantine;

struct quarantine_entry {
	/* NULL: not given; borrowed */
	const char *test, *suite, *reason, *owner, *issue, *since, *expires, *evidence;
	int line;     /* 1-based, where it begins */
	bool expired;
};

/* Reads `path`; a missing file is an empty quarantine. Errors are `file:line:column: …`. `wall` (ns since 1970)
 * decides what has expired. */
struct quarantine *quarantine_load(const char *path, uint64_t wall, struct error *error);
void quarantine_free(struct quarantine *quarantine);

/* The entry that holds this test now, NULL: none, or expired. Borrowed until the next change. */
const struct quarantine_entry *quarantine_find(const struct quarantine *quarantine, const char *suite,
					       const char *id);
unsigned quarantine_count(const struct quarantine *quarantine);
const struct quarantine_entry *quarantine_entry(const struct quarantine *quarantine, unsigned index);

/* Adds an entry (since = the day of `wall`) and writes the file; what another process wrote meanwhile is kept: the
 * file is read again first, under a lock. `suite` and `reason` may be NULL. A test that is there already is an
 * error; an expired entry stays where it is and gets a successor. */
int quarantine_add(struct quarantine *quarantine, const char *suite, const char *id, const char *reason,
		   struct error *error);
/* Takes the test's entries out and writes the file: those of this suite, those without a suite, and if `suite` is
 * NULL those of every suite. One that is not there is an error. */
int quarantine_remove(struct quarantine *quarantine, const char *suite, const char *id, struct error *error);

#endif
