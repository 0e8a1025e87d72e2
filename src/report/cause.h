/* What a failure says about its cause, without what differs from test to test: numbers, addresses,
 * temporary directories. Failures that say the same very likely have the same cause.
 */
#ifndef XTOP_REPORT_CAUSE_H
#define XTOP_REPORT_CAUSE_H

#include "base/str.h"
#include "model/model.h"

#include <stdbool.h>

/* Appends the first line of the test's message (of a test that hung or crashed, of its diagnosis), in which
 * numbers stand as "?", addresses as "0x?" and the directories of a temporary file as "?", and the line of code that
 * raised it where the message ends with that, as pytest's do. false, and nothing is appended: what it says is no
 * cause of its own ("exit code 1", a signal, a deadline without a word about where). */
bool cause_of(const struct test *test, struct str *out);

/* The first line of `text` as above, for cause_of and its tests. */
void cause_normalise(const char *text, struct str *out);
/* "file.py:12" where the last line of `message` is "file.py:12: Error"; length 0: it tells no place. Borrowed. */
struct slice cause_place(const char *message);

#endif
