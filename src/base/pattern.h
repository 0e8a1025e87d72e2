/* Regular expressions (PCRE2, pcre2pattern(3)), with a limit on how much a match may cost.
 *
 * Where the pattern is valid UTF-8 characters are meant, and ill-formed bytes of a subject match nothing;
 * else bytes are. No pattern can hang a run: a match that would take too many steps counts as none, and
 * `pattern_gave_up` says so.
 */
#ifndef XTOP_BASE_PATTERN_H
#define XTOP_BASE_PATTERN_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

struct pattern;

/* NULL: not a regular expression; the message says what is wrong, *offset (NULL: not wanted) where, in
 * bytes. */
struct pattern *pattern_new(struct slice text, size_t *offset, struct error *error);
void pattern_free(struct pattern *pattern); /* NULL is fine */
/* Whether it is found anywhere in the subject (re.search, not re.match). */
bool pattern_search(struct pattern *pattern, struct slice subject);
/* The same; *part is what its first group matched, or all that matched where it has none. It is a part of
 * the subject. */
bool pattern_extract(struct pattern *pattern, struct slice subject, struct slice *part);
/* A search since the pattern was made was given up, for it took too many steps. */
bool pattern_gave_up(const struct pattern *pattern);

#endif
