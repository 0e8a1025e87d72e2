/* pytest's -k and -m for tests of other adapters, as pytest's documentation describes them (docs.pytest.org,
 * "How to invoke pytest" and "Working with custom markers").
 *
 * A word of -k is true where it is a part, in whatever case, of one of the test's names: of its file's base
 * name, the parts of its id and, as with pytest, its markers; a word of -m where it equals one of its
 * markers. `-m "mark(name=1)"` is read, and is false: only pytest's markers have arguments. An expression
 * without any word selects all tests.
 */
#ifndef XTOP_SELECT_KEYWORD_H
#define XTOP_SELECT_KEYWORD_H

#include "base/err.h"
#include "select/facts.h"

struct keyword;

enum keyword_kind { KEYWORD_NAMES /* -k */, KEYWORD_MARKS /* -m */ };

/* NULL: not an expression; the message as filter_parse's. */
struct keyword *keyword_parse(enum keyword_kind kind, const char *text, struct error *error);
void keyword_free(struct keyword *keyword); /* NULL is fine */
bool keyword_matches(const struct keyword *keyword, const struct test_facts *facts);

#endif
