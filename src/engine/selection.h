/* Which of the tests that were found are run: -E, --last, --shard; and for tests without a server also -k, -m,
 * --deselect and --last-failed, which for pytest's tests pytest itself obeys.
 */
#ifndef XTOP_ENGINE_SELECTION_H
#define XTOP_ENGINE_SELECTION_H

#include "base/err.h"
#include "config/config.h"
#include "select/facts.h"
#include "store/history.h"

struct selection;

/* NULL: an expression is wrong. Both are borrowed; `history` NULL: there is none. */
struct selection *selection_new(const struct config *config, const struct history *history, struct error *error);
void selection_free(struct selection *selection); /* NULL is fine */
/* Whether a test is taken, by this shard or another; `served`: pytest's own selection chose it already. */
bool selection_takes(struct selection *selection, const struct test_facts *facts, bool served);
/* It is another shard's, by its hash. False where there are no shards, and where selection_wants_all. */
bool selection_is_elsewhere(const struct selection *selection, const struct test_facts *facts);
/* How it is decided which part is this machine's: when all tests are known, by the durations of a snapshot that all
 * machines share (true), or one by one (false). */
bool selection_wants_all(const struct selection *selection);
/* Worth a line: what was asked for could not be answered ("--last-failed: nothing failed last time …"). NULL: nothing. */
const char *selection_note(const struct selection *selection);
/* A regular expression that was given up; NULL: none. */
const char *selection_gave_up(const struct selection *selection);

#endif
