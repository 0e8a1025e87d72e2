/* Errors that point at a place of an expression. */
#ifndef XTOP_SELECT_COMPLAINT_H
#define XTOP_SELECT_COMPLAINT_H

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

/* The message, below it the expression (the part around the place where it is long), below that a caret
 * under the place at `offset` bytes. Returns -1. */
int complaint_set(struct error *error, const char *text, size_t offset, const char *message);
/* The column of a place, from 1, in characters. */
size_t complaint_column(const char *text, size_t offset);
/* What stands at a place, in quotes, or "the end". The caller frees it. */
char *complaint_found(const char *text, size_t offset, size_t length);

#endif
