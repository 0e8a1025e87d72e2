/* Filter expressions: the language of -E, of `rules:` and of the dashboard's filter line.
 *
 *     expr    = term { ("or" | "|") term }
 *     term    = factor { ("and" | "&" | "-") factor }         a - b means a and not b
 *     factor  = ("not" | "!") factor | "(" expr ")" | function | word
 *     function = NAME "(" [ matcher ] ")"
 *
 * Functions: name(m) the test's own name (behind the last separator of its id), test(m) its whole id,
 * file(m), marker(m) one of its markers, suite(m), group(m), scope(m), adapter(m), outcome(m) as in
 * test.verdict (a text is the whole word), flaky(), quarantined(), duration(> 5s) with > >= < <= and a number
 * with ms, s, m or h, all(), none().
 *
 * A matcher is text (is a part of it), =text (equals), ~text (is a part of it, case does not count), /regex/
 * (base/pattern.h; "\/" is a slash) or #glob (* ? [], of the whole text).  Text ends at a comma, ")" or white
 * space unless it stands in quotes ('...' or "...", with \ before a quote or itself) or its brackets are
 * balanced ("test_x[1-(2)]").
 *
 * In the dashboard also: status(m) as it says it (waiting running retry again passed failed error timeout crashed
 * skipped xfailed xpassed notrun flaky; a text is the whole word), worker(m) as in worker(3) or worker(gw3), code(m)
 * of the diagnosis, message(m).
 *
 * A bare word means test(word), with the same matchers; it ends at | and & too.  A name right before "(" is a
 * function's.  Where outcome, duration or flakiness are not known the function does not match.
 */
#ifndef XTOP_SELECT_FILTER_H
#define XTOP_SELECT_FILTER_H

#include "base/err.h"
#include "select/facts.h"

#include <stddef.h>

struct filter;

/* NULL: not an expression. The message has three lines: what was expected and what was found, the
 * expression, a caret below the column (in characters as a terminal shows them, wide ones and tabs
 * included); *column (NULL: not wanted) is from 1, in characters. */
struct filter *filter_parse(const char *text, size_t *column, struct error *error);
/* The same for the dashboard, whose tests have results: what only a run knows may be asked. */
struct filter *filter_parse_of_run(const char *text, size_t *column, struct error *error);
void filter_free(struct filter *filter); /* NULL is fine */
bool filter_matches(struct filter *filter, const struct test_facts *facts);
/* Whether it asks for what only a history knows: outcome, flaky, duration. */
bool filter_needs_history(const struct filter *filter);
/* Whether it asks for what no history knows: marker, group, scope, adapter. */
bool filter_needs_collection(const struct filter *filter);
/* Whether it asks what is in quarantine. */
bool filter_needs_quarantine(const struct filter *filter);
/* Whether it is nothing but a word, without a function, an operator, a sign or quotes: where either may stand, an id. */
bool filter_is_word(const struct filter *filter);
/* A regular expression in it was given up in a match (base/pattern.h): its text, NULL: none. Borrowed. */
const char *filter_gave_up(const struct filter *filter);

#endif
