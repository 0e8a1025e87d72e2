/* quarantine.yaml: tests that run but do not gate, a file that is meant to be committed.
 *
 *     - test: tests/net.t          # an id, or an expression (select/filter.h): file(net) and not name(quick)
 *       suite: unit                # optional; without it the entry counts in every suite
 *       reason: fails when DNS is slow
 *       since: 2026-11-22          # UTC date
 *       expires: 2026-12-22        # optional; from that date on it gates again
 *
 * Also understood and kept: owner, issue, evidence.  Writing is atomic and keeps comments, order and
 * unknown spacing of what is there: an entry is appended as text, or its lines are taken out.
 *
 * Which of the two `test` is: an expression, where it can be read as one and is more than a bare word, so
 * has a function, an operator, a sign or quotes.  What begins as a function does, with a name and a
 * bracket, be it behind "not", "!" or "(", and can't be read is a mistake.  All else is an id.  A test
 * whose id is the very text is meant in any case.  `test(="ID")` is the id that stands in it; so ids are
 * written that would be taken for expressions.
 */
#ifndef XTOP_STORE_QUARANTINE_H
#define XTOP_STORE_QUARANTINE_H

#include "base/err.h"
#include "base/str.h"
#include "select/facts.h"

#include <stdbool.h>
#include <stdint.h>

#define QUARANTINE_SOON 7 /* days before it expires in which that is told */

struct quarantine;

struct quarantine_entry {
	/* NULL: not given; borrowed */
	const char *test, *suite, *reason, *owner, *issue, *since, *expires, *evidence;
	const char *id; /* which `test` means; NULL: it is an expression */
	int line;       /* 1-based, where it begins */
	bool expired, expires_soon;
	int days_left; /* until it expires, 0 and less: it has; INT_MAX: it never does */
	bool matched;  /* it names a test that quarantine_note was told of, be it expired or not */
};

/* Reads `path`; a missing file is an empty quarantine. Errors are `file:line:column: …`. `wall` (ns since
 * 1970) decides what has expired. */
struct quarantine *quarantine_load(const char *path, uint64_t wall, struct error *error);
void quarantine_free(struct quarantine *quarantine);
const char *quarantine_name(const struct quarantine *quarantine); /* what messages call the file; borrowed */

/* The entry that holds this test now, NULL: none, or expired: of several one with its id, else the first.
 * Borrowed until the next change. facts->quarantined is not looked at. Give the same facts each time: what
 * a run finds out about its own tests would move them in and out. */
const struct quarantine_entry *quarantine_find(struct quarantine *quarantine, const struct test_facts *facts);
/* Marks the entries that name this test as matched. */
void quarantine_note(struct quarantine *quarantine, const struct test_facts *facts);
/* Calls `visit` for each entry that names this test, be it expired or not. */
void quarantine_each(const struct quarantine *quarantine, const struct test_facts *facts,
		     void (*visit)(void *context, const struct quarantine_entry *entry), void *context);
unsigned quarantine_count(const struct quarantine *quarantine);
const struct quarantine_entry *quarantine_entry(const struct quarantine *quarantine, unsigned index);
/* Whether it asks for what no history knows of tests: their markers, groups, scopes and adapters. */
bool quarantine_entry_needs_collection(const struct quarantine *quarantine, unsigned index);
/* A regular expression of an entry took too many steps for some test: true, once for each, with a message
 * that the caller frees. */
bool quarantine_gave_up(struct quarantine *quarantine, char **message);

/* Appends "expired 3 days ago", "expires tomorrow", or nothing where it never does. */
void quarantine_add_term(struct str *out, const struct quarantine_entry *entry);

/* What is to be added; NULL and empty: not given. Bytes that are not UTF-8 become U+FFFD, but in `id` and
 * `test`, where they are an error. */
struct quarantine_request {
	const char *id;   /* whatever it looks like; NULL: */
	const char *test; /* an id or an expression, as it would be read from the file */
	const char *suite;
	const char *reason, *owner, *issue, *evidence;
	const char *expires; /* a date after that of `wall` */
};

/* Adds an entry (since = the day of `wall`) and writes the file; what another process wrote meanwhile is
 * kept: the file is read again first, under a lock. A test that has an entry already is an error; an
 * expired entry stays where it is and gets a successor. */
int quarantine_add(struct quarantine *quarantine, const struct quarantine_request *request,
		   struct error *error);
/* Takes out the entries with this id or, as it is written, this expression, and writes the file: those of
 * this suite, those without a suite, and if `suite` is NULL those of every suite. One that is not there is
 * an error. */
int quarantine_remove(struct quarantine *quarantine, const char *suite, const char *test,
		      struct error *error);

/* A date, or a number of days or weeks from the day of `wall` on ("30d", "2w"), as a date after that day. */
int quarantine_expiry(const char *text, uint64_t wall, char date[16], struct error *error);

/* What `test` would be read as: *id, which the caller frees, becomes the id that it means, NULL: it is an
 * expression. -1: it is a mistake. */
int quarantine_read_test(const char *test, char **id, struct error *error);

#endif
