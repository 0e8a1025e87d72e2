/* The names in a test's facts, and the ways of looking for a text in one.
 *
 * Ids have their parts between "::", as in "tests/test_a.py::TestX::test_y[1::2]"; what stands in the
 * brackets of parameters is never cut.
 */
#ifndef XTOP_SELECT_NAMES_H
#define XTOP_SELECT_NAMES_H

#include "base/str.h"

#include <stdbool.h>

/* Takes the first part from *rest, an id before the first call. False: there is none left. */
bool names_next_part(struct slice *rest, struct slice *part);
/* The test's own name: the last part; of an id with one part what stands behind its last slash. */
struct slice names_own(const char *id);
/* Takes the first of comma separated names from *rest. False: there is none left. */
bool names_next_mark(struct slice *rest, struct slice *mark);

bool names_contain(struct slice name, struct slice part);
/* `*` is any text, `?` a character, [abc] [a-z] [!abc] one of a set, \ takes the next one's meaning away. */
bool names_match_glob(struct slice name, struct slice glob);

/* A text to be found in whatever case, also of letters that are not ASCII. */
struct caseless;
struct caseless *caseless_new(struct slice text);
void caseless_free(struct caseless *caseless); /* NULL is fine */
bool caseless_in(const struct caseless *caseless, struct slice name);

#endif
