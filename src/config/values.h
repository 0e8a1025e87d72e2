/* Values as users write them: durations, sizes, counts, one of several words, truth. */
#ifndef XTOP_CONFIG_VALUES_H
#define XTOP_CONFIG_VALUES_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* "90", "1.5", "250ms", "30s", "5m", "2h" to ns; a bare number is seconds; 0 is "none" to the caller. */
int value_duration(const char *text, uint64_t *ns, struct error *error);
/* "4096", "64K", "10M", "1G" (powers of 1024, an optional B or iB behind) to bytes. */
int value_size(const char *text, uint64_t *bytes, struct error *error);
/* A decimal number, not below 0; a maximum of INT_MAX or more means that there is none worth telling. */
int value_count(const char *text, long minimum, long maximum, long *count, struct error *error);
/* A decimal number that may be below 0. */
int value_number(const char *text, long minimum, long maximum, long *number, struct error *error);
/* A decimal number from 0 to 1000, "1.5". */
int value_factor(const char *text, double *factor, struct error *error);
/* "2/5": the I-th of N parts, 1 ≤ I ≤ N ≤ 100000. */
int value_part(const char *text, unsigned *index, unsigned *count, struct error *error);
/* Which of `words` ("live|no") the text is, from 0. */
int value_choice(const char *text, const char *words, int *index, struct error *error);
/* The same, where something else is allowed that is no word; a message names it as the last choice. */
int value_choice_or(const char *text, const char *words, const char *other, int *index, struct error *error);
/* true yes on 1, false no off 0, in any case. */
int value_flag(const char *text, bool *on, struct error *error);

/* `text` in quotes for a message: safe to print, in one line, cut where it is long. The caller frees it. */
char *value_quoted(const char *text);

#endif
