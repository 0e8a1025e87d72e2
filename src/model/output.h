/* What one attempt printed: the head and the tail in memory, all of it (up to a limit) perhaps in a file.
 *
 * The first OUTPUT_HEAD bytes stay; of what follows, the last OUTPUT_TAIL bytes.
 */
#ifndef XTOP_MODEL_OUTPUT_H
#define XTOP_MODEL_OUTPUT_H

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

#define OUTPUT_HEAD ((size_t)16 << 10)
#define OUTPUT_TAIL ((size_t)16 << 10)

struct output {
	struct str head;
	struct str tail;   /* a plain buffer that is trimmed to the last OUTPUT_TAIL bytes when it gets twice that */
	uint64_t total;    /* bytes printed that were kept somewhere: in memory or in the file */
	uint64_t dropped;  /* bytes printed beyond --output-limit, kept nowhere */
	char *path;        /* the file with all of it, NULL: none; owned */
	bool discarded;    /* memory was given back: head and tail are empty */
};

void output_init(struct output *output);
void output_fini(struct output *output);
void output_add(struct output *output, const char *bytes, size_t length);
/* Bytes between head and tail that are not in memory. */
uint64_t output_gap(const struct output *output);
/* The tail as it counts: at most OUTPUT_TAIL bytes, borrowed until the next change. */
struct slice output_tail(const struct output *output);
size_t output_memory(const struct output *output); /* bytes used */
void output_discard(struct output *output);
/* Gives back what growing left over: for an attempt that ended. */
void output_compact(struct output *output);

#endif
