/* --order given: tests run in the order of the arguments (and of the lines of an @FILE) that name them. */
#ifndef XTOP_ENGINE_GIVEN_H
#define XTOP_ENGINE_GIVEN_H

#include "adapter/collect.h"

struct given;

/* NULL: an @FILE can't be read. */
struct given *given_new(const struct config *config, struct error *error);
void given_free(struct given *given); /* NULL is fine */
/* What the same argument names keeps its order; what none names comes last. */
void given_sort(const struct given *given, struct found_test *tests, size_t count);

#endif
